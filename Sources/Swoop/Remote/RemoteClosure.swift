// What #remote makes of a closure: a step of a chain that names its code by a key, and carries the
// captured values as encoded fields.

public import SwoopElements

/// A closure with its captured values, as a step of chains.
public struct RemoteClosure<Input, Output>: ElementFunction {
    private let key: UInt64
    private let fingerprint: UInt64
    private let captures: [_Captured]
    @usableFromInline let body: @Sendable (Input) throws -> Output

    /// Joins the closure's code and what it captures; called by macro-made code.
    public init(_ entry: _RemoteClosureEntry<Input, Output>, _ captures: _Captured...) {
        key = entry.key
        fingerprint = entry.fingerprint
        self.captures = captures
        body = { _ in throw RemoteClosureError.notOnAWorker }
    }

    /// Appends the key and the captured values.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: fingerprint)
        writer.write(key)
        for value in captures { value.encode(&writer) }
    }

    /// Finds the code and reads the captured values.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        key = try reader.read(UInt64.self)
        captures = []
        guard let entry = RemoteRegistry.closure(key) as? _RemoteClosureEntry<Input, Output> else {
            throw .malformed("the key of a #remote closure of this program")
        }
        fingerprint = entry.fingerprint
        body = try entry.bind(&reader)
    }

    /// Calls the closure.
    @inlinable @inline(__always)
    public func _apply(_ input: Input) throws -> Output { try body(input) }

    /// The same for all closures; their places are in the registry.
    public static var _name: String { "#remote" }
}

/// A call of a `#remote` closure that is not possible.
@usableFromInline package enum RemoteClosureError: Error, Hashable, Sendable {
    /// The captured values are only known on a worker.
    case notOnAWorker
}

/// The code of one `#remote` closure.
public struct _RemoteClosureEntry<Input, Output>: _RemoteClosureDescribing {
    /// File id, lexical path and source hash.
    public let identity: String
    /// A hash of the closure's own source text.
    public let fingerprint: UInt64
    /// The file as the compiler's `#fileID` names it.
    public let file: String
    /// The line where the closure begins, 1-based.
    public let line: Int
    /// Reads the captured values and gives the closure that holds them.
    let bind:
        @Sendable (inout ValueReader) throws(ValueDecodingError) ->
            @Sendable (Input) throws -> Output

    /// Describes one closure; called by macro-made code.
    public init(
        identity: String, fingerprint: UInt64, file: String, line: Int,
        bind:
            @escaping @Sendable (inout ValueReader) throws(ValueDecodingError)
            -> @Sendable (Input) throws -> Output
    ) {
        self.identity = identity
        self.fingerprint = fingerprint
        self.file = file
        self.line = line
        self.bind = bind
    }

    /// The identity's FNV-1a hash.
    public var key: UInt64 { _PageLayout(identity).hash }
}

/// A `#remote` closure, of whatever types.
public protocol _RemoteClosureDescribing: Sendable {
    /// File id, lexical path and source hash.
    var identity: String { get }
    /// What names it in encoded fields.
    var key: UInt64 { get }
}

/// A captured value on its way into a chain's fields.
public struct _Captured: Sendable {
    let encode: @Sendable (inout ValueWriter) -> Void
}

/// Captures a value, or a proxy of one.
public func _capture<Argument: RemoteArgument>(
    _ argument: Argument, as type: Argument._Received.Type
) -> _Captured {
    // A value that cannot be encoded leaves no bytes, and the worker says what it missed.
    _Captured { writer in
        currentRecording().encoding { try? argument._encodeArgument(into: &writer) }
    }
}

/// Captures a value that is Codable.
@_disfavoredOverload
public func _capture<Value: Codable & Sendable>(_ value: Value, as type: Value.Type) -> _Captured {
    _Captured { writer in currentRecording().encoding { try? _encodeValue(value, into: &writer) } }
}

/// Says at compile time that a value cannot be captured.
@available(
    *, unavailable,
    message: """
        this type cannot travel to another process: make it Codable & Sendable, or a struct with \
        @Record
        """
)
@_disfavoredOverload
public func _capture<Value>(_ value: Value, as type: Value.Type, _: Void = ()) -> _Captured {
    _Captured { _ in }
}
