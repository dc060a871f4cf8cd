// Reductions that keep some of the values of a group: the first and the last in the order of the
// source, the largest and the smallest, and all of which a function says yes.

public import SwoopElements

/// The first value of a group; nil of none.
@frozen public struct _FirstReduction<Element: RemoteValue>: PlainReduction, ExactReduction {
    /// Makes the reduction.
    @inlinable public init() {}
    /// None.
    @inlinable public var identity: Element? { nil }
    /// The value.
    @inlinable public func lift(_ element: Element) -> Element { element }
    /// Keeps a value if there is none.
    @inlinable public func fold(_ raw: Element, into partial: inout Element?) {
        if partial == nil { partial = raw }
    }
    /// The left one, if there is any.
    @inlinable public func combine(_ right: Element?, into left: inout Element?) {
        if left == nil { left = right }
    }
    /// The value.
    @inlinable public func answer(_ partial: Element?) -> Element? { partial }
    /// The reduction's name.
    public static var _name: String { "first" }
}

/// The last value of a group; nil of none.
@frozen public struct _LastReduction<Element: RemoteValue>: PlainReduction, ExactReduction {
    /// Makes the reduction.
    @inlinable public init() {}
    /// None.
    @inlinable public var identity: Element? { nil }
    /// The value.
    @inlinable public func lift(_ element: Element) -> Element { element }
    /// Keeps the value.
    @inlinable public func fold(_ raw: Element, into partial: inout Element?) { partial = raw }
    /// The right one, if there is any.
    @inlinable public func combine(_ right: Element?, into left: inout Element?) {
        if right != nil { left = right }
    }
    /// The value.
    @inlinable public func answer(_ partial: Element?) -> Element? { partial }
    /// The reduction's name.
    public static var _name: String { "last" }
}

/// Some values in order, the first two without an array.
public struct _OrderedValues<Element: RemoteValue>: RemoteValue {
    @usableFromInline var first: Element?
    @usableFromInline var second: Element?
    @usableFromInline var others: [Element] = []

    @inlinable init() {}

    /// Reads the values.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        first = try Element?(decoding: &reader)
        second = try Element?(decoding: &reader)
        others = try [Element](decoding: &reader)
    }

    /// Appends the values.
    @inlinable public func encode(into writer: inout ValueWriter) {
        first.encode(into: &writer)
        second.encode(into: &writer)
        others.encode(into: &writer)
    }

    /// The values in order.
    @inlinable var all: [Element] {
        var all: [Element] = []
        if let first { all.append(first) }
        if let second { all.append(second) }
        return all + others
    }
}

/// The largest values of a group, or the smallest, in that order; equal ones as often as they come.
///
/// Text goes by its bytes. Values that differ from themselves (NaN) are left out.
@frozen
public struct _ExtremesReduction<Element: Comparable & RemoteValue>: ExactReduction {
    @usableFromInline let limit: Int
    @usableFromInline let largestFirst: Bool

    /// Keeps at most so many.
    @inlinable public init(_ limit: Int, largestFirst: Bool) {
        self.limit = Swift.max(0, limit)
        self.largestFirst = largestFirst
    }
    /// None.
    @inlinable public var identity: _OrderedValues<Element> { _OrderedValues() }
    /// The value.
    @inlinable public func lift(_ element: Element) -> Element { element }

    @inlinable @inline(__always) func isBefore(_ left: Element, _ right: Element) -> Bool {
        largestFirst ? _comesBefore(right, left) : _comesBefore(left, right)
    }

    /// Takes a value in, if it is among the first so far.
    @inlinable @inline(__always)
    public func fold(_ raw: Element, into partial: inout _OrderedValues<Element>) {
        if limit == 2, let second = partial.second, !isBefore(raw, second) { return }
        add(raw, to: &partial)
    }

    @inlinable @inline(never) func add(_ raw: Element, to partial: inout _OrderedValues<Element>) {
        guard raw == raw, limit > 0 else { return }
        var value = raw
        guard let first = partial.first else {
            partial.first = value
            return
        }
        if isBefore(value, first) { (partial.first, value) = (value, first) }
        guard limit > 1 else { return }
        guard let second = partial.second else {
            partial.second = value
            return
        }
        if isBefore(value, second) { (partial.second, value) = (value, second) }
        guard limit > 2 else { return }
        if partial.others.count == limit - 2, let last = partial.others.last {
            guard isBefore(value, last) else { return }
            partial.others.removeLast()
        }
        var low = 0
        var high = partial.others.count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(value, partial.others[middle]) { high = middle } else { low = middle + 1 }
        }
        partial.others.insert(value, at: low)
    }

    /// The first of both.
    @inlinable public func combine(
        _ right: _OrderedValues<Element>, into left: inout _OrderedValues<Element>
    ) {
        if let first = right.first { fold(first, into: &left) }
        if let second = right.second { fold(second, into: &left) }
        for value in right.others { fold(value, into: &left) }
    }
    /// The values.
    @inlinable public func answer(_ partial: _OrderedValues<Element>) -> [Element] { partial.all }
    /// Appends how many, and which.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        limit.encode(into: &writer)
        largestFirst.encode(into: &writer)
    }
    /// Reads how many, and which.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        limit = try Int(decoding: &reader)
        largestFirst = try Bool(decoding: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "extremes" }
}

/// A reduction of those elements of which a function says yes.
@frozen public struct _FilteredReduction<Condition: ElementFunction, Inner: Reduction>: Reduction
where Condition.Input == Inner.Element, Condition.Output == Bool {
    @usableFromInline let condition: Condition
    @usableFromInline let inner: Inner

    /// Reduces what passes.
    @inlinable public init(_ condition: Condition, _ inner: Inner) {
        self.condition = condition
        self.inner = inner
    }
    /// The inner reduction's.
    @inlinable public var identity: Inner.Partial { inner.identity }
    /// The element, lifted, if it passes.
    @inlinable public func lift(_ element: Inner.Element) throws -> Inner.Raw? {
        try condition._apply(element) ? try inner.lift(element) : nil
    }
    /// As the inner reduction, if there is anything.
    @inlinable public func fold(_ raw: Inner.Raw?, into partial: inout Inner.Partial) throws {
        if let raw { try inner.fold(raw, into: &partial) }
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
        condition._encodeFields(into: &writer)
        inner._encodeFields(into: &writer)
    }
    /// Reads both's captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        condition = try Condition(_decodingFields: &reader)
        inner = try Inner(_decodingFields: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "\(Inner._name)(where: \(Condition._name))" }
    /// If the inner reduction is.
    @inlinable public static var _isExact: Bool { Inner._isExact }
}

extension _FilteredReduction: ExactReduction where Inner: ExactReduction {}
