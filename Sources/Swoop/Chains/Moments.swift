// Variance, deviation, covariance, correlation and slope: from sums of numbers and of their
// products that round nothing, subtracted with twice the digits of a Double, so that they are right
// where the numbers differ little from one another, and the same in any order.

public import SwoopElements

/// How many numbers there are, their sum and that of their squares.
@frozen public struct _NumberMoments<Number: MeanNumber>: RemoteValue {
    @usableFromInline var count = 0
    @usableFromInline var sum = Number._Total()
    @usableFromInline var squares = Number._Products()

    @inlinable init() {}

    /// Reads the sums.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        count = try Int(decoding: &reader)
        sum = try Number._Total(decoding: &reader)
        squares = try Number._Products(decoding: &reader)
    }

    /// Appends the sums.
    @inlinable public func encode(into writer: inout ValueWriter) {
        count.encode(into: &writer)
        sum.encode(into: &writer)
        squares.encode(into: &writer)
    }

    /// The sum of the squared distances from the mean, times the count.
    var spread: Double { _spread(count, squares._twofold, sum._twofold, sum._twofold) }
}

/// The sum of products of distances from two means, times the count.
func _spread(_ count: Int, _ products: _Twofold, _ left: _Twofold, _ right: _Twofold) -> Double {
    (_Twofold(Int128(count)) * products - left * right).high
}

/// A measure of the spread of numbers.
public enum _SpreadMeasure: UInt8, Sendable {
    /// The mean of the squared distances from the mean.
    case variance
    /// Its square root.
    case deviation
}

/// How far numbers lie from their mean.
@frozen public struct _SpreadReduction<Number: MeanNumber>: ExactReduction {
    @usableFromInline let measure: UInt8
    /// 1: of numbers that are a sample of others; 0: of those that there are.
    @usableFromInline let missing: Int

    /// Tells a measure of a sample, or of a whole.
    @inlinable public init(_ measure: _SpreadMeasure, ofSample: Bool) {
        self.measure = measure.rawValue
        missing = ofSample ? 1 : 0
    }
    /// No numbers.
    @inlinable public var identity: _NumberMoments<Number> { _NumberMoments() }
    /// The number.
    @inlinable public func lift(_ element: Number) -> Number { element }
    /// Adds a number.
    @inlinable @inline(__always)
    public func fold(_ raw: Number, into partial: inout _NumberMoments<Number>) {
        partial.count &+= 1
        partial.sum._add(raw)
        partial.squares._add(raw, raw)
    }
    /// Adds the sums.
    @inlinable public func combine(
        _ right: _NumberMoments<Number>, into left: inout _NumberMoments<Number>
    ) {
        left.count &+= right.count
        left.sum.add(right.sum)
        left.squares.add(right.squares)
    }
    /// The measure; NaN of too few numbers.
    public func answer(_ partial: _NumberMoments<Number>) -> Double {
        let others = partial.count - missing
        guard others > 0 else { return .nan }
        let spread = partial.spread / Double(partial.count)
        let variance = (spread < 0 ? 0 : spread) / Double(others)
        return measure == _SpreadMeasure.deviation.rawValue ? variance.squareRoot() : variance
    }
    /// Appends what is told.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        writer.write(measure)
        writer.write(missing)
    }
    /// Reads what is told.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        measure = try reader.read(UInt8.self)
        missing = try reader.read(Int.self)
    }
    /// The reduction's name.
    public static var _name: String { "spread" }
}

/// Sums of pairs of numbers and of their products.
@frozen public struct _PairMoments<Number: MeanNumber>: RemoteValue {
    @usableFromInline var count = 0
    @usableFromInline var sums = Pair(Number._Total(), Number._Total())
    @usableFromInline var squares = Pair(Number._Products(), Number._Products())
    @usableFromInline var products = Number._Products()

    @inlinable init() {}

    /// Reads the sums.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        count = try Int(decoding: &reader)
        sums = try Pair(decoding: &reader)
        squares = try Pair(decoding: &reader)
        products = try Number._Products(decoding: &reader)
    }

    /// Appends the sums.
    @inlinable public func encode(into writer: inout ValueWriter) {
        count.encode(into: &writer)
        sums.encode(into: &writer)
        squares.encode(into: &writer)
        products.encode(into: &writer)
    }
}

/// A measure of the relation between two numbers of each element.
public enum _RelationMeasure: UInt8, Sendable {
    /// Pearson's r.
    case correlation
    /// Its square: the share of the variance that a straight line explains.
    case determination
    /// The covariance of a sample.
    case covariance
    /// How much the second number rises with the first, of the line with the least squares.
    case slope
}

/// How two numbers of each element are related.
@frozen
public struct _RelationReduction<First: ElementFunction, Second: ElementFunction>: ExactReduction
where
    First.Input == Second.Input, First.Output == Second.Output, First.Output: MeanNumber
{
    /// A number of each.
    public typealias Number = First.Output

    @usableFromInline let measure: UInt8
    @usableFromInline let first: First
    @usableFromInline let second: Second

    /// Tells a measure of two numbers.
    @inlinable public init(_ measure: _RelationMeasure, _ first: First, _ second: Second) {
        self.measure = measure.rawValue
        self.first = first
        self.second = second
    }
    /// No numbers.
    @inlinable public var identity: _PairMoments<Number> { _PairMoments() }
    /// Both numbers.
    @inlinable public func lift(_ element: First.Input) throws -> Pair<Number, Number> {
        Pair(try first._apply(element), try second._apply(element))
    }
    /// Adds two numbers.
    @inlinable @inline(__always)
    public func fold(_ raw: Pair<Number, Number>, into partial: inout _PairMoments<Number>) {
        partial.count &+= 1
        partial.sums.first._add(raw.first)
        partial.sums.second._add(raw.second)
        partial.squares.first._add(raw.first, raw.first)
        partial.squares.second._add(raw.second, raw.second)
        partial.products._add(raw.first, raw.second)
    }
    /// Adds the sums.
    @inlinable public func combine(
        _ right: _PairMoments<Number>, into left: inout _PairMoments<Number>
    ) {
        left.count &+= right.count
        left.sums.first.add(right.sums.first)
        left.sums.second.add(right.sums.second)
        left.squares.first.add(right.squares.first)
        left.squares.second.add(right.squares.second)
        left.products.add(right.products)
    }
    /// The measure; NaN where it means nothing: of one element, or of equal ones.
    public func answer(_ partial: _PairMoments<Number>) -> Double {
        let count = partial.count
        let (left, right) = (partial.sums.first._twofold, partial.sums.second._twofold)
        let both = _spread(count, partial.products._twofold, left, right)
        if measure == _RelationMeasure.covariance.rawValue {
            return count < 2 ? .nan : both / Double(count) / Double(count - 1)
        }
        let own = _spread(count, partial.squares.first._twofold, left, left)
        guard own > 0 else { return .nan }
        if measure == _RelationMeasure.slope.rawValue { return both / own }
        let other = _spread(count, partial.squares.second._twofold, right, right)
        guard other > 0 else { return .nan }
        let r = both / (own.squareRoot() * other.squareRoot())
        let bounded = Swift.min(1, Swift.max(-1, r))
        return measure == _RelationMeasure.determination.rawValue ? bounded * bounded : bounded
    }
    /// Appends what is told, and both functions' captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        writer.write(measure)
        first._encodeFields(into: &writer)
        second._encodeFields(into: &writer)
    }
    /// Reads what is told, and both functions' captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        measure = try reader.read(UInt8.self)
        first = try First(_decodingFields: &reader)
        second = try Second(_decodingFields: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "relation(of: \(First._name), \(Second._name))" }
}
