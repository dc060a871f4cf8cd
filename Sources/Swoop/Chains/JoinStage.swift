// The join of a chain with a table that fits in memory: the table is a captured value that every
// node gets once, and each element looks its key up.

public import SwoopElements

/// A value that a chain captures: there already, or the result of another task, to be spliced in.
@frozen public enum Broadcast<Value: RemoteValue>: Sendable {
    /// The value itself.
    case value(Value)
    /// The handle of a proxy; only at the client.
    case proxy(any AnyObject & Sendable)

    /// Reads the value, wherever it came from.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        self = .value(try Value(decoding: &reader))
    }

    /// Appends the value, or marks where the proxy's belongs.
    @inlinable public func encode(into writer: inout ValueWriter) {
        switch self {
        case .value(let value): value.encode(into: &writer)
        case .proxy(let handle): writer._capture(handle)
        }
    }
}

/// Each element with the value that a table has for its key; elements without one are left out.
@frozen
public struct JoinStage<Base: ChainStage, KeyFunction: ElementFunction, Value: RemoteValue>:
    ChainStage
where KeyFunction.Input == Base.Output, KeyFunction.Output: Hashable & RemoteValue {
    /// An element and the table's value for it.
    public typealias Output = Pair<Base.Output, Value>
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base
    @usableFromInline let key: KeyFunction
    @usableFromInline let table: Broadcast<[KeyFunction.Output: Value]>

    @inlinable
    init(_ base: Base, _ key: KeyFunction, _ table: Broadcast<[KeyFunction.Output: Value]>) {
        self.base = base
        self.key = key
        self.table = table
    }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
        key = try KeyFunction(_decodingFields: &reader)
        table = try Broadcast(decoding: &reader)
    }

    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        base._encodeFields(into: &writer)
        key._encodeFields(into: &writer)
        table.encode(into: &writer)
    }

    /// The chain's name.
    public static var _name: String { "\(Base._name).joined(on: \(KeyFunction._name))" }

    /// Calls `body` with each match.
    @inlinable @inline(__always)
    public func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws {
        guard case .value(let values) = table else { return }
        try base._forEach(block) { element in
            if let value = values[try key._apply(element)] { try body(Pair(element, value)) }
        }
    }
}
