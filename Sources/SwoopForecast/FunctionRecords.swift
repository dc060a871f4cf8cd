// The runs of one function by node and version. Which stay is RecordWindow's rule (SwoopModel).

internal import SwoopModel

/// The runs of one function, as built in one way, on all nodes.
struct FunctionRecords: Sendable {
    /// Ordered by name.
    private(set) var nodes: [NodeRecords] = []
    /// When anything was last added.
    private(set) var lastUse: UInt64 = 0

    /// The fingerprint that was recorded last, whatever the node; nil when there are no runs.
    private var latestFingerprint: UInt64? {
        nodes.max { $0.lastUse < $1.lastUse }?.versions.last?.fingerprint
    }

    mutating func add(
        _ records: some Collection<RunRecord>, fingerprint: UInt64, versionLimit: Int,
        node: String, use: UInt64
    ) {
        lastUse = use
        let place = nodes.firstIndex { $0.name >= node } ?? nodes.count
        if place == nodes.count || nodes[place].name != node {
            nodes.insert(NodeRecords(name: node), at: place)
        }
        nodes[place].add(
            records, fingerprint: fingerprint, versionLimit: versionLimit, use: use)
        if nodes.count > Forecaster.nodeLimit,
            let oldest = nodes.indices.min(by: { nodes[$0].lastUse < nodes[$1].lastUse })
        {
            nodes.remove(at: oldest)
        }
    }

    func histories(key: ForecastKey) -> [FunctionHistory] {
        nodes.flatMap { node in
            node.versions.map { version in
                FunctionHistory(
                    identity: key.identity, node: node.name, isOptimised: key.isOptimised,
                    fingerprint: version.fingerprint, records: version.kept)
            }
        }
    }

    /// The runs of the version asked for (nil: the latest) on all nodes; where there are none,
    /// those of the latest, and that they are of another version.
    func relevantRuns(fingerprint: UInt64?) -> (runs: [NodeRun], isChanged: Bool) {
        guard let latest = latestFingerprint else { return ([], false) }
        let asked = runs(fingerprint: fingerprint ?? latest)
        return asked.isEmpty ? (runs(fingerprint: latest), true) : (asked, false)
    }

    /// Whether there are runs of a version.
    func has(fingerprint: UInt64) -> Bool {
        nodes.contains { $0.versions.contains { $0.fingerprint == fingerprint } }
    }

    private func runs(fingerprint: UInt64) -> [NodeRun] {
        nodes.indices.flatMap { index in
            (nodes[index].versions.first { $0.fingerprint == fingerprint }?.kept ?? [])
                .map { NodeRun(node: index, record: $0) }
        }
    }
}

/// A run and the node it was on, by its place in the list of nodes.
struct NodeRun {
    var node: Int
    var record: RunRecord
}

/// The runs of one function on one node.
struct NodeRecords: Sendable {
    let name: String
    /// What was recorded last comes last.
    private(set) var versions: [VersionRecords] = []
    private(set) var lastUse: UInt64 = 0

    init(name: String) { self.name = name }

    mutating func add(
        _ records: some Collection<RunRecord>, fingerprint: UInt64, versionLimit: Int, use: UInt64
    ) {
        lastUse = use
        if versions.last?.fingerprint != fingerprint {
            let known = versions.firstIndex { $0.fingerprint == fingerprint }
            versions.append(
                known.map { versions.remove(at: $0) } ?? VersionRecords(fingerprint: fingerprint))
            if versions.count > versionLimit { versions.removeFirst() }
        }
        versions[versions.count - 1].add(records)
    }
}

/// The runs of one version of a function on one node.
struct VersionRecords: Sendable {
    /// Runs beyond the window before they are sorted out: spreads the cost of sorting out.
    private static let slack = 32

    let fingerprint: UInt64
    private var records: [RunRecord] = []

    init(fingerprint: UInt64) { self.fingerprint = fingerprint }

    /// In the order in which they ended, within the window.
    var kept: [RunRecord] {
        records.count <= RecordWindow.limit
            ? records : RecordWindow.indicesToKeep(of: records).map { records[$0] }
    }

    mutating func add(_ more: some Collection<RunRecord>) {
        records.append(contentsOf: more)
        if records.count > RecordWindow.limit + Self.slack { records = kept }
    }
}
