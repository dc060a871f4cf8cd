// Records of one width in files, decoded: the fields one after the other, little-endian, with
// nothing between.

public import SwoopElements

/// Makes a record of its bytes.
@frozen public struct _RecordDecoding<Row: RemoteValue>: ElementFunction {
    /// The bytes of a record.
    public typealias Input = TextSlice
    /// The record.
    public typealias Output = Row

    /// Makes the function.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing; takes note of the type, which stands for the code that reads it.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: "\(Row.self)")
    }
    /// The type's name.
    public static var _name: String { "\(Row.self)" }

    /// Decodes a record.
    @inlinable @inline(__always) public func _apply(_ input: TextSlice) throws -> Row {
        do throws(ValueDecodingError) {
            return try input._decode(Row.self)
        } catch {
            throw RecordError("the bytes of a record are no \(Row.self): \(error)")
        }
    }
}
