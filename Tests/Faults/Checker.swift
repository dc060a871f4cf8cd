// What must be true, seen from outside of the machines: leases, final states, results, leaks.
// Violations are values, so that a test can expect one.

import SwoopModel
import SwoopScheduling
import SwoopSession
import SwoopSimulation

/// Watches a run.
package struct Checker: Sendable {
    private let workloads: [Workload]
    /// Attempts that a node may be at, by task.
    private var outstanding: [TaskID: [(attempt: AttemptID, node: NodeID)]] = [:]
    private var settled: Set<TaskID> = []
    private(set) var losses = 0
    private(set) var agentsEnded = 0
    private(set) var brought: [TaskID: [UInt8]] = [:]
    private(set) var refused: [TaskID: TaskFailure] = [:]
    /// What was wrong; the first hundred.
    package private(set) var violations: [String] = []

    /// Nodes that the scheduler counts on.
    private var members: Set<NodeID> = []
    /// Client data: the nodes that were told to store it, those that have it, and how many had it
    /// when it counted as stored.
    private var asked: [TaskID: Set<NodeID>] = [:]
    private var copies: [TaskID: Set<NodeID>] = [:]
    private var announced: [TaskID: Int] = [:]
    /// Data whose copies went, each with its node, and how many there had been.
    private var lostData: [TaskID: Int] = [:]
    /// Data of which the last change told something.
    private var touched: Set<TaskID> = []

    /// Whether there is a node that cannot take in a program.
    private let mayLackProgram: Bool
    /// Whether the loss of the last node ends everything.
    private let failsWithoutNodes: Bool
    /// Whether there was a moment without a node, after the first one.
    private var hadNoNode = false
    /// Nodes that were asked to leave.
    private var leaving: Set<NodeID> = []
    /// Nodes that left as they were asked to.
    private(set) var drained = 0

    init(_ workloads: [Workload], mayLackProgram: Bool, failsWithoutNodes: Bool) {
        self.workloads = workloads
        self.mayLackProgram = mayLackProgram
        self.failsWithoutNodes = failsWithoutNodes
    }

    var ended: Int { brought.count + refused.count }

    mutating func take(_ trace: [TraceEntry]) {
        for entry in trace {
            // What was stored before a node is lost counts, though both come in one step.
            if endsAnswers(entry) { countTouched() }
            switch entry {
            case .event(.reported(let node, let reports)): close(reports, from: node)
            case .event(.nodeJoined(let node, _, _)): members.insert(node)
            case .event(.nodeLost(let node, _)): lose(node)
            case .effect(.closeNode(let node, _)): lose(node)
            case .event(.drainWanted(let node, _)) where members.contains(node):
                leaving.insert(node)
            case .event(.drainEnded(let node)): leaving.remove(node)
            case .event(.pageCopied(let node, let task)) where members.contains(node):
                if copies[task] != nil { copies[task]?.insert(node) }
            case .effect(.nodeDrained(let node)): leave(node)
            case .effect(.grantLease(let node, let lease)):
                for task in lease.tasks { open(task.attemptID, on: node) }
            case .effect(.storePage(let node, let task, _, _)):
                asked[task, default: []].insert(node)
            case .effect(.revoke(let node, let attempts)):
                for attempt in attempts {
                    close(attempt, on: node)
                    forgetData(attempt.task)
                }
            case .effect(.dropPages(_, let tasks)): for task in tasks { forgetData(task) }
            case .session(let effect): take(effect)
            case .brokenRead(let attempt): violate("\(attempt) read a page that was freed")
            case .broken(let text): violate(text)
            case .agentEnded: agentsEnded += 1
            case .event, .effect: break
            }
        }
        countTouched()
    }

    private func endsAnswers(_ entry: TraceEntry) -> Bool {
        switch entry {
        case .event, .effect(.closeNode), .effect(.nodeDrained): true
        default: false
        }
    }

    private mutating func countTouched() {
        for task in touched.sorted() { countAnnounced(task) }
        touched.removeAll(keepingCapacity: true)
    }

    private mutating func open(_ attempt: AttemptID, on node: NodeID) {
        if let other = outstanding[attempt.task]?.first {
            violate(
                "lease: \(attempt.task) is granted as attempt \(attempt.number) while node "
                    + "\(other.node.rawValue) is at attempt \(other.attempt.number)")
        }
        outstanding[attempt.task, default: []].append((attempt, node))
    }

    private mutating func close(_ reports: [RunReport], from node: NodeID) {
        for report in reports {
            switch report {
            case .ended(let attempt, let outcome, _):
                close(attempt, on: node)
                if case .finished = outcome { store(attempt.task, on: node) }
            case .returned(let attempt): close(attempt, on: node)
            case .started, .suspended, .resumed, .childrenEnded: break
            }
        }
    }

    private mutating func close(_ attempt: AttemptID, on node: NodeID) {
        outstanding[attempt.task]?.removeAll { $0.attempt == attempt && $0.node == node }
    }

    // MARK: Client data

    /// What its client can bring again need not be on two nodes, and is never lost.
    private func isDeferred(_ task: TaskID) -> Bool {
        workloads.contains { $0.part.data.contains { $0.id == task && $0.isDeferred } }
    }

    private mutating func store(_ task: TaskID, on node: NodeID) {
        guard !isDeferred(task), asked[task]?.remove(node) != nil else { return }
        copies[task, default: []].insert(node)
        touched.insert(task)
    }

    private mutating func countAnnounced(_ task: TaskID) {
        guard asked[task]?.isEmpty ?? false, announced[task] == nil, let count = copies[task]?.count
        else { return }
        announced[task] = count
        if count < min(2, members.subtracting(leaving).count) {
            violate("\(task) counts as stored on \(count) of \(members.count) nodes")
        }
    }

    private mutating func forgetData(_ task: TaskID) {
        asked[task] = nil
        copies[task] = nil
    }

    private mutating func loseData(_ node: NodeID) {
        for task in asked.keys where asked[task]?.remove(node) != nil { touched.insert(task) }
        for task in copies.keys.sorted() where copies[task]?.remove(node) != nil {
            if copies[task]?.isEmpty ?? false, let count = announced[task] {
                lostData[task] = count
            }
        }
    }

    private mutating func lose(_ node: NodeID) {
        if members.contains(node) { losses += 1 }
        loseData(node)
        remove(node)
    }

    /// A node that was asked to leave has handed everything on.
    private mutating func leave(_ node: NodeID) {
        drained += 1
        if !leaving.contains(node) {
            violate("node \(node.rawValue) leaves, and nobody asked it to")
        }
        for (task, holders) in copies where holders == [node] && announced[task] != nil {
            violate("node \(node.rawValue) leaves with the only copy of \(task)")
        }
        for (task, attempts) in outstanding where attempts.contains(where: { $0.node == node }) {
            violate("node \(node.rawValue) leaves while it runs \(task)")
        }
        for task in copies.keys { copies[task]?.remove(node) }
        remove(node)
    }

    private mutating func remove(_ node: NodeID) {
        members.remove(node)
        leaving.remove(node)
        if members.isEmpty { hadNoNode = true }
        for task in outstanding.keys { outstanding[task]?.removeAll { $0.node == node } }
    }

    private mutating func take(_ effect: SessionEffect) {
        switch effect {
        case .settle(let task, _):
            if !settled.insert(task).inserted { violate("\(task) is told to have ended twice") }
        case .bring(let task, let bytes):
            if brought.updateValue(bytes, forKey: task) != nil {
                violate("the value of \(task) is delivered twice")
            }
            if refused[task] != nil { violate("\(task) has a failure and a value") }
        case .refuse(let task, let failure):
            if refused.updateValue(failure, forKey: task) != nil {
                violate("\(task) is refused twice")
            }
            if brought[task] != nil { violate("\(task) has a value and a failure") }
        case .submit, .bringData, .writeData, .sendData, .forgetData, .offer: break
        case .release, .cancel, .want, .show, .remark, .progress: break
        }
    }

    /// Every held task must have the serial run's bytes, or its failure.
    mutating func compare() {
        for workload in workloads { compare(workload) }
    }

    private mutating func compare(_ workload: Workload) {
        let mayFail = dependents(of: workload.cancelled, in: workload)
        for task in workload.part.held {
            guard let expected = workload.expected[task] else { continue }
            if let bytes = brought[task] {
                if bytes != expected { violate("\(task) has another value than the serial run") }
            } else if let failure = refused[task] {
                if expected == nil || mayFail.contains(task) { continue }
                // Data of the client that was on nodes that are all gone is gone with them, and
                // says so.
                if !lostData.isEmpty && failure.message.contains("that stored it") { continue }
                if losses > 0 && failure.message.contains("it was kept") { continue }
                // So is a program that nobody can take in when the others are gone for a moment.
                if mayLackProgram && failure.message.contains("can run its program") { continue }
                if failsWithoutNodes && hadNoNode && failure.message.contains("last") { continue }
                violate("\(task) failed, not so in the serial run: \(failure.message)")
            } else {
                violate("\(task) never ended")
            }
        }
    }

    private func dependents(of tasks: [TaskID], in workload: Workload) -> Set<TaskID> {
        var found = Set(tasks)
        var count = -1
        while count != found.count {
            count = found.count
            for spec in workload.part.tasks where !found.isDisjoint(with: spec.inputs) {
                found.insert(spec.id)
            }
            for loop in workload.part.iterations {
                var inputs: [TaskID] = loop.template.flatMap(\.inputs)
                loop.initial.forEachTask { inputs.append($0) }
                if !found.isDisjoint(with: inputs) { found.insert(loop.id) }
            }
        }
        return found
    }

    mutating func violate(_ text: String) {
        if violations.count < 100 { violations.append(text) }
    }
}
