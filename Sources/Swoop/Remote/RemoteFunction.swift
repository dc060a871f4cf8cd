// What @Remote makes of a function: a type without fields that can encode its arguments, decode
// them and call it. ElementFunction.swift has the form that loops over pages inline.

public import SwoopElements

/// A function that any node may run, as a type.
///
/// Conformances are made by `@Remote`.
public protocol RemoteFunction: Sendable {
    /// All arguments: `Void`, the one argument, or a tuple. They can travel; a sentence where they
    /// are encoded says when they cannot.
    associatedtype Arguments
    /// What the function returns.
    associatedtype Result: Sendable

    init()

    /// What a worker needs to find and run the function.
    static var _entry: _RemoteEntry { get }
    /// Appends the arguments, one after the other.
    static func _encode(
        _ arguments: Arguments, into writer: inout ValueWriter) throws(ValueEncodingError)
    /// Reads what `_encode` wrote.
    static func _decode(from reader: inout ValueReader) throws(ValueDecodingError) -> Arguments
    /// What forecasting looks at, a number for each argument.
    static func _features(_ arguments: Arguments) -> [Double]
    /// Appends a result; nothing for `Void`.
    static func _encodeResult(
        _ result: Result, into writer: inout ValueWriter) throws(ValueEncodingError)
    /// Reads what `_encodeResult` wrote.
    static func _decodeResult(from reader: inout ValueReader) throws(ValueDecodingError) -> Result
}

extension RemoteFunction where Result == Void {
    /// Nothing to append.
    public static func _encodeResult(
        _ result: Void, into writer: inout ValueWriter
    ) throws(ValueEncodingError) {}

    /// Nothing to read.
    public static func _decodeResult(from reader: inout ValueReader) throws(ValueDecodingError) {}
}

/// A remote function that never suspends.
public protocol _SyncRemoteFunction: RemoteFunction {
    /// Calls the function.
    static func _call(_ arguments: Arguments) throws -> Result
    /// Calls the function within a run: again, and for as long as it may take, where it declares
    /// that.
    static func _step(_ arguments: Arguments) throws -> Result
}

extension _SyncRemoteFunction {
    /// Calls the function, which declares nothing.
    @inlinable @inline(__always)
    public static func _step(_ arguments: Arguments) throws -> Result { try _call(arguments) }

    /// Decodes the arguments, calls the function, encodes its result.
    public static var _thunk: _RemoteEntry.Body {
        .sync { context in
            var reader = context.argumentsReader
            let arguments = try _decode(from: &reader)
            try reader.finish()
            context.features = _features(arguments)
            try _encodeResult(try _call(arguments), into: &context.output)
        }
    }
}

/// A remote function that may suspend.
public protocol _AsyncRemoteFunction: RemoteFunction {
    /// Calls the function, on its caller's executor.
    nonisolated(nonsending) static func _call(_ arguments: Arguments) async throws -> Result
}

extension _AsyncRemoteFunction {
    /// Decodes the arguments, calls the function, encodes its result.
    public static var _thunk: _RemoteEntry.Body {
        .async { context in
            var reader = context.argumentsReader
            let arguments = try _decode(from: &reader)
            try reader.finish()
            context.features = _features(arguments)
            try _encodeResult(try await _call(arguments), into: &context.output)
        }
    }
}

/// A remote function that is a step of chains too: sync, with one argument.
public protocol _RemoteElementFunction: _RemoteFunction1, _SyncRemoteFunction, ElementFunction
where Input == A0, Output == Result {}

extension _RemoteElementFunction {
    /// Appends nothing; takes note of the function's code.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: Self._entry.fingerprint)
    }

    /// Nothing is captured.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        self.init()
    }

    /// The function's name with its path.
    public static var _name: String { _entry._name }
}

extension _RemoteEntry {
    /// The path and name of the function: `Outer.parse` of
    /// `App/File.swift:Outer.parse(_:Int)->Int`.
    public var _name: String {
        let signature = identity.drop { $0 != ":" }.dropFirst()
        return String(signature.prefix { $0 != "(" })
    }
}

/// A remote function without arguments.
public protocol _RemoteFunction0: RemoteFunction where Arguments == Void {}

/// A remote function of one argument.
public protocol _RemoteFunction1: RemoteFunction where Arguments == A0 {
    associatedtype A0
}

/// A remote function of two arguments.
public protocol _RemoteFunction2: RemoteFunction where Arguments == (A0, A1) {
    associatedtype A0
    associatedtype A1
}

/// A remote function of three arguments.
public protocol _RemoteFunction3: RemoteFunction where Arguments == (A0, A1, A2) {
    associatedtype A0
    associatedtype A1
    associatedtype A2
}

/// A remote function of four arguments.
public protocol _RemoteFunction4: RemoteFunction where Arguments == (A0, A1, A2, A3) {
    associatedtype A0
    associatedtype A1
    associatedtype A2
    associatedtype A3
}

/// A remote function of five arguments.
public protocol _RemoteFunction5: RemoteFunction where Arguments == (A0, A1, A2, A3, A4) {
    associatedtype A0
    associatedtype A1
    associatedtype A2
    associatedtype A3
    associatedtype A4
}

/// A remote function of six arguments.
public protocol _RemoteFunction6: RemoteFunction where Arguments == (A0, A1, A2, A3, A4, A5) {
    associatedtype A0
    associatedtype A1
    associatedtype A2
    associatedtype A3
    associatedtype A4
    associatedtype A5
}

/// A remote function of seven arguments.
public protocol _RemoteFunction7: RemoteFunction where Arguments == (A0, A1, A2, A3, A4, A5, A6) {
    associatedtype A0
    associatedtype A1
    associatedtype A2
    associatedtype A3
    associatedtype A4
    associatedtype A5
    associatedtype A6
}

/// A remote function of eight arguments.
public protocol _RemoteFunction8: RemoteFunction
where Arguments == (A0, A1, A2, A3, A4, A5, A6, A7) {
    associatedtype A0
    associatedtype A1
    associatedtype A2
    associatedtype A3
    associatedtype A4
    associatedtype A5
    associatedtype A6
    associatedtype A7
}
