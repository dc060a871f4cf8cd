// Groupings by four to six keys, as by one (DividedGrouping.swift).

public import SwoopElements

extension Chain {
    /// Groups the elements by four keys and reduces each group, as by one; keys are nested from the
    /// left.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func grouped<
        F: ElementFunction, G: ElementFunction, H: ElementFunction,
        I: ElementFunction,
        A: ExactReduction
    >(
        by first: F, _ second: G, _ third: H, _ fourth: I,
        computing aggregation: A
    ) -> ProxyArray<
        Pair<
            Pair<
                Pair<Pair<F.Output._Stored, G.Output._Stored>, H.Output._Stored>,
                I.Output._Stored
            >,
            A.Answer
        >
    >
    where
        F.Input == Stage.Output, G.Input == Stage.Output, H.Input == Stage.Output,
        I.Input == Stage.Output,
        A.Element == Stage.Output, F.Output: PackedKey, G.Output: PackedKey,
        H.Output: PackedKey, I.Output: PackedKey,
        A.Answer: PageElement
    {
        _divided(
            _BothFunctions(
                _BothFunctions(_BothFunctions(first, second), third),
                fourth),
            aggregation)
    }

    /// Groups the elements by five keys and reduces each group, as by one; keys are nested from the
    /// left.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func grouped<
        F: ElementFunction, G: ElementFunction, H: ElementFunction,
        I: ElementFunction, J: ElementFunction,
        A: ExactReduction
    >(
        by first: F, _ second: G, _ third: H, _ fourth: I, _ fifth: J,
        computing aggregation: A
    ) -> ProxyArray<
        Pair<
            Pair<
                Pair<
                    Pair<Pair<F.Output._Stored, G.Output._Stored>, H.Output._Stored>,
                    I.Output._Stored
                >,
                J.Output._Stored
            >,
            A.Answer
        >
    >
    where
        F.Input == Stage.Output, G.Input == Stage.Output, H.Input == Stage.Output,
        I.Input == Stage.Output, J.Input == Stage.Output,
        A.Element == Stage.Output, F.Output: PackedKey, G.Output: PackedKey,
        H.Output: PackedKey, I.Output: PackedKey, J.Output: PackedKey,
        A.Answer: PageElement
    {
        _divided(
            _BothFunctions(
                _BothFunctions(_BothFunctions(_BothFunctions(first, second), third), fourth),
                fifth),
            aggregation)
    }

    /// Groups the elements by six keys and reduces each group, as by one; keys are nested from the
    /// left.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func grouped<
        F: ElementFunction, G: ElementFunction, H: ElementFunction,
        I: ElementFunction, J: ElementFunction, K: ElementFunction,
        A: ExactReduction
    >(
        by first: F, _ second: G, _ third: H, _ fourth: I, _ fifth: J, _ sixth: K,
        computing aggregation: A
    ) -> ProxyArray<
        Pair<
            Pair<
                Pair<
                    Pair<
                        Pair<Pair<F.Output._Stored, G.Output._Stored>, H.Output._Stored>,
                        I.Output._Stored
                    >,
                    J.Output._Stored
                >,
                K.Output._Stored
            >,
            A.Answer
        >
    >
    where
        F.Input == Stage.Output, G.Input == Stage.Output, H.Input == Stage.Output,
        I.Input == Stage.Output, J.Input == Stage.Output, K.Input == Stage.Output,
        A.Element == Stage.Output, F.Output: PackedKey, G.Output: PackedKey,
        H.Output: PackedKey, I.Output: PackedKey, J.Output: PackedKey, K.Output: PackedKey,
        A.Answer: PageElement
    {
        _divided(
            _BothFunctions(
                _BothFunctions(
                    _BothFunctions(_BothFunctions(_BothFunctions(first, second), third), fourth),
                    fifth
                ),
                sixth),
            aggregation)
    }
}
