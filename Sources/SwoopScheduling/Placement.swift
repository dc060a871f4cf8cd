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
    package enum Choice: Equatable, Sendable {
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
    /// Nodes that have some of the inputs are looked at one by one; all others lack the same bytes,
    /// so that the one with least to do is found by what groups of them have to offer. A node that
    /// has one of the programs that are `waiting` gives its cores alone, and no time ahead.
    package static func choose(
        among nodes: NodeTable, absent: [NodeDescription] = [], program: Int,
        _ demand: TaskDemand, inputs: [Input], avoiding avoided: [NodeID] = [],
        waiting: [Int] = [], configuration: Scheduler.Configuration
    ) -> Choice {
        let holders = Set(inputs.lazy.flatMap(\.locations))
        let everything = inputs.reduce(Int64(0)) { sum, input in
            input.locations.isEmpty ? sum : sum + input.byteCount
        }
        var lacksMemory = false
        func cost(of node: NodeRecord, missing: Int64) -> Double? {
            guard node.takesWork(of: program), !avoided.contains(node.id) else { return nil }
            if node.assignedCores + demand.cores > node.slots,
                waiting.contains(where: node.takesWork)
            {
                return nil
            }
            switch node.admission(of: demand, missing: missing, configuration: configuration) {
            case .ahead, .atOnce:
                return Double(node.assignedNanoseconds) / Double(node.slots)
                    + Double(missing) / configuration.bytesPerSecond * 1e9
            case .noMemory:
                lacksMemory = true
                return nil
            case .noTime: return nil
            }
        }
        var best = nodes.cheapest { group in
            guard group.mayTakeWork(of: program),
                group.mayHaveTime(for: demand, configuration: configuration)
            else { return false }
            guard group.mayHaveMemory(for: demand, missing: everything) else {
                lacksMemory = true
                return false
            }
            return true
        } _: { node in
            holders.contains(node.id) ? nil : cost(of: node, missing: everything)
        }
        for holder in holders.sorted() {
            guard let place = nodes.place(of: holder) else { continue }
            let missing = inputs.reduce(Int64(0)) { sum, input in
                input.locations.isEmpty || input.locations.contains(holder)
                    ? sum : sum + input.byteCount
            }
            guard let found = cost(of: nodes[place], missing: missing) else { continue }
            if let known = best, (known.cost, known.place) <= (found, place) { continue }
            best = (place, found)
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
        to demand: TaskDemand, among nodes: NodeTable, absent: [NodeDescription], program: Int
    ) -> String? {
        guard demand.cores > 1 || demand.declaredBytes > 0 else { return nil }
        let met = nodes.first {
            $0.slots >= demand.cores && $0.budget >= demand.declaredBytes
        } where: {
            $0.state(of: program) != .failed && $0.slots >= demand.cores
                && $0.budget >= demand.declaredBytes
        }
        let isMet =
            met != nil
            || absent.contains {
                Int64($0.slots) >= demand.cores
                    && ($0.pageBudget <= 0 || $0.pageBudget >= demand.declaredBytes)
            }
        guard !isMet else { return nil }
        let able = nodes.nodes.filter { $0.state(of: program) != .failed }
        // The one that comes nearest to what all lack.
        let lackCores = able.allSatisfy { $0.slots < demand.cores }
        let largest = able.max {
            lackCores
                ? ($0.slots, $0.budget) < ($1.slots, $1.budget)
                : ($0.budget, $0.slots) < ($1.budget, $1.slots)
        }
        guard let largest else { return nil }
        let megabytes = { (bytes: Int64) in "\((bytes + 500_000) / 1_000_000) MB" }
        var needs: [String] = []
        if demand.cores > 1 { needs.append("\(demand.cores) cores") }
        if demand.declaredBytes > 0 { needs.append("\(megabytes(demand.declaredBytes)) of memory") }
        return "it needs " + needs.joined(separator: " and ")
            + ", and no node has so much: the largest, \(largest.description.name), has "
            + "\(largest.slots) cores and \(megabytes(largest.budget))"
    }
}
