// Cross-checks of the scheduler's tables, re-derived from scratch. Called after every step in tests
// and in the simulation; too slow for anything else.

import SwoopModel

extension Scheduler {
    /// Traps with a sentence when two tables disagree.
    package func checkInvariants() {
        var unfinished: [TaskIndex: Int] = [:]
        var retainers: [TaskIndex: Int] = [:]
        var found: [NodeID: FoundLoad] = [:]
        var running: [ClientID: UInt64] = [:]
        for index in tasks.indices {
            let record = tasks[index]
            count(index, into: &found)
            if case .running = record.state { running[tasks.client(of: index), default: 0] += 1 }
            for input in tasks.inputs(of: index) {
                precondition(tasks.contains(input), "\(tasks.id(of: index)) has a forgotten input")
                retainers[input, default: 0] += 1
                if record.claimsInputs { unfinished[input, default: 0] += 1 }
            }
            if record.state == .ready {
                precondition(
                    tasks.inputs(of: index).allSatisfy { tasks[$0].isAvailable },
                    "\(tasks.id(of: index)) is ready without its inputs")
            }
            if record.state == .failed {
                precondition(
                    failures[index] != nil, "\(tasks.id(of: index)) failed without a reason")
            }
        }
        let unneeded = Set(self.unneeded.filter { tasks.isCurrent($0) }.map(\.index))
        for index in tasks.indices {
            let record = tasks[index]
            precondition(
                Int(record.unfinishedDependents) == unfinished[index] ?? 0,
                """
                \(tasks.id(of: index)) (\(record.state)) counts \
                \(record.unfinishedDependents) unfinished dependents, not \(unfinished[index] ?? 0)
                """)
            precondition(
                Int(record.retainers) == retainers[index] ?? 0,
                "\(tasks.id(of: index)) counts its users wrongly")
            precondition(
                record.isNeeded || record.retainers > 0 || record.isWanted || record.isNew
                    || unneeded.contains(index),
                "\(tasks.id(of: index)) is kept for nobody")
        }
        checkNodes(found)
        for client in clients {
            precondition(
                client.progress.running == running[client.id] ?? 0,
                "client \(client.id.rawValue) hears of \(client.progress.running) running tasks")
        }
        for index in unstoredData.keys {
            precondition(tasks.contains(index), "data is stored for a forgotten record")
        }
        checkDeferred()
        checkKept()
        checkLists()
        for lend in abandonedLends.values {
            precondition(nodes.place(of: lend.node) != nil, "a lost node lends room")
        }
    }

    /// What the task puts on nodes.
    private func count(_ index: TaskIndex, into found: inout [NodeID: FoundLoad]) {
        let record = tasks[index]
        if let node = record.state.node {
            var load = found[node] ?? FoundLoad()
            load.tasks += 1
            load.promisedBytes += tasks[extra: index].booking.promisedBytes
            load.recalls += record.isRecalled ? 1 : 0
            if case .suspended = record.state {} else { load.cores += cores(of: index) }
            found[node] = load
            precondition(
                nodes.place(of: node) != nil, "\(tasks.id(of: index)) is held by an unknown node")
        }
        for node in tasks.locations(of: index) {
            precondition(
                nodes.place(of: node) != nil, "\(tasks.id(of: index)) is on an unknown node")
            found[node, default: FoundLoad()].pageBytes += tasks.takenBytes(of: index) ?? 0
        }
        for node in unstoredData[index]?.pending ?? [] {
            precondition(
                record.kind == .data && record.state == .waiting,
                "\(tasks.id(of: index)) is stored though it does not wait for it")
            let count = Int64(unstoredData[index]?.bytes.count ?? 0)
            found[node, default: FoundLoad()].pageBytes += StoredOutput.takenBytes(ofPage: count)
        }
        countLend(index, into: &found)
    }

    /// Room that the client of deferred data writes in.
    private func countLend(_ index: TaskIndex, into found: inout [NodeID: FoundLoad]) {
        guard let lend = deferredData[index]?.lend else { return }
        let record = tasks[index]
        precondition(
            record.kind == .data && record.state == .waiting,
            "\(tasks.id(of: index)) is written though it does not wait for it")
        found[lend.node, default: FoundLoad()].pageBytes += lend.takenBytes
    }

    /// The lists of nodes and clients have everything that is to be found by them.
    private func checkLists() {
        for place in nodes.nodes.indices {
            let node = nodes[place]
            precondition(
                held(at: place).count == node.assigned,
                "the list of node \(node.id.rawValue) lacks a task that it holds")
            let pages = tasks.indices.count { tasks.locations(of: $0).contains(node.id) }
            precondition(
                pages == node.pageCount && self.pages(at: place).count == pages,
                "the list of node \(node.id.rawValue) lacks a page")
        }
        for client in clients {
            let own = tasks.indices.count { tasks.client(of: $0) == client.id }
            let listed = tasks.each(of: client.tasks) { _ in true }.count
            precondition(
                own == client.taskCount && own == listed,
                "the list of client \(client.id.rawValue) lacks a task")
        }
        precondition(
            heldCount == nodes.nodes.reduce(0) { $0 + $1.assigned },
            "held tasks are counted wrongly")
        precondition(grants.isEmpty, "a lease was begun and not granted")
        nodes.checkOffers()
    }

    private func checkNodes(_ found: [NodeID: FoundLoad]) {
        for node in nodes.nodes {
            let load = found[node.id] ?? FoundLoad()
            precondition(
                node.assigned == load.tasks,
                "node \(node.id.rawValue) counts \(node.assigned) tasks, not \(load.tasks)")
            precondition(
                node.assignedCores == load.cores,
                "node \(node.id.rawValue) counts its cores wrongly")
            precondition(
                node.recalls == load.recalls,
                "node \(node.id.rawValue) counts \(node.recalls) recalled tasks wrongly")
            precondition(
                node.promisedBytes == load.promisedBytes,
                "node \(node.id.rawValue) counts \(node.promisedBytes) promised bytes wrongly")
            precondition(
                node.pageBytes == load.pageBytes,
                """
                node \(node.id.rawValue) counts \(node.pageBytes) bytes of pages, not \
                \(load.pageBytes)
                """)
        }
    }
}

/// What the records put on a node.
private struct FoundLoad {
    var tasks = 0
    var cores: Int64 = 0
    var recalls: Int64 = 0
    var promisedBytes: Int64 = 0
    var pageBytes: Int64 = 0
}
