// What `swoop data` writes: cells of a table, or JSON. Pure.

package import SwoopModel

/// Kept data as text.
package enum KeptTable {
    package static let heading = [
        "NAME", "CLUSTER", "TYPE", "ELEMENTS", "BYTES", "WHERE", "KEPT", "BY",
    ]

    /// One line of the table.
    package static func cells(_ kept: KeptState, of cluster: String) -> [String] {
        let type = kept.type.isArray ? "[\(kept.type.name)]" : kept.type.name
        return [
            kept.name, cluster, type, String(kept.elementCount), Quantities.bytes(kept.byteCount),
            places(of: kept), Quantities.time(kept.age) + " ago",
            kept.program.isEmpty ? "–" : kept.program,
        ].map(PrintableText.line)
    }

    private static func places(of kept: KeptState) -> String {
        guard kept.loss.isEmpty else { return "lost: \(kept.loss)" }
        if kept.sizes.isEmpty { return "–" }
        guard !kept.places.isEmpty else { return "coordinator" }
        let names = kept.places.map(\.node)
        return names.count > 4
            ? names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
            : names.joined(separator: ", ")
    }

    /// What is said of kept data when its cluster has ended; empty where there was none.
    package static func farewell(to kept: [KeptState]) -> String {
        let there = kept.filter { $0.loss.isEmpty }
        guard !there.isEmpty else { return "" }
        let names = there.prefix(5).map(\.name).joined(separator: ", ")
        let more = there.count > 5 ? " and \(there.count - 5) more" : ""
        return ", and with it what it kept: \(names)\(more) "
            + "(\(Quantities.bytes(there.map(\.byteCount).clampedSum)))"
    }
}

/// Kept data as JSON; what does not apply is left out.
struct KeptJSON: Encodable {
    /// What a node has of it.
    struct Place: Encodable {
        var node: String
        var pages: UInt32
        var bytes: Int64
    }

    var name: String
    var cluster: String
    var type: String
    var layout: String
    var isArray: Bool
    var elements: Int64
    var bytes: Int64
    var pages: Int
    var places: [Place]
    var keptSecondsAgo: Double
    var program: String?
    var loss: String?

    init(_ kept: KeptState, of cluster: String) {
        name = kept.name
        self.cluster = cluster
        type = kept.type.name
        layout = kept.type.layout
        isArray = kept.type.isArray
        elements = kept.elementCount
        bytes = kept.byteCount
        pages = kept.sizes.count
        places = kept.places.map { Place(node: $0.node, pages: $0.pages, bytes: $0.byteCount) }
        keptSecondsAgo = Double(kept.age / 1_000_000) / 1_000
        program = kept.program.isEmpty ? nil : kept.program
        loss = kept.loss.isEmpty ? nil : kept.loss
    }
}
