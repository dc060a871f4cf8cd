// Records of one width, one after the other, as instruments and other programs write them. A file
// of them is cut like a text: the records of [a, b) are those that begin there.

/// Records of so many bytes each, with nothing between.
@frozen public struct _FixedWidthFormat: _TextFormat {
    /// Bytes of a record.
    public let byteCount: Int

    /// Divides every so many bytes; at least one.
    @inlinable public init(byteCount: Int) { self.byteCount = Swift.max(1, byteCount) }

    /// Reads the width.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        byteCount = try reader.read(Int.self)
        guard byteCount > 0 else { throw .malformed("the width of a record") }
    }

    /// Appends the width.
    public func encode(into writer: inout ValueWriter) { writer.write(byteCount) }
    /// Where a record begins follows from the position.
    public var lookBehind: Int { 0 }
    /// The format's name.
    public static var _name: String { "records" }

    /// Records: every byte is one of them.
    public static var _reading: _FileReading { .records }

    /// At the next multiple of the width.
    public func firstBegin(_ window: _TextWindow, at position: Int) -> Int? {
        let (sum, overflow) = position.addingReportingOverflow(byteCount - 1)
        guard !overflow else { return nil }
        let begin = sum / byteCount * byteCount
        return begin <= window.end ? begin : nil
    }

    /// Behind so many bytes.
    @inlinable @inline(__always) public func recordEnd(
        _ base: UnsafeRawPointer, start: Int, end: Int
    ) -> (content: Int, next: Int) {
        let next = byteCount < end &- start ? start &+ byteCount : end
        return (next, next)
    }
}

/// The bytes of the fields together; nil if one of them has no fixed width.
public func _fixedByteCount(_ fields: [Int?]) -> Int? {
    var sum = 0
    for field in fields {
        guard let field else { return nil }
        sum += field
    }
    return sum
}
