// A value that a cluster makes, or has made, and that has not been fetched.

public import SwoopElements
import SwoopModel

/// A handle of a value in the cluster: nothing is downloaded until `value` is asked for.
///
/// Copies share one handle; when the last goes, the cluster cancels the task if nobody else needs
/// it, or frees what it made. Proxies, and arrays and dictionaries of them, are arguments of
/// further remote calls, in the same plan or in a later one.
@dynamicMemberLookup
public struct Proxy<Value: Sendable>: Sendable {
    /// What keeps the task.
    public let _handle: _ProxyHandle
    /// A type and not a closure, which would take memory of its own for every proxy.
    private let decoding: any ProxyDecoding<Value>.Type

    init(handle: _ProxyHandle, decoding: any ProxyDecoding<Value>.Type) {
        _handle = handle
        self.decoding = decoding
    }

    /// The value, fetched when it is not here yet; waits for the task that makes it.
    ///
    /// - Throws: `SwoopError`: the task failed, was cancelled or lost, its plan was not run, or the
    ///   cluster's scope has ended. `CancellationError` when the waiting Swift task is cancelled.
    public var value: Value {
        get async throws {
            try decoded(try await _handle.recording.session.bytes(of: _handle))
        }
    }

    /// Whether `value` would answer without asking the cluster: with what is here, or with the
    /// error of a task that failed or was cancelled.
    public var isReady: Bool { _handle.recording.session.isSettled(_handle) }

    /// Waits until the value exists in the cluster, without fetching it.
    ///
    /// - Throws: as `value`.
    public func wait() async throws {
        if let task = _handle.task {
            try await _handle.recording.session.wait(for: task)
        } else {
            _ = try await value
        }
    }

    /// Stops the task, wherever it is; its value throws `SwoopError.Code.cancelled` from then on.
    ///
    /// Before its plan is run, it will not begin. Of arithmetic the tasks are stopped whose values
    /// it takes.
    public func cancel() { _handle.recording.cancel(_handle.everyTask) }

    /// The value that was encoded in these bytes.
    func decoded(_ bytes: [UInt8]) throws(SwoopError) -> Value {
        do {
            return try unsafe bytes.withUnsafeBytes { bytes in
                var reader = unsafe ValueReader(bytes)
                let value = try decoding.decode(from: &reader)
                try reader.finish()
                return value
            }
        } catch {
            var failure =
                error as? SwoopError
                ?? SwoopError(
                    .undecodable, "the value is no \(Value.self): \(error)",
                    advice: SwoopError.codecAdvice)
            failure.task = _handle.task
            throw failure
        }
    }
}

/// How the value of a proxy is read.
protocol ProxyDecoding<Value>: SendableMetatype {
    /// What is read.
    associatedtype Value

    /// Reads one; never traps on bytes that are none.
    static func decode(from reader: inout ValueReader) throws -> Value
}

/// Reads values that have an encoding of their own.
private enum RemoteDecoding<Value: RemoteValue>: ProxyDecoding {
    static func decode(from reader: inout ValueReader) throws -> Value {
        try Value(decoding: &reader)
    }
}

/// Reads values that are merely `Codable`.
enum CodableDecoding<Value: Codable & Sendable>: ProxyDecoding {
    static func decode(from reader: inout ValueReader) throws -> Value {
        try _decodeValue(Value.self, from: &reader)
    }
}

/// Reads what a remote function returns; an error names the function.
enum ResultDecoding<Function: RemoteFunction>: ProxyDecoding {
    static func decode(from reader: inout ValueReader) throws -> Function.Result {
        try decodedResult(of: Function.self, from: &reader)
    }
}

extension Proxy where Value: RemoteValue {
    /// A proxy of a value with an encoding of its own; used by the operations of chains.
    public init(_handle: _ProxyHandle) {
        self.init(handle: _handle, decoding: RemoteDecoding<Value>.self)
    }
}

extension Proxy: CustomStringConvertible {
    /// The value's type and where it is: in the plan, in the cluster or here.
    public var description: String {
        "Proxy<\(Value.self)>(\(_handle.recording.session.whereabouts(of: _handle)))"
    }
}

extension Proxy {
    /// The proxy as a captured value of a `#remote` closure: `[k = proxy.captured() as Double]`.
    public func captured() -> Proxy<Value> { self }

    /// What the type checker takes for the value inside of the closure; never called.
    @_disfavoredOverload
    public func captured() -> Value {
        preconditionFailure("captured() stands in the capture list of a #remote closure only.")
    }
}

extension Proxy: RemoteArgument {
    /// What it stands for.
    public typealias _Received = Value

    /// Marks the place of the value.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        writer._capture(_handle)
    }

    /// Nothing is known before the value is made.
    public var _argumentFeature: Double? { nil }
}

extension Dictionary: RemoteArgument where Key: RemoteValue, Value: RemoteArgument {
    /// A dictionary of the values' values.
    public typealias _Received = [Key: Value._Received]

    /// Appends the count and the pairs, in no order: the decoded dictionary is the same.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        writer.write(count: count)
        for (key, value) in self {
            key.encode(into: &writer)
            try value._encodeArgument(into: &writer)
        }
    }

    /// The count.
    public var _argumentFeature: Double? { Double(count) }
}
