// The reductions that users name: counting, sums, extremes, mean, collecting, a function of their
// own. Sums of integers are in IntegerSum.swift. Reductions of grouped elements take a function
// first (Aggregation.swift); groups are in Grouping.swift.

public import SwoopElements

/// A reduction without captured values.
@usableFromInline package protocol PlainReduction: Reduction {
    /// Makes the reduction.
    init()
}

extension PlainReduction {
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        self.init()
    }
}

/// What is left of an element that is only counted.
@frozen public struct _Tick: RemoteValue {
    @inlinable init() {}
    /// Reads a byte.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        _ = try reader.read(UInt8.self)
    }
    /// Appends a byte.
    public func encode(into writer: inout ValueWriter) { writer.write(UInt8(0)) }
}

/// The number of elements.
@frozen public struct _CountReduction<Element>: PlainReduction, ExactReduction {
    /// Makes the reduction.
    @inlinable public init() {}
    /// 0.
    @inlinable public var identity: Int { 0 }
    /// Forgets the element.
    @inlinable public func lift(_ element: Element) -> _Tick { _Tick() }
    /// Adds 1.
    @inlinable public func fold(_ raw: _Tick, into partial: inout Int) { partial &+= 1 }
    /// Adds the counts.
    @inlinable public func combine(_ right: Int, into left: inout Int) { left &+= right }
    /// The count.
    @inlinable public func answer(_ partial: Int) -> Int { partial }
    /// The reduction's name.
    public static var _name: String { "count" }
}

/// The sum of floating-point numbers: along the tree, so that rounding is always the same.
@frozen @usableFromInline
package struct FloatSum<Number: BinaryFloatingPoint & RemoteValue>: PlainReduction {
    /// Makes the reduction.
    @inlinable public init() {}
    /// 0.
    @inlinable public var identity: Number { 0 }
    /// The number.
    @inlinable public func lift(_ element: Number) -> Number { element }
    /// Adds a number.
    @inlinable public func fold(_ raw: Number, into partial: inout Number) { partial += raw }
    /// Adds the sums.
    @inlinable public func combine(_ right: Number, into left: inout Number) { left += right }
    /// The sum.
    @inlinable public func answer(_ partial: Number) -> Number { partial }
    /// The reduction's name.
    public static var _name: String { "sum" }
}

/// A number that a mean can be taken of.
public protocol MeanNumber: RemoteValue {
    /// What adds such numbers up exactly.
    associatedtype _Total: _NumberTotal = _DoubleTotal<Self> where _Total.Number == Self
    /// What adds up products of two such numbers exactly.
    associatedtype _Products: _ProductTotal = _DoubleProducts<Self> where _Products.Number == Self

    /// The number as a Double, rounded if it must be.
    var _asDouble: Double { get }
}

extension Int: MeanNumber {
    /// Adds integers.
    public typealias _Total = IntegerTotal<Int>
    /// Multiplies integers.
    public typealias _Products = _IntegerProducts<Int>
    /// The number as a Double.
    @inlinable public var _asDouble: Double { Double(self) }
}
extension Int32: MeanNumber {
    /// Adds integers.
    public typealias _Total = IntegerTotal<Int32>
    /// Multiplies integers.
    public typealias _Products = _IntegerProducts<Int32>
    /// The number as a Double.
    @inlinable public var _asDouble: Double { Double(self) }
}
extension Float: MeanNumber {
    /// The number as a Double.
    @inlinable public var _asDouble: Double { Double(self) }
}
extension Double: MeanNumber {
    /// Itself.
    @inlinable public var _asDouble: Double { self }
}

/// The mean of numbers, as a Double; NaN of none.
@frozen @usableFromInline package struct MeanReduction<Number: MeanNumber>: PlainReduction {
    /// Makes the reduction.
    @inlinable public init() {}
    /// No sum, no count.
    @inlinable public var identity: Pair<Double, Int> { Pair(0, 0) }
    /// The number as a Double.
    @inlinable public func lift(_ element: Number) -> Double { element._asDouble }
    /// Adds a number.
    @inlinable public func fold(_ raw: Double, into partial: inout Pair<Double, Int>) {
        partial.first += raw
        partial.second &+= 1
    }
    /// Adds sums and counts.
    @inlinable
    public func combine(_ right: Pair<Double, Int>, into left: inout Pair<Double, Int>) {
        left.first += right.first
        left.second &+= right.second
    }
    /// Sum by count.
    @inlinable public func answer(_ partial: Pair<Double, Int>) -> Double {
        partial.second == 0 ? .nan : partial.first / Double(partial.second)
    }
    /// The reduction's name.
    public static var _name: String { "mean" }
}

/// The smallest element, the first of equal ones; nil of none.
///
/// Text goes by its bytes. Values that differ from themselves (NaN) are left out.
@frozen
public struct _MinReduction<Element: Comparable & RemoteValue>:
    PlainReduction, ExactReduction
{
    /// Makes the reduction.
    @inlinable public init() {}
    /// None.
    @inlinable public var identity: Element? { nil }
    /// The element.
    @inlinable public func lift(_ element: Element) -> Element { element }
    /// Takes a smaller element.
    @inlinable public func fold(_ raw: Element, into partial: inout Element?) {
        guard raw == raw else { return }
        if let least = partial, !_comesBefore(raw, least) { return }
        partial = raw
    }
    /// Takes a smaller part.
    @inlinable public func combine(_ right: Element?, into left: inout Element?) {
        if let right { fold(right, into: &left) }
    }
    /// The smallest.
    @inlinable public func answer(_ partial: Element?) -> Element? { partial }
    /// The reduction's name.
    public static var _name: String { "min" }
}

/// The largest element, the first of equal ones; nil of none.
///
/// Text goes by its bytes. Values that differ from themselves (NaN) are left out.
@frozen
public struct _MaxReduction<Element: Comparable & RemoteValue>:
    PlainReduction, ExactReduction
{
    /// Makes the reduction.
    @inlinable public init() {}
    /// None.
    @inlinable public var identity: Element? { nil }
    /// The element.
    @inlinable public func lift(_ element: Element) -> Element { element }
    /// Takes a larger element.
    @inlinable public func fold(_ raw: Element, into partial: inout Element?) {
        guard raw == raw else { return }
        if let largest = partial, !_comesBefore(largest, raw) { return }
        partial = raw
    }
    /// Takes a larger part.
    @inlinable public func combine(_ right: Element?, into left: inout Element?) {
        if let right { fold(right, into: &left) }
    }
    /// The largest.
    @inlinable public func answer(_ partial: Element?) -> Element? { partial }
    /// The reduction's name.
    public static var _name: String { "max" }
}

/// The first elements of a part, and what was thrown by the one behind them.
@usableFromInline package struct FirstElements<Element: RemoteValue>: RemoteValue {
    /// The elements.
    public var elements: [Element] = []
    @usableFromInline var failure: _KeptFailure?

    @inlinable init() {}

    /// Reads both.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        elements = try [Element](decoding: &reader)
        failure = try _KeptFailure?(decoding: &reader)
    }

    /// Appends both.
    public func encode(into writer: inout ValueWriter) {
        elements.encode(into: &writer)
        failure.encode(into: &writer)
    }
}

/// The elements in order, at most so many.
///
/// It fails if and only if one of those does: what was thrown behind them is dropped.
@frozen @usableFromInline package struct CollectReduction<Element: RemoteValue>: ExactReduction {
    @usableFromInline let limit: Int

    /// Collects at most `limit` elements.
    @inlinable public init(limit: Int) { self.limit = limit }
    /// No elements.
    @inlinable public var identity: FirstElements<Element> { FirstElements() }
    /// The element.
    @inlinable public func lift(_ element: Element) -> Element { element }
    /// Adds an element while there is room.
    @inlinable public func fold(_ raw: Element, into partial: inout FirstElements<Element>) {
        if partial.elements.count < limit { partial.elements.append(raw) }
    }
    /// Adds elements while there is room.
    @inlinable public func combine(
        _ right: FirstElements<Element>, into left: inout FirstElements<Element>
    ) {
        guard !isComplete(left) else { return }
        left.elements.append(contentsOf: right.elements.prefix(limit - left.elements.count))
        if left.elements.count < limit { left.failure = right.failure }
    }
    /// The elements.
    @inlinable public func answer(_ partial: FirstElements<Element>) throws -> [Element] {
        if let failure = partial.failure { throw failure }
        return partial.elements
    }
    /// Whether there are enough, or one could not be computed.
    @inlinable public func isComplete(_ partial: FirstElements<Element>) -> Bool {
        partial.elements.count >= limit || partial.failure != nil
    }
    /// Keeps what was thrown, unless all elements are needed.
    @inlinable public func _keep(
        _ failure: @autoclosure () -> _KeptFailure, in partial: inout FirstElements<Element>
    ) -> Bool {
        guard limit < .max else { return false }
        partial.failure = failure()
        return true
    }
    /// Appends the limit.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) { writer.write(limit) }
    /// Reads the limit.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        limit = Swift.max(0, try reader.read(Int.self))
    }
    /// The reduction's name.
    public static var _name: String { "prefix" }
}
