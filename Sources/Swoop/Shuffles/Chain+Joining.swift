// Operations that bring together what has the same key: whole groups, joins, and one of each.

public import SwoopElements

extension Chain where Stage.Output: PageElement {
    /// The groups of elements that have the same key, in the order of the keys, each as one element
    /// of a chain; a group's elements are in the order of the source.
    ///
    /// Groups lie on disks where memory has no room for them. For sums and the like,
    /// `grouped(by:_:)` with an aggregation moves far less.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction>(
        by key: F
    ) -> Chain<_GroupsSource<_ElementRows<Stage.Output>, F>>
    where F.Input == Stage.Output, F.Output: SortKey {
        let shuffle = _ShuffleSpec(
            [_side(_ElementRows<Stage.Output>.self, by: key)],
            splitters: _kernel(SplitterKernel<F.Output>.self), rule: .never)
        return Chain<_GroupsSource<_ElementRows<Stage.Output>, F>>(
            _GroupsSource(by: key), .shuffled(shuffle), recorder)
    }

    /// Pairs of this collection's elements and those of another one with the same key, in the order
    /// of the keys; elements without a partner are left out.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func joined<Other: _ChainStage, F: ElementFunction, G: ElementFunction>(
        with other: Chain<Other>, on key: F, _ otherKey: G
    ) -> Chain<
        _JoinedSource<
            _ElementRows<Stage.Output>, F, _ElementRows<Other.Output>, G, _InnerJoin<Other.Output>
        >
    >
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: SortKey
    { _joined(other, key, otherKey, _InnerJoin<Other.Output>.self) }

    /// Pairs of this collection's elements and those of another one with the same key, or nil where
    /// there is none, in the order of the keys.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func leftJoined<Other: _ChainStage, F: ElementFunction, G: ElementFunction>(
        with other: Chain<Other>, on key: F, _ otherKey: G
    ) -> Chain<
        _JoinedSource<
            _ElementRows<Stage.Output>, F, _ElementRows<Other.Output>, G, _LeftJoin<Other.Output>
        >
    >
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: SortKey
    { _joined(other, key, otherKey, _LeftJoin<Other.Output>.self) }

    @inlinable @inline(__always)
    func _joined<Other: _ChainStage, F: ElementFunction, G: ElementFunction, Rule: _JoinRule>(
        _ other: Chain<Other>, _ key: F, _ otherKey: G, _ rule: Rule.Type
    ) -> Chain<_JoinedSource<_ElementRows<Stage.Output>, F, _ElementRows<Other.Output>, G, Rule>>
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: SortKey, Rule.Partner == Other.Output
    {
        let shuffle = _ShuffleSpec(
            [
                _side(_ElementRows<Stage.Output>.self, by: key),
                other._side(_ElementRows<Other.Output>.self, by: otherKey),
            ], splitters: _kernel(SplitterKernel<F.Output>.self), rule: .never)
        return Chain<
            _JoinedSource<_ElementRows<Stage.Output>, F, _ElementRows<Other.Output>, G, Rule>
        >(_JoinedSource(key, otherKey), .shuffled(shuffle), recorder)
    }

    /// The first element of each key, as a stored collection in the order of the keys.
    @inlinable @inline(__always)
    @_disfavoredOverload public func distinct<F: ElementFunction>(by key: F) -> ProxyArray<
        Stage.Output
    >
    where F.Input == Stage.Output, F.Output: SortKey {
        let shuffle = _ShuffleSpec(
            [_side(_ElementRows<Stage.Output>.self, by: key)],
            splitters: _kernel(SplitterKernel<F.Output>.self), rule: .never, keepsFirst: true)
        return Chain<_GroupsSource<_ElementRows<Stage.Output>, F>>(
            _GroupsSource(by: key), .shuffled(shuffle), recorder
        ).map(_FirstOfGroup<F.Output, Stage.Output>()).stored()
    }

    /// Each element once, as a stored collection in order.
    @inlinable @inline(__always)
    public func distinct() -> ProxyArray<Stage.Output> where Stage.Output: SortKey {
        distinct(by: _ItselfFunction<Stage.Output>())
    }
}

/// The first element of a group.
@frozen public struct _FirstOfGroup<Key, Element>: ElementFunction {
    /// Makes the function.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// The first element.
    @inlinable public func _apply(_ input: Group<Key, Element>) -> Element { input[0] }
    /// The function's name.
    public static var _name: String { "first" }
}

extension ProxyArray {
    /// Whole groups as the elements of a chain: see `Chain.grouped(by:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction>(
        by key: F
    ) -> Chain<_GroupsSource<_ElementRows<Element>, F>>
    where F.Input == Element, F.Output: SortKey { chain.grouped(by: key) }

    /// Pairs of elements with the same key: see `Chain.joined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func joined<Other: PageElement, F: ElementFunction, G: ElementFunction>(
        with other: ProxyArray<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<_ElementRows<Element>, F, _ElementRows<Other>, G, _InnerJoin<Other>>>
    where
        F.Input == Element, G.Input == Other, F.Output == G.Output, F.Output: SortKey
    { chain.joined(with: other.chain, on: key, otherKey) }

    /// Pairs of elements with the same key, or nil: see `Chain.leftJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func leftJoined<Other: PageElement, F: ElementFunction, G: ElementFunction>(
        with other: ProxyArray<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<_ElementRows<Element>, F, _ElementRows<Other>, G, _LeftJoin<Other>>>
    where
        F.Input == Element, G.Input == Other, F.Output == G.Output, F.Output: SortKey
    { chain.leftJoined(with: other.chain, on: key, otherKey) }

    /// Each element once, in order.
    @inlinable @inline(__always)
    public func distinct() -> ProxyArray<Element> where Element: SortKey { chain.distinct() }
}
