// Values that borrow the text that a chain goes through: they pass from one function of the chain to
// the next, inside one call, and are never encoded.

/// A struct that holds `TextSlice`s: what a `@Remote` function may make of a piece of text for the
/// functions behind it in the same chain.
///
/// ```swift
/// struct Reading: BorrowsText { var station: TextSlice, temperature: Double }
/// @Remote func reading(_ line: TextSlice) -> Reading? { … }
/// remote.lines("a.txt").compactMap(reading).grouped(by: station, .mean(of: temperature))
/// ```
///
/// It is valid for the call that receives it, and can be no argument or result of a task of its own.
public protocol BorrowsText: Sendable {}

extension Optional: BorrowsText where Wrapped: BorrowsText {}

/// Refuses: what is borrowed cannot travel.
public func _encodeValue<Value: BorrowsText>(
    _ value: Value, into writer: inout ValueWriter
) throws(ValueEncodingError) {
    throw .rejectedByType(
        "\(Value.self) borrows text and cannot leave the chain: let the next function keep what "
            + "is needed of it, as String(slice) or as numbers")
}

/// Refuses: what is borrowed cannot travel.
public func _decodeValue<Value: BorrowsText>(
    _ type: Value.Type = Value.self, from reader: inout ValueReader
) throws(ValueDecodingError) -> Value {
    throw .rejectedByType("\(Value.self) borrows text and cannot travel")
}
