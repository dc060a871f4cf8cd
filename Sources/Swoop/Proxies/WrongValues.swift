// What a program cannot do with a value that nobody knows yet: the block of a plan runs before any
// task does. As in WrongFunctions.swift, these overloads exist so that the compiler says a
// sentence.

// A condition of Swift's is asked while the plan is recorded, when nobody knows the value yet.

extension Proxy where Value: _ProxyEquatable {
    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: decide in a function with @Remote, \
            or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func == (left: Proxy, right: Value) -> Bool { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: decide in a function with @Remote, \
            or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func != (left: Proxy, right: Value) -> Bool { _neverCalled() }
}

extension Proxy where Value: ProxyScalar & Comparable {
    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: decide in a function with @Remote, \
            or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func < (left: Proxy, right: Value) -> Bool { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: decide in a function with @Remote, \
            or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func <= (left: Proxy, right: Value) -> Bool { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: decide in a function with @Remote, \
            or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func > (left: Proxy, right: Value) -> Bool { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: decide in a function with @Remote, \
            or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func >= (left: Proxy, right: Value) -> Bool { _neverCalled() }
}

// Values that only a function can compare.

extension Proxy where Value: Equatable {
    /// Says at compile time which handles are compared.
    @available(
        *, unavailable,
        message: """
            handles of numbers, Bool, String and enums with @Record are compared: compare other \
            values in a function with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func == (left: Proxy, right: Value) -> Proxy<Bool> { _neverCalled() }

    /// Says at compile time which handles are compared.
    @available(
        *, unavailable,
        message: """
            handles of numbers, Bool, String and enums with @Record are compared: compare other \
            values in a function with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func != (left: Proxy, right: Value) -> Proxy<Bool> { _neverCalled() }
}

// A loop over it, and sums and extremes of Swift's.

extension Proxy where Value: ProxyScalar & Comparable {
    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: loop over it in a function \
            with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func ..< (left: Value, right: Proxy) -> Range<Value> { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: loop over it in a function \
            with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func ..< (left: Proxy, right: Value) -> Range<Value> { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: loop over it in a function \
            with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func ... (left: Value, right: Proxy) -> ClosedRange<Value> { _neverCalled() }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: loop over it in a function \
            with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public static func ... (left: Proxy, right: Value) -> ClosedRange<Value> { _neverCalled() }
}

extension Proxy where Value: ProxyScalar & Numeric {
    /// Adds another value.
    public static func += (left: inout Proxy, right: Proxy) { left = left + right }
    /// Adds a constant.
    public static func += (left: inout Proxy, right: Value) { left = left + right }

    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: add handles up with \
            runs.sum(), or values after the run: try await runs.values.reduce(0, +)
            """
    )
    @_disfavoredOverload
    public static func += (left: inout Value, right: Proxy) { _neverCalled() }
}

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: compare in a function with \
        @Remote, or after the run: try await runs.values.max()
        """
)
@_disfavoredOverload
public func max<Value: ProxyScalar & Comparable>(
    _ left: Value, _ right: Proxy<Value>
) -> Value { _neverCalled() }

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: compare in a function with \
        @Remote, or after the run: try await runs.values.max()
        """
)
@_disfavoredOverload
public func max<Value: ProxyScalar & Comparable>(
    _ left: Proxy<Value>, _ right: Value
) -> Value { _neverCalled() }

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: compare in a function with \
        @Remote, or after the run: try await runs.values.max()
        """
)
@_disfavoredOverload
public func max<Value: ProxyScalar & Comparable>(
    _ left: Proxy<Value>, _ right: Proxy<Value>
) -> Proxy<Value> { _neverCalled() }

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: compare in a function with \
        @Remote, or after the run: try await runs.values.min()
        """
)
@_disfavoredOverload
public func min<Value: ProxyScalar & Comparable>(
    _ left: Value, _ right: Proxy<Value>
) -> Value { _neverCalled() }

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: compare in a function with \
        @Remote, or after the run: try await runs.values.min()
        """
)
@_disfavoredOverload
public func min<Value: ProxyScalar & Comparable>(
    _ left: Proxy<Value>, _ right: Value
) -> Value { _neverCalled() }

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: compare in a function with \
        @Remote, or after the run: try await runs.values.min()
        """
)
@_disfavoredOverload
public func min<Value: ProxyScalar & Comparable>(
    _ left: Proxy<Value>, _ right: Proxy<Value>
) -> Proxy<Value> { _neverCalled() }

/// Says at compile time that the value is not known yet.
@available(
    *, unavailable,
    message: """
        the value is not known while the plan is recorded: convert it in a function \
        with @Remote, or await .value after the run
        """
)
@_disfavoredOverload
public func abs<Value: ProxyScalar & Numeric>(_ proxy: Proxy<Value>) -> Proxy<Value> {
    _neverCalled()
}

extension Double {
    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: write proxy.asDouble for a \
            handle of the same number as a Double
            """
    )
    @_disfavoredOverload
    public init(_ proxy: Proxy<Int>) { _neverCalled() }
}

extension Int {
    /// Says at compile time that the value is not known yet.
    @available(
        *, unavailable,
        message: """
            the value is not known while the plan is recorded: convert it in a function \
            with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public init(_ proxy: Proxy<Double>) { _neverCalled() }
}

// A text of it is that of the handle, which is of use where a program is looked into.

extension DefaultStringInterpolation {
    /// Warns that the handle's own description is what is written.
    @available(
        *, deprecated,
        message: """
            this is the handle's description, since the value is not known here: await .value after \
            the run; proxy.description says the same without a warning
            """
    )
    public mutating func appendInterpolation<Value>(_ proxy: Proxy<Value>) {
        appendInterpolation(proxy.description)
    }
}

// Parts that are not where they are looked for.

extension Proxy {
    /// Says at compile time which parts of a value can be named.
    @available(
        *, unavailable,
        message: """
            the value is in the cluster: a property of it is there where its struct has @Record; \
            else take it apart in a function with @Remote, or await .value after the run
            """
    )
    @_disfavoredOverload
    public subscript<Part>(dynamicMember property: KeyPath<Value, Part>) -> Proxy<Part> {
        _neverCalled()
    }
}

extension ProxyArray {
    /// Says at compile time how one element is asked for.
    @available(
        *, unavailable,
        message: """
            the elements are in the cluster: one of them is array[i..<i + 1], and after the run \
            the first of its values
            """
    )
    @_disfavoredOverload
    public subscript(_ index: Int) -> Proxy<Element> { _neverCalled() }
}
