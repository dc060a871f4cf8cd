// Keys that are integers: an open-addressing table beside the array of the keys.

/// Keys of fixed width, without an allocation per key.
@safe public struct IntegerKeys<Key: FixedWidthInteger & PageElement>: GroupKeys, ~Copyable {
    /// The integers themselves.
    public typealias Stored = Key

    @usableFromInline var slots = KeySlots()
    @usableFromInline private(set) var keys: UnsafeMutablePointer<Key>
    /// The number of keys.
    public private(set) var count = 0
    private var capacity: Int

    /// Makes an empty table.
    public init() {
        capacity = 512
        unsafe keys = .allocate(capacity: capacity)
    }

    @inlinable deinit { unsafe keys.deallocate() }

    /// About how many bytes the table takes.
    public var byteCount: Int { slots.byteCount + capacity * MemoryLayout<Key>.stride }

    /// The number of a key.
    @inlinable @inline(__always) public mutating func number(of key: Key) -> Int {
        let hash = folded(
            UInt64(truncatingIfNeeded: key) ^ HashSeed.first, HashSeed.second)
        let keys = unsafe keys
        if let number = slots.find(hash, { unsafe keys[$0] == key }) { return number }
        return insert(key, hash)
    }

    @usableFromInline @inline(never) mutating func insert(_ key: Key, _ hash: UInt64) -> Int {
        if count == capacity {
            let old = unsafe keys
            capacity *= 4
            unsafe keys = .allocate(capacity: capacity)
            unsafe keys.moveInitialize(from: old, count: count)
            unsafe old.deallocate()
        }
        slots.insert(hash, count)
        unsafe (keys + count).initialize(to: key)
        count += 1
        return count - 1
    }

    /// The key of a number.
    public func stored(_ number: Int) -> Key {
        precondition(number >= 0 && number < count, "A number is none of the table's.")
        return unsafe keys[number]
    }

    /// By size.
    public func numbersInOrder() -> [Int] {
        let keys = unsafe keys
        return (0..<count).sorted { unsafe keys[$0] < keys[$1] }
    }

    /// Appends the key.
    public func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        stored(number).encode(into: &writer)
    }

    /// Reads a key.
    public mutating func takeKey(
        from reader: inout ValueReader
    ) throws(ValueDecodingError) -> Int {
        number(of: try Key(decoding: &reader))
    }
}
