// How elements are written to files: lines of text, rows of a table, records of one width.

public import SwoopElements

/// Writes elements one after the other.
@usableFromInline package protocol PartFormat: Sendable {
    /// What is written.
    associatedtype Element

    /// Writes what stands before all elements.
    mutating func begin(_ sink: _PartSink) throws
    /// Writes an element.
    mutating func write(_ element: Element, to sink: _PartSink) throws
    /// Appends captured values.
    func _encodeFields(into writer: inout ValueWriter)
    /// Reads captured values.
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError)
    /// What the names of the files end with, such as `.txt`.
    static var suffix: String { get }
}

/// An element that can be a line of text.
public protocol TextLine {
    /// Writes the text, without a line's end.
    func write(line sink: _PartSink) throws
}

extension String: TextLine {
    /// Writes the text.
    @inlinable public func write(line sink: _PartSink) throws {
        var text = self
        try text.withUTF8 { try unsafe sink.append(UnsafeRawBufferPointer($0)) }
    }
}

extension TextSlice: TextLine {
    /// Writes the bytes.
    @inlinable @inline(__always) public func write(line sink: _PartSink) throws {
        try unsafe _withRawBytes { bytes throws(any Error) in try unsafe sink.append(bytes) }
    }
}

extension TextLine where Self: FixedWidthInteger {
    /// Writes decimal digits.
    public func write(line sink: _PartSink) throws { try "\(self)".write(line: sink) }
}

extension Int: TextLine {}
extension Int32: TextLine {}
extension Int64: TextLine {}
extension UInt32: TextLine {}
extension UInt64: TextLine {}
extension UInt8: TextLine {}
extension Int128: TextLine {}
extension UInt128: TextLine {}

extension Double: TextLine {
    /// Writes the shortest text that reads as this number; of what is no number `nan`.
    public func write(line sink: _PartSink) throws {
        try (isNaN ? "nan" : "\(self)").write(line: sink)
    }
}

/// A line for each element.
@frozen @usableFromInline package struct LinesFormat<Element: TextLine>: PartFormat {
    /// Makes the format.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// `.txt`.
    public static var suffix: String { ".txt" }
    /// Writes nothing.
    @inlinable public func begin(_ sink: _PartSink) {}
    /// Writes a line.
    @inlinable @inline(__always)
    public func write(_ element: Element, to sink: _PartSink) throws {
        try element.write(line: sink)
        try sink.append(0x0a)
    }
}

/// The bytes of each element, with nothing between.
@frozen @usableFromInline package struct BytesFormat<Element: TextLine>: PartFormat {
    /// Makes the format.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// `.bin`.
    public static var suffix: String { ".bin" }
    /// Writes nothing.
    @inlinable public func begin(_ sink: _PartSink) {}
    /// Writes the bytes.
    @inlinable @inline(__always)
    public func write(_ element: Element, to sink: _PartSink) throws {
        try element.write(line: sink)
    }
}

/// A row for each element, with a header before them.
public struct _CSVFormat<Element: CSVCells>: PartFormat {
    private var writer: CSVWriter
    private let header: [String]

    /// Writes rows below a header of these names; no header if there are none.
    init(dialect: _CSVDialect, header: [String]) {
        writer = CSVWriter(dialect: dialect)
        self.header = header
    }

    /// Reads the dialect and the header.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        writer = CSVWriter(dialect: try _CSVDialect(decoding: &reader))
        header = try [String](decoding: &reader)
    }

    /// Appends the dialect and the header.
    public func _encodeFields(into writer: inout ValueWriter) {
        self.writer.dialect.encode(into: &writer)
        header.encode(into: &writer)
    }

    /// `.csv`.
    public static var suffix: String { ".csv" }

    /// Writes the header.
    public mutating func begin(_ sink: _PartSink) throws {
        guard !header.isEmpty else { return }
        for name in header { writer.text(name) }
        try endRow(sink)
    }

    /// Writes a row.
    public mutating func write(_ element: Element, to sink: _PartSink) throws {
        element._writeCells(csv: &writer)
        try endRow(sink)
    }

    private mutating func endRow(_ sink: _PartSink) throws {
        writer.endRow()
        try sink.append(writer.bytes)
        writer.removeAll()
    }
}

/// The fields of each element, little-endian and with nothing between.
public struct _RecordsFormat<Element: RemoteValue>: PartFormat {
    private var writer = ValueWriter()

    init() {}
    /// Reads nothing.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    public func _encodeFields(into writer: inout ValueWriter) {}
    /// `.bin`.
    public static var suffix: String { ".bin" }
    /// Writes nothing.
    public func begin(_ sink: _PartSink) {}

    /// Writes a record.
    public mutating func write(_ element: Element, to sink: _PartSink) throws {
        element.encode(into: &writer)
        try sink.append(writer.bytes)
        writer.removeAll()
    }
}
