// `grouped` by properties, and aggregations of properties: the overloads of Chain+Groups.swift for
// key paths, and those of Aggregation.swift.

public import SwoopElements

extension Chainable where Stage.Output: _PropertyHolder {
    /// Groups the elements by a text or number that each has, and reduces each group:
    /// `visits.grouped(by: \.host, .counting())`.
    @inlinable @inline(__always)
    public func grouped<F: _PropertyFunction, A: Reduction>(
        by key: KeyPath<Stage.Output._Properties, F>, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: _GroupKey,
        A.Answer: PageElement
    { F.Output._grouped(chain, by: F(), aggregation) }

    /// Groups the elements by a property, and reduces each group.
    @inlinable @inline(__always) @_disfavoredOverload
    public func grouped<F: _PropertyFunction, A: Reduction>(
        by key: KeyPath<Stage.Output._Properties, F>, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: Hashable & PageElement,
        A.Answer: PageElement
    { chain.grouped(by: F(), aggregation) }

    /// Groups the elements by a property, any number of groups: see
    /// `Chain.grouped(by:computing:)`.
    @inlinable @inline(__always)
    public func grouped<F: _PropertyFunction, A: ExactReduction>(
        by key: KeyPath<Stage.Output._Properties, F>, computing aggregation: A
    ) -> ProxyArray<Pair<F.Output._Stored, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: PackedKey,
        A.Answer: PageElement
    { chain.grouped(by: F(), computing: aggregation) }

    /// Groups the elements by two properties:
    /// `sales.grouped(by: \.shop, \.year, computing: .summing(of: \.amount))`.
    @inlinable @inline(__always)
    public func grouped<F: _PropertyFunction, G: _PropertyFunction, A: ExactReduction>(
        by first: KeyPath<Stage.Output._Properties, F>,
        _ second: KeyPath<Stage.Output._Properties, G>, computing aggregation: A
    ) -> ProxyArray<Pair<Pair<F.Output._Stored, G.Output._Stored>, A.Answer>>
    where
        F.Input == Stage.Output, G.Input == Stage.Output, A.Element == Stage.Output,
        F.Output: PackedKey, G.Output: PackedKey, A.Answer: PageElement
    { chain.grouped(by: F(), G(), computing: aggregation) }

    /// Groups the elements by three properties; keys are nested from the left.
    @inlinable @inline(__always)
    public func grouped<
        F: _PropertyFunction, G: _PropertyFunction, H: _PropertyFunction, A: ExactReduction
    >(
        by first: KeyPath<Stage.Output._Properties, F>,
        _ second: KeyPath<Stage.Output._Properties, G>,
        _ third: KeyPath<Stage.Output._Properties, H>, computing aggregation: A
    ) -> ProxyArray<
        Pair<Pair<Pair<F.Output._Stored, G.Output._Stored>, H.Output._Stored>, A.Answer>
    >
    where
        F.Input == Stage.Output, G.Input == Stage.Output, H.Input == Stage.Output,
        A.Element == Stage.Output, F.Output: PackedKey, G.Output: PackedKey,
        H.Output: PackedKey, A.Answer: PageElement
    { chain.grouped(by: F(), G(), H(), computing: aggregation) }
}

extension Chainable where Stage.Output: _PropertyHolder & PageElement {
    /// Whole groups of elements with the same property: see `Chain.grouped(by:)`.
    @inlinable @inline(__always)
    public func grouped<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_GroupsSource<_ElementRows<Stage.Output>, F>>
    where F.Input == Stage.Output, F.Output: SortKey { chain.grouped(by: F()) }
}

extension Reduction {
    /// Adds up an integer property of the elements of a group: `.summing(of: \.pieces)`.
    @inlinable public static func summing<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _IntegerSum<N>> {
        .init(_Property(), .init())
    }

    /// Adds up a floating-point property of the elements of a group: `.summing(of: \.amount)`.
    @inlinable public static func summing<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _ExactFloatSum<N>> {
        .init(_Property(), .init())
    }

    /// The mean of a property of the elements of a group.
    @inlinable public static func mean<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _ExactMean<N>> {
        .init(_Property(), .init())
    }

    /// The smallest value of a property of the elements of a group.
    @inlinable public static func min<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _MinReduction<N>> {
        .init(_Property(), .init())
    }

    /// The largest value of a property of the elements of a group.
    @inlinable public static func max<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _MaxReduction<N>> {
        .init(_Property(), .init())
    }

    /// The median of a property of the elements of a group.
    @inlinable public static func median<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self
    where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _QuantileReduction<N>> {
        .init(_Property(), .init(0.5))
    }

    /// The standard deviation of a property of the elements of a group, as a sample of others.
    @inlinable
    public static func standardDeviation<Holder: _PropertyHolder, F: _PropertyFunction, N>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where F.Output == N, Self == _OfFunction<_Property<Holder, F>, _SpreadReduction<N>> {
        .init(_Property(), .init(.deviation, ofSample: true))
    }

    /// So many of the largest values of a property of a group, largest first.
    @inlinable public static func largest<Holder: _PropertyHolder, F: _PropertyFunction, V>(
        _ count: Int, of property: KeyPath<Holder._Properties, F>
    ) -> Self
    where F.Output == V, Self == _OfFunction<_Property<Holder, F>, _ExtremesReduction<V>> {
        .init(_Property(), .init(count, largestFirst: true))
    }

    /// A reduction of those elements of a group of which a property is true.
    @inlinable
    public static func only<Holder: _PropertyHolder, F: _PropertyFunction, Inner: Reduction>(
        where property: KeyPath<Holder._Properties, F>, _ inner: Inner
    ) -> Self where Self == _FilteredReduction<_Property<Holder, F>, Inner> {
        .init(_Property(), inner)
    }
}
