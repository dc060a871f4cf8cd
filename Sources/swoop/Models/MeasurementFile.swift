// Measurements of anybody's in a table: a column of seconds, and one for each size. Pure.

package import SwoopModel

/// A table of measured runs.
package struct MeasurementFile: Sendable {
    /// The names of the columns that are sizes.
    package let sizes: [String]
    package let runs: [RunRecord]

    /// Most sizes that a run may have: more are no measurement of one function.
    private static let sizesMax = 8

    /// Reads a table with a header.
    ///
    /// - Parameters:
    ///   - text: lines of values between commas.
    ///   - time: the name of the column with the seconds; nil: `seconds`, or the last one.
    /// - Throws: `ToolError` with the line that is wrong.
    package init(_ text: String, time: String?) throws {
        let lines = text.split(whereSeparator: \.isNewline)
            .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed) }
        guard let names = lines.first, names.count >= 2 else {
            throw ToolError(
                "the first line must name the columns: sizes, and the seconds, as in `n,seconds`")
        }
        let place = try Self.place(of: time, in: names)
        sizes = names.enumerated().filter { $0.offset != place }.map(\.element)
        guard sizes.count <= Self.sizesMax else {
            throw ToolError("\(sizes.count) sizes are too many: at most \(Self.sizesMax)")
        }
        runs = try lines.enumerated().dropFirst().map { index, cells in
            guard cells.count == names.count else {
                throw ToolError(
                    "line \(index + 1) has \(Quantities.count(cells.count, "value")), and the "
                        + "first line names \(names.count)")
            }
            var numbers = try zip(names, cells).map { name, cell in
                guard let number = Double(cell), number.isFinite else {
                    throw ToolError(
                        "line \(index + 1): \(name) is \"\(PrintableText.line(cell))\", which is "
                            + "no number")
                }
                return number
            }
            let seconds = numbers.remove(at: place)
            guard seconds > 0, seconds < 1e9 else {
                throw ToolError("line \(index + 1): a run of \(seconds) s; seconds are above 0")
            }
            return RunRecord(
                features: numbers, cpuNanoseconds: Int64(max(1, seconds * 1e9)),
                wallNanoseconds: Int64(max(1, seconds * 1e9)))
        }
    }

    private static func place(of time: String?, in names: [String]) throws -> Int {
        guard let time else { return names.firstIndex(of: "seconds") ?? names.count - 1 }
        guard let place = names.firstIndex(of: time) else {
            throw ToolError(
                "no column is called \(time); these are: \(names.joined(separator: ", "))")
        }
        return place
    }

    private static func trimmed(_ cell: Substring) -> String {
        var cell = cell
        while cell.first?.isWhitespace == true { cell.removeFirst() }
        while cell.last?.isWhitespace == true { cell.removeLast() }
        return String(cell)
    }

    /// Runs as such a table, with numbers that read back exactly.
    package static func text(of runs: [RunRecord], sizes: [String]) -> String {
        let rows = runs.filter { $0.features.count == sizes.count && $0.cpuNanoseconds > 0 }
            .map { run in
                (run.features.map { "\($0)" } + ["\(Double(run.cpuNanoseconds) / 1e9)"])
                    .joined(separator: ",")
            }
        return ([(sizes + ["seconds"]).joined(separator: ",")] + rows).map { $0 + "\n" }.joined()
    }
}
