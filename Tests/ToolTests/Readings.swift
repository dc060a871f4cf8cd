// Readings and snapshots that the tests of this folder look at.

import SwoopModel
import swoop

/// A node whose cores run these functions, nil for idle ones.
func node(
    _ functions: [String?], name: String = "local", silentFor silence: Int64? = nil
) -> NodeReading {
    NodeReading(
        name: name,
        cores: functions.map { function in
            if silence != nil { return CoreReading(.unknown) }
            guard let function else { return CoreReading(.idle, loadPercent: 0) }
            return CoreReading(
                .busy(function: function, elapsedNanoseconds: 1_234_000_000), loadPercent: 100)
        }, ageNanoseconds: silence ?? 100_000_000, isSilent: silence != nil,
        cpuPercent: silence == nil ? 100 : nil, cpuNanoseconds: 5_000_000_000,
        residentBytes: 12 << 20, pageBudget: 8 << 30)
}

/// A cluster of these nodes.
func reading(_ nodes: [NodeReading], name: String = "local-1-a") -> ClusterReading {
    ClusterReading(
        cluster: name, nodes: nodes,
        tasks: ProgressCount(done: 12, failed: 1, running: 2, total: 40))
}

/// A node's snapshot, its one core busy for so long.
func usage(
    busyNanoseconds: Int64, cpu: Int64, age: Int64 = 0, isSilent: Bool = false
) -> ClusterUsage {
    let slot = SlotUsage(
        function: "simulate", task: TaskID(high: 1, low: 1), elapsedNanoseconds: 0,
        busyNanoseconds: busyNanoseconds)
    return ClusterUsage(
        nodes: [
            NodeUsage(
                node: NodeID(1), name: "local", slots: [slot], cpuNanoseconds: cpu,
                residentBytes: 0, pageBudget: 1, ageNanoseconds: age, isSilent: isSilent)
        ], progress: ProgressCount())
}
