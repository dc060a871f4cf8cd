// What cannot be a step of a chain, with what to write instead: a Swift closure or a plain function
// has no name in another process, and a key path with a root of its own leads to a value, not to
// code. These overloads exist so that the compiler says a sentence.

public import SwoopElements

/// Stands for a step that cannot be, so that the rest of the line is still looked at.
public struct _NoFunction<Input, Output>: ElementFunction {
    /// Reads nothing.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        throw .malformed("a step that cannot be")
    }
    /// Appends nothing.
    public func _encodeFields(into writer: inout ValueWriter) {}
    /// Is never called.
    public func _apply(_ input: Input) throws -> Output { throw RemoteClosureError.notOnAWorker }
    /// Nothing.
    public static var _name: String { "" }
}

extension Chainable {
    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or function cannot travel to another process: write #remote { (x: T) \
            in … } with the element's type, or put @Remote before the function
            """
    )
    @_disfavoredOverload
    public func map<Output>(
        _ closure: (Stage.Output) throws -> Output
    ) -> Chain<_MapStage<Stage, _NoFunction<Stage.Output, Output>>> { _neverCalled() }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or function cannot travel to another process: write #remote { (x: T) \
            in … } with the element's type, or put @Remote before the function
            """
    )
    @_disfavoredOverload
    public func filter(
        _ closure: (Stage.Output) throws -> Bool
    ) -> Chain<_FilterStage<Stage, _NoFunction<Stage.Output, Bool>>> { _neverCalled() }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or function cannot travel to another process: write #remote { (x: T) \
            in … } with the element's type, or put @Remote before the function
            """
    )
    @_disfavoredOverload
    public func compactMap<Output>(
        _ closure: (Stage.Output) throws -> Output?
    ) -> Chain<_CompactMapStage<Stage, _NoFunction<Stage.Output, Output?>, Output>> {
        _neverCalled()
    }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or function cannot travel to another process: write #remote { (x: T) \
            in … } with the element's type, or put @Remote before the function
            """
    )
    @_disfavoredOverload
    public func flatMap<Output: Sequence>(
        _ closure: (Stage.Output) throws -> Output
    ) -> Chain<_FlatMapStage<Stage, _NoFunction<Stage.Output, Output>>> { _neverCalled() }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or operator cannot travel to another process: use sum, min, max or \
            count, or reduce(identity, f) with a function with @Remote
            """
    )
    @_disfavoredOverload
    public func reduce<Output>(
        _ identity: Output, _ closure: (Output, Stage.Output) throws -> Output
    ) -> Proxy<Output> { _neverCalled() }

    /// Says at compile time how elements are sorted.
    @available(
        *, unavailable,
        message: """
            sort by a key: sorted(by: \\.price) of a struct with @Record, or sorted(by: f) with a \
            function with @Remote that gives the key; the largest first with .descending
            """
    )
    @_disfavoredOverload
    public func sorted(
        by closure: (Stage.Output, Stage.Output) throws -> Bool
    ) -> Chain<Stage> { _neverCalled() }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or function cannot travel to another process: the key is a function \
            with @Remote, or a property of a struct with @Record: \\.host
            """
    )
    @_disfavoredOverload
    public func sorted<Key>(by key: (Stage.Output) throws -> Key) -> Chain<Stage> { _neverCalled() }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure or function cannot travel to another process: the key is a function \
            with @Remote, or a property of a struct with @Record: \\.host
            """
    )
    @_disfavoredOverload
    public func grouped<Key, A: Reduction>(
        by key: (Stage.Output) throws -> Key, _ aggregation: A
    ) -> ProxyArray<Pair<Int, Int>> where A.Element == Stage.Output { _neverCalled() }

    /// Says at compile time that elements stay in the cluster.
    @available(
        *, unavailable,
        message: """
            the elements are in the cluster: do it there with map, or bring them here with \
            collected() and, after the run, value
            """
    )
    public func forEach(_ body: (Stage.Output) throws -> Void) { _neverCalled() }
}

extension Chainable {
    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure cannot travel to another process: the key is a property of a struct \
            with @Record, top(3, by: \\.price), or a function with @Remote
            """
    )
    @_disfavoredOverload
    public func top<Key>(
        _ count: Int, by closure: (Stage.Output) throws -> Key
    ) -> Proxy<[Stage.Output]> { _neverCalled() }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            a Swift closure cannot travel to another process: the key is a property of a struct \
            with @Record, bottom(3, by: \\.price), or a function with @Remote
            """
    )
    @_disfavoredOverload
    public func bottom<Key>(
        _ count: Int, by closure: (Stage.Output) throws -> Key
    ) -> Proxy<[Stage.Output]> { _neverCalled() }

    /// Says at compile time how the largest by a key is found.
    @available(
        *, unavailable,
        message: "the largest by a key is the one of top(1, by: \\.price), a list"
    )
    @_disfavoredOverload
    public func max<Key>(by closure: (Stage.Output) throws -> Key) -> Proxy<Stage.Output?> {
        _neverCalled()
    }

    /// Says at compile time how the largest is found.
    @available(
        *, unavailable,
        message: "the largest by a key is the one of top(1, by: \\.price), a list"
    )
    @_disfavoredOverload
    public func max(
        by closure: (Stage.Output, Stage.Output) throws -> Bool
    ) -> Proxy<Stage.Output?> { _neverCalled() }

    /// Says at compile time how the smallest by a key is found.
    @available(
        *, unavailable,
        message: "the smallest by a key is the one of bottom(1, by: \\.price), a list"
    )
    @_disfavoredOverload
    public func min<Key>(by closure: (Stage.Output) throws -> Key) -> Proxy<Stage.Output?> {
        _neverCalled()
    }

    /// Says at compile time how the smallest is found.
    @available(
        *, unavailable,
        message: "the smallest by a key is the one of bottom(1, by: \\.price), a list"
    )
    @_disfavoredOverload
    public func min(
        by closure: (Stage.Output, Stage.Output) throws -> Bool
    ) -> Proxy<Stage.Output?> { _neverCalled() }
}

extension Chainable where Stage.Output: _PropertyHolder {
    /// Says at compile time how properties are named.
    @available(
        *, unavailable,
        message: """
            write the property without its type, \\.amount: one in the body of the struct with \
            @Record; of one in an extension, or of a part of it as in \\.name.count, make a \
            function with @Remote
            """
    )
    @_disfavoredOverload
    public func map<Output>(
        _ property: KeyPath<Stage.Output, Output>
    ) -> Chain<_MapStage<Stage, _NoFunction<Stage.Output, Output>>> { _neverCalled() }

    /// Says at compile time how properties are named.
    @available(
        *, unavailable,
        message: """
            write the property without its type, \\.amount: one in the body of the struct with \
            @Record; of one in an extension, or of a part of it as in \\.name.count, make a \
            function with @Remote
            """
    )
    @_disfavoredOverload
    public func sorted<Output>(by property: KeyPath<Stage.Output, Output>) -> Chain<Stage> {
        _neverCalled()
    }
}

extension Collection {
    /// The result of combining the handles' values, a scalar: `runs.reduce(0, +)`.
    public func reduce<Value: ProxyScalar>(
        _ initial: Value, _ combine: (Proxy<Value>, Proxy<Value>) throws -> Proxy<Value>
    ) rethrows -> Proxy<Value> where Element == Proxy<Value> {
        guard let first else { return _constantProxy(initial) }
        return try dropFirst().reduce(try combine(_constantProxy(initial), first), combine)
    }

    /// The sum of the handles' values.
    public func sum<Value: ProxyScalar & Numeric>() -> Proxy<Value>
    where Element == Proxy<Value> {
        guard let first else { return _constantProxy(.zero) }
        return dropFirst().reduce(first, +)
    }
}

/// A constant as a handle.
public func _constantProxy<Value: ProxyScalar>(_ value: Value) -> Proxy<Value> {
    let recording = currentRecording()
    return Proxy(
        _handle: _ProxyHandle(
            recording, argument: .bytes(value.encodedBytes), parts: [], depth: 0))
}

/// Stands in overloads that the compiler refuses to call, those of macro-made code among them.
public func _neverCalled() -> Never { preconditionFailure("An unavailable overload was called.") }
