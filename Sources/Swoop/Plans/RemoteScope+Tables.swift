// Tables written as text (CSV), with typed columns into records.

public import SwoopElements

extension RemoteScope {
    /// The rows of tables written as text, as records: `remote.csv("trades.csv", as: Trade.self)`.
    ///
    /// A field of the record is read from the column of its name, wherever it stands; other columns
    /// are stepped over. Fields may be quoted; inside of quotes, separators and line ends are text
    /// and two quotes stand for one. An optional field is nil where there is no value, a `String`
    /// is empty, anything else makes the row a bad one. Empty lines are no rows, nor headers.
    /// Numbers are decimal; what is beyond a field's type is no number of it.
    ///
    /// - Parameters:
    ///   - files: paths of this machine; each has its own header.
    ///   - row: a `@Record` struct of numbers, `Bool`, `String` and optionals of them.
    ///   - separator: a character of one byte.
    ///   - hasHeader: without one, fields are read by position.
    ///   - columns: names of columns by the names of fields, where they differ.
    ///   - badRows: what becomes of rows that are no records.
    public func csv<Row: CSVRow>(
        _ files: String..., as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_CSVSource<Row>> {
        csv(
            of: TextFiles(files), as: row, separator: separator, hasHeader: hasHeader,
            columns: columns, badRows: badRows)
    }

    /// The rows of a list of tables.
    public func csv<Row: CSVRow>(
        _ files: [String], as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_CSVSource<Row>> {
        csv(
            of: TextFiles(files), as: row, separator: separator, hasHeader: hasHeader,
            columns: columns, badRows: badRows)
    }

    /// The rows of tables in files that may be shared by all nodes.
    public func csv<Row: CSVRow>(
        of files: TextFiles, as row: Row.Type, separator: Character = ",", hasHeader: Bool = true,
        columns: [String: String] = [:], badRows: CSVBadRows = .refused
    ) -> Chain<_CSVSource<Row>> {
        let dialect = _CSVDialect(
            separator: recording.csvSeparator(separator),
            rowByteCountMax: recording.session.csvRowByteCountMax)
        var tables: [_CSVFiles.Table] = []
        for source in recording.sources(of: files, for: .lines) {
            do throws(SwoopError) {
                let head = try _CSVFiles.head(
                    of: source, dialect: dialect, hasHeader: hasHeader, columns: Row._csvColumns,
                    names: columns)
                tables.append(_CSVFiles.Table(source: source, head: head))
            } catch {
                recording.fail(error)
            }
        }
        return Chain<_CSVSource<Row>>._csv(
            _CSVSource(dialect: dialect, badRows: badRows),
            _CSVFiles(dialect: dialect, tables: tables), recorder: recording)
    }
}

extension Chain {
    /// The rows of tables.
    static func _csv<Row: CSVRow>(
        _ rows: _CSVSource<Row>, _ files: _CSVFiles, recorder: any _LoopRecorder
    ) -> Chain where Stage == _CSVSource<Row> {
        Chain(rows, .csv(files), recorder)
    }
}
