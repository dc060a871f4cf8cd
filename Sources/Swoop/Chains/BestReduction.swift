// The first so many elements by a key: `top`, `bottom` and samples of a fixed number. Of equal keys
// the one that comes first in the source is kept, so that the answer does not depend on the split.

public import SwoopElements

/// Elements with their keys, in the order of the source.
@usableFromInline
package struct BestElements<Key: Comparable & RemoteValue, Element: RemoteValue>: RemoteValue {
    @usableFromInline var keys: [Key] = []
    @usableFromInline var elements: [Element] = []
    /// The last key that is kept; nil: any is; not sent.
    @usableFromInline var last: Key?

    @inlinable init() {}

    /// Reads them.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        keys = try [Key](decoding: &reader)
        elements = try [Element](decoding: &reader)
        guard keys.count == elements.count else { throw .malformed("the best elements") }
    }

    /// Appends them.
    public func encode(into writer: inout ValueWriter) {
        keys.encode(into: &writer)
        elements.encode(into: &writer)
    }

    @inlinable
    mutating func add(_ key: Key, _ element: Element, limit: Int, largestFirst: Bool) {
        guard key == key else { return }
        if let last {
            guard largestFirst ? _comesBefore(last, key) : _comesBefore(key, last) else { return }
        }
        keys.append(key)
        elements.append(element)
        // Twice the limit and 64; a limit may be as large as an Int.
        if keys.count >= 64, (keys.count - 64) / 2 >= limit {
            prune(limit: limit, largestFirst: largestFirst)
        }
    }

    /// The places of the best, best first.
    @usableFromInline func best(_ limit: Int, largestFirst: Bool) -> ArraySlice<Int> {
        keys.indices.sorted { left, right in
            let (first, second) = largestFirst ? (right, left) : (left, right)
            if _comesBefore(keys[first], keys[second]) { return true }
            return !_comesBefore(keys[second], keys[first]) && left < right
        }.prefix(limit)
    }

    @usableFromInline mutating func prune(limit: Int, largestFirst: Bool) {
        guard keys.count > limit else { return }
        let kept = best(limit, largestFirst: largestFirst)
        last = kept.last.map { keys[$0] }
        let places = kept.sorted()
        (keys, elements) = (places.map { keys[$0] }, places.map { elements[$0] })
    }
}

/// So many elements whose keys are largest, or smallest, in that order.
@frozen @usableFromInline package struct BestReduction<KeyFunction: ElementFunction>: ExactReduction
where KeyFunction.Input: RemoteValue, KeyFunction.Output: Comparable & RemoteValue {
    /// What is chosen from.
    public typealias Element = KeyFunction.Input
    /// What decides.
    public typealias Key = KeyFunction.Output

    @usableFromInline let key: KeyFunction
    @usableFromInline let limit: Int
    @usableFromInline let largestFirst: Bool

    /// Chooses at most so many by `key`.
    @inlinable public init(_ limit: Int, by key: KeyFunction, largestFirst: Bool) {
        self.limit = Swift.max(0, limit)
        self.key = key
        self.largestFirst = largestFirst
    }
    /// None.
    @inlinable public var identity: BestElements<Key, Element> { BestElements() }
    /// The element with its key.
    @inlinable public func lift(_ element: Element) throws -> Pair<Key, Element> {
        Pair(try key._apply(element), element)
    }
    /// Takes an element in, if it is among the best so far.
    @inlinable
    public func fold(_ raw: Pair<Key, Element>, into partial: inout BestElements<Key, Element>) {
        partial.add(raw.first, raw.second, limit: limit, largestFirst: largestFirst)
    }
    /// The best of both.
    @inlinable public func combine(
        _ right: BestElements<Key, Element>, into left: inout BestElements<Key, Element>
    ) {
        for (key, element) in zip(right.keys, right.elements) {
            left.add(key, element, limit: limit, largestFirst: largestFirst)
        }
    }
    /// The elements, best first.
    @inlinable public func answer(_ partial: BestElements<Key, Element>) -> [Element] {
        partial.best(limit, largestFirst: largestFirst).map { partial.elements[$0] }
    }
    /// Appends what is chosen by.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        limit.encode(into: &writer)
        largestFirst.encode(into: &writer)
        key._encodeFields(into: &writer)
    }
    /// Reads what is chosen by.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        limit = try Int(decoding: &reader)
        largestFirst = try Bool(decoding: &reader)
        key = try KeyFunction(_decodingFields: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "best(by: \(KeyFunction._name))" }
}

/// An element as its own key.
@frozen @usableFromInline package struct Itself<Element: Sendable>: ElementFunction {
    /// Makes the function.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// The function's name.
    public static var _name: String { "itself" }
    /// The element.
    @inlinable @inline(__always) public func _apply(_ input: Element) -> Element { input }
}

extension Chain where Stage.Output: RemoteValue {
    /// So many elements with the largest keys, largest first; of equal keys the first in the
    /// source.
    ///
    /// Text goes by its bytes. Elements whose keys differ from themselves (NaN) are left out. A
    /// count below 0 is an error.
    @inlinable @inline(__always)
    @_disfavoredOverload public func top<F: ElementFunction>(_ count: Int, by key: F) -> Proxy<
        [Stage.Output]
    >
    where F.Input == Stage.Output, F.Output: Comparable & RemoteValue {
        recorder._check(count, "the top % elements")
        return reduce(BestReduction(count, by: key, largestFirst: true))
    }

    /// So many elements with the smallest keys, smallest first; of equal keys the first in the
    /// source.
    ///
    /// Text goes by its bytes. Elements whose keys differ from themselves (NaN) are left out. A
    /// count below 0 is an error.
    @inlinable @inline(__always)
    @_disfavoredOverload public func bottom<F: ElementFunction>(_ count: Int, by key: F) -> Proxy<
        [Stage.Output]
    >
    where F.Input == Stage.Output, F.Output: Comparable & RemoteValue {
        recorder._check(count, "the bottom % elements")
        return reduce(BestReduction(count, by: key, largestFirst: false))
    }
}

extension Chain where Stage.Output: RemoteValue & Comparable {
    /// So many of the largest elements, largest first; NaN is left out, and a count below 0 is an
    /// error.
    @inlinable @inline(__always)
    public func top(_ count: Int) -> Proxy<[Stage.Output]> {
        recorder._check(count, "the top % elements")
        return reduce(BestReduction(count, by: Itself<Stage.Output>(), largestFirst: true))
    }

    /// So many of the smallest elements, smallest first; NaN is left out, and a count below 0 is an
    /// error.
    @inlinable @inline(__always)
    public func bottom(_ count: Int) -> Proxy<[Stage.Output]> {
        recorder._check(count, "the bottom % elements")
        return reduce(BestReduction(count, by: Itself<Stage.Output>(), largestFirst: false))
    }
}
