// What can stand in one row of a table, in as many columns as it takes: a field's value, a record,
// a pair of such, so that groupings and joins are written without a struct of their own.

/// A value that takes one or more columns of a table.
public protocol CSVCells: Sendable {
    /// The columns, the only one of a plain value by this name.
    static func _columns(named name: String) -> [_CSVColumn]
    /// Appends the fields of all columns.
    func _writeCells(csv writer: inout CSVWriter)
}

extension CSVField {
    /// One column.
    public static func _columns(named name: String) -> [_CSVColumn] {
        [_CSVColumn(name: name, type: _csvName, isReadable: true)]
    }

    /// Appends the value.
    @inlinable public func _writeCells(csv writer: inout CSVWriter) { write(csv: &writer) }
}

extension CSVRow {
    /// The record's own columns.
    public static func _columns(named name: String) -> [_CSVColumn] { _csvColumns }

    /// Appends the fields.
    @inlinable public func _writeCells(csv writer: inout CSVWriter) { _write(csv: &writer) }
}

extension Optional: CSVCells where Wrapped: CSVCells {
    /// Those of what may be there.
    public static func _columns(named name: String) -> [_CSVColumn] {
        Wrapped._columns(named: name)
    }

    /// Appends the value, or that there is none in any column.
    public func _writeCells(csv writer: inout CSVWriter) {
        if let value = self { return value._writeCells(csv: &writer) }
        for _ in Wrapped._columns(named: "") { writer.missing() }
    }
}

extension Pair: CSVCells where First: CSVCells, Second: CSVCells {
    /// Those of the first, then those of the second.
    public static func _columns(named name: String) -> [_CSVColumn] {
        First._columns(named: "first") + Second._columns(named: "second")
    }

    /// Appends both.
    @inlinable public func _writeCells(csv writer: inout CSVWriter) {
        first._writeCells(csv: &writer)
        second._writeCells(csv: &writer)
    }
}
