// Which node gets a ready task: a pure function over the nodes, the sizes of the inputs and the
// estimate. argmin over nodes of queue + missing bytes / bandwidth + predicted time: no fixed wait
// for locality.

package import SwoopModel

/// The choice of a node.
package enum Placement {
    /// An input as placement sees it.
    package struct Input: Sendable {
        package var byteCount: Int64
        package var locations: [NodeID]

        package init(byteCount: Int64, locations: [NodeID]) {
            self.byteCount = byteCount
            self.locations = locations
        }
    }

    /// What came of looking for a node.
    package enum Choice: Hashable, Sendable {
        /// Its place in the node table.
        case node(Int)
        /// None has a core to spare.
        case noTime
        /// Those that have a core to spare lack memory.
        case noMemory
        /// No node could run it even if it had nothing else, and why.
        case never(String)
    }

    /// The node that has the program (its place in the table of programs) and room, and would
    /// finish the task first.
    ///
    /// Equal nodes: the one that joined first. What only an absent one could run waits for it.
    package static func choose(
        among nodes: [NodeRecord], absent: [NodeDescription] = [], program: Int,
        _ demand: TaskDemand, inputs: [Input], avoiding avoided: [NodeID] = [],
        configuration: Scheduler.Configuration
    ) -> Choice {
        var best: (place: Int, cost: Double)?
        var lacksMemory = false
        for (place, node) in nodes.enumerated()
        where node.takesWork(of: program) && !avoided.contains(node.id) {
            let missing = inputs.reduce(Int64(0)) { sum, input in
                input.locations.isEmpty || input.locations.contains(node.id)
                    ? sum : sum + input.byteCount
            }
            switch node.admission(of: demand, missing: missing, configuration: configuration) {
            case .ahead, .atOnce: break
            case .noMemory:
                lacksMemory = true
                continue
            case .noTime: continue
            }
            let cost =
                Double(node.assignedNanoseconds) / Double(node.slots)
                + Double(missing) / configuration.bytesPerSecond * 1e9
            if cost < best?.cost ?? .infinity { best = (place, cost) }
        }
        if let best { return .node(best.place) }
        if let obstacle = obstacle(
            to: demand, among: nodes, absent: absent, program: program)
        {
            return .never(obstacle)
        }
        return lacksMemory ? .noMemory : .noTime
    }

    /// Why no node, however idle, could run the task; nil: some could.
    private static func obstacle(
        to demand: TaskDemand, among nodes: [NodeRecord], absent: [NodeDescription], program: Int
    ) -> String? {
        guard demand.cores > 1 || demand.declaredBytes > 0 else { return nil }
        let able = nodes.filter { $0.state(of: program) != .failed }
        let isMet =
            able.contains { $0.slots >= demand.cores && $0.budget >= demand.declaredBytes }
            || absent.contains {
                Int64($0.slots) >= demand.cores
                    && ($0.pageBudget <= 0 || $0.pageBudget >= demand.declaredBytes)
            }
        // The one that comes nearest to what all lack.
        let lackCores = able.allSatisfy { $0.slots < demand.cores }
        let largest = able.max {
            lackCores
                ? ($0.slots, $0.budget) < ($1.slots, $1.budget)
                : ($0.budget, $0.slots) < ($1.budget, $1.slots)
        }
        guard !isMet, let largest else { return nil }
        let megabytes = { (bytes: Int64) in "\((bytes + 500_000) / 1_000_000) MB" }
        var needs: [String] = []
        if demand.cores > 1 { needs.append("\(demand.cores) cores") }
        if demand.declaredBytes > 0 { needs.append("\(megabytes(demand.declaredBytes)) of memory") }
        return "it needs " + needs.joined(separator: " and ")
            + ", and no node has so much: the largest, \(largest.description.name), has "
            + "\(largest.slots) cores and \(megabytes(largest.budget))"
    }
}
