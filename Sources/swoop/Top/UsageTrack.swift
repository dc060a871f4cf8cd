// Follows a coordinator's snapshots: counters become rates over about a second, and what is shown
// grows older while nothing new comes. Pure: the time is handed in.

package import SwoopModel

/// The last snapshot, and as much of the ones before as rates need.
package struct UsageTrack: Sendable {
    /// A node's counters at the moment that they were read there.
    private struct Counters {
        var at: Int64
        var cpu: Int64
        var busy: [Int64]
    }

    /// A node is silent when nothing was heard for so long.
    package static let silence: Int64 = Agreed.shownSilence
    /// Rates are over so long, and need a part of it at least.
    private static let window = nanosecondsPerSecond
    private static let windowMin = nanosecondsPerSecond / 5

    private let cluster: String
    private var usage: ClusterUsage?
    private var receivedAt: Int64 = 0
    /// By node, oldest first, spanning the window.
    private var counters: [NodeID: [Counters]] = [:]

    /// Nothing is known yet.
    package init(cluster: String) { self.cluster = cluster }

    /// Takes a snapshot that arrived now.
    package mutating func take(_ usage: ClusterUsage, at now: Int64) {
        self.usage = usage
        receivedAt = now
        var kept: [NodeID: [Counters]] = [:]
        for node in usage.nodes {
            var earlier = counters[node.node] ?? []
            let sample = Counters(
                at: now - node.ageNanoseconds, cpu: node.cpuNanoseconds,
                busy: node.slots.map(\.busyNanoseconds))
            // The same sample told twice arrives with a slightly different age.
            if let last = earlier.last, sample.at - last.at < 20_000_000 {
                kept[node.node] = earlier
                continue
            }
            while earlier.count > 1, sample.at - earlier[1].at >= Self.window {
                earlier.removeFirst()
            }
            kept[node.node] = earlier + [sample]
        }
        counters = kept
    }

    /// How it stands now; nil before the first snapshot.
    package func reading(at now: Int64) -> ClusterReading? {
        guard let usage else { return nil }
        let wait = max(0, now - receivedAt)
        return ClusterReading(
            cluster: cluster, nodes: usage.nodes.map { reading(of: $0, heardBefore: wait) },
            tasks: usage.progress)
    }

    /// Whether rates are known of every node that is heard of.
    package var hasRates: Bool {
        guard let usage, !usage.nodes.isEmpty else { return false }
        return usage.nodes.allSatisfy { $0.isSilent || span(of: $0.node) != nil }
    }

    private func span(of node: NodeID) -> (first: Counters, last: Counters)? {
        guard let samples = counters[node], let first = samples.first, let last = samples.last,
            last.at - first.at >= Self.windowMin
        else { return nil }
        return (first, last)
    }

    private func reading(of node: NodeUsage, heardBefore wait: Int64) -> NodeReading {
        let age = node.ageNanoseconds.addingClamped(wait)
        let isSilent = node.isSilent || age > Self.silence
        let span = isSilent ? nil : span(of: node.node)
        let cores = node.slots.enumerated().map { index, slot in
            if isSilent { return CoreReading(.unknown) }
            let load = span.flatMap { span -> Int? in
                guard index < span.first.busy.count, index < span.last.busy.count else {
                    return nil
                }
                return Self.percent(
                    span.last.busy[index] - span.first.busy[index], span.last.at - span.first.at
                ).map { min(100, $0) }
            }
            guard slot.task != nil else { return CoreReading(.idle, loadPercent: load) }
            let activity = CoreActivity.busy(
                function: slot.function ?? "?", elapsedNanoseconds: slot.elapsedNanoseconds)
            return CoreReading(activity, loadPercent: load)
        }
        return NodeReading(
            name: node.name, cores: cores, ageNanoseconds: age, isSilent: isSilent,
            cpuPercent: span.flatMap {
                Self.percent($0.last.cpu - $0.first.cpu, $0.last.at - $0.first.at)
            }, cpuNanoseconds: node.cpuNanoseconds, residentBytes: node.residentBytes,
            fetchedBytes: node.fetchedBytes, pageBudget: node.pageBudget)
    }

    /// Nil for a counter that began anew, as that of a worker that was started again.
    private static func percent(_ part: Int64, _ whole: Int64) -> Int? {
        guard part >= 0, whole > 0 else { return nil }
        return Int((Double(part) / Double(whole) * 100).rounded())
    }
}
