// The join of a chain with a table that fits in memory: the table is a captured value that every
// node gets once, and each element looks its key up.

public import SwoopElements

/// A value that a chain captures: there already, or the result of another task, to be spliced in.
@frozen @usableFromInline package enum Broadcast<Value: RemoteValue>: Sendable {
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
        case .value(let value):
            let began = _encodingBegan()
            value.encode(into: &writer)
            _encodingEnded(since: began)
        case .proxy(let handle): writer._capture(handle)
        }
    }
}

/// The values of a table by their keys, in a run: keys are what they are in every operation, not
/// what a dictionary takes for equal.
@usableFromInline
package final class JoinTable<Key: RemoteValue, Value: RemoteValue>: @unchecked Sendable {
    // Unchecked: a run makes its own and looks keys up on one thread.
    @usableFromInline var numbers = ValueNumbers<Key>()
    @usableFromInline var values: [Value] = []

    /// Reads what a dictionary wrote.
    @inlinable init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount(byteCountMin: Key._byteCountMin + Value._byteCountMin)
        try reader._descend()
        for _ in 0..<count {
            let number = numbers.number(of: try Key(decoding: &reader))
            let value = try Value(decoding: &reader)
            // A dictionary may have several NaN: the first one of them is it.
            if number == values.count { values.append(value) }
        }
        reader._ascend()
    }

    /// The value of a key; nil if the table has none.
    @inlinable @inline(__always) func value(of key: Key) -> Value? {
        numbers.find(key).map { values[$0] }
    }
}

/// Each element with the value that a table has for its key; elements without one are left out.
@frozen
public struct _JoinStage<Base: _ChainStage, KeyFunction: ElementFunction, Value: RemoteValue>:
    _ChainStage
where KeyFunction.Input == Base.Output, KeyFunction.Output: Hashable & RemoteValue {
    /// An element and the table's value for it.
    public typealias Output = Pair<Base.Output, Value>
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base
    @usableFromInline let key: KeyFunction
    @usableFromInline let table: Broadcast<[KeyFunction.Output: Value]>
    /// The table in a run; nil at the client.
    @usableFromInline let found: JoinTable<KeyFunction.Output, Value>?

    @inlinable
    init(_ base: Base, _ key: KeyFunction, _ table: Broadcast<[KeyFunction.Output: Value]>) {
        self.base = base
        self.key = key
        self.table = table
        found = nil
    }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
        key = try KeyFunction(_decodingFields: &reader)
        table = .value([:])
        found = try JoinTable(decoding: &reader)
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
        guard let found else { return }
        try base._forEach(block) { element in
            if let value = found.value(of: try key._apply(element)) {
                try body(Pair(element, value))
            }
        }
    }
}
