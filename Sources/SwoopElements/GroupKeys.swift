// What numbers the keys of a grouping: equal keys get the same number, from 0 in the order of their
// first appearance. What is equal says KeyForm.swift. Tables for text and numbers are in
// TextKeys.swift, IntegerKeys.swift and FloatKeys.swift; ValueKeys.swift takes any other key.
// GroupFolding.swift has what is computed for each number.

/// A table of keys that gives each a number; keys are stored once, whatever they were borrowed
/// from.
public protocol _GroupKeys: ~Copyable {
    /// What elements are grouped by; it may borrow, and is then copied when it is new.
    associatedtype Key
    /// What is kept of a key and stands in the answer.
    associatedtype _Stored: PageElement

    /// Makes an empty table.
    init()

    /// The number of keys.
    var count: Int { get }

    /// About how many bytes the table takes.
    var byteCount: Int { get }

    /// The number of a key; the next one if it is new.
    mutating func number(of key: Key) -> Int

    /// The key of a number, which must be in `0..<count`.
    func stored(_ number: Int) -> _Stored

    /// All numbers in the order of their keys, which is the same in every process.
    func numbersInOrder() -> [Int]

    /// Appends a key for `takeKey(from:)`.
    func encodeKey(_ number: Int, into writer: inout ValueWriter)

    /// Reads a key that `encodeKey` wrote, and gives its number in this table.
    mutating func takeKey(from reader: inout ValueReader) throws(ValueDecodingError) -> Int
}
