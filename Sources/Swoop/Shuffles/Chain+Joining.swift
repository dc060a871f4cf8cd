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
            [_side(_ElementRows<Stage.Output>.self, by: key, as: "grouped")],
            splitters: _kernel(SplitterKernel<F.Output>.self), rule: .never)
        return Chain<_GroupsSource<_ElementRows<Stage.Output>, F>>(
            _GroupsSource(by: key), .shuffled(shuffle), recorder)
    }

    /// Pairs of this collection's elements and those of another one with the same key; elements
    /// without a partner are left out.
    ///
    /// Pairs are in the order of this collection, and those of one element in the order of the
    /// other one, on any number of nodes. `sorted` orders them by key. Keys are one where their
    /// bytes are; all NaN are, both zeros, and so are keys that are nil.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func joined<Other: _ChainStage, F: ElementFunction, G: ElementFunction>(
        with other: Chain<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _InnerJoin<Stage.Output, Other.Output>>>
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: PackedKey
    { _joined(other, key, otherKey) }

    /// Pairs of this collection's elements and those of another one with the same key, or nil where
    /// there is none; in the order of `joined`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func leftJoined<Other: _ChainStage, F: ElementFunction, G: ElementFunction>(
        with other: Chain<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _LeftJoin<Stage.Output, Other.Output>>>
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: PackedKey
    { _joined(other, key, otherKey) }

    /// This collection's elements whose key another one has, each once, in their order.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func semiJoined<Other: _ChainStage, F: ElementFunction, G: ElementFunction>(
        with other: Chain<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _SemiJoin<Stage.Output, Other.Output>>>
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: PackedKey
    { _joined(other, key, otherKey) }

    /// This collection's elements whose key another one has not, in their order.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func antiJoined<Other: _ChainStage, F: ElementFunction, G: ElementFunction>(
        with other: Chain<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _AntiJoin<Stage.Output, Other.Output>>>
    where
        Other.Output: PageElement, F.Input == Stage.Output, G.Input == Other.Output,
        F.Output == G.Output, F.Output: PackedKey
    { _joined(other, key, otherKey) }

    @inlinable @inline(__always)
    func _joined<Other: _ChainStage, F: ElementFunction, G: ElementFunction, Rule: _JoinRule>(
        _ other: Chain<Other>, _ key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, Rule>>
    where
        F.Input == Stage.Output, G.Input == Other.Output, F.Output == G.Output,
        F.Output: PackedKey, Rule.Left == Stage.Output, Rule.Right == Other.Output
    {
        var fields = ValueWriter()
        otherKey._encodeFields(into: &fields)
        let join = _JoinSpec(
            name: _JoinedSource<F, G, Rule>._name, _pages, other._pages,
            keys: _kernel(JoinKeysKernel<G>.self), fields: fields,
            index: _kernel(JoinIndexKernel.self))
        return Chain<_JoinedSource<F, G, Rule>>(
            _JoinedSource(key, otherKey), .joined(join), recorder)
    }

    /// The elements as they are stored, or are to be for a join.
    @inlinable @inline(__always) var _pages: _ProxyHandle {
        if Stage.self == _PagesSource<Stage.Output>.self, case .pages(let handle) = source {
            return handle
        }
        return stored()._handle
    }

    /// The first element of each key, as a stored collection in the order of the keys.
    @inlinable @inline(__always)
    @_disfavoredOverload public func distinct<F: ElementFunction>(by key: F) -> ProxyArray<
        Stage.Output
    >
    where F.Input == Stage.Output, F.Output: SortKey {
        let shuffle = _ShuffleSpec(
            [_side(_ElementRows<Stage.Output>.self, by: key, as: "distinct")],
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

    /// See `Chain.joined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func joined<Other: PageElement, F: ElementFunction, G: ElementFunction>(
        with other: ProxyArray<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _InnerJoin<Element, Other>>>
    where
        F.Input == Element, G.Input == Other, F.Output == G.Output, F.Output: PackedKey
    { chain.joined(with: other.chain, on: key, otherKey) }

    /// See `Chain.leftJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func leftJoined<Other: PageElement, F: ElementFunction, G: ElementFunction>(
        with other: ProxyArray<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _LeftJoin<Element, Other>>>
    where
        F.Input == Element, G.Input == Other, F.Output == G.Output, F.Output: PackedKey
    { chain.leftJoined(with: other.chain, on: key, otherKey) }

    /// See `Chain.semiJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func semiJoined<Other: PageElement, F: ElementFunction, G: ElementFunction>(
        with other: ProxyArray<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _SemiJoin<Element, Other>>>
    where
        F.Input == Element, G.Input == Other, F.Output == G.Output, F.Output: PackedKey
    { chain.semiJoined(with: other.chain, on: key, otherKey) }

    /// See `Chain.antiJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func antiJoined<Other: PageElement, F: ElementFunction, G: ElementFunction>(
        with other: ProxyArray<Other>, on key: F, _ otherKey: G
    ) -> Chain<_JoinedSource<F, G, _AntiJoin<Element, Other>>>
    where
        F.Input == Element, G.Input == Other, F.Output == G.Output, F.Output: PackedKey
    { chain.antiJoined(with: other.chain, on: key, otherKey) }

    /// Each element once, in order.
    @inlinable @inline(__always)
    public func distinct() -> ProxyArray<Element> where Element: SortKey { chain.distinct() }
}
