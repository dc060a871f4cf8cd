// Ends of chains as they are called elsewhere, with how they are called here. As in
// WrongFunctions.swift, these overloads exist so that the compiler says a sentence.

public import SwoopElements

extension Proxy {
    /// Says at compile time that a handle is no function.
    @available(
        *, unavailable,
        message: """
            this is a handle already: leave () out, as in array.sum, and after the run bring its \
            value here with try await handle.value
            """
    )
    public func callAsFunction() -> Proxy { _neverCalled() }
}

extension Chainable where Stage.Output: _PropertyHolder {
    /// Says at compile time how numbers are added up.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).sum, or map of a function"
    )
    @_disfavoredOverload
    public func sum<F: _PropertyFunction>(_ number: KeyPath<Stage.Output._Properties, F>) -> Proxy<
        Double
    > {
        _neverCalled()
    }

    /// Says at compile time how numbers are added up.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).sum, or map of a function"
    )
    @_disfavoredOverload
    public func sum<F: _PropertyFunction>(of number: KeyPath<Stage.Output._Properties, F>) -> Proxy<
        Double
    > {
        _neverCalled()
    }

    /// Says at compile time how a mean is taken.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).mean, or map of a function"
    )
    @_disfavoredOverload
    public func mean<F: _PropertyFunction>(of number: KeyPath<Stage.Output._Properties, F>)
        -> Proxy<Double>
    {
        _neverCalled()
    }

    /// Says at compile time how a mean is taken.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).mean, or map of a function"
    )
    @_disfavoredOverload
    public func average<F: _PropertyFunction>(of number: KeyPath<Stage.Output._Properties, F>)
        -> Proxy<Double>
    {
        _neverCalled()
    }

    /// Says at compile time how an order is given.
    @available(
        *, unavailable,
        message: "the order is written without a label: sorted(by: \\.amount, .descending)"
    )
    @_disfavoredOverload
    public func sorted<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>, descending: Bool
    ) -> Chain<Stage> { _neverCalled() }

    /// Says at compile time how an order is given.
    @available(
        *, unavailable,
        message: "the order is written without a label: sorted(by: \\.amount, .descending)"
    )
    @_disfavoredOverload
    public func sorted<F: _PropertyFunction>(
        by key: KeyPath<Stage.Output._Properties, F>, order: SortOrder
    ) -> Chain<Stage> { _neverCalled() }
}

extension Chainable {
    /// Says at compile time how numbers are added up.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).sum, or map of a function"
    )
    @_disfavoredOverload
    public func sum<F: ElementFunction>(_ number: F) -> Proxy<Double> {
        _neverCalled()
    }

    /// Says at compile time how numbers are added up.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).sum, or map of a function"
    )
    @_disfavoredOverload
    public func sum<F: ElementFunction>(of number: F) -> Proxy<Double> {
        _neverCalled()
    }

    /// Says at compile time how a mean is taken.
    @available(
        *, unavailable,
        message: "the numbers come first: array.map(\\.amount).mean, or map of a function"
    )
    @_disfavoredOverload
    public func mean<F: ElementFunction>(of number: F) -> Proxy<Double> {
        _neverCalled()
    }
}

extension Chain {
    /// Says at compile time that the elements are not here.
    @available(
        *, unavailable,
        message: """
            the elements are in the cluster: the first ones are prefix(n), and of an array, \
            chain.stored(), one is array[i..<i + 1]
            """
    )
    @_disfavoredOverload
    public subscript(index: Int) -> Proxy<Stage.Output> { _neverCalled() }
}

extension Reduction {
    /// Says at compile time how an aggregation is called.
    @available(*, unavailable, message: "this is .summing(of: \\.amount) here")
    public static func sum<Holder: _PropertyHolder, F: _PropertyFunction>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where Self == _CountReduction<Holder> { _neverCalled() }

    /// Says at compile time how an aggregation is called.
    @available(*, unavailable, message: "this is .mean(of: \\.amount) here")
    public static func average<Holder: _PropertyHolder, F: _PropertyFunction>(
        of property: KeyPath<Holder._Properties, F>
    ) -> Self where Self == _CountReduction<Holder> { _neverCalled() }
}
