// `grouped`: the groups of a chain's elements by key. The overloads differ only in the table that
// numbers the keys: text in place, Strings and numbers (GroupKey.swift), and anything else that is
// Hashable. Which keys are one is the same in all of them (KeyForm.swift).

public import SwoopElements

extension Chain {
    /// Groups the elements by a piece of their text and reduces each group; nothing is allocated
    /// for an element whose key is known.
    ///
    /// - Returns: pairs of key and answer, ordered by the keys' bytes.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction, A: Reduction>(
        by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<String, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output == TextSlice,
        A.Answer: PageElement
    {
        _grouped(TextKeys.self, key, aggregation)
    }

    /// Groups the elements by a String or a number and reduces each group; pairs ordered by key,
    /// texts by their bytes.
    ///
    /// Two spellings of one text ("é" as one character or as two) are two keys, as in sorts and
    /// joins. To have them as one, make them one in the key function. All NaN are one key, the
    /// last, and both zeros are 0.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction, A: Reduction>(
        by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: _GroupKey,
        A.Answer: PageElement
    {
        F.Output._grouped(self, by: key, aggregation)
    }

    /// Groups the elements by key and reduces each group along the tree of the source's leaves; a
    /// collection of pairs ordered by key.
    ///
    /// Keys are one where all of their fields are: texts by their bytes, all NaN and both zeros
    /// alike. Equality that the type defines itself is not asked. The order is that of sorts, or
    /// the type's own, else one that is the same in every process.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction, A: Reduction>(
        by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: Hashable & PageElement,
        A.Answer: PageElement
    {
        _grouped(ValueKeys<F.Output>.self, key, aggregation)
    }

    /// Records a grouping whose keys are numbered by a table of the given kind.
    @inlinable @inline(__always)
    public func _grouped<F: ElementFunction, Keys: _GroupKeys & ~Copyable, A: Reduction>(
        _ keys: Keys.Type, _ key: F, _ aggregation: A
    ) -> ProxyArray<Pair<Keys._Stored, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output == Keys.Key,
        A.Answer: PageElement
    {
        let grouping = Grouping<F, Keys, A>(by: key, aggregation)
        var own = ValueWriter()
        grouping._encodeFields(into: &own)
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        grouping._encodeFields(into: &writer)
        return ProxyArray(
            _handle: recorder._record(
                _LoopSpec(
                    name: "\(Stage._name).\(Grouping<F, Keys, A>._name)",
                    kernel: _kernel(GroupKernel<Stage, F, Keys, A>.self),
                    fields: writer, source: source, leafWidth: Stage.Source._leafWidth,
                    reduction: _LoopSpec.Reduction(
                        combine: _kernel(GroupCombineKernel<F, Keys, A>.self),
                        answer: _kernel(GroupPagesKernel<F, Keys, A>.self),
                        fields: own, isOrdered: false,
                        byKey: _LoopSpec.KeySteps(
                            sample: _kernel(GroupSampleKernel<Stage, F, Keys, A>.self),
                            cuts: _kernel(GroupCutsKernel<Keys>.self),
                            partition: _kernel(GroupPartitionKernel<Stage, F, Keys, A>.self))),
                    pageLayout: Pair<Keys._Stored, A.Answer>._layout)))
    }
}
