// Prefix sums of stored collections; ScanKernels.swift has the loops.

public import SwoopElements

extension ProxyArray {
    /// Each element becomes the answer of all elements up to it: `array.scan(.summing())`.
    ///
    /// The bits do not depend on pages or nodes: elements are folded in order inside of leaves of
    /// 65,536, and leaves are combined in order.
    @inlinable @inline(__always)
    public func scan<R: Reduction>(_ reduction: R) -> ProxyArray<R.Answer>
    where R.Element == Element, R.Answer: PageElement {
        let recorder = _currentRecorder()
        var fields = ValueWriter()
        reduction._encodeFields(into: &fields)
        let starts = recorder._record(
            _LoopSpec(
                name: "array.scan(\(R._name))", kernel: _kernel(ScanKernel<Element, R>.self),
                fields: fields, source: .pages(_handle),
                leafWidth: _PagesSource<Element>._leafWidth,
                reduction: _LoopSpec.Reduction(
                    combine: _kernel(ScanJoinKernel<R>.self),
                    answer: _kernel(ScanStartsKernel<R>.self), fields: fields, isOrdered: true),
                pageLayout: nil))
        fields._capture(starts)
        return ProxyArray<R.Answer>(
            _handle: recorder._record(
                _LoopSpec(
                    name: "array.scan(\(R._name)) (pages)",
                    kernel: _kernel(ScanPagesKernel<Element, R>.self), fields: fields,
                    source: .pages(_handle), leafWidth: _PagesSource<Element>._leafWidth,
                    reduction: nil, pageLayout: R.Answer._layout)))
    }

    /// Each element becomes the value of all elements up to it, combined by a function that is
    /// associative and for which `identity` is neutral.
    @inlinable @inline(__always)
    public func scan<F: _RemoteFunction2 & _SyncRemoteFunction>(
        _ identity: F.Result, _ function: F
    ) -> ProxyArray<Element>
    where F.A0 == F.Result, F.A1 == F.Result, F.Result == Element {
        scan(FunctionReduction(identity: identity, RemoteCombination<F>()))
    }
}

extension ProxyArray where Element: FixedWidthInteger {
    /// The sums of all elements up to each; one that is beyond the type is an error.
    @inlinable @inline(__always)
    public var prefixSums: ProxyArray<Element> { scan(_IntegerSum<Element>()) }
}

extension ProxyArray where Element: BinaryFloatingPoint {
    /// The sums of all elements up to each: the same bits on any number of nodes.
    @inlinable @inline(__always)
    public var prefixSums: ProxyArray<Element> { scan(FloatSum<Element>()) }
}
