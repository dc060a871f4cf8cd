// Values that borrow what a chain goes through, text or a page: they pass from one function of the
// chain to the next, inside one call, and are never encoded.

/// A struct that holds a `TextSlice` or a `PageView`: what a `@Remote` function may make of a piece
/// of text for the functions behind it in the same chain.
///
/// ```swift
/// struct Reading: BorrowedValue { var station: TextSlice, temperature: Double }
/// @Remote func reading(_ line: TextSlice) -> Reading? { … }
/// remote.lines("a.txt").compactMap(reading).grouped(by: station, .mean(of: temperature))
/// ```
///
/// It is valid for the call that receives it, and can be no argument or result of a task of its
/// own.
public protocol BorrowedValue: Sendable {}

extension Optional: BorrowedValue where Wrapped: BorrowedValue {}

/// Refuses: what is borrowed cannot travel.
public func _encodeValue<Value: BorrowedValue>(
    _ value: Value, into writer: inout ValueWriter
) throws(ValueEncodingError) {
    throw .rejectedByType(
        "\(Value.self) borrows from what a chain goes through and cannot leave it: let the next "
            + "function keep what is needed of it, as a String or as numbers")
}

/// Refuses: what is borrowed cannot travel.
public func _decodeValue<Value: BorrowedValue>(
    _ type: Value.Type = Value.self, from reader: inout ValueReader
) throws(ValueDecodingError) -> Value {
    throw .rejectedByType("\(Value.self) borrows from a chain's source and cannot travel")
}
