// `remote.map`: a task for each of many inputs. A chain over a range does more with less where the
// results are reduced at once; this is for calls that are worth a task each.

import SwoopElements

extension RemoteScope {
    /// Adds a call for each input: `remote.map(0..<500, simulate)`.
    ///
    /// - Returns: the handles in the order of the inputs.
    public func map<F: _RemoteFunction1>(
        _ inputs: some Sequence<F.A0>, _ function: F
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { self.call(function, $0) })
    }

    /// Adds a call for each input, with a further argument that is the same for all.
    public func map<F: _RemoteFunction2>(
        _ inputs: some Sequence<F.A0>, _ function: F, _ a1: F.A1
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { self.call(function, $0, a1) })
    }

    /// Adds a call for each input, with two further arguments that are the same for all.
    public func map<F: _RemoteFunction3>(
        _ inputs: some Sequence<F.A0>, _ function: F, _ a1: F.A1, _ a2: F.A2
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { self.call(function, $0, a1, a2) })
    }

    /// Says at compile time that a closure cannot travel.
    @available(
        *, unavailable,
        message: """
            no other process can find this function: put @Remote before it; a closure becomes a \
            function with @Remote
            """
    )
    @_disfavoredOverload
    public func map<Input, Value>(
        _ inputs: some Sequence<Input>, _ function: (Input) throws -> Value
    ) -> ProxyList<Value> { _neverCalled() }

    /// Says at compile time what the inputs are.
    @available(
        *, unavailable,
        message: """
            these are not the arguments of the function: remote.map takes a list of values of its \
            first parameter's type, or of handles of such, then the function, then what is the \
            same for all calls
            """
    )
    @_disfavoredOverload
    public func map<F: RemoteFunction>(
        _ inputs: some Sequence, _ function: F, _ more: Any...
    ) -> ProxyList<F.Result> { _neverCalled() }

    /// Adds a call for each handle: of what another `map` gave, say.
    public func map<F: _RemoteFunction1>(
        _ inputs: some Sequence<Proxy<F.A0>>, _ function: F
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { _remoteCall(F.self, $0) })
    }

    /// Adds a call for each handle, with a further argument that is the same for all and may be a
    /// handle too.
    public func map<F: _RemoteFunction2>(
        _ inputs: some Sequence<Proxy<F.A0>>, _ function: F, _ a1: some RemoteArgument<F.A1>
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { _remoteCall(F.self, $0, a1) })
    }

    /// Adds a call for each handle, with a constant that is the same for all.
    @_disfavoredOverload
    public func map<F: _RemoteFunction2>(
        _ inputs: some Sequence<Proxy<F.A0>>, _ function: F, _ a1: F.A1
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { _remoteCall(F.self, $0, Constant(value: a1)) })
    }

    /// Adds a call for each input, with a further argument that is a handle: of a table, say, that
    /// is sent once, `remote.map(0..<50, use, remote.value(table))`.
    @_disfavoredOverload
    public func map<F: _RemoteFunction2>(
        _ inputs: some Sequence<F.A0>, _ function: F, _ a1: some RemoteArgument<F.A1>
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { _remoteCall(F.self, Constant(value: $0), a1) })
    }

    /// Adds a call for each input, with a handle and a constant that are the same for all.
    public func map<F: _RemoteFunction3>(
        _ inputs: some Sequence<F.A0>, _ function: F, _ a1: Proxy<F.A1>, _ a2: F.A2
    ) -> ProxyList<F.Result> {
        ProxyList(
            inputs.lazy.map { _remoteCall(F.self, Constant(value: $0), a1, Constant(value: a2)) })
    }

    /// Adds a call for each input, with a constant and a handle that are the same for all.
    public func map<F: _RemoteFunction3>(
        _ inputs: some Sequence<F.A0>, _ function: F, _ a1: F.A1, _ a2: Proxy<F.A2>
    ) -> ProxyList<F.Result> {
        ProxyList(
            inputs.lazy.map { _remoteCall(F.self, Constant(value: $0), Constant(value: a1), a2) })
    }

    /// Adds a call for each input, with two handles that are the same for all.
    public func map<F: _RemoteFunction3>(
        _ inputs: some Sequence<F.A0>, _ function: F, _ a1: Proxy<F.A1>, _ a2: Proxy<F.A2>
    ) -> ProxyList<F.Result> {
        ProxyList(inputs.lazy.map { _remoteCall(F.self, Constant(value: $0), a1, a2) })
    }
}

/// A constant beside handles, of which only its function knows that it can be encoded.
private struct Constant<Value>: RemoteArgument, @unchecked Sendable {
    // Unchecked: it is an argument of a remote function, whose code encodes such and does not
    // compile where they are not Sendable.
    let value: Value

    typealias _Received = Value

    func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        if let value = value as? any RemoteValue {
            value.encode(into: &writer)
        } else if let value = value as? any Codable {
            try _encodeCodable(value, into: &writer)
        }
    }

    var _argumentFeature: Double? { _feature(of: value) }
}
