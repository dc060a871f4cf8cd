// Cross-checks of the scheduler's tables, re-derived from scratch. Called after every step in tests
// and in the simulation; too slow for anything else.

import SwoopModel

extension Scheduler {
    /// Traps with a sentence when two tables disagree.
    package func checkInvariants() {
        var load: [NodeID: Int] = [:]
        var unfinished: [TaskIndex: Int] = [:]
        var retainers: [TaskIndex: Int] = [:]
        var pageBytes: [NodeID: Int64] = [:]
        var promised: [NodeID: Int64] = [:]
        var cores: [NodeID: Int64] = [:]
        var recalls: [NodeID: Int64] = [:]
        for index in tasks.indices {
            let record = tasks[index]
            if let node = record.state.node {
                load[node, default: 0] += 1
                promised[node, default: 0] += record.promisedBytes
                recalls[node, default: 0] += record.isRecalled ? 1 : 0
                if case .suspended = record.state {
                } else {
                    cores[node, default: 0] += self.cores(of: index)
                }
                precondition(
                    nodes.place(of: node) != nil, "\(record.spec.id) is held by an unknown node")
            }
            for node in record.locations {
                precondition(
                    nodes.place(of: node) != nil, "\(record.spec.id) is on an unknown node")
                pageBytes[node, default: 0] += record.stored?.takenBytes ?? 0
            }
            for node in unstoredData[index]?.pending ?? [] {
                precondition(
                    record.kind == .data && record.state == .waiting,
                    "\(record.spec.id) is stored though it does not wait for it")
                let count = Int64(unstoredData[index]?.bytes.count ?? 0)
                pageBytes[node, default: 0] += StoredOutput.takenBytes(ofPage: count)
            }
            let isOpen = !record.state.isFinal && record.state != .done
            for input in record.inputs {
                precondition(tasks.contains(input), "\(record.spec.id) has a forgotten input")
                retainers[input, default: 0] += 1
                if isOpen || record.kind == .iteration && record.state == .done {
                    unfinished[input, default: 0] += 1
                }
            }
            if record.state == .ready {
                precondition(
                    record.inputs.allSatisfy { tasks[$0].isAvailable },
                    "\(record.spec.id) is ready without its inputs")
            }
            if record.state == .failed {
                precondition(failures[index] != nil, "\(record.spec.id) failed without a reason")
            }
        }
        for index in tasks.indices {
            let record = tasks[index]
            precondition(
                record.unfinishedDependents == unfinished[index] ?? 0,
                """
                \(record.spec.id) (\(record.state)) counts \(record.unfinishedDependents) unfinished \
                dependents, not \(unfinished[index] ?? 0)
                """)
            precondition(
                record.retainers == retainers[index] ?? 0,
                "\(record.spec.id) counts its users wrongly")
            precondition(
                record.isNeeded || record.retainers > 0 || !record.wantedNames.isEmpty,
                "\(record.spec.id) is kept for nobody")
        }
        for node in nodes.nodes {
            precondition(
                node.assigned == load[node.id] ?? 0,
                "node \(node.id.rawValue) counts \(node.assigned) tasks, not \(load[node.id] ?? 0)")
            precondition(
                node.assignedCores == cores[node.id] ?? 0,
                "node \(node.id.rawValue) counts its cores wrongly")
            precondition(
                node.recalls == recalls[node.id] ?? 0,
                "node \(node.id.rawValue) counts \(node.recalls) recalled tasks wrongly")
            precondition(
                node.promisedBytes == promised[node.id] ?? 0,
                "node \(node.id.rawValue) counts \(node.promisedBytes) promised bytes wrongly")
            precondition(
                node.pageBytes == pageBytes[node.id] ?? 0,
                """
                node \(node.id.rawValue) counts \(node.pageBytes) bytes of pages, not \
                \(pageBytes[node.id] ?? 0)
                """)
        }
        for index in unstoredData.keys {
            precondition(tasks.contains(index), "data is stored for a forgotten record")
        }
        checkDeferred()
    }
}
