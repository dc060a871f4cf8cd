// What numbers the keys of a grouping: equal keys get the same number, from 0 in the order of their
// first appearance. Tables for text and numbers are in TextKeys.swift, IntegerKeys.swift and
// FloatKeys.swift; the one here takes any other Hashable key. GroupFolding.swift has what is
// computed for each number.

/// A table of keys that gives each a number; keys are stored once, whatever they were borrowed
/// from.
public protocol GroupKeys: ~Copyable {
    /// What elements are grouped by; it may borrow, and is then copied when it is new.
    associatedtype Key
    /// What is kept of a key and stands in the answer.
    associatedtype Stored: PageElement

    /// Makes an empty table.
    init()

    /// The number of keys.
    var count: Int { get }

    /// About how many bytes the table takes.
    var byteCount: Int { get }

    /// The number of a key; the next one if it is new.
    mutating func number(of key: Key) -> Int

    /// The key of a number, which must be in `0..<count`.
    func stored(_ number: Int) -> Stored

    /// All numbers in the order of their keys, which is the same in every process.
    func numbersInOrder() -> [Int]

    /// Appends a key for `takeKey(from:)`.
    func encodeKey(_ number: Int, into writer: inout ValueWriter)

    /// Reads a key that `encodeKey` wrote, and gives its number in this table.
    mutating func takeKey(from reader: inout ValueReader) throws(ValueDecodingError) -> Int
}

/// Keys of any type that is Hashable: numbered by a dictionary, whose own order is never looked at.
///
/// Of keys that differ from themselves, since a NaN is in them, those with the same bits are equal.
public struct HashableKeys<Key: Hashable & PageElement>: GroupKeys, ~Copyable {
    /// The keys themselves.
    public typealias Stored = Key

    @usableFromInline var numbers: [Key: Int] = [:]
    @usableFromInline var keys: [Key] = []
    /// Numbers of keys that differ from themselves, by their encoded bytes.
    @usableFromInline var oddNumbers: [[UInt8]: Int] = [:]

    /// Makes an empty table.
    @inlinable public init() {}

    /// The number of keys.
    @inlinable public var count: Int { keys.count }

    /// About how many bytes the table takes, without what keys refer to.
    @inlinable public var byteCount: Int { keys.count * (3 * MemoryLayout<Key>.stride + 16) }

    /// The number of a key.
    @inlinable public mutating func number(of key: Key) -> Int {
        if let number = numbers[key] { return number }
        if key != key { return number(ofOdd: key) }
        let number = keys.count
        numbers[key] = number
        keys.append(key)
        return number
    }

    /// The number of a key that differs from itself: the dictionary would never find it again.
    @inlinable @inline(never) mutating func number(ofOdd key: Key) -> Int {
        let bytes = key.encodedBytes
        if let number = oddNumbers[bytes] { return number }
        let number = keys.count
        oddNumbers[bytes] = number
        keys.append(key)
        return number
    }

    /// The key of a number.
    @inlinable public func stored(_ number: Int) -> Key { keys[number] }

    /// By the keys' own order if they have one, those that differ from themselves last; else, and
    /// among those, by their encoded bytes.
    @inlinable public func numbersInOrder() -> [Int] {
        func byOrder<Ordered: Comparable>(_ type: Ordered.Type) -> [Int]? {
            guard let keys = keys as? [Ordered] else { return nil }
            let ordered = keys.indices.filter { keys[$0] == keys[$0] }
            let odd = oddNumbers.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            return ordered.sorted { keys[$0] < keys[$1] } + odd.map(\.value)
        }
        if let type = Key.self as? any Comparable.Type, let numbers = byOrder(type) {
            return numbers
        }
        let bytes = keys.map(\.encodedBytes)
        return keys.indices.sorted { bytes[$0].lexicographicallyPrecedes(bytes[$1]) }
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
