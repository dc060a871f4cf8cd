// What `swoop status` writes: a table whose columns are as wide as what is in them, or JSON. Pure.

package import SwoopModel

/// A coordinator that runs, and what it said.
package struct StatusRow: Sendable {
    package var name: String
    package var pid: Int32
    package var endpoint: String
    /// Nil: it did not answer.
    package var reading: ClusterReading?
    /// Why it did not answer, where that is known.
    package var trouble: String?
    /// Its nodes, in the order of the reading's.
    package var nodes: [NodeDescription]
    /// The hosts of a cluster that keeps any.
    package var hosts: [HostState]

    package init(
        name: String, pid: Int32, endpoint: String, reading: ClusterReading?,
        nodes: [NodeDescription] = [], hosts: [HostState] = []
    ) {
        self.name = name
        self.pid = pid
        self.endpoint = endpoint
        self.reading = reading
        self.nodes = nodes
        self.hosts = hosts
    }

    /// What is known of each node; a description where it was heard of the node that is read.
    var nodeRows: [(reading: NodeReading, description: NodeDescription?)] {
        (reading?.nodes ?? []).enumerated().map { index, node in
            let there = index < nodes.count && nodes[index].name == node.name ? nodes[index] : nil
            return (node, there)
        }
    }
}

/// Rows as text.
package enum StatusTable {
    /// A heading, and a line for each cluster; then a heading, and a line for each node.
    package static func lines(of rows: [StatusRow]) -> [String] {
        let clusters = [["NAME", "PID", "ENDPOINT", "NODES", "CORES", "BUSY", "TASKS"]]
        var all = lines(clusters + rows.map(cells))
        let nodes = rows.flatMap(nodeCells)
        if !nodes.isEmpty {
            let heading = [["NODE", "CLUSTER", "CORES", "BUSY", "MEMORY", "REACHED"]]
            all += [""] + lines(heading + nodes)
        }
        let hosts = rows.flatMap(hostCells)
        if !hosts.isEmpty { all += [""] + lines([["HOST", "CLUSTER", "STATE"]] + hosts) }
        return all
    }

    /// Hosts that are not simply there.
    private static func hostCells(of row: StatusRow) -> [[String]] {
        row.hosts.filter { $0.phase != .up }.map { host in
            [
                PrintableText.line(host.name), PrintableText.line(row.name),
                PrintableText.line(words(for: host)),
            ]
        }
    }

    /// What a host that is not simply there is about.
    static func words(for host: HostState) -> String {
        let text = host.text.isEmpty ? "" : ": \(host.text)"
        switch host.phase {
        case .up: return "up"
        case .coming: return "being brought up" + text
        case .waiting:
            let tries =
                host.tries == 0 ? "" : " (tried \(Quantities.count(Int(host.tries), "time")))"
            return "lost, tried again in \(seconds(host.nanosecondsLeft))" + tries + text
        case .leaving:
            let limit = host.nanosecondsLeft > 0 ? " within \(seconds(host.nanosecondsLeft))" : ""
            return "leaving" + limit + (host.text.isEmpty ? "" : ", waits for \(host.text)")
        }
    }

    private static func seconds(_ nanoseconds: Int64) -> String {
        "\((nanoseconds + nanosecondsPerSecond - 1) / nanosecondsPerSecond) s"
    }

    /// Columns as wide as what is in them.
    static func lines(_ cells: [[String]]) -> [String] {
        let widths = cells[0].indices.map { column in
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
        let name = PrintableText.line(row.name)
        let place = [name, String(row.pid), PrintableText.line(row.endpoint)]
        guard let reading = row.reading else {
            let why = row.trouble.map(PrintableText.line) ?? "does not answer"
            return place + ["–", "–", "–", why]
        }
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

extension StatusTable {
    private static func nodeCells(of row: StatusRow) -> [[String]] {
        row.nodeRows.map { node, description in
            let memory =
                "\(Quantities.bytes(node.residentBytes)) of \(Quantities.bytes(node.pageBudget))"
            let busy = node.isSilent ? "silent for \(Quantities.age(node.ageNanoseconds))" : nil
            return [
                PrintableText.line(node.name), PrintableText.line(row.name),
                String(node.cores.count), busy ?? String(node.busyCores), memory,
                description.map { words(for: $0.reach) } ?? "–",
            ]
        }
    }

    private static func words(for reach: NodeReach) -> String {
        switch reach {
        case .network: "over the network"
        case .sameMachine: "on this machine"
        case .connection: "through its SSH connection"
        }
    }
}

/// A row as JSON; what a coordinator did not say is left out.
struct StatusJSON: Encodable {
    /// `reach` is `network`, `sameMachine` or `connection`.
    struct Node: Encodable {
        var name: String
        var pid: Int32?
        var cores: Int
        var busyCores: Int
        var residentBytes: Int64
        var fetchedBytes: Int64
        var pageBudgetBytes: Int64
        var reach: String?
        var isSilent: Bool
    }

    /// `state` is `up`, `coming`, `waiting` or `leaving`; `secondsLeft` is when a lost one is tried
    /// again, or when the tasks of a leaving one are handed on.
    struct Host: Encodable {
        var name: String
        var state: String
        var secondsLeft: Double?
        var tries: UInt32?
        var text: String?
    }

    var name: String
    var pid: Int32
    var endpoint: String
    var answers: Bool
    /// Why it does not answer, where that is known.
    var trouble: String?
    var hosts: [Host]?
    var nodes: [Node]?
    var silentNodes: Int?
    var cores: Int?
    var busyCores: Int?
    var tasks: UsageJSON.Tasks?

    init(_ row: StatusRow) {
        name = row.name
        pid = row.pid
        endpoint = row.endpoint
        answers = row.reading != nil
        trouble = row.reading == nil ? row.trouble : nil
        hosts = row.hosts.isEmpty ? nil : row.hosts.map(Host.init)
        nodes = row.reading == nil ? nil : row.nodeRows.map(Node.init)
        silentNodes = row.reading?.nodes.count { $0.isSilent }
        cores = row.reading?.cores
        busyCores = row.reading?.busyCores
        tasks = (row.reading?.tasks).map(UsageJSON.Tasks.init)
    }
}

extension StatusJSON.Host {
    fileprivate init(_ host: HostState) {
        let waits = host.phase == .waiting || host.phase == .leaving
        self.init(
            name: host.name, state: "\(host.phase)",
            secondsLeft: waits ? Double(host.nanosecondsLeft / 1_000_000) / 1_000 : nil,
            tries: host.tries > 0 ? host.tries : nil, text: host.text.isEmpty ? nil : host.text)
    }
}

extension StatusJSON.Node {
    fileprivate init(_ node: NodeReading, _ description: NodeDescription?) {
        self.init(
            name: node.name, pid: description?.processID, cores: node.cores.count,
            busyCores: node.busyCores, residentBytes: node.residentBytes,
            fetchedBytes: node.fetchedBytes, pageBudgetBytes: node.pageBudget,
            reach: description.map { "\($0.reach)" },
            isSilent: node.isSilent)
    }
}
