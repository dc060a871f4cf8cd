// Keys that are integers: an open-addressing table of their numbers, four bytes a slot, so that the
// table of some thousand keys stays in the fastest cache, beside the array of the keys.

/// Keys of fixed width, without an allocation per key.
@safe @usableFromInline
package struct IntegerKeys<Key: FixedWidthInteger & PageElement>: _GroupKeys, ~Copyable {
    /// The integers themselves.
    public typealias _Stored = Key

    /// A number plus one; 0: free.
    @usableFromInline var slots: UnsafeMutablePointer<UInt32>
    @usableFromInline var mask: Int
    /// What leaves as many bits of a word as there are bits in the mask.
    @usableFromInline var shift: UInt64
    @usableFromInline var keys: UnsafeMutablePointer<Key>
    @usableFromInline var keyCount = 0

    /// Makes an empty table.
    @inlinable public init() {
        mask = 1_023
        shift = 54
        unsafe slots = .allocate(capacity: 1_024)
        unsafe slots.initialize(repeating: 0, count: 1_024)
        unsafe keys = .allocate(capacity: 512)
    }

    @inlinable deinit {
        unsafe slots.deallocate()
        unsafe keys.deallocate()
    }

    /// The number of keys.
    @inlinable public var count: Int { keyCount }

    /// About how many bytes the table takes.
    @inlinable public var byteCount: Int { (mask + 1) * (4 + MemoryLayout<Key>.stride / 2) }

    /// Where the search for a key begins: the highest bits of a product, which all bits of the key
    /// stir (Knuth, The Art of Computer Programming 6.4, multiplicative hashing).
    @inlinable @inline(__always) func place(of key: Key) -> Int {
        Int(truncatingIfNeeded: (UInt64(truncatingIfNeeded: key) &* HashSeed.first) &>> shift)
    }

    /// The number of a key.
    @inlinable @inline(__always) public mutating func number(of key: Key) -> Int {
        var place = place(of: key)
        while true {
            let mark = unsafe Int(truncatingIfNeeded: slots[place])
            if mark == 0 { return insert(key) }
            if unsafe keys[mark &- 1] == key { return mark &- 1 }
            place = (place &+ 1) & mask
        }
    }

    @inlinable @inline(never) mutating func insert(_ key: Key) -> Int {
        precondition(keyCount < Int(UInt32.max) - 1, "A table holds at most 2^32 keys.")
        if Self.slotsNeeded(for: keyCount + 1) > mask + 1 { grow() }
        unsafe (keys + keyCount).initialize(to: key)
        keyCount += 1
        put(keyCount - 1)
        return keyCount - 1
    }

    @inlinable mutating func put(_ number: Int) {
        var place = unsafe place(of: keys[number])
        while unsafe slots[place] != 0 { place = (place &+ 1) & mask }
        unsafe slots[place] = UInt32(truncatingIfNeeded: number + 1)
    }

    /// The slots at least of a table of so many keys: a probe that misses costs more than a slot
    /// that the second cache has instead of the first, less than one that memory has.
    @inlinable static func slotsNeeded(for count: Int) -> Int {
        count > 65_536 ? count * 2 : count > 8_192 ? count * 4 : count * 16
    }

    /// More slots, and room for half as many keys.
    @inlinable mutating func grow() {
        var slotCount = (mask + 1) * 2
        while slotCount < Self.slotsNeeded(for: keyCount + 1) { slotCount *= 2 }
        mask = slotCount - 1
        shift = UInt64(UInt64.bitWidth - mask.nonzeroBitCount)
        unsafe slots.deallocate()
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: 0, count: slotCount)
        let old = unsafe keys
        unsafe keys = .allocate(capacity: slotCount / 2)
        unsafe keys.moveInitialize(from: old, count: keyCount)
        unsafe old.deallocate()
        for number in 0..<keyCount { put(number) }
    }

    /// The key of a number.
    @inlinable public func stored(_ number: Int) -> Key {
        precondition(number >= 0 && number < keyCount, "A number is none of the table's.")
        return unsafe keys[number]
    }

    /// By size.
    @inlinable public func numbersInOrder() -> [Int] {
        // Side by side: keys are compared more often than they are moved.
        var all = (0..<keyCount).map { (key: stored($0), number: $0) }
        all.sort { $0.key < $1.key }
        return all.map(\.number)
    }

    /// Appends the key.
    @inlinable public func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        stored(number).encode(into: &writer)
    }

    /// Reads a key.
    @inlinable public mutating func takeKey(
        from reader: inout ValueReader
    ) throws(ValueDecodingError) -> Int {
        number(of: try Key(decoding: &reader))
    }
}
