// Rows of a table that are as long as rows may be, or a byte longer, and lines as long: the same on
// any number of cores, read by the nodes or sent to them.

import Swoop

/// A table with rows of about so many bytes, and what is wrong with it.
private func longTable(_ path: String, _ limit: Int) -> (text: String, report: CSVReport) {
    func row(_ id: String, _ byteCount: Int) -> String {
        let begin = "\(id),\""
        let end = "\",1,true\n"
        let rest = byteCount - begin.utf8.count - end.utf8.count
        let line = "words, and more\n"
        let lines = String(repeating: line, count: rest / line.utf8.count)
        return begin + lines + String(repeating: "x", count: rest % line.utf8.count) + end
    }
    let few = String(repeating: "9,a,1,true\n", count: 3_000)
    var table = "id,name,value,isGood\n"
    var line = 2
    var expected = CSVReport()
    func add(_ row: String, refused reason: String? = nil) {
        table += row
        let next = line + row.utf8.count { $0 == 0x0a }
        if let reason {
            expected.count += 1
            expected.lineCount += next - line
            expected.first.append(
                CSVError(path: path, line: line, lastLine: next - 1, reason: reason))
        }
        line = next
    }
    for (id, byteCount) in [
        ("1", limit), ("2", limit + 1), ("x", 60), ("3", limit - 1), ("y", limit), ("4", limit + 1),
        ("5", 4 * limit), ("6", limit), ("z", 60), ("7", 9 * limit), ("8", limit - 1),
    ] {
        add(few)
        let isNumber = UInt16(id) != nil
        let reason =
            byteCount > limit
            ? _CSVDialect(rowByteCountMax: limit).tooLong
            : isNumber ? nil : "column \"id\" has \"\(id)\", which is no UInt16"
        add(row(id, byteCount), refused: reason)
    }
    // A quote without an end, with more behind it than a row may have.
    add(
        "8,\"a,1,true\n" + String(repeating: few, count: 4),
        refused: _CSVDialect(rowByteCountMax: limit).tooLong)
    return (table, expected)
}

/// What is told of rows at the limit: `long-rows FOLDER`.
func tellLongRows(in folder: String) async throws {
    let limit = 100_000
    let path = "\(folder)/long.csv"
    let (table, expected) = longTable(path, limit)
    tell("expected report", expected)
    tell("expected count", 11 * 3_000 + 4)
    write(Array(table.utf8), to: path)
    let text = [3, limit, 7 * limit, 0, 1, 12 * limit, 2].map { String(repeating: "y", count: $0) }
    tell("expected lengths", text.map(\.utf8.count))
    write(Array(text.joined(separator: "\n").utf8), to: "\(folder)/long.txt")
    for cores in [1, 2, 3, 5] {
        for way in ["here", "sent"] {
            try await withTestCluster(
                cores: cores, sendsFiles: way == "sent", rowByteCountMax: limit
            ) { cluster in
                let name = "\(way) \(cores)"
                let (report, count, lengths) = try await cluster.remotely { remote in
                    let rows = remote.csv(path, as: Reading.self, badRows: .leftOut)
                    return (
                        rows.badRows(), rows.count,
                        remote.lines("\(folder)/long.txt").map(lineBytes).collected()
                    )
                }
                await tell("\(name) report") { try await report.value }
                await tell("\(name) count") { try await count.value }
                await tell("\(name) lengths") { try await lengths.value }
            }
        }
    }
}
