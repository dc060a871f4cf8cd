// What steps can go over: a chain, or a stored collection, with which a chain begins. The steps
// that take key paths are written once for both, here and in KeyPathGroups.swift and
// KeyPathJoining.swift; PropertyFunction.swift says what a key path becomes. What a stored
// collection has of a chain's operations is in ProxyArray+Chain.swift.

public import SwoopElements

/// A chain, or a stored collection, of elements of one type: what a function of yours takes and
/// gives that adds steps.
///
/// ```swift
/// func paid(_ sales: some Chainable<Sale>) -> some Chainable<Double> {
///     sales.filter(\.isPaid).map(\.amount)
/// }
/// ```
public protocol Chainable<Element> {
    /// What goes through the steps.
    associatedtype Element where Element == Stage.Output
    /// The steps so far.
    associatedtype Stage: _ChainStage
    /// The chain, or one over the stored elements.
    var chain: Chain<Stage> { get }
}

extension Chain: Chainable {
    /// What comes out of the last step.
    public typealias Element = Stage.Output

    /// Itself.
    @inlinable @inline(__always) public var chain: Chain { self }
}

extension ProxyArray: Chainable {
    /// The elements of the pages.
    public typealias Stage = _PagesSource<Element>

    /// Itself.
    @inlinable public func stored() -> ProxyArray { self }
}

extension Chainable {
    /// Each element through a function.
    @inlinable @inline(__always)
    @_disfavoredOverload public func map<F: ElementFunction>(
        _ function: F
    ) -> Chain<_MapStage<Stage, F>> where F.Input == Stage.Output { chain.map(function) }

    /// The elements of which a function says yes.
    @inlinable @inline(__always)
    @_disfavoredOverload public func filter<F: ElementFunction>(
        _ function: F
    ) -> Chain<_FilterStage<Stage, F>> where F.Input == Stage.Output, F.Output == Bool {
        chain.filter(function)
    }

    /// The results of a function that are not nil.
    @inlinable @inline(__always)
    @_disfavoredOverload public func compactMap<F: ElementFunction, Value>(
        _ function: F
    ) -> Chain<_CompactMapStage<Stage, F, Value>>
    where F.Input == Stage.Output, F.Output == Value? { chain.compactMap(function) }

    /// The elements of the sequences that a function gives.
    @inlinable @inline(__always)
    @_disfavoredOverload public func flatMap<F: ElementFunction>(
        _ function: F
    ) -> Chain<_FlatMapStage<Stage, F>> where F.Input == Stage.Output, F.Output: Sequence {
        chain.flatMap(function)
    }
}

extension Chainable where Stage.Output: _PropertyHolder {
    /// A property of each element: `sales.map(\.amount)`.
    @inlinable @inline(__always)
    public func map<F: _PropertyFunction>(
        _ property: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_MapStage<Stage, F>> where F.Input == Stage.Output { chain.map(F()) }

    /// The elements of which a property is true: `sales.filter(\.isPaid)`.
    @inlinable @inline(__always)
    public func filter<F: _PropertyFunction>(
        _ property: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_FilterStage<Stage, F>> where F.Input == Stage.Output, F.Output == Bool {
        chain.filter(F())
    }

    /// The values of an optional property that are not nil.
    @inlinable @inline(__always)
    public func compactMap<F: _PropertyFunction, Value>(
        _ property: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_CompactMapStage<Stage, F, Value>>
    where F.Input == Stage.Output, F.Output == Value? { chain.compactMap(F()) }

    /// The elements of the sequences that a property has.
    @inlinable @inline(__always)
    public func flatMap<F: _PropertyFunction>(
        _ property: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_FlatMapStage<Stage, F>> where F.Input == Stage.Output, F.Output: Sequence {
        chain.flatMap(F())
    }

    /// Each element with the value that a table in memory has for a property of it.
    @inlinable @inline(__always)
    public func joined<F: _PropertyFunction, Value: RemoteValue>(
        with table: [F.Output: Value], on key: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_JoinStage<Stage, F, Value>> where F.Input == Stage.Output {
        chain.joined(with: table, on: F())
    }

    /// Each element with the value that a table has for a property of it; the table travels to each
    /// node once.
    @inlinable @inline(__always)
    public func joined<F: _PropertyFunction, Value: RemoteValue>(
        with table: Proxy<[F.Output: Value]>, on key: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_JoinStage<Stage, F, Value>> where F.Input == Stage.Output {
        chain.joined(with: table, on: F())
    }

    /// So many elements of which a property is largest: see `Chain.top(_:by:)`.
    @inlinable @inline(__always)
    public func top<F: _PropertyFunction>(
        _ count: Int, by key: KeyPath<Stage.Output._Properties, F>
    ) -> Proxy<[Stage.Output]>
    where
        Stage.Output: RemoteValue, F.Input == Stage.Output, F.Output: Comparable & RemoteValue
    { chain.top(count, by: F()) }

    /// So many elements of which a property is smallest: see `Chain.bottom(_:by:)`.
    @inlinable @inline(__always)
    public func bottom<F: _PropertyFunction>(
        _ count: Int, by key: KeyPath<Stage.Output._Properties, F>
    ) -> Proxy<[Stage.Output]>
    where
        Stage.Output: RemoteValue, F.Input == Stage.Output, F.Output: Comparable & RemoteValue
    { chain.bottom(count, by: F()) }
}

extension Chainable where Stage.Output: _PropertyHolder & PageElement {
    /// The elements in the order of a property: `sales.sorted(by: \.amount)`.
    @inlinable @inline(__always)
    public func sorted<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, F>>
    where F.Input == Stage.Output, F.Output: SortKey { chain.sorted(by: F()) }

    /// The elements in the opposite order of a property: `sales.sorted(by: \.amount, .descending)`.
    @inlinable @inline(__always)
    public func sorted<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>, _ order: SortOrder
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, _DescendingFunction<F>>>
    where F.Input == Stage.Output, F.Output: SortKey { chain.sorted(by: F(), order) }

    /// The elements in the order of a property whose type can be compared.
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, _ComparedFunction<F>>>
    where F.Input == Stage.Output, F.Output: Comparable & RemoteValue { chain.sorted(by: F()) }

    /// The elements in the order of one property, and of another where that is the same.
    @inlinable @inline(__always)
    public func sorted<F: _PropertyFunction, G: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>,
        _ second: KeyPath<Stage.Output._Properties, G>
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, _BothFunctions<F, G>>>
    where F.Input == Stage.Output, G.Input == Stage.Output, F.Output: SortKey, G.Output: SortKey {
        chain.sorted(by: _BothFunctions(F(), G()))
    }

    /// The first element of each value of a property, in the order of the values.
    @inlinable @inline(__always)
    public func distinct<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>
    ) -> ProxyArray<Stage.Output> where F.Input == Stage.Output, F.Output: SortKey {
        chain.distinct(by: F())
    }
}
