// What those who wait for cores keep from others during one turn. Who had less of the cores is
// asked first; where its task cannot begin yet, tasks of others would take what it waits for, again
// and again, if nothing were kept.

import SwoopModel

/// Claims of clients that are to be served before others, as long as leases are granted.
struct CoreClaims {
    /// Programs of those who wait for one core: nothing is given ahead of them where they could
    /// run.
    private(set) var programs: [Int] = []
    /// Nodes whose cores are to become free for those who need several at a time.
    private(set) var nodes: [NodeID] = []

    mutating func claim(timeOf program: Int) {
        if !programs.contains(program) { programs.append(program) }
    }

    mutating func claim(coresOf node: NodeID) {
        if !nodes.contains(node) { nodes.append(node) }
    }
}

extension Scheduler {
    /// Claims what the task waits for.
    ///
    /// For several cores that is one node, the one that has most of them free: it gets no more work
    /// of others until they suffice.
    func claim(for index: TaskIndex, of program: Int, in claims: inout CoreClaims) {
        guard shares.areSeveral else { return }
        let wanted = cores(of: index)
        guard wanted > 1 else { return claims.claim(timeOf: program) }
        let able = nodes.nodes.filter { node in
            node.slots >= wanted && node.takesWork(of: program) && !claims.nodes.contains(node.id)
        }
        let chosen = able.max { left, right in
            (left.slots - left.assignedCores, -left.assignedNanoseconds, right.id)
                < (right.slots - right.assignedCores, -right.assignedNanoseconds, left.id)
        }
        if let chosen { claims.claim(coresOf: chosen.id) }
    }

    /// Whether any node has a core to spare, were there nothing else to look at.
    func hasTime(for index: TaskIndex, of program: Int, beside claims: CoreClaims) -> Bool {
        let demand = TaskDemand(predicted: tasks[index].predicted)
        let place = nodes.first {
            $0.mayTakeWork(of: program) && $0.mayHaveTime(for: demand, configuration: configuration)
        } where: { node in
            guard node.takesWork(of: program), !claims.nodes.contains(node.id) else { return false }
            if node.assignedCores < node.slots { return true }
            return node.hasTimeAhead(for: demand.predicted, configuration: configuration)
                && !claims.programs.contains(where: node.takesWork)
        }
        return place != nil
    }
}
