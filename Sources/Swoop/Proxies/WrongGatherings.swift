// What a list of handles cannot do while nobody knows their values. As in WrongFunctions.swift,
// these overloads exist so that the compiler says a sentence.

extension Collection where Element: ValueHandle {
    /// Says at compile time that the values are not known yet.
    @available(
        *, unavailable,
        message: """
            the values are not known while the plan is recorded: give the handles to a function \
            with @Remote that takes an array, best(runs), or after the run try await \
            runs.values.max()
            """
    )
    @_disfavoredOverload
    public func max() -> Element? { _neverCalled() }

    /// Says at compile time that the values are not known yet.
    @available(
        *, unavailable,
        message: """
            the values are not known while the plan is recorded: give the handles to a function \
            with @Remote that takes an array, least(runs), or after the run try await \
            runs.values.min()
            """
    )
    @_disfavoredOverload
    public func min() -> Element? { _neverCalled() }

    /// Says at compile time that the values are not known yet.
    @available(
        *, unavailable,
        message: """
            the values are not known while the plan is recorded: give the handles to a function \
            with @Remote that takes an array, or after the run try await runs.values.sorted()
            """
    )
    @_disfavoredOverload
    public func sorted() -> [Element] { _neverCalled() }
}

extension ProxyList {
    /// Says at compile time what many values are called.
    @available(*, unavailable, message: "of many this is values: try await runs.values")
    public var value: [Value] { _neverCalled() }
}

extension ProxyArray {
    /// Says at compile time what many values are called.
    @available(*, unavailable, message: "of many this is values: try await array.values")
    public var value: [Element] { _neverCalled() }
}
