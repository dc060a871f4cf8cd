// Sums and means of numbers that are the same in any order: nothing is rounded before the end
// (ExactTotal.swift), so that groups need no tree.

public import SwoopElements

/// The sum of floating-point numbers, rounded once.
@frozen
public struct _ExactFloatSum<Number: BinaryFloatingPoint & RemoteValue>:
    PlainReduction, ExactReduction
{
    /// Makes the reduction.
    @inlinable public init() {}
    /// 0.
    @inlinable public var identity: _ExactTotal { _ExactTotal() }
    /// The number.
    @inlinable public func lift(_ element: Number) -> Number { element }
    /// Adds a number.
    @inlinable @inline(__always)
    public func fold(_ raw: Number, into partial: inout _ExactTotal) { partial.add(Double(raw)) }
    /// Adds the sums.
    @inlinable public func combine(_ right: _ExactTotal, into left: inout _ExactTotal) {
        left.add(right)
    }
    /// The sum.
    @inlinable public func answer(_ partial: _ExactTotal) -> Number { Number(partial.value) }
    /// The reduction's name.
    public static var _name: String { "sum" }
}

/// The mean of numbers, as a Double: their exact sum by their count; NaN of none.
@frozen public struct _ExactMean<Number: MeanNumber>: PlainReduction, ExactReduction {
    /// Makes the reduction.
    @inlinable public init() {}
    /// No sum, no count.
    @inlinable public var identity: Pair<Number._Total, Int> { Pair(Number._Total(), 0) }
    /// The number.
    @inlinable public func lift(_ element: Number) -> Number { element }
    /// Adds a number.
    @inlinable @inline(__always)
    public func fold(_ raw: Number, into partial: inout Pair<Number._Total, Int>) {
        partial.first._add(raw)
        partial.second &+= 1
    }
    /// Adds sums and counts.
    @inlinable public func combine(
        _ right: Pair<Number._Total, Int>, into left: inout Pair<Number._Total, Int>
    ) {
        left.first.add(right.first)
        left.second &+= right.second
    }
    /// Sum by count.
    @inlinable public func answer(_ partial: Pair<Number._Total, Int>) -> Double {
        partial.second == 0 ? .nan : partial.first._twofold.high / Double(partial.second)
    }
    /// The reduction's name.
    public static var _name: String { "mean" }
}

/// A sum that rounds nothing.
public protocol _NumberTotal: RemoteValue {
    /// What is added.
    associatedtype Number
    /// 0.
    init()
    /// Adds a number.
    mutating func _add(_ number: Number)
    /// Adds a sum.
    mutating func add(_ other: Self)
    /// The sum to twice the digits of a Double.
    var _twofold: _Twofold { get }
}

/// A sum of products that rounds nothing.
public protocol _ProductTotal: RemoteValue {
    /// What is multiplied.
    associatedtype Number
    /// 0.
    init()
    /// Adds the product of two numbers.
    mutating func _add(_ left: Number, _ right: Number)
    /// Adds a sum.
    mutating func add(_ other: Self)
    /// The sum to twice the digits of a Double.
    var _twofold: _Twofold { get }
}

/// The sum of numbers that are Doubles, or become such.
@frozen public struct _DoubleTotal<Number: MeanNumber>: _NumberTotal {
    @usableFromInline var total = _ExactTotal()
    /// 0.
    @inlinable public init() {}
    /// Reads the sum.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        total = try _ExactTotal(decoding: &reader)
    }
    /// Appends the sum.
    @inlinable public func encode(into writer: inout ValueWriter) { total.encode(into: &writer) }
    /// Adds a number.
    @inlinable @inline(__always) public mutating func _add(_ number: Number) {
        total.add(number._asDouble)
    }
    /// Adds a sum.
    @inlinable public mutating func add(_ other: _DoubleTotal) { total.add(other.total) }
    /// The sum.
    public var _twofold: _Twofold { total.twofold }
}

/// The sum of products of numbers that are Doubles, or become such.
@frozen public struct _DoubleProducts<Number: MeanNumber>: _ProductTotal {
    @usableFromInline var products = _ExactTotal()
    /// What the products' rounding left.
    @usableFromInline var rests = _ExactTotal()
    /// 0.
    @inlinable public init() {}
    /// Reads the sums.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        products = try _ExactTotal(decoding: &reader)
        rests = try _ExactTotal(decoding: &reader)
    }
    /// Appends the sums.
    @inlinable public func encode(into writer: inout ValueWriter) {
        products.encode(into: &writer)
        rests.encode(into: &writer)
    }
    /// Adds a product, whose rounding is exact in a second number unless it is tiny.
    @inlinable @inline(__always) public mutating func _add(_ left: Number, _ right: Number) {
        let (left, right) = (left._asDouble, right._asDouble)
        let product = left * right
        products.add(product)
        let rest = (-product).addingProduct(left, right)
        if rest != 0, product.isFinite { rests.add(rest) }
    }
    /// Adds the sums.
    @inlinable public mutating func add(_ other: _DoubleProducts) {
        products.add(other.products)
        rests.add(other.rests)
    }
    /// The sum.
    public var _twofold: _Twofold {
        var all = products
        all.add(rests)
        return all.twofold
    }
}

extension IntegerTotal: _NumberTotal {
    /// 0.
    @inlinable public init() { self.init(0) }
    /// Adds a number.
    @inlinable @inline(__always) public mutating func _add(_ number: Number) { add(number) }
    /// The sum.
    public var _twofold: _Twofold {
        if Number.bitWidth == 64 { return _Twofold(words) }
        if Number.bitWidth < 64, low == 0 { return _Twofold(Int128(high)) }
        let (one, other) = (Double(low), Double(high))
        return Number.bitWidth < 64
            ? _Twofold(other) + _Twofold(one * 0x1p64)
            : _Twofold(one)
                + _Twofold(other * Double(sign: .plus, exponent: Number.bitWidth, significand: 1))
    }
}

/// The sum of products of integers.
@frozen public struct _IntegerProducts<Number: FixedWidthInteger & RemoteValue>: _ProductTotal {
    @usableFromInline var total = IntegerTotal<Int>()
    /// The sum of products that no word holds, if there are any: an array takes one word of a
    /// table's record.
    @usableFromInline var wide: [_ExactTotal] = []

    /// 0.
    @inlinable public init() {}
    /// Reads the sums.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        total = try IntegerTotal<Int>(decoding: &reader)
        if try Bool(decoding: &reader) { wide = [try _ExactTotal(decoding: &reader)] }
    }
    /// Appends the sums.
    @inlinable public func encode(into writer: inout ValueWriter) {
        total.encode(into: &writer)
        (!wide.isEmpty).encode(into: &writer)
        for sum in wide { sum.encode(into: &writer) }
    }
    /// Adds a product.
    @inlinable @inline(__always) public mutating func _add(_ left: Number, _ right: Number) {
        let (product, isBeyond) = Int(truncatingIfNeeded: left)
            .multipliedReportingOverflow(by: Int(truncatingIfNeeded: right))
        if _slowPath(isBeyond || Number.bitWidth > 64) { return addWide(left, right) }
        total.add(product)
    }
    @usableFromInline @inline(never) mutating func addWide(_ left: Number, _ right: Number) {
        let (left, right) = (Double(left), Double(right))
        let product = left * right
        if wide.isEmpty { wide.append(_ExactTotal()) }
        wide[0].add(product)
        wide[0].add((-product).addingProduct(left, right))
    }
    /// Adds the sums.
    @inlinable public mutating func add(_ other: _IntegerProducts) {
        total.add(other.total)
        guard let sum = other.wide.first else { return }
        if wide.isEmpty { wide.append(_ExactTotal()) }
        wide[0].add(sum)
    }
    /// The sum.
    public var _twofold: _Twofold {
        guard let sum = wide.first else { return total._twofold }
        return total._twofold + sum.twofold
    }
}
