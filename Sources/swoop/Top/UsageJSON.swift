// The form of `--json`: names with their units, one object on one line.

import FoundationEssentials
import SwoopModel

/// A cluster at one moment, as JSON.
package struct UsageJSON: Encodable, Sendable {
    /// `state` is `busy`, `idle` or `unknown`; the others are there when they are known.
    struct Core: Encodable {
        var state: String
        var function: String?
        var elapsedSeconds: Double?
        var loadPercent: Int?
    }

    struct Node: Encodable {
        var name: String
        var isSilent: Bool
        var ageSeconds: Double
        var busyCores: Int
        var cpuPercent: Int?
        var cpuSeconds: Double
        var residentBytes: Int64
        var fetchedBytes: Int64
        var pageBudgetBytes: Int64
        var cores: [Core]
    }

    struct Tasks: Encodable {
        var done: UInt64
        var failed: UInt64
        var running: UInt64
        var total: UInt64
    }

    private var time: String
    private var cluster: String
    private var busyCores: Int
    private var cores: Int
    private var tasks: Tasks
    private var nodes: [Node]

    /// - Parameter time: when, as text.
    package init(_ reading: ClusterReading, time: String) {
        self.time = time
        cluster = reading.cluster
        busyCores = reading.busyCores
        cores = reading.cores
        tasks = Tasks(reading.tasks)
        nodes = reading.nodes.map(Node.init)
    }

    /// The object on one line, without the line's end.
    package var line: String { JSONLine.text(of: self) }
}

extension UsageJSON.Tasks {
    init(_ count: ProgressCount) {
        self.init(
            done: count.done, failed: count.failed, running: count.running, total: count.total)
    }
}

extension UsageJSON.Node {
    fileprivate init(_ node: NodeReading) {
        self.init(
            name: node.name, isSilent: node.isSilent, ageSeconds: seconds(node.ageNanoseconds),
            busyCores: node.busyCores, cpuPercent: node.cpuPercent,
            cpuSeconds: seconds(node.cpuNanoseconds), residentBytes: node.residentBytes,
            fetchedBytes: node.fetchedBytes, pageBudgetBytes: node.pageBudget,
            cores: node.cores.map(UsageJSON.Core.init))
    }
}

extension UsageJSON.Core {
    fileprivate init(_ core: CoreReading) {
        self.init(state: "unknown", loadPercent: core.loadPercent)
        switch core.activity {
        case .unknown: break
        case .idle: state = "idle"
        case .busy(let name, let elapsed):
            state = "busy"
            function = name
            elapsedSeconds = seconds(elapsed)
        }
    }
}

/// Milliseconds are as exact as it is.
private func seconds(_ nanoseconds: Int64) -> Double {
    (Double(nanoseconds) / 1_000_000).rounded() / 1_000
}

/// Values as JSON on one line, keys in alphabetical order.
package enum JSONLine {
    /// The text of a value that JSON can say.
    package static func text(of value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return "null" }
        return escaped(String(decoding: data, as: UTF8.self))
    }

    /// With DEL and what follows it, and what cannot be seen or turns the direction of writing, in
    /// numbers, as JSON has other control characters: a terminal takes U+009B for ESC [. They stand
    /// in texts only.
    private static func escaped(_ text: String) -> String {
        let isFine = { (scalar: Unicode.Scalar) in !PrintableText.isInvisible(scalar) }
        if text.unicodeScalars.allSatisfy(isFine) { return text }
        return text.unicodeScalars.map { scalar in
            isFine(scalar) ? String(scalar) : numbered(scalar)
        }.joined()
    }

    /// Beyond U+FFFF JSON has two numbers for one character.
    private static func numbered(_ scalar: Unicode.Scalar) -> String {
        UTF16.encode(scalar)!.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    /// Now, as ISO 8601 with milliseconds, in UTC.
    package static func time() -> String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(Date.now)
    }
}
