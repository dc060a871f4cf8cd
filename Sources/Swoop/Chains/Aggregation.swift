// Reductions of something computed from each element, and two reductions in one pass: what
// `grouped` takes, such as `.both(.counting, .summing(of: price))`.

public import SwoopElements

/// A reduction of what a function gives for each element.
@frozen public struct _OfFunction<Function: ElementFunction, Inner: Reduction>: Reduction
where Inner.Element == Function.Output {
    @usableFromInline let function: Function
    @usableFromInline let inner: Inner

    /// Reduces the function's results.
    @inlinable public init(_ function: Function, _ inner: Inner) {
        self.function = function
        self.inner = inner
    }
    /// The inner reduction's.
    @inlinable public var identity: Inner.Partial { inner.identity }
    /// The function's result, lifted.
    @inlinable @inline(__always)
    public func lift(_ element: Function.Input) throws -> Inner.Raw {
        try inner.lift(try function._apply(element))
    }
    /// As the inner reduction.
    @inlinable @inline(__always)
    public func fold(_ raw: Inner.Raw, into partial: inout Inner.Partial) throws {
        try inner.fold(raw, into: &partial)
    }
    /// As the inner reduction.
    @inlinable @inline(__always) public func _fetch(_ partial: borrowing Inner.Partial) -> UInt8 {
        inner._fetch(partial)
    }
    /// As the inner reduction.
    @inlinable public func combine(_ right: Inner.Partial, into left: inout Inner.Partial) throws {
        try inner.combine(right, into: &left)
    }
    /// As the inner reduction.
    @inlinable public func answer(_ partial: Inner.Partial) throws -> Inner.Answer {
        try inner.answer(partial)
    }
    /// Appends both's captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        function._encodeFields(into: &writer)
        inner._encodeFields(into: &writer)
    }
    /// Reads both's captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        function = try Function(_decodingFields: &reader)
        inner = try Inner(_decodingFields: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "\(Inner._name)(of: \(Function._name))" }
    /// If the inner reduction is.
    @inlinable public static var _isExact: Bool { Inner._isExact }
}

extension _OfFunction: ExactReduction where Inner: ExactReduction {}

/// Two reductions of the same elements in one pass.
@frozen public struct _BothReductions<First: Reduction, Second: Reduction>: Reduction
where First.Element == Second.Element {
    @usableFromInline let first: First
    @usableFromInline let second: Second

    /// Joins two reductions.
    @inlinable public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }
    /// Both's.
    @inlinable public var identity: Pair<First.Partial, Second.Partial> {
        Pair(first.identity, second.identity)
    }
    /// Both's.
    @inlinable @inline(__always)
    public func lift(_ element: First.Element) throws -> Pair<First.Raw, Second.Raw> {
        Pair(try first.lift(element), try second.lift(element))
    }
    /// Folds each.
    @inlinable @inline(__always)
    public func fold(
        _ raw: Pair<First.Raw, Second.Raw>, into partial: inout Pair<First.Partial, Second.Partial>
    ) throws {
        try first.fold(raw.first, into: &partial.first)
        try second.fold(raw.second, into: &partial.second)
    }
    /// What both need.
    @inlinable @inline(__always)
    public func _fetch(_ partial: borrowing Pair<First.Partial, Second.Partial>) -> UInt8 {
        first._fetch(partial.first) ^ second._fetch(partial.second)
    }
    /// Combines each.
    @inlinable public func combine(
        _ right: Pair<First.Partial, Second.Partial>,
        into left: inout Pair<First.Partial, Second.Partial>
    ) throws {
        try first.combine(right.first, into: &left.first)
        try second.combine(right.second, into: &left.second)
    }
    /// Both answers.
    @inlinable public func answer(
        _ partial: Pair<First.Partial, Second.Partial>
    ) throws -> Pair<First.Answer, Second.Answer> {
        Pair(try first.answer(partial.first), try second.answer(partial.second))
    }
    /// Appends both's captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        first._encodeFields(into: &writer)
        second._encodeFields(into: &writer)
    }
    /// Reads both's captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        first = try First(_decodingFields: &reader)
        second = try Second(_decodingFields: &reader)
    }
    /// The reductions' names.
    public static var _name: String { "\(First._name), \(Second._name)" }
    /// If both are.
    @inlinable public static var _isExact: Bool { First._isExact && Second._isExact }
}

extension _BothReductions: ExactReduction where First: ExactReduction, Second: ExactReduction {}

extension Reduction {
    /// Counts the elements of a group.
    @inlinable
    public static func counting<Element>() -> Self where Self == _CountReduction<Element> {
        .init()
    }

    /// Adds up integers computed from the elements of a group.
    @inlinable @_disfavoredOverload public static func summing<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _IntegerSum<N>> {
        .init(function, .init())
    }

    /// Adds up floating-point numbers computed from the elements of a group; the exact sum, rounded
    /// once.
    @inlinable @_disfavoredOverload public static func summing<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _ExactFloatSum<N>> {
        .init(function, .init())
    }

    /// The mean of numbers computed from the elements of a group: their exact sum by their count.
    @inlinable @_disfavoredOverload public static func mean<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _ExactMean<N>> {
        .init(function, .init())
    }

    /// The smallest value computed from the elements of a group.
    @inlinable @_disfavoredOverload public static func min<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _MinReduction<N>> {
        .init(function, .init())
    }

    /// The largest value computed from the elements of a group.
    @inlinable @_disfavoredOverload public static func max<F: ElementFunction, N>(
        of function: F
    ) -> Self where F.Output == N, Self == _OfFunction<F, _MaxReduction<N>> {
        .init(function, .init())
    }

    /// Two reductions in one pass.
    @inlinable public static func both<First: Reduction, Second: Reduction>(
        _ first: First, _ second: Second
    ) -> Self where Self == _BothReductions<First, Second> { .init(first, second) }
}
