// Sums of integers. No step of one can fail, whatever its parts come to on their way: how a source
// is cut depends on the number of cores, and whether a sum fails must not. Its total decides.

public import SwoopElements

/// A sum that its type cannot hold.
public struct SumOverflow: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the type.
    public let type: String

    @inline(never) @usableFromInline init<Number>(_ type: Number.Type) { self.type = "\(type)" }

    /// What happened.
    public var description: String { "the sum is beyond what \(type) holds" }
}

/// A sum of integers on its way: exact, also where it is far beyond what their type holds.
///
/// The partial result of a reduction of your own that adds integers up:
///
/// ```swift
/// func fold(_ raw: Int, into partial: inout IntegerTotal<Int>) { partial.add(raw) }
/// func combine(_ right: IntegerTotal<Int>, into left: inout IntegerTotal<Int>) {
///     left.add(right)
/// }
/// func answer(_ partial: IntegerTotal<Int>) throws -> Int { try partial.value() }
/// ```
@frozen public struct IntegerTotal<Number: FixedWidthInteger & RemoteValue>: Hashable {
    // Numbers of 64 bits: the two words of a sum of 128 bits. Narrower numbers: `high` is the sum
    // modulo 2^64, and `low` counts how often it went round. Wider ones: `low` is the sum modulo
    // their width, and `high` counts. Neither count can overflow with fewer than 2^63 numbers.
    @usableFromInline var low: Number
    @usableFromInline var high: Int64

    /// A sum of one number, or 0.
    @inlinable public init(_ number: Number = 0) {
        (low, high) = (0, 0)
        add(number)
    }

    @inlinable @inline(__always) var words: Int128 {
        Int128(_low: UInt64(truncatingIfNeeded: low), _high: high)
    }

    @inlinable @inline(__always) mutating func setWords(_ words: Int128) {
        (low, high) = (Number(truncatingIfNeeded: words._low), words._high)
    }

    /// Adds a number.
    @inlinable @inline(__always) public mutating func add(_ number: Number) {
        if Number.bitWidth == 64 {
            setWords(words &+ Int128(truncatingIfNeeded: number))
        } else if Number.bitWidth < 64 {
            let (sum, wraps) = high.addingReportingOverflow(Int64(truncatingIfNeeded: number))
            high = sum
            if _slowPath(wraps) { low = number < 0 ? low &- 1 : low &+ 1 }
        } else {
            let (sum, wraps) = low.addingReportingOverflow(number)
            low = sum
            if wraps { high &+= number < 0 ? -1 : 1 }
        }
    }

    /// Adds another sum.
    @inlinable public mutating func add(_ other: IntegerTotal) {
        if Number.bitWidth == 64 {
            setWords(words &+ other.words)
        } else if Number.bitWidth < 64 {
            let (sum, wraps) = high.addingReportingOverflow(other.high)
            high = sum
            low &+= other.low
            if wraps { low = other.high < 0 ? low &- 1 : low &+ 1 }
        } else {
            let (sum, wraps) = low.addingReportingOverflow(other.low)
            low = sum
            high &+= other.high
            if wraps { high &+= other.low < 0 ? -1 : 1 }
        }
    }

    /// The sum; nil if its type cannot hold it.
    @inlinable public var exactly: Number? {
        if Number.bitWidth == 64 { return Number(exactly: words) }
        if Number.bitWidth < 64 { return low == 0 ? Number(exactly: high) : nil }
        return high == 0 ? low : nil
    }

    /// The sum.
    ///
    /// - Throws: `SumOverflow` if its type cannot hold it.
    @inlinable public func value() throws -> Number {
        guard let value = exactly else { throw SumOverflow(Number.self) }
        return value
    }
}

extension IntegerTotal: RemoteValue {
    /// Both words.
    public static var _byteCountMin: Int { Number._byteCountMin + 8 }
    /// Both words, if the number has a fixed width.
    public static var _fixedByteCount: Int? { Number._fixedByteCount.map { $0 + 8 } }

    /// Reads both words.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        low = try Number(decoding: &reader)
        high = try Int64(decoding: &reader)
    }

    /// Appends both words.
    @inlinable public func encode(into writer: inout ValueWriter) {
        low.encode(into: &writer)
        high.encode(into: &writer)
    }
}

/// The sum of integers; its answer throws `SumOverflow` where it is beyond what their type holds.
@frozen
public struct _IntegerSum<Number: FixedWidthInteger & RemoteValue>:
    PlainReduction, ExactReduction
{
    /// Makes the reduction.
    @inlinable public init() {}
    /// 0.
    @inlinable public var identity: IntegerTotal<Number> { IntegerTotal() }
    /// The number.
    @inlinable public func lift(_ element: Number) -> Number { element }
    /// Adds a number.
    @inlinable @inline(__always)
    public func fold(_ raw: Number, into partial: inout IntegerTotal<Number>) { partial.add(raw) }
    /// Adds the sums.
    @inlinable
    public func combine(_ right: IntegerTotal<Number>, into left: inout IntegerTotal<Number>) {
        left.add(right)
    }
    /// The sum, if its type holds it.
    @inlinable public func answer(_ partial: IntegerTotal<Number>) throws -> Number {
        try partial.value()
    }
    /// The reduction's name.
    public static var _name: String { "sum" }
}
