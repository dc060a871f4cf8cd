// `remote.call`: a task whose arguments are all constants. A plain call would run at the client.

import SwoopElements
import SwoopModel

extension RemoteScope {
    /// Adds a call of a function without arguments.
    public func call<F: _RemoteFunction0>(_ function: () -> F) -> Proxy<F.Result> {
        record(F.self, ())
    }

    /// Adds a call of a function with constant arguments.
    ///
    /// ```swift
    /// let runs = (0..<500).map { remote.call(simulate, $0, 0.5) }
    /// ```
    public func call<F: _RemoteFunction1>(_ function: F, _ a0: F.A0) -> Proxy<F.Result> {
        record(F.self, a0)
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction2>(
        _ function: F, _ a0: F.A0, _ a1: F.A1
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1))
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction3>(
        _ function: F, _ a0: F.A0, _ a1: F.A1, _ a2: F.A2
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1, a2))
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction4>(
        _ function: F, _ a0: F.A0, _ a1: F.A1, _ a2: F.A2, _ a3: F.A3
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1, a2, a3))
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction5>(
        _ function: F, _ a0: F.A0, _ a1: F.A1, _ a2: F.A2, _ a3: F.A3, _ a4: F.A4
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1, a2, a3, a4))
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction6>(
        _ function: F, _ a0: F.A0, _ a1: F.A1, _ a2: F.A2, _ a3: F.A3, _ a4: F.A4, _ a5: F.A5
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1, a2, a3, a4, a5))
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction7>(
        _ function: F, _ a0: F.A0, _ a1: F.A1, _ a2: F.A2, _ a3: F.A3, _ a4: F.A4, _ a5: F.A5,
        _ a6: F.A6
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1, a2, a3, a4, a5, a6))
    }

    /// Adds a call of a function with constant arguments.
    public func call<F: _RemoteFunction8>(
        _ function: F, _ a0: F.A0, _ a1: F.A1, _ a2: F.A2, _ a3: F.A3, _ a4: F.A4, _ a5: F.A5,
        _ a6: F.A6, _ a7: F.A7
    ) -> Proxy<F.Result> {
        record(F.self, (a0, a1, a2, a3, a4, a5, a6, a7))
    }

    /// Says at compile time that the arguments do not fit.
    @available(
        *, unavailable,
        message: """
            these are not the arguments of the function: remote.call takes all of them in their \
            order and without labels, those with default values too; with a handle among them, \
            call the function itself: f(handle, 3)
            """
    )
    @_disfavoredOverload
    public func call<F: RemoteFunction>(_ function: F, _ arguments: Any...) -> Proxy<F.Result> {
        _neverCalled()
    }

    /// Says at compile time that a function is not known to other processes.
    @available(
        *, unavailable,
        message: """
            remote.call takes a function with @Remote, by which other processes find it, and \
            constants that it takes: put @Remote before the function; with a handle among the \
            arguments, call the function itself: f(handle, 3)
            """
    )
    @_disfavoredOverload
    public func call<each Argument, Value>(
        _ function: (repeat each Argument) throws -> Value, _ arguments: repeat each Argument
    ) -> Proxy<Value> { _neverCalled() }

    private func record<F: RemoteFunction>(
        _ type: F.Type, _ arguments: F.Arguments
    ) -> Proxy<F.Result> {
        // What has no memory of its own takes no time worth a look at the clock.
        let (writer, features) =
            _isPOD(F.Arguments.self)
            ? encoded(type, arguments)
            : recording.encoding { encoded(type, arguments) }
        let function = recording.place(of: type)
        let handle: _ProxyHandle
        if writer.byteCount <= PlanRecording.inlineMax {
            handle = recording.add(
                function: function, argument: writer.bytes, features: features)
        } else {
            let (argument, kept) = recording.hoisted(writer)
            handle = recording.add(function: function, arguments: [argument], features: features)
            withExtendedLifetime(kept) {}
        }
        return Proxy(handle: handle, decoding: ResultDecoding<F>.self)
    }

    private func encoded<F: RemoteFunction>(
        _ type: F.Type, _ arguments: F.Arguments
    ) -> (ValueWriter, features: [Double]) {
        var writer = ValueWriter()
        do {
            try type._encode(arguments, into: &writer)
        } catch {
            recording.fail(SwoopError(.invalidPlan, "\(type._entry._name): \(error)"))
        }
        return (writer, type._features(arguments))
    }
}

/// Reads a result; an error names the function that made it.
func decodedResult<Function: RemoteFunction>(
    of type: Function.Type, from reader: inout ValueReader
) throws -> Function.Result {
    do {
        return try type._decodeResult(from: &reader)
    } catch {
        let entry = type._entry
        var failure = SwoopError(
            .undecodable,
            "\(entry._name): its result does not decode as \(Function.Result.self): \(error)",
            advice: SwoopError.codecAdvice)
        failure.function = entry._name
        failure.file = entry.file
        failure.line = entry.line
        throw failure
    }
}
