// A stored collection reads like a chain: what can be asked of a chain can be asked of it, over the
// elements of its pages.

public import SwoopElements

extension ProxyArray {
    /// Folds the elements by a reduction that needs no tree.
    @inlinable @inline(__always)
    public func reduce<R: ExactReduction>(_ reduction: R) -> Proxy<R.Answer>
    where R.Element == Element, R.Answer: RemoteValue { chain.reduce(reduction) }

    /// Folds the elements along the tree of the leaves: the same bits on any number of nodes.
    @inlinable @inline(__always)
    public func reduce<R: Reduction>(_ reduction: R) -> Proxy<R.Answer>
    where R.Element == Element, R.Answer: RemoteValue { chain.reduce(reduction) }

    /// Folds the elements by a `@Remote` function that is associative and for which `identity` is
    /// neutral.
    @inlinable @inline(__always)
    public func reduce<F: _RemoteFunction2 & _SyncRemoteFunction>(
        _ identity: F.Result, _ function: F
    ) -> Proxy<F.Result>
    where F.A0 == F.Result, F.A1 == F.Result, F.Result: RemoteValue, F.Result == Element {
        chain.reduce(identity, function)
    }

    /// The first elements, at most so many, as one value; a count below 0 is an error.
    @inlinable @inline(__always)
    public func prefix(_ count: Int) -> Proxy<[Element]> { chain.prefix(count) }

    /// All elements as one value.
    @inlinable @inline(__always)
    public func collected() -> Proxy<[Element]> { chain.collected() }

    /// So many elements with the largest keys, largest first: see `Chain.top(_:by:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload public func top<F: ElementFunction>(_ count: Int, by key: F) -> Proxy<
        [Element]
    >
    where F.Input == Element, F.Output: Comparable & RemoteValue { chain.top(count, by: key) }

    /// So many elements with the smallest keys, smallest first: see `Chain.bottom(_:by:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload public func bottom<F: ElementFunction>(_ count: Int, by key: F) -> Proxy<
        [Element]
    >
    where F.Input == Element, F.Output: Comparable & RemoteValue { chain.bottom(count, by: key) }

    /// The first element of each key, in the order of the keys.
    @inlinable @inline(__always)
    @_disfavoredOverload public func distinct<F: ElementFunction>(by key: F) -> ProxyArray<Element>
    where F.Input == Element, F.Output: SortKey { chain.distinct(by: key) }

    /// Each element with the value that a table in memory has for its key; others are left out.
    @inlinable @inline(__always)
    @_disfavoredOverload public func joined<F: ElementFunction, Value: RemoteValue>(
        with table: [F.Output: Value], on key: F
    ) -> Chain<_JoinStage<_PagesSource<Element>, F, Value>> where F.Input == Element {
        chain.joined(with: table, on: key)
    }

    /// Each element with the value that a table has for its key.
    @inlinable @inline(__always)
    @_disfavoredOverload public func joined<F: ElementFunction, Value: RemoteValue>(
        with table: Proxy<[F.Output: Value]>, on key: F
    ) -> Chain<_JoinStage<_PagesSource<Element>, F, Value>> where F.Input == Element {
        chain.joined(with: table, on: key)
    }
}

extension ProxyArray where Element: Comparable {
    /// So many of the largest elements, largest first.
    @inlinable @inline(__always)
    public func top(_ count: Int) -> Proxy<[Element]> { chain.top(count) }

    /// So many of the smallest elements, smallest first.
    @inlinable @inline(__always)
    public func bottom(_ count: Int) -> Proxy<[Element]> { chain.bottom(count) }

    /// The smallest element; nil of none.
    @inlinable @inline(__always)
    public var min: Proxy<Element?> { chain.min }

    /// The largest element; nil of none.
    @inlinable @inline(__always)
    public var max: Proxy<Element?> { chain.max }
}

extension ProxyArray where Element: FixedWidthInteger {
    /// The sum of the integers.
    @inlinable @inline(__always)
    public var sum: Proxy<Element> { chain.sum }
}

extension ProxyArray where Element: BinaryFloatingPoint {
    /// The sum of the numbers: the same bits on any number of nodes.
    @inlinable @inline(__always)
    public var sum: Proxy<Element> { chain.sum }
}

extension ProxyArray where Element: MeanNumber {
    /// The mean of the numbers; NaN of none.
    @inlinable @inline(__always)
    public var mean: Proxy<Double> { chain.mean }
}

extension ProxyArray {
    /// Groups the elements by a String or a number and reduces each group: see
    /// `Chain.grouped(by:_:)`.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction, A: Reduction>(
        by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output, A.Answer>>
    where
        F.Input == Element, A.Element == Element, F.Output: _GroupKey, A.Answer: PageElement
    { chain.grouped(by: key, aggregation) }

    /// Groups the elements by key and reduces each group.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction, A: Reduction>(
        by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output, A.Answer>>
    where
        F.Input == Element, A.Element == Element, F.Output: Hashable & PageElement,
        A.Answer: PageElement
    { chain.grouped(by: key, aggregation) }
}

extension ProxyArray where Element: TextLine {
    /// Writes each element as a line of text: see `Chain.saved(asText:replacing:)`.
    @inlinable @inline(__always)
    public func saved(asText path: String, replacing: Bool = false) -> SavedFiles {
        chain.saved(asText: path, replacing: replacing)
    }
}

extension ProxyArray where Element: CSVCells {
    /// Writes each element as a row of a table: see `Chain.saved(asCSV:)`.
    @inlinable @inline(__always)
    public func saved(
        asCSV path: String, header: [String]? = nil, separator: Character = ",",
        replacing: Bool = false
    ) -> SavedFiles {
        chain.saved(asCSV: path, header: header, separator: separator, replacing: replacing)
    }
}

extension ProxyArray {
    /// Writes each element as its fields: see `Chain.saved(asRecords:replacing:)`.
    @inlinable @inline(__always)
    public func saved(asRecords path: String, replacing: Bool = false) -> SavedFiles {
        chain.saved(asRecords: path, replacing: replacing)
    }
}

extension Chain where Stage.Output: PageElement {
    /// The elements of a range of places in what comes out of the chain: `sorted[0..<10]`.
    ///
    /// Everything before it is made and stored; `prefix` and `top` do with less.
    @inlinable @inline(__always)
    public subscript(_ range: Range<Int>) -> Chain<_ChosenPages<Stage.Output, _IndexRange>> {
        stored()[range]
    }

    /// The elements of a range of places with its last one: `sorted[0...9]`.
    @inlinable @inline(__always)
    public subscript(_ range: ClosedRange<Int>) -> Chain<_ChosenPages<Stage.Output, _IndexRange>> {
        stored()[range]
    }

    /// The elements of a range of places with one end: `sorted[..<10]`.
    @inlinable @inline(__always) @_disfavoredOverload
    public subscript(
        _ range: some RangeExpression<Int>
    ) -> Chain<_ChosenPages<Stage.Output, _IndexRange>> { stored()[range] }

    /// All elements: runs the chain in a plan of its own, as often as they are asked for, and
    /// fetches up to 1 GiB.
    ///
    /// In a block `stored()` keeps them in the cluster; of an array that is there `array[2..<5]`
    /// names a few, whose `values` are all that is fetched.
    @inlinable
    public var values: [Stage.Output] {
        get async throws {
            try await _cluster.remotely { remote in
                Chain(stage, source, remote._recorder).stored()
            }.values
        }
    }
}

extension Chain {
    /// The cluster of the chain's plan, or of the pages that it goes over.
    public var _cluster: Cluster {
        if case .pages(let handle) = source { return Cluster(session: handle.recording.session) }
        return Cluster(session: (recorder as? PlanRecording)?.session ?? .nowhere)
    }
}
