// The operations that end a chain in files: one for each part of the source, numbered in its order.

public import SwoopElements

extension Chain {
    /// Writes each element as a line of text: `chain.saved(asText: "out/part")` makes
    /// `out/part-00000.txt` and so on, in the order of the source.
    ///
    /// Nodes that are this machine write the files themselves; from others the text comes here when
    /// `files` is asked for, and is written then. Each file appears when it is complete.
    ///
    /// - Parameters:
    ///   - path: the beginning of the files' paths; folders that are missing are made.
    ///   - replacing: whether files of this name that are there may go; else they make the plan
    ///     fail.
    @inlinable @inline(__always)
    public func saved(asText path: String, replacing: Bool = false) -> SavedFiles
    where Stage.Output: TextLine {
        _saved(LinesFormat<Stage.Output>(), path, replacing)
    }

    /// Writes the bytes of each element with nothing between, as for records of one width whose
    /// bytes are left as they are: see `saved(asText:replacing:)`.
    @inlinable @inline(__always)
    public func saved(asBytes path: String, replacing: Bool = false) -> SavedFiles
    where Stage.Output: TextLine {
        _saved(BytesFormat<Stage.Output>(), path, replacing)
    }

    /// Writes each element as a row of a table, below a header in each file: see
    /// `saved(asText:replacing:)`.
    ///
    /// Elements are records, plain values, and pairs of such, as joins and groupings give them:
    /// `sales.grouped(by: \.shop, .counting()).saved(asCSV: "n", header: ["shop", "count"])`.
    ///
    /// - Parameters:
    ///   - path: the beginning of the files' paths.
    ///   - header: names of the columns; those of the record's fields unless told; none if empty.
    ///   - separator: a character of one byte.
    ///   - replacing: whether files of this name that are there may go.
    @inlinable @inline(__always)
    public func saved(
        asCSV path: String, header: [String]? = nil, separator: Character = ",",
        replacing: Bool = false
    ) -> SavedFiles where Stage.Output: CSVCells {
        _saved(recorder._csvFormat(header: header, separator: separator), path, replacing)
    }

    /// Writes each element as its fields, little-endian and with nothing between, as
    /// `remote.records(_:as:)` reads them: see `saved(asText:replacing:)`.
    ///
    /// Its type must be of a fixed width: numbers, `Bool`, and records of them.
    @inlinable @inline(__always)
    public func saved(asRecords path: String, replacing: Bool = false) -> SavedFiles
    where Stage.Output: RemoteValue {
        _saved(recorder._recordsFormat(of: Stage.Output.self), path, replacing)
    }

    @inlinable @inline(__always)
    func _saved<Format: PartFormat>(
        _ format: Format, _ path: String, _ replacing: Bool, parts: SavedParts = .many
    ) -> SavedFiles where Format.Element == Stage.Output {
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        format._encodeFields(into: &writer)
        return recorder._save(
            _LoopSpec(
                name: "\(Stage._name).saved", kernel: _kernel(SaveKernel<Stage, Format>.self),
                fields: writer, source: source, leafWidth: Stage.Source._leafWidth,
                reduction: nil, pageLayout: nil),
            at: path, suffix: Format.suffix, parts: parts, replacing: replacing)
    }
}

extension Chain where Stage == _PagesSource<String> {
    /// Writes each text as a line, without making a String of it: see the other
    /// `saved(asText:replacing:)`.
    @inlinable @inline(__always)
    public func saved(asText path: String, replacing: Bool = false) -> SavedFiles {
        Chain<_TextPagesSource>(_TextPagesSource(), source, recorder)
            .saved(asText: path, replacing: replacing)
    }
}

extension ProxyArray where Element == String {
    /// A chain over the texts as their bytes, lent in place.
    @inlinable @inline(__always)
    public var texts: Chain<_TextPagesSource> {
        Chain<_TextPagesSource>(_TextPagesSource(), .pages(_handle), _currentRecorder())
    }
}

/// The texts of a stored collection as their bytes; positions are indices in the whole collection.
@frozen public struct _TextPagesSource: _ChainSource {
    /// The bytes of a text.
    public typealias Output = TextSlice
    /// Itself.
    public typealias Source = _TextPagesSource
    /// Rows of one opened page.
    public typealias Block = _PagesSource<String>.Block

    /// Makes the source.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// The source's name.
    public static var _name: String { "array.texts" }
    /// Leaves of 65,536 elements.
    @inlinable public static var _leafWidth: Int { _PagesSource<String>._leafWidth }

    /// Goes through the pages in order, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        try _PagesSource<String>()._walk(&context, body)
    }

    /// Calls `body` with the bytes of each text.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (TextSlice) throws -> Void) throws {
        for row in block.rows { try body(block.columns._slice(row)) }
    }
}
