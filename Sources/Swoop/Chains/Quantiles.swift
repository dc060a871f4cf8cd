// Medians and other quantiles of groups, exact: the numbers of a group are kept until all are
// there.

public import SwoopElements

/// The number below which a share of the numbers lie, between two of them in proportion.
@frozen public struct _QuantileReduction<Number: MeanNumber>: ExactReduction {
    @usableFromInline let share: Double

    /// Finds the quantile of a share from 0 to 1; 0.5: the median.
    @inlinable public init(_ share: Double) { self.share = share }
    /// No numbers.
    @inlinable public var identity: [Double] { [] }
    /// The number as a Double.
    @inlinable public func lift(_ element: Number) -> Double { element._asDouble }
    /// Keeps a number; NaN is left out.
    @inlinable @inline(__always) public func fold(_ raw: Double, into partial: inout [Double]) {
        if raw == raw { partial.append(raw) }
    }
    /// Keeps the numbers of both.
    @inlinable public func combine(_ right: [Double], into left: inout [Double]) {
        // The first part of a group is not copied.
        if left.isEmpty { left = right } else { left.append(contentsOf: right) }
    }
    /// The quantile; NaN of no numbers, or of a share that is none.
    public func answer(_ partial: [Double]) -> Double {
        guard !partial.isEmpty, share >= 0, share <= 1 else { return .nan }
        var numbers = partial
        let place = share * Double(numbers.count - 1)
        let index = Int(place)
        let low = numbers._select(index)
        let part = place - Double(index)
        guard part > 0, index + 1 < numbers.count else { return low }
        // All behind the place are at least as large.
        let high = numbers[(index + 1)...].reduce(.infinity) { Swift.min($0, $1) }
        return low == high ? low : low + (high - low) * part
    }
    /// Appends the share.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        share.encode(into: &writer)
    }
    /// Reads the share.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        share = try Double(decoding: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "quantile" }
}
