// Medians and other quantiles of groups, exact: the numbers of a group are kept until all are
// there.

public import SwoopElements

/// Numbers that are kept until all are there, in their order; the last few lie beside the group, so
/// that most are added without a look at where the others are.
public struct _KeptNumbers: RemoteValue {
    @usableFromInline var numbers: [Double] = []
    @usableFromInline var last = InlineArray<8, Double>(repeating: 0)
    @usableFromInline var lastCount = 0

    @inlinable init() {}

    /// Reads the numbers.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        numbers = try [Double](decoding: &reader)
    }

    /// Appends the numbers.
    public func encode(into writer: inout ValueWriter) {
        writer.write(count: numbers.count + lastCount)
        unsafe numbers.withUnsafeBufferPointer { unsafe Double._encodeAll($0, into: &writer) }
        for index in 0..<lastCount { last[index].encode(into: &writer) }
    }

    /// Keeps a number.
    @inlinable @inline(__always) mutating func add(_ number: Double) {
        last[lastCount] = number
        lastCount &+= 1
        if lastCount == last.count { settle() }
    }

    /// Keeps the numbers of what follows.
    mutating func add(_ other: _KeptNumbers) {
        settle()
        // The first part of a group is not copied.
        if numbers.isEmpty { numbers = other.numbers } else { numbers += other.numbers }
        for index in 0..<other.lastCount { add(other.last[index]) }
    }

    /// Moves the last few to the others.
    @usableFromInline @inline(never) mutating func settle() {
        for index in 0..<lastCount { numbers.append(last[index]) }
        lastCount = 0
    }

    /// All numbers.
    var all: [Double] {
        var kept = self
        kept.settle()
        return kept.numbers
    }
}

/// The number below which a share of the numbers lie, between two of them in proportion.
@frozen public struct _QuantileReduction<Number: MeanNumber>: ExactReduction {
    @usableFromInline let share: Double

    /// Finds the quantile of a share from 0 to 1; 0.5: the median.
    @inlinable public init(_ share: Double) { self.share = share }
    /// No numbers.
    @inlinable public var identity: _KeptNumbers { _KeptNumbers() }
    /// The number as a Double.
    @inlinable public func lift(_ element: Number) -> Double { element._asDouble }
    /// Keeps a number; NaN is left out.
    @inlinable @inline(__always) public func fold(_ raw: Double, into partial: inout _KeptNumbers) {
        if raw == raw { partial.add(raw) }
    }
    /// The others, where the last few are about to be moved to them.
    @inlinable @inline(__always) public func _fetch(_ partial: borrowing _KeptNumbers) -> UInt8 {
        partial.lastCount &+ 1 == partial.last.count
            ? UInt8(truncatingIfNeeded: partial.numbers.count) : 0
    }
    /// Keeps the numbers of both.
    public func combine(_ right: _KeptNumbers, into left: inout _KeptNumbers) { left.add(right) }
    /// The quantile; NaN of no numbers, or of a share that is none.
    public func answer(_ partial: _KeptNumbers) -> Double {
        var numbers = partial.all
        guard !numbers.isEmpty, share >= 0, share <= 1 else { return .nan }
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
