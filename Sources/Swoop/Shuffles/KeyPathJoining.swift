// Joins on properties: `sales.joined(with: shops, on: \.shop, equals: \.name)`. Either side is a
// chain or a stored collection.

public import SwoopElements

extension Chainable where Stage.Output: PageElement {
    /// Pairs of these elements and others for which two functions give the same: see
    /// `Chain.joined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func joined<Other: Chainable, F: ElementFunction, G: ElementFunction>(
        with other: Other, on key: F, equals otherKey: G
    ) -> Chain<_JoinedSource<F, G, _InnerJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.joined(with: other.chain, on: key, otherKey) }

    /// Pairs of these elements and others for which two functions give the same, or nil: see
    /// `Chain.leftJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func leftJoined<Other: Chainable, F: ElementFunction, G: ElementFunction>(
        with other: Other, on key: F, equals otherKey: G
    ) -> Chain<_JoinedSource<F, G, _LeftJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.leftJoined(with: other.chain, on: key, otherKey) }

    /// These elements for which a function gives what another one gives of others: see
    /// `Chain.semiJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func semiJoined<Other: Chainable, F: ElementFunction, G: ElementFunction>(
        with other: Other, on key: F, equals otherKey: G
    ) -> Chain<_JoinedSource<F, G, _SemiJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.semiJoined(with: other.chain, on: key, otherKey) }

    /// These elements for which a function gives what another one gives of none: see
    /// `Chain.antiJoined(with:on:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func antiJoined<Other: Chainable, F: ElementFunction, G: ElementFunction>(
        with other: Other, on key: F, equals otherKey: G
    ) -> Chain<_JoinedSource<F, G, _AntiJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.antiJoined(with: other.chain, on: key, otherKey) }
}

extension Chainable where Stage.Output: _PropertyHolder & PageElement {
    /// Pairs of these elements and others of which two properties are the same, in the order of
    /// these: `sales.joined(with: shops, on: \.shop, equals: \.name)`.
    @inlinable @inline(__always)
    public func joined<Other: Chainable, F: _PropertyFunction, G: _PropertyFunction>(
        with other: Other, on key: KeyPath<Stage.Output._Properties, F>,
        equals otherKey: KeyPath<Other.Stage.Output._Properties, G>
    ) -> Chain<_JoinedSource<F, G, _InnerJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: _PropertyHolder & PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.joined(with: other.chain, on: F(), G()) }

    /// Pairs of these elements and others of which two properties are the same, or nil where there
    /// is none.
    @inlinable @inline(__always)
    public func leftJoined<Other: Chainable, F: _PropertyFunction, G: _PropertyFunction>(
        with other: Other, on key: KeyPath<Stage.Output._Properties, F>,
        equals otherKey: KeyPath<Other.Stage.Output._Properties, G>
    ) -> Chain<_JoinedSource<F, G, _LeftJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: _PropertyHolder & PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.leftJoined(with: other.chain, on: F(), G()) }

    /// These elements whose property another collection's elements have, each once.
    @inlinable @inline(__always)
    public func semiJoined<Other: Chainable, F: _PropertyFunction, G: _PropertyFunction>(
        with other: Other, on key: KeyPath<Stage.Output._Properties, F>,
        equals otherKey: KeyPath<Other.Stage.Output._Properties, G>
    ) -> Chain<_JoinedSource<F, G, _SemiJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: _PropertyHolder & PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.semiJoined(with: other.chain, on: F(), G()) }

    /// These elements whose property none of another collection's elements has.
    @inlinable @inline(__always)
    public func antiJoined<Other: Chainable, F: _PropertyFunction, G: _PropertyFunction>(
        with other: Other, on key: KeyPath<Stage.Output._Properties, F>,
        equals otherKey: KeyPath<Other.Stage.Output._Properties, G>
    ) -> Chain<_JoinedSource<F, G, _AntiJoin<Stage.Output, Other.Stage.Output>>>
    where
        Other.Stage.Output: _PropertyHolder & PageElement, F.Input == Stage.Output,
        G.Input == Other.Stage.Output, F.Output == G.Output, F.Output: PackedKey
    { chain.antiJoined(with: other.chain, on: F(), G()) }
}
