// A row of a table as a record: @Record makes a struct one, field by field. Which column of a file
// a field is in is known per file (CSVHead); why a row was refused is a CSVError, in words and with
// its line.

/// A record that can be a row of a table.
///
/// Conformances are made by `@Record`. Fields of types that no text stands for are allowed; the
/// record is then refused as a row when the plan is made.
public protocol CSVRow: CSVCells {
    /// The fields in order.
    static var _csvColumns: [_CSVColumn] { get }

    /// Reads the fields.
    init(_csv row: _CSVRecord) throws(CSVFieldError)

    /// Appends the fields.
    func _write(csv writer: inout CSVWriter)
}

/// What is known of a field of a row before any file.
public struct _CSVColumn: Hashable, Sendable {
    /// The field's name: that of its column, unless told.
    public let name: String
    /// The field's type as an error names it.
    public let type: String
    /// Whether the type can be read from a text.
    public let isReadable: Bool

    /// Describes a field.
    public init(name: String, type: String, isReadable: Bool) {
        self.name = name
        self.type = type
        self.isReadable = isReadable
    }
}

/// A field that was refused; what is wrong with it is looked at later, once.
public struct CSVFieldError: Error, Hashable, Sendable {
    /// The field's place in the record.
    public let field: Int
    /// What is wrong, as the end of a sentence that begins with the column.
    public let reason: String

    /// Names a field and what is wrong with it.
    public init(field: Int, reason: String) {
        self.field = field
        self.reason = reason
    }
}

/// Where a field is in the text.
@frozen @usableFromInline package struct CSVBound: BitwiseCopyable {
    @usableFromInline var start: Int
    @usableFromInline var end: Int
    @usableFromInline var isQuoted: Bool
    @usableFromInline var hasPairs: Bool
}

/// The fields of one row, lent to a record's initialiser.
@safe @frozen public struct _CSVRecord {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let bounds: UnsafePointer<CSVBound>
    @usableFromInline let places: UnsafePointer<Int32>
    @usableFromInline let quote: UInt8

    init(
        base: UnsafeRawPointer, bounds: UnsafePointer<CSVBound>, places: UnsafePointer<Int32>,
        quote: UInt8
    ) {
        unsafe self.base = base
        unsafe self.bounds = bounds
        unsafe self.places = places
        self.quote = quote
    }

    /// The text of the record's field with this place.
    @inlinable @inline(__always) public func _field(_ place: Int) -> CSVFieldText {
        let bound = unsafe bounds[Int(truncatingIfNeeded: places[place])]
        return unsafe CSVFieldText(
            text: TextSlice(_base: base + bound.start, byteCount: bound.end &- bound.start),
            isQuoted: bound.isQuoted, hasPairs: bound.hasPairs, quote: quote)
    }
}

/// Describes a field; called by macro-made code.
public func _csvColumn<Field: CSVField>(_ name: String, _ type: Field.Type) -> _CSVColumn {
    _CSVColumn(name: name, type: Field._csvName, isReadable: true)
}

/// Describes a field that no text stands for; called by macro-made code.
@_disfavoredOverload
public func _csvColumn<Field>(_ name: String, _ type: Field.Type) -> _CSVColumn {
    _CSVColumn(name: name, type: "\(type)", isReadable: false)
}

/// Reads a field; called by macro-made code.
@inlinable @inline(__always)
public func _csvField<Field: CSVField>(
    _ type: Field.Type, _ place: Int, _ row: _CSVRecord
) throws(CSVFieldError) -> Field {
    let text = row._field(place)
    guard let value = Field(csv: text) else {
        throw CSVFieldError(field: place, reason: Field._csvReason(text))
    }
    return value
}

/// Refuses a field that no text stands for; called by macro-made code.
@_disfavoredOverload
public func _csvField<Field>(
    _ type: Field.Type, _ place: Int, _ row: _CSVRecord
) throws(CSVFieldError) -> Field {
    throw CSVFieldError(field: place, reason: "cannot be read as \(type)")
}

/// Appends a field; called by macro-made code.
@inlinable public func _csvWrite<Field: CSVField>(_ field: Field, into writer: inout CSVWriter) {
    field.write(csv: &writer)
}

/// Appends no value for a field that no text stands for; called by macro-made code.
@_disfavoredOverload
public func _csvWrite<Field>(_ field: Field, into writer: inout CSVWriter) { writer.missing() }

/// Bytes of a file that are no record of its type.
public struct RecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with them.
    public let description: String

    /// Says what is wrong with them.
    @inline(never) public init(_ description: String) { self.description = description }
}

/// A row that is no record, or a text that is no table.
public struct CSVError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// The line in which the row begins, counted from 1.
    public let line: Int
    /// The line in which it ends.
    public let lastLine: Int
    /// What is wrong.
    public let reason: String

    /// Names a row and what is wrong with it; one of one line unless told.
    public init(path: String, line: Int, lastLine: Int? = nil, reason: String) {
        self.path = path
        self.line = line
        self.lastLine = max(line, lastLine ?? line)
        self.reason = reason
    }

    /// A row of more lines is rarely meant: quoted texts are shorter.
    private static let usualLines = 100

    /// File, lines and reason, on one line.
    public var description: String {
        let (count, overflow) = lastLine.subtractingReportingOverflow(line - 1)
        let lines = lastLine > line ? "lines \(line) to \(lastLine)" : "line \(line)"
        let text = "\(path), \(lines): \(reason)"._printable
        guard overflow || count > Self.usualLines else { return text }
        return text + "; a row of \(count) lines: is a quote missing in it, or one too many?"
    }
}

extension CSVError: RemoteValue {
    /// Reads all of it.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let path = try String(decoding: &reader)
        let line = try Int(decoding: &reader)
        let lastLine = try Int(decoding: &reader)
        guard line > 0 else { throw .malformed("the line of a row") }
        self.init(
            path: path, line: line, lastLine: lastLine, reason: try String(decoding: &reader))
    }

    /// Appends all of it.
    public func encode(into writer: inout ValueWriter) {
        path.encode(into: &writer)
        line.encode(into: &writer)
        lastLine.encode(into: &writer)
        reason.encode(into: &writer)
    }
}
