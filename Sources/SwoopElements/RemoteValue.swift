// What travels between processes as a value: the protocol, and the entry points that macro-made
// code calls. Conformances of the standard library's types are in RemoteValue+Standard.swift; types
// that are merely Codable go through CodableEncoding.swift.

/// A value that can be encoded, sent to another process and decoded there.
///
/// Encoded values stand one after the other with nothing between, so that separately encoded
/// elements behind their count are an encoded array.
public protocol RemoteValue: Sendable {
    /// Appends this value's bytes; at least `_byteCountMin` of them.
    func encode(into writer: inout ValueWriter)

    /// Reads a value that `encode(into:)` wrote; never traps on other bytes.
    init(decoding reader: inout ValueReader) throws(ValueDecodingError)

    /// The fewest bytes that a value of this type takes, at least 1; bounds what a count may claim.
    static var _byteCountMin: Int { get }

    /// The bytes that every value of this type takes; nil if they differ.
    static var _fixedByteCount: Int? { get }

    /// The bytes that this value has in the form of a key, where a word holds those of every value
    /// of this type; else nil for all of them.
    var _keyWord: _KeyWord? { get }

    /// Appends the elements, with no count in front.
    static func _encodeAll(_ elements: UnsafeBufferPointer<Self>, into writer: inout ValueWriter)

    /// Reads so many elements; `count` has been checked against the remaining bytes.
    static func _decodeAll(
        _ count: Int, from reader: inout ValueReader
    ) throws(ValueDecodingError) -> [Self]
}

extension RemoteValue {
    /// One byte: nothing is known of the type.
    public static var _byteCountMin: Int { 1 }

    /// Values differ.
    public static var _fixedByteCount: Int? { nil }

    /// Nil: nothing is known of the type.
    @inlinable @inline(__always) public var _keyWord: _KeyWord? { nil }

    /// Encodes the elements one by one.
    public static func _encodeAll(
        _ elements: UnsafeBufferPointer<Self>, into writer: inout ValueWriter
    ) {
        for index in 0..<elements.count { unsafe elements[index].encode(into: &writer) }
    }

    /// Decodes the elements one by one.
    public static func _decodeAll(
        _ count: Int, from reader: inout ValueReader
    ) throws(ValueDecodingError) -> [Self] {
        var elements: [Self] = []
        elements.reserveCapacity(min(count, reader.remaining / max(1, MemoryLayout<Self>.stride)))
        try reader._descend()
        for _ in 0..<count { elements.append(try Self(decoding: &reader)) }
        reader._ascend()
        return elements
    }

    /// This value's bytes.
    public var encodedBytes: [UInt8] {
        var writer = ValueWriter()
        encode(into: &writer)
        return writer.bytes
    }

    /// Decodes a value that takes all of the bytes.
    public init(encodedBytes: [UInt8]) throws(ValueDecodingError) {
        self = try _decodeAllOf(encodedBytes) { (reader) throws(ValueDecodingError) in
            try Self(decoding: &reader)
        }
    }
}

/// Lends a reader over the bytes to `body` and checks that `body` read them all.
public func _decodeAllOf<Value>(
    _ bytes: [UInt8],
    _ body: (inout ValueReader) throws(ValueDecodingError) -> Value
) throws(ValueDecodingError) -> Value {
    let result: Result<Value, ValueDecodingError> = unsafe bytes.withUnsafeBytes { buffer in
        do throws(ValueDecodingError) {
            var reader = unsafe ValueReader(buffer)
            let value = try body(&reader)
            try reader.finish()
            return .success(value)
        } catch {
            return .failure(error)
        }
    }
    return try result.get()
}

/// Encodes a value that has its own encoding.
public func _encodeValue<Value: RemoteValue>(
    _ value: Value, into writer: inout ValueWriter
) throws(ValueEncodingError) {
    let start = writer.byteCount
    value.encode(into: &writer)
    writer.noteValue(since: start)
}

/// Decodes a value that has its own encoding.
public func _decodeValue<Value: RemoteValue>(
    _ type: Value.Type = Value.self, from reader: inout ValueReader
) throws(ValueDecodingError) -> Value {
    try Value(decoding: &reader)
}

/// Encodes a value that is Codable.
@_disfavoredOverload
public func _encodeValue<Value: Codable & Sendable>(
    _ value: Value, into writer: inout ValueWriter
) throws(ValueEncodingError) {
    let start = writer.byteCount
    try _encodeCodable(value, into: &writer)
    writer.noteValue(since: start)
}

/// Decodes a value that is Codable.
@_disfavoredOverload
public func _decodeValue<Value: Codable & Sendable>(
    _ type: Value.Type = Value.self, from reader: inout ValueReader
) throws(ValueDecodingError) -> Value {
    try _decodeCodable(Value.self, from: &reader)
}

/// Says at compile time that a type cannot travel.
@available(
    *, unavailable,
    message: """
        this type cannot travel to another process: make it Codable & Sendable, or a struct with @Record
        """
)
@_disfavoredOverload
public func _encodeValue<Value>(
    _ value: Value, into writer: inout ValueWriter, _: Void = ()
) throws(ValueEncodingError) {}

/// Reads nothing: that a type cannot travel is said once, where it is encoded.
@_disfavoredOverload
public func _decodeValue<Value>(
    _ type: Value.Type = Value.self, from reader: inout ValueReader, _: Void = ()
) throws(ValueDecodingError) -> Value { throw .malformed("a type that cannot travel") }
