// What is shown of a cluster, ready to be written down: what every core does now as far as that is
// known, and rates instead of counters. UsageTrack makes it of what the coordinator tells. Pure.

package import SwoopModel

/// What one core does.
package enum CoreActivity: Hashable, Sendable {
    case idle
    /// A function, and for how many nanoseconds it has been there.
    case busy(function: String, elapsedNanoseconds: Int64)
    /// Its node is silent: whatever was last heard is not the present.
    case unknown
}

/// One core of a node.
package struct CoreReading: Hashable, Sendable {
    package var activity: CoreActivity
    /// How much of about the last second it was busy; nil while that is not known.
    package var loadPercent: Int?

    package init(_ activity: CoreActivity, loadPercent: Int? = nil) {
        self.activity = activity
        self.loadPercent = loadPercent
    }
}

/// One node.
package struct NodeReading: Hashable, Sendable {
    package var name: String
    package var cores: [CoreReading]
    /// How old the news of it is.
    package var ageNanoseconds: Int64
    /// Whether the news is so old that it is not the present.
    package var isSilent: Bool
    /// Processor time of its workers over about the last second, 100 for each core that was used.
    package var cpuPercent: Int?
    /// Processor time of its workers since they were started.
    package var cpuNanoseconds: Int64
    /// Bytes of pages in memory.
    package var residentBytes: Int64
    /// Bytes of pages that came from other nodes.
    package var fetchedBytes: Int64
    /// Bytes that pages may take.
    package var pageBudget: Int64

    package init(
        name: String, cores: [CoreReading], ageNanoseconds: Int64, isSilent: Bool,
        cpuPercent: Int?, cpuNanoseconds: Int64, residentBytes: Int64, fetchedBytes: Int64 = 0,
        pageBudget: Int64
    ) {
        self.name = name
        self.cores = cores
        self.ageNanoseconds = ageNanoseconds
        self.isSilent = isSilent
        self.cpuPercent = cpuPercent
        self.cpuNanoseconds = cpuNanoseconds
        self.residentBytes = residentBytes
        self.fetchedBytes = fetchedBytes
        self.pageBudget = pageBudget
    }

    /// Cores that run something; none of a silent node.
    package var busyCores: Int {
        cores.count { if case .busy = $0.activity { true } else { false } }
    }
}

/// A cluster at one moment.
package struct ClusterReading: Hashable, Sendable {
    package var cluster: String
    package var nodes: [NodeReading]
    package var tasks: ProgressCount

    package init(cluster: String, nodes: [NodeReading], tasks: ProgressCount) {
        self.cluster = cluster
        self.nodes = nodes
        self.tasks = tasks
    }

    /// Cores that run something.
    package var busyCores: Int { nodes.reduce(0) { $0 + $1.busyCores } }

    /// Cores of the nodes that are not silent.
    package var cores: Int { nodes.reduce(0) { $0 + ($1.isSilent ? 0 : $1.cores.count) } }
}
