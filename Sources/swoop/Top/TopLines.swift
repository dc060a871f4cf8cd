// What `swoop top` writes where nobody looks: a line for each node, of words `name=value` that are
// always there and never hold a space, so that other programs may take them apart. Pure.

import SwoopModel

/// A reading as plain lines.
package enum TopLines {
    /// One line for each node; one with `node=-` while none has joined.
    ///
    /// - Parameter time: when, as text.
    package static func lines(of reading: ClusterReading, time: String) -> [String] {
        let tasks = reading.tasks
        let cluster = "\(time) cluster=\(word(reading.cluster))"
        let counts =
            "done=\(tasks.done) failed=\(tasks.failed) running=\(tasks.running) total=\(tasks.total)"
        guard !reading.nodes.isEmpty else {
            return ["\(cluster) node=- state=none busy=0/0 age=- cpu=- pages=0/0 \(counts) cores=-"]
        }
        return reading.nodes.map { node in
            let busy = node.isSilent ? "?" : "\(node.busyCores)"
            let cores = node.cores.map(text(of:)).joined(separator: ",")
            return [
                cluster, "node=\(word(node.name))", "state=\(node.isSilent ? "silent" : "live")",
                "busy=\(busy)/\(node.cores.count)",
                "age=\(Quantities.tenths(node.ageNanoseconds))s",
                "cpu=\(node.cpuPercent.map { "\($0)%" } ?? "-")",
                "pages=\(node.residentBytes)/\(node.pageBudget)", counts,
                "cores=\(cores.isEmpty ? "-" : cores)",
            ].joined(separator: " ")
        }
    }

    private static func text(of core: CoreReading) -> String {
        switch core.activity {
        case .idle: "idle"
        case .unknown: "?"
        case .busy(let function, let elapsed): "\(word(function)):\(Quantities.tenths(elapsed))s"
        }
    }

    /// A name as one word.
    private static func word(_ name: String) -> String {
        let text = PrintableText.line(name).map { character in
            character.isWhitespace || character == "," || character == "=" ? "_" : character
        }
        return text.isEmpty ? "-" : String(text)
    }
}
