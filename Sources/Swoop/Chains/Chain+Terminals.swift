// The operations that end a chain. Each makes its kernels in the user's module, where the chain's
// type is known, and hands them to the recorder; what comes back is a proxy.

public import SwoopElements

extension Chain {
    /// Folds the elements by a reduction that needs no tree.
    @inlinable @inline(__always)
    public func reduce<R: ExactReduction>(_ reduction: R) -> Proxy<R.Answer>
    where R.Element == Stage.Output, R.Answer: RemoteValue {
        Proxy(
            _handle: _record(
                _kernel(FoldKernel<Stage, R>.self), reduction,
                _LoopSpec.Reduction(
                    combine: _kernel(FoldCombineKernel<R>.self),
                    answer: _kernel(FoldAnswerKernel<R>.self),
                    fields: _fields(reduction), isOrdered: true)))
    }

    /// Folds the elements along the tree of the source's leaves: the same bits on any number of
    /// nodes.
    @inlinable @inline(__always)
    public func reduce<R: Reduction>(_ reduction: R) -> Proxy<R.Answer>
    where R.Element == Stage.Output, R.Answer: RemoteValue {
        Proxy(
            _handle: _record(
                _kernel(TreeKernel<Stage, R>.self), reduction,
                _LoopSpec.Reduction(
                    combine: _kernel(TreeCombineKernel<R>.self),
                    answer: _kernel(TreeAnswerKernel<R>.self),
                    fields: _fields(reduction), isOrdered: false)))
    }

    /// Folds the elements by a function that is associative and for which `identity` is neutral.
    @inlinable @inline(__always)
    public func reduce<F: _CombiningFunction>(_ identity: F.Value, _ function: F) -> Proxy<F.Value>
    where F.Value == Stage.Output {
        reduce(FunctionReduction(identity: identity, function))
    }

    /// Folds the elements by a `@Remote` function that is associative and for which `identity` is
    /// neutral.
    @inlinable @inline(__always)
    public func reduce<F: _RemoteFunction2 & _SyncRemoteFunction>(
        _ identity: F.Result, _ function: F
    ) -> Proxy<F.Result>
    where F.A0 == F.Result, F.A1 == F.Result, F.Result: RemoteValue, F.Result == Stage.Output {
        reduce(FunctionReduction(identity: identity, RemoteCombination<F>()))
    }

    /// The number of elements.
    @inlinable @inline(__always)
    public var count: Proxy<Int> { reduce(_CountReduction<Stage.Output>()) }

    /// The results as a stored collection.
    @inlinable @inline(__always)
    public func stored() -> ProxyArray<Stage.Output> where Stage.Output: PageElement {
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        var loop = _LoopSpec(
            name: "\(Stage._name).stored", kernel: _kernel(PagesKernel<Stage>.self),
            fields: writer, source: source, leafWidth: Stage.Source._leafWidth,
            reduction: nil, pageLayout: Stage.Output._layout)
        if Stage.self is any _IndexedStage.Type {
            loop.positionByteCount = Stage.Output._layout.width
        }
        return ProxyArray(_handle: recorder._record(loop))
    }

    /// The first elements, at most so many, as one value; a count below 0 is an error.
    ///
    /// Errors that functions throw for elements behind those are not errors of the value.
    @inlinable @inline(__always)
    public func prefix(_ count: Int) -> Proxy<[Stage.Output]> where Stage.Output: RemoteValue {
        recorder._check(count, "the first % elements")
        return reduce(CollectReduction<Stage.Output>(limit: Swift.max(0, count)))
    }

    /// All elements as one value.
    @inlinable @inline(__always)
    public func collected() -> Proxy<[Stage.Output]> where Stage.Output: RemoteValue {
        reduce(CollectReduction<Stage.Output>(limit: Int.max))
    }

    @inlinable
    func _fields<R: Reduction>(_ reduction: R) -> ValueWriter {
        var writer = ValueWriter()
        reduction._encodeFields(into: &writer)
        return writer
    }

    @inlinable
    func _record<R: Reduction>(
        _ kernel: _KernelHandle, _ reduction: R, _ steps: _LoopSpec.Reduction
    ) -> _ProxyHandle {
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        reduction._encodeFields(into: &writer)
        return recorder._record(
            _LoopSpec(
                name: "\(Stage._name).\(R._name)", kernel: kernel, fields: writer, source: source,
                leafWidth: Stage.Source._leafWidth, reduction: steps, pageLayout: nil))
    }
}

extension Chain where Stage.Output: FixedWidthInteger & RemoteValue {
    /// The sum of the integers.
    @inlinable @inline(__always)
    public var sum: Proxy<Stage.Output> { reduce(_IntegerSum<Stage.Output>()) }
}

extension Chain where Stage.Output: BinaryFloatingPoint & RemoteValue {
    /// The sum of the numbers: the same bits on any number of nodes.
    @inlinable @inline(__always)
    public var sum: Proxy<Stage.Output> { reduce(FloatSum<Stage.Output>()) }
}

extension Chain where Stage.Output: MeanNumber {
    /// The mean of the numbers; NaN of none.
    @inlinable @inline(__always)
    public var mean: Proxy<Double> { reduce(MeanReduction<Stage.Output>()) }
}

extension Chain where Stage.Output: Comparable & RemoteValue {
    /// The smallest element; nil of none.
    @inlinable @inline(__always)
    public var min: Proxy<Stage.Output?> { reduce(_MinReduction<Stage.Output>()) }

    /// The largest element; nil of none.
    @inlinable @inline(__always)
    public var max: Proxy<Stage.Output?> { reduce(_MaxReduction<Stage.Output>()) }
}
