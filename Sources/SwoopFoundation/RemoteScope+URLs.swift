// Files named by URLs, wherever a plan takes files: the same operations as those that take paths.

public import FoundationEssentials
public import Swoop

extension RemoteScope {
    /// The lines of text files: see `lines(_:)` of paths.
    public func lines(_ files: URL...) -> Chain<_TextSource<_LineFormat>> { lines(files) }

    /// The lines of a list of text files.
    public func lines(_ files: [URL]) -> Chain<_TextSource<_LineFormat>> {
        lines(of: TextFiles(paths(of: files)))
    }

    /// The lines of text files that every node has under the same paths.
    public func lines(shared files: URL...) -> Chain<_TextSource<_LineFormat>> {
        lines(of: TextFiles(paths(of: files), areShared: true))
    }

    /// Paragraphs of text files: see `stanzas(_:)` of paths.
    public func stanzas(_ files: URL...) -> Chain<_TextSource<_StanzaFormat>> {
        stanzas(of: TextFiles(paths(of: files)))
    }

    /// Pieces of text files between separators: see `text(_:separator:)` of paths.
    public func text(_ files: URL..., separator: String) -> Chain<_TextSource<_SeparatorFormat>> {
        text(of: TextFiles(paths(of: files)), separator: separator)
    }

    /// The rows of tables: see `csv(_:as:)` of paths.
    public func csv<Row: CSVRow>(
        _ files: URL..., as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_CSVSource<Row>> {
        csv(
            files, as: row, separator: separator, hasHeader: hasHeader, columns: columns,
            badRows: badRows)
    }

    /// The rows of a list of tables.
    public func csv<Row: CSVRow>(
        _ files: [URL], as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_CSVSource<Row>> {
        csv(
            of: TextFiles(paths(of: files)), as: row, separator: separator, hasHeader: hasHeader,
            columns: columns, badRows: badRows)
    }

    /// The records of files: see `records(_:as:)` of paths.
    public func records<Row: RemoteValue>(
        _ files: URL..., as row: Row.Type
    ) -> Chain<_MapStage<_TextSource<_FixedWidthFormat>, _RecordDecoding<Row>>> {
        records(of: TextFiles(paths(of: files)), as: row)
    }

    /// The paths of files of this machine; a plan with another URL fails.
    private func paths(of files: [URL]) -> [String] {
        files.compactMap { file in
            if file.isFileURL { return file.path(percentEncoded: false) }
            _recorder._refuse(
                "\(file.absoluteString) names no file of this machine",
                advice: "Fetch it first, and name the file: URL(filePath: \"…\").")
            return nil
        }
    }
}

extension ClusterSpec {
    /// Other machines, named in a file: see `hosts(file:)` of a path.
    public static func hosts(file: URL) -> ClusterSpec {
        .hosts(file: file.path(percentEncoded: false))
    }
}

extension ProxyArray where Element: CSVCells {
    /// Writes each element as a row of a table: see `saved(asCSV:)` of a path.
    @inlinable public func saved(
        asCSV file: URL, header: [String]? = nil, separator: Character = ",",
        parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles {
        saved(
            asCSV: file.path(percentEncoded: false), header: header, separator: separator,
            parts: parts, replacing: replacing)
    }
}

extension ProxyArray where Element: TextLine {
    /// Writes each element as a line of text: see `saved(asText:)` of a path.
    @inlinable public func saved(
        asText file: URL, parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles {
        saved(asText: file.path(percentEncoded: false), parts: parts, replacing: replacing)
    }
}

extension ProxyArray {
    /// Writes each element as its fields: see `saved(asRecords:)` of a path.
    @inlinable public func saved(
        asRecords file: URL, parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles {
        saved(asRecords: file.path(percentEncoded: false), parts: parts, replacing: replacing)
    }
}

extension Chain where Stage.Output: CSVCells & PageElement {
    /// Writes each element as a row of a table: see `saved(asCSV:)` of a path.
    @inlinable public func saved(
        asCSV file: URL, header: [String]? = nil, separator: Character = ",",
        parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles {
        saved(
            asCSV: file.path(percentEncoded: false), header: header, separator: separator,
            parts: parts, replacing: replacing)
    }
}

extension Chain where Stage.Output: TextLine & PageElement {
    /// Writes each element as a line of text: see `saved(asText:)` of a path.
    @inlinable public func saved(
        asText file: URL, parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles {
        saved(asText: file.path(percentEncoded: false), parts: parts, replacing: replacing)
    }
}
