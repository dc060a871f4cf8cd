// A small table for people, as text and as HTML.

import SwoopModel

/// Rows beneath a heading.
package struct ShownTable: Hashable, Sendable {
    /// What stands above the table; empty: nothing.
    package var title: String
    /// The columns' names.
    package var columns: [String]
    /// Cells, as many in each row as there are columns.
    package var rows: [[String]]
    /// What stands beneath it; empty: nothing.
    package var remark: String
    /// Of a column: whether its cells are numbers, which end at the same place.
    package var numeric: [Bool]

    /// Describes a table.
    package init(
        title: String = "", columns: [String], numeric: [Bool], rows: [[String]],
        remark: String = ""
    ) {
        self.title = title
        self.columns = columns
        self.numeric = numeric
        self.rows = rows
        self.remark = remark
    }

    /// The longest cell that is shown whole.
    private static let cellMax = 120

    /// The text in one line: nothing in it moves a terminal's cursor, or what stands beside it.
    private func cell(_ text: String) -> String {
        let line = text.prefix(Self.cellMax + 1).unicodeScalars.map(Self.visible).joined()
        return line.count > Self.cellMax ? line.prefix(Self.cellMax - 1) + "…" : line
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "⏎"
        case "\t": "⇥"
        case "\u{200D}": String(scalar)
        default:
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                scalar.escaped(asASCII: true)
            default: String(scalar)
            }
        }
    }

    /// For consoles.
    package var text: String {
        let all = ([columns] + rows).map { $0.map(cell) }
        let widths = columns.indices.map { column in
            all.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        var lines = title.isEmpty ? [] : [title]
        for row in all {
            let cells = zip(row, columns.indices).map { text, column in
                let blank = String(repeating: " ", count: widths[column] - text.count)
                return isNumeric(column) ? blank + text : text + blank
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            lines.append(line)
        }
        if !remark.isEmpty { lines.append(remark) }
        return lines.joined(separator: "\n")
    }

    /// For notebooks.
    package var html: String {
        var html = "<div>"
        if !title.isEmpty { html += "<div>\(Markup.text(title))</div>" }
        html += "<table><thead><tr>"
        for (column, name) in columns.enumerated() { html += part("th", name, column) }
        html += "</tr></thead><tbody>"
        for row in rows {
            html += "<tr>"
            for (column, text) in row.enumerated() { html += part("td", text, column) }
            html += "</tr>"
        }
        html += "</tbody></table>"
        if !remark.isEmpty { html += "<div>\(Markup.text(remark))</div>" }
        return html + "</div>"
    }

    private func isNumeric(_ column: Int) -> Bool { column < numeric.count && numeric[column] }

    private func part(_ tag: String, _ text: String, _ column: Int) -> String {
        let side = isNumeric(column) ? "right" : "left"
        return "<\(tag) style=\"text-align:\(side)\">\(Markup.text(cell(text)))</\(tag)>"
    }
}
