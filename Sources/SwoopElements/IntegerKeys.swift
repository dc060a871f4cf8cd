// Keys that are integers: an open-addressing table whose slots hold the keys themselves, so that a
// key is found with one look into memory, beside the array of the keys by number.

/// Keys of fixed width, without an allocation per key.
@safe public struct IntegerKeys<Key: FixedWidthInteger & PageElement>: GroupKeys, ~Copyable {
    /// The integers themselves.
    public typealias Stored = Key

    /// A key and its number plus one; 0: free.
    @usableFromInline struct Slot {
        @usableFromInline var key: Key
        @usableFromInline var mark: UInt32

        @inlinable init(key: Key, mark: UInt32) { (self.key, self.mark) = (key, mark) }
    }

    @usableFromInline var slots: UnsafeMutablePointer<Slot>
    @usableFromInline var mask: Int
    @usableFromInline var keys: [Key] = []

    /// Makes an empty table of 1,024 slots: they stay in the fastest cache.
    @inlinable public init() {
        mask = 1_023
        unsafe slots = .allocate(capacity: mask + 1)
        unsafe slots.initialize(repeating: Slot(key: 0, mark: 0), count: mask + 1)
    }

    @inlinable deinit { unsafe slots.deallocate() }

    /// The number of keys.
    @inlinable public var count: Int { keys.count }

    /// About how many bytes the table takes.
    @inlinable public var byteCount: Int {
        (mask + 1) * MemoryLayout<Slot>.stride + keys.capacity * MemoryLayout<Key>.stride
    }

    /// Where the search for a key begins.
    @inlinable @inline(__always) func place(of key: Key) -> Int {
        let hash = folded(UInt64(truncatingIfNeeded: key) ^ HashSeed.first, HashSeed.second)
        return Int(truncatingIfNeeded: hash >> 32) & mask
    }

    /// The number of a key.
    @inlinable @inline(__always) public mutating func number(of key: Key) -> Int {
        var place = place(of: key)
        while true {
            let slot = unsafe slots[place]
            if slot.mark == 0 { return insert(key) }
            if slot.key == key { return Int(truncatingIfNeeded: slot.mark) &- 1 }
            place = (place &+ 1) & mask
        }
    }

    @inlinable @inline(never) mutating func insert(_ key: Key) -> Int {
        precondition(keys.count < Int(UInt32.max) - 1, "A table holds at most 2^32 keys.")
        if (keys.count + 1) * 2 > mask + 1 { grow() }
        keys.append(key)
        put(Slot(key: key, mark: UInt32(truncatingIfNeeded: keys.count)))
        return keys.count - 1
    }

    @inlinable mutating func put(_ slot: Slot) {
        var place = place(of: slot.key)
        while unsafe slots[place].mark != 0 { place = (place &+ 1) & mask }
        unsafe slots[place] = slot
    }

    @inlinable mutating func grow() {
        unsafe slots.deallocate()
        mask = (mask + 1) * 4 - 1
        unsafe slots = .allocate(capacity: mask + 1)
        unsafe slots.initialize(repeating: Slot(key: 0, mark: 0), count: mask + 1)
        for number in keys.indices {
            put(Slot(key: keys[number], mark: UInt32(truncatingIfNeeded: number + 1)))
        }
    }

    /// The key of a number.
    @inlinable public func stored(_ number: Int) -> Key { keys[number] }

    /// By size.
    @inlinable public func numbersInOrder() -> [Int] {
        // Side by side: keys are compared more often than they are moved.
        var slots = keys.indices.map {
            Slot(key: keys[$0], mark: UInt32(truncatingIfNeeded: $0))
        }
        slots.sort { $0.key < $1.key }
        return slots.map { Int($0.mark) }
    }

    /// Appends the key.
    @inlinable public func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        keys[number].encode(into: &writer)
    }

    /// Reads a key.
    @inlinable public mutating func takeKey(
        from reader: inout ValueReader
    ) throws(ValueDecodingError) -> Int {
        number(of: try Key(decoding: &reader))
    }
}
