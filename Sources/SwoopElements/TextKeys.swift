// Keys that are text: bytes end to end, and an open-addressing table over them. A key that is known
// costs a hash and a comparison in place; only a new one is copied.

/// Distinct pieces of text by number, compared byte by byte.
@safe @usableFromInline struct ByteKeys: ~Copyable {
    @usableFromInline var slots = KeySlots()
    @usableFromInline private(set) var bytes: UnsafeMutableRawPointer
    /// Where the key of a number begins, and at the next place, where it ends.
    @usableFromInline private(set) var bounds: UnsafeMutablePointer<Int>
    @usableFromInline private(set) var count = 0
    private var byteCapacity: Int
    private var keyCapacity: Int

    @usableFromInline init() {
        byteCapacity = 8_192
        keyCapacity = 512
        unsafe bytes = .allocate(byteCount: byteCapacity, alignment: 8)
        unsafe bounds = .allocate(capacity: keyCapacity + 1)
        unsafe bounds.initialize(to: 0)
    }

    @inlinable deinit {
        unsafe bytes.deallocate()
        unsafe bounds.deallocate()
    }

    @usableFromInline var byteCount: Int { slots.byteCount + byteCapacity + keyCapacity * 8 }

    /// The number of some bytes; nil if they are new.
    @inlinable @inline(__always)
    func find(_ base: UnsafeRawPointer, _ size: Int, _ hash: UInt64) -> Int? {
        let bounds = unsafe bounds
        let bytes = unsafe bytes
        return slots.find(hash) { number in
            let start = unsafe bounds[number]
            guard unsafe bounds[number &+ 1] &- start == size else { return false }
            return unsafe sameBytes(bytes + start, base, size)
        }
    }

    /// Copies bytes that are new.
    @usableFromInline @inline(never)
    mutating func insert(_ base: UnsafeRawPointer, _ size: Int, _ hash: UInt64) -> Int {
        let start = unsafe bounds[count]
        if start + size > byteCapacity {
            let old = unsafe bytes
            byteCapacity = (start + size) * 2
            unsafe bytes = .allocate(byteCount: byteCapacity, alignment: 8)
            unsafe bytes.copyMemory(from: old, byteCount: start)
            unsafe old.deallocate()
        }
        if count == keyCapacity {
            let old = unsafe bounds
            keyCapacity *= 4
            unsafe bounds = .allocate(capacity: keyCapacity + 1)
            unsafe bounds.moveInitialize(from: old, count: count + 1)
            unsafe old.deallocate()
        }
        unsafe (bytes + start).copyMemory(from: base, byteCount: size)
        slots.insert(hash, count)
        count += 1
        unsafe (bounds + count).initialize(to: start + size)
        return count - 1
    }

    /// The bytes of a number.
    @usableFromInline subscript(_ number: Int) -> TextSlice {
        precondition(number >= 0 && number < count, "A number is none of the table's.")
        let start = unsafe bounds[number]
        return unsafe TextSlice(_base: bytes + start, byteCount: bounds[number + 1] - start)
    }

    /// The numbers in the order of their bytes.
    func numbersInOrder() -> [Int] {
        // Most keys differ within their first bytes, which are compared without looking elsewhere.
        var all = (0..<count).map { (head: self[$0].head, number: $0) }
        all.sort {
            $0.head == $1.head ? self[$0.number].precedes(self[$1.number]) : $0.head < $1.head
        }
        return all.map(\.number)
    }
}

extension TextSlice {
    /// The number of its bytes in a table; new bytes are copied into it.
    @inlinable @inline(__always)
    func number(in table: inout ByteKeys) -> Int {
        let hash = unsafe byteHash(base, byteCount)
        if let number = unsafe table.find(base, byteCount, hash) { return number }
        return unsafe table.insert(base, byteCount, hash)
    }

    /// The first eight bytes as a number of the same order; zeros where there are fewer.
    var head: UInt64 {
        (0..<8).reduce(0) { $0 << 8 | ($1 < byteCount ? UInt64(byte($1)) : 0) }
    }

    /// Whether the bytes come before those of another slice, byte by byte.
    func precedes(_ other: TextSlice) -> Bool {
        let shared = min(byteCount, other.byteCount)
        for index in 0..<shared where byte(index) != other.byte(index) {
            return byte(index) < other.byte(index)
        }
        return byteCount < other.byteCount
    }
}

/// Keys that are slices of a text, equal if their bytes are; kept as Strings.
///
/// Bytes that are no UTF-8 make keys of their own, whose Strings may look the same.
@usableFromInline package struct TextKeys: _GroupKeys, ~Copyable {
    /// A borrowed key.
    public typealias Key = TextSlice
    /// A copied key.
    public typealias _Stored = String

    @usableFromInline var table = ByteKeys()

    /// Makes an empty table.
    @inlinable public init() {}

    /// The number of keys.
    @inlinable public var count: Int { table.count }

    /// About how many bytes the table takes.
    public var byteCount: Int { table.byteCount }

    /// The number of a key.
    @inlinable @inline(__always) public mutating func number(of key: TextSlice) -> Int {
        key.number(in: &table)
    }

    /// The key of a number.
    public func stored(_ number: Int) -> String { String(table[number]) }

    /// By bytes.
    public func numbersInOrder() -> [Int] { table.numbersInOrder() }

    /// Appends the key's bytes behind their count.
    public func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        table.encodeKey(number, into: &writer)
    }

    /// Reads a key.
    public mutating func takeKey(
        from reader: inout ValueReader
    ) throws(ValueDecodingError) -> Int {
        number(of: try _decodeValue(TextSlice.self, from: &reader))
    }
}

extension ByteKeys {
    func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        // A slice always encodes.
        try? _encodeValue(self[number], into: &writer)
    }
}

/// Keys that are Strings, equal if their bytes are.
@usableFromInline package struct StringKeys: _GroupKeys, ~Copyable {
    /// A key.
    public typealias Key = String
    /// The key.
    public typealias _Stored = String

    @usableFromInline var table = ByteKeys()

    /// Makes an empty table.
    @inlinable public init() {}

    /// The number of keys.
    @inlinable public var count: Int { table.count }

    /// About how many bytes the table takes.
    public var byteCount: Int { table.byteCount }

    /// The number of a key.
    @inlinable @inline(__always) public mutating func number(of key: String) -> Int {
        // In place: withUTF8 needs a copy, which is retained and released for every row.
        let number = unsafe key.utf8.withContiguousStorageIfAvailable { bytes in
            unsafe slice(UnsafeRawBufferPointer(bytes)).number(in: &table)
        }
        return number ?? self.number(ofScattered: key)
    }

    /// The number of a key whose bytes do not lie side by side.
    @usableFromInline mutating func number(ofScattered key: String) -> Int {
        var key = key
        return key.withUTF8 { bytes in
            unsafe slice(UnsafeRawBufferPointer(bytes)).number(in: &table)
        }
    }

    /// The key of a number.
    public func stored(_ number: Int) -> String { String(table[number]) }

    /// By bytes.
    public func numbersInOrder() -> [Int] { table.numbersInOrder() }

    /// Appends the key.
    public func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        table.encodeKey(number, into: &writer)
    }

    /// Reads a key.
    public mutating func takeKey(
        from reader: inout ValueReader
    ) throws(ValueDecodingError) -> Int {
        number(of: try String(decoding: &reader))
    }
}
