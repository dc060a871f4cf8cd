// The source of a cell's module: the cell as it was written, with the imports of what it names, and
// with what shows its value and says that it has ended.

import SwoopModel

/// What is to be compiled for a cell.
package struct CellSource: Hashable, Sendable {
    /// The cell's number in the session.
    package let cell: Int
    /// What its lines are called in messages.
    package let file: String
    /// The whole source.
    package let source: String
    /// As the person wrote it.
    package let written: String
    /// Where the source has more in a line than the person wrote.
    package let shifts: ColumnShifts
    /// Its imports but for those of other cells: what it is linked with follows from them.
    package let imports: Set<String>

    /// The source of a cell among the session's names; `count` is what people call the cell.
    package init(_ text: CellText, cell: Int, count: Int, names: CellNames) {
        let (extended, shifts) = text.extended
        self.cell = cell
        file = CellSource.file(count: count)
        written = text.text
        self.shifts = shifts
        imports = Set(names.imports).union(text.imports)
        source =
            (["import SwoopCells"] + names.imports(for: text.text) + [
                "enum \(CellNames.marker(of: cell)) {}", "_cellBegin(\(cell))",
                "#sourceLocation(file: \"\(file)\", line: 1)",
                extended,
                "#sourceLocation(file: \"end of \(file)\", line: 1)",
                "await _cellEnd(\(cell))", "",
            ]).joined(separator: "\n")
    }

    /// What the lines of a cell are called.
    package static func file(count: Int) -> String { LearnedName.file(ofCell: count) }

    /// What the C function is called that runs a cell.
    package static func entry(of cell: Int) -> String { "swoop_cell_\(cell)" }
}
