// Results in one file of the name that was asked for. The elements are made and stored side by
// side, and one task writes them.

public import SwoopElements

extension ProxyArray where Element: CSVCells {
    /// Writes each element as a row of a table: with `parts: .one` into one file of this very name,
    /// below one header.
    ///
    /// - Parameters:
    ///   - path: the file's path; of many the beginning of their paths.
    ///   - header: names of the columns; those of the record's fields unless told; none if empty.
    ///   - separator: a character of one byte.
    ///   - parts: how many files.
    ///   - replacing: whether a file of this name that is there may go.
    @inlinable @inline(__always)
    public func saved(
        asCSV path: String, header: [String]? = nil, separator: Character = ",",
        parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        let chain = chain
        return chain._saved(
            chain.recorder._csvFormat(header: header, separator: separator), path, replacing,
            parts: parts)
    }
}

extension ProxyArray where Element: TextLine {
    /// Writes each element as a line of text: with `parts: .one` into one file of this very name.
    @inlinable @inline(__always)
    public func saved(
        asText path: String, parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        chain._saved(LinesFormat<Element>(), path, replacing, parts: parts)
    }
}

extension ProxyArray {
    /// Writes each element as its fields: with `parts: .one` into one file of this very name.
    @inlinable @inline(__always)
    public func saved(
        asRecords path: String, parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        let chain = chain
        return chain._saved(
            chain.recorder._recordsFormat(of: Element.self), path, replacing, parts: parts)
    }
}

extension Chain where Stage.Output: CSVCells & PageElement {
    /// Writes each element as a row of a table: see `ProxyArray.saved(asCSV:parts:)`.
    @inlinable @inline(__always)
    public func saved(
        asCSV path: String, header: [String]? = nil, separator: Character = ",",
        parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        guard parts == .one else {
            return saved(asCSV: path, header: header, separator: separator, replacing: replacing)
        }
        return stored().saved(
            asCSV: path, header: header, separator: separator, parts: parts, replacing: replacing)
    }
}

extension Chain where Stage.Output: TextLine & PageElement {
    /// Writes each element as a line of text: see `ProxyArray.saved(asText:parts:)`.
    @inlinable @inline(__always)
    public func saved(
        asText path: String, parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        guard parts == .one else { return saved(asText: path, replacing: replacing) }
        return stored().saved(asText: path, parts: parts, replacing: replacing)
    }
}

extension Chain where Stage.Output == TextSlice {
    /// Writes each piece of text as a line: with `parts: .one` into one file of this very name.
    @inlinable @inline(__always)
    public func saved(
        asText path: String, parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        guard parts == .one else { return saved(asText: path, replacing: replacing) }
        return stored().saved(asText: path, parts: parts, replacing: replacing)
    }
}

extension Chain where Stage.Output: PageElement {
    /// Writes each element as its fields: see `ProxyArray.saved(asRecords:parts:)`.
    @inlinable @inline(__always)
    public func saved(
        asRecords path: String, parts: SavedParts, replacing: Bool = false
    ) -> SavedFiles {
        guard parts == .one else { return saved(asRecords: path, replacing: replacing) }
        return stored().saved(asRecords: path, parts: parts, replacing: replacing)
    }
}
