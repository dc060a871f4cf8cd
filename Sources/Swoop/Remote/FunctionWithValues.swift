// A remote function of several arguments as a step of chains: the first argument is the element,
// the others are captured. All of it is in the type, so that loops inline the function's body,
// which they cannot do with a #remote closure.

public import SwoopElements

/// A function of two arguments with the second one given.
@frozen
public struct _FunctionWithValue<Function: _RemoteFunction2 & _SyncRemoteFunction>: ElementFunction
where Function.A1: RemoteValue {
    private let captured: _Captured?
    @usableFromInline let a1: Function.A1?

    init(_ captured: _Captured) { (self.captured, a1) = (captured, nil) }

    /// Appends the captured value.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: Function._entry.fingerprint)
        captured?.encode(&writer)
    }

    /// Reads the captured value.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        captured = nil
        a1 = try Function.A1(decoding: &reader)
    }

    /// Calls the function.
    @inlinable @inline(__always)
    public func _apply(_ input: Function.A0) throws -> Function.Result {
        guard let a1 else { throw RemoteClosureError.notOnAWorker }
        return try Function._step((input, a1))
    }

    /// The function's name.
    public static var _name: String { Function._entry._name }
}

/// A function of three arguments with the last two given.
@frozen
public struct _FunctionWithValues<Function: _RemoteFunction3 & _SyncRemoteFunction>: ElementFunction
where Function.A1: RemoteValue, Function.A2: RemoteValue {
    private let captured: [_Captured]
    @usableFromInline let values: Pair<Function.A1, Function.A2>?

    init(_ captured: [_Captured]) { (self.captured, values) = (captured, nil) }

    /// Appends the captured values.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: Function._entry.fingerprint)
        for value in captured { value.encode(&writer) }
    }

    /// Reads the captured values.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        captured = []
        values = try Pair(decoding: &reader)
    }

    /// Calls the function.
    @inlinable @inline(__always)
    public func _apply(_ input: Function.A0) throws -> Function.Result {
        guard let values else { throw RemoteClosureError.notOnAWorker }
        return try Function._step((input, values.first, values.second))
    }

    /// The function's name.
    public static var _name: String { Function._entry._name }
}

extension _RemoteFunction2 where Self: _SyncRemoteFunction, A1: RemoteValue {
    /// The function of the first argument alone: `chain.map(scaled.with(k))`.
    ///
    /// `value` may be a proxy.
    public func with(_ value: some RemoteArgument<A1>) -> _FunctionWithValue<Self> {
        _FunctionWithValue(_capture(value, as: A1.self))
    }
}

extension _RemoteFunction3 where Self: _SyncRemoteFunction, A1: RemoteValue, A2: RemoteValue {
    /// The function of the first argument alone.
    public func with(
        _ first: some RemoteArgument<A1>, _ second: some RemoteArgument<A2>
    ) -> _FunctionWithValues<Self> {
        _FunctionWithValues([_capture(first, as: A1.self), _capture(second, as: A2.self)])
    }
}
