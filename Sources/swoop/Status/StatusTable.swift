// What `swoop status` writes: a table whose columns are as wide as what is in them, or JSON. Pure.

import SwoopModel

/// A coordinator that runs, and what it said.
package struct StatusRow: Sendable {
    package var name: String
    package var pid: Int32
    package var endpoint: String
    /// Nil: it did not answer.
    package var reading: ClusterReading?

    package init(name: String, pid: Int32, endpoint: String, reading: ClusterReading?) {
        self.name = name
        self.pid = pid
        self.endpoint = endpoint
        self.reading = reading
    }
}

/// Rows as text.
package enum StatusTable {
    /// A heading, and a line for each row.
    package static func lines(of rows: [StatusRow]) -> [String] {
        let heading = ["NAME", "PID", "ENDPOINT", "NODES", "CORES", "BUSY", "TASKS"]
        let cells = [heading] + rows.map(cells)
        let widths = heading.indices.map { column in
            cells.reduce(0) { max($0, TextWidth.of($1[column])) }
        }
        return cells.map { row in
            var line = StyledText()
            var start = 0
            for (text, width) in zip(row, widths) {
                line.pad(to: start)
                line.add(text)
                start += width + 2
            }
            return line.plain
        }
    }

    private static func cells(of row: StatusRow) -> [String] {
        let name = TextWidth.printable(row.name)
        let place = [name, String(row.pid), row.endpoint]
        guard let reading = row.reading else { return place + ["–", "–", "–", "does not answer"] }
        let silent = reading.nodes.count { $0.isSilent }
        let nodes = "\(reading.nodes.count)" + (silent > 0 ? " (\(silent) silent)" : "")
        let tasks = reading.tasks
        return place + [
            nodes, String(reading.cores), String(reading.busyCores),
            "\(tasks.done) done, \(tasks.failed) failed, \(tasks.running) running, "
                + "\(tasks.total) in all",
        ]
    }
}

/// A row as JSON; what a coordinator did not say is left out.
struct StatusJSON: Encodable {
    var name: String
    var pid: Int32
    var endpoint: String
    var answers: Bool
    var nodes: Int?
    var silentNodes: Int?
    var cores: Int?
    var busyCores: Int?
    var tasks: UsageJSON.Tasks?

    init(_ row: StatusRow) {
        name = row.name
        pid = row.pid
        endpoint = row.endpoint
        answers = row.reading != nil
        nodes = row.reading?.nodes.count
        silentNodes = row.reading?.nodes.count { $0.isSilent }
        cores = row.reading?.cores
        busyCores = row.reading?.busyCores
        tasks = (row.reading?.tasks).map(UsageJSON.Tasks.init)
    }
}
