// Keys of any type, numbered by their bytes in the form of a key (KeyForm.swift): what takes keys
// that are neither text nor numbers, and tables that a chain is joined with.

/// Values by number, from 0 in the order of their first appearance.
@usableFromInline package struct ValueNumbers<Key: RemoteValue>: ~Copyable {
    @usableFromInline var table = ByteKeys()
    @usableFromInline var writer = ValueWriter(_forKeys: ())

    /// Makes an empty table.
    @inlinable public init() {}

    /// The number of keys.
    @inlinable public var count: Int { table.count }

    /// About how many bytes the table takes.
    @inlinable public var byteCount: Int { table.byteCount }

    /// The number of a key; the next one if it is new.
    @inlinable @inline(__always) public mutating func number(of key: Key) -> Int {
        withBytes(of: key) { bytes, table in bytes.number(in: &table) }
    }

    /// The number of a key; nil if it has none.
    @inlinable @inline(__always) public mutating func find(_ key: Key) -> Int? {
        withBytes(of: key) { bytes, table in
            unsafe table.find(bytes.base, bytes.byteCount, byteHash(bytes.base, bytes.byteCount))
        }
    }

    /// Lends the bytes of a key, and the table. Those of a number are taken from where it is: which
    /// of both a type has is known where the code is specialised, so that no row asks for it.
    @inlinable @inline(__always)
    mutating func withBytes<Answer>(
        of key: Key, _ body: (TextSlice, inout ByteKeys) -> Answer
    ) -> Answer {
        if let word = key._keyWord {
            return unsafe withUnsafeBytes(of: word.bits.littleEndian) { bytes in
                body(unsafe slice(.init(rebasing: bytes[..<word.byteCount])), &table)
            }
        }
        writer.removeAll()
        key.encode(into: &writer)
        return Self.lend(writer.storage, &table, body)
    }

    @inlinable @inline(__always)
    static func lend<Answer>(
        _ bytes: [UInt8], _ table: inout ByteKeys,
        _ body: (TextSlice, inout ByteKeys) -> Answer
    ) -> Answer {
        unsafe bytes.withUnsafeBytes { body(unsafe slice($0), &table) }
    }

    /// The key of a number, as its bytes say; nil if they say nothing.
    func decoded(_ number: Int) -> Key? { try? table[number]._decode(Key.self) }
}

/// Bytes as a slice, also where there are none.
@inlinable @inline(__always)
func slice(_ bytes: UnsafeRawBufferPointer) -> TextSlice {
    guard let base = bytes.baseAddress else {
        return unsafe TextSlice(
            _base: UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped, byteCount: 0)
    }
    return unsafe TextSlice(_base: base, byteCount: bytes.count)
}

/// Keys of any type that pages hold: records, pairs, optionals, arrays.
@usableFromInline package struct ValueKeys<Key: PageElement>: _GroupKeys, ~Copyable {
    /// The keys themselves.
    public typealias _Stored = Key

    @usableFromInline var numbers = ValueNumbers<Key>()
    @usableFromInline var keys: [Key] = []

    /// Makes an empty table.
    @inlinable public init() {}

    /// The number of keys.
    @inlinable public var count: Int { keys.count }

    /// About how many bytes the table takes.
    @inlinable public var byteCount: Int {
        numbers.byteCount + keys.count * MemoryLayout<Key>.stride
    }

    /// The number of a key.
    @inlinable public mutating func number(of key: Key) -> Int {
        let number = numbers.number(of: key)
        if number == keys.count { keep(key) }
        return number
    }

    /// What is kept does not depend on which of two equal keys came first.
    @usableFromInline @inline(never) mutating func keep(_ key: Key) {
        keys.append(numbers.decoded(keys.count) ?? key)
    }

    /// The key of a number.
    @inlinable public func stored(_ number: Int) -> Key { keys[number] }

    /// In the order of sorts, or by the keys' own order, those that differ from themselves last;
    /// else, and among those, by their bytes.
    public func numbersInOrder() -> [Int] {
        if let type = Key.self as? any SortKey.Type, let order = sorted(as: type) { return order }
        if let type = Key.self as? any Comparable.Type, let order = compared(as: type) {
            return order
        }
        return numbers.table.numbersInOrder()
    }

    private func sorted<Sorted: SortKey>(as type: Sorted.Type) -> [Int]? {
        guard let keys = keys as? [Sorted] else { return nil }
        var entries = keys.indices.map { _SortEntry(number: keys[$0]._sortNumber, row: $0) }
        _sort(&entries, numberDecides: Sorted._numberDecides) { keys[$0]._isBefore(keys[$1]) }
        return entries.map(\.row)
    }

    private func compared<Ordered: Comparable>(as type: Ordered.Type) -> [Int]? {
        guard let keys = keys as? [Ordered] else { return nil }
        let byBytes = numbers.table.numbersInOrder()
        var ranks = [Int](repeating: 0, count: keys.count)
        for (rank, number) in byBytes.enumerated() { ranks[number] = rank }
        let ordered = byBytes.filter { keys[$0] == keys[$0] }.sorted { left, right in
            if keys[left] < keys[right] { return true }
            return !(keys[right] < keys[left]) && ranks[left] < ranks[right]
        }
        return ordered + byBytes.filter { keys[$0] != keys[$0] }
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
