// A node that is to leave: nothing new goes there, what it has not begun comes back, its runs end
// or are handed on, pages that only it has are copied; then it is told to end.

package import SwoopModel

/// A node that is to leave the cluster.
package struct Drain: Equatable, Sendable {
    /// When what still runs there is handed on.
    package var until: Timestamp
    /// When it is looked at again.
    package var lookAt: Timestamp
    /// Pages that are being copied, and to which nodes.
    package var copies: [TaskID: NodeID] = [:]
    /// Pages that could not be copied: no more than that they may be made again.
    package var uncopied: Set<TaskID> = []
    /// What it waited for when it was looked at last.
    package var rest = DrainRest()

    /// - Parameters:
    ///   - until: when what still runs there is handed on.
    ///   - lookAt: when it is looked at next.
    package init(until: Timestamp, lookAt: Timestamp) {
        self.until = until
        self.lookAt = lookAt
    }
}

/// What a node that is to leave still waits for.
package struct DrainRest: Equatable, Sendable {
    /// Tasks that it holds.
    package var runs = 0
    /// Pages that are being copied, or wait for that.
    package var copies = 0
    /// Pages of data that nobody else has, and that no other node takes.
    package var strandedPages = 0
    /// Names by which some of them are kept.
    package var strandedNames: [String] = []
    /// Why that is so; empty: there is no other node.
    package var trouble = ""

    package init() {}

    /// For people.
    package var words: String {
        var parts: [String] = []
        if runs > 0 { parts.append(runs == 1 ? "1 task to end" : "\(runs) tasks to end") }
        if copies > 0 { parts.append("\(Self.pages(copies)) to be copied") }
        if strandedPages > 0 {
            let why = trouble.isEmpty ? "there is no other node" : trouble
            let names = strandedNames.joined(separator: " ")
            let kept =
                names.isEmpty ? "" : "; kept as \(names): `swoop data free \(names)` gives it up"
            parts.append("another place for \(Self.pages(strandedPages)) of data (\(why)\(kept))")
        }
        return parts.joined(separator: ", ")
    }

    private static func pages(_ count: Int) -> String { count == 1 ? "1 page" : "\(count) pages" }

    /// Whether it may end.
    package var isOver: Bool { runs == 0 && copies == 0 && strandedPages == 0 }
}

extension Scheduler {
    /// A node that is to leave is looked at so often: to go through all tasks at every event would
    /// take long.
    private static let drainPeriod = nanosecondsPerSecond / 10
    /// Pages of one node that are copied at a time.
    private static let copiesMax = 8

    /// Begins to take a node away, or changes when its runs are handed on.
    mutating func drain(_ node: NodeID, until: Timestamp) {
        guard let place = nodes.place(of: node) else { return }
        nodes[place].drain = nodes[place].drain ?? Drain(until: until, lookAt: now)
        nodes[place].drain?.until = until
        nodes[place].drain?.lookAt = now
    }

    /// The node stays: it is given work again, and data that found no other node.
    mutating func endDrain(of node: NodeID, into effects: inout [SchedulerEffect]) {
        guard let place = nodes.place(of: node), nodes[place].drain != nil else { return }
        nodes[place].drain = nil
        for index in unstoredData.keys.sorted() { storeData(index, into: &effects) }
    }

    /// What a node that is to leave waits for; nil: it is not to leave.
    package func rest(of node: NodeID) -> DrainRest? {
        nodes.place(of: node).flatMap { nodes[$0].drain?.rest }
    }

    /// When a node that is to leave is looked at next.
    var drainDeadline: Timestamp? {
        let lookAt = nodes.offer.lookAt
        return lookAt == .distantFuture ? nil : lookAt
    }

    /// Goes on with the nodes that are to leave.
    mutating func drainNodes(into effects: inout [SchedulerEffect]) {
        nodes.refresh()
        let now = now
        guard nodes.offer.lookAt <= now else { return }
        for node in nodes.places(inGroups: { $0.lookAt <= now }).map({ nodes[$0].id }) {
            guard let place = nodes.place(of: node), let drain = nodes[place].drain,
                drain.lookAt <= now
            else { continue }
            nodes[place].drain?.lookAt = now.advanced(by: Self.drainPeriod)
            recallEverything(from: node, into: &effects)
            if drain.until <= now { handOn(from: node, into: &effects) }
            look(at: node, into: &effects)
        }
    }

    private mutating func recallEverything(
        from node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        guard let place = nodes.place(of: node) else { return }
        var attempts: [AttemptID] = []
        for index in held(at: place).map(\.index)
        where tasks[index].state == .leased(node) && !tasks[index].isRecalled {
            tasks[index].isRecalled = true
            attempts.append(currentAttempt(of: index))
        }
        guard !attempts.isEmpty else { return }
        nodes[place].recalls += Int64(attempts.count)
        effects.append(.recall(node, attempts))
    }

    /// What still runs there is taken back, and charged nothing.
    private mutating func handOn(from node: NodeID, into effects: inout [SchedulerEffect]) {
        guard let place = nodes.place(of: node) else { return }
        let held = held(at: place)
        guard !held.isEmpty else { return }
        effects.append(.revoke(node, held.map { currentAttempt(of: $0.index) }))
        // What comes back may be given out, and forgotten, by the one before it.
        for task in held where tasks.isCurrent(task) && tasks[task.index].state.node == node {
            returned(task.index, into: &effects)
        }
    }

    /// Has pages copied that only this node has, and lets it go when nothing is left to wait for.
    private mutating func look(at node: NodeID, into effects: inout [SchedulerEffect]) {
        nodes.refresh()
        guard let place = nodes.place(of: node), var drain = nodes[place].drain else { return }
        var rest = DrainRest()
        rest.runs = nodes[place].assigned
        rest.trouble = drain.rest.trouble
        var orders: [(node: NodeID, copy: PageCopy)] = []
        drain.copies = drain.copies.filter { tasks.index(of: $0.key) != nil }
        for index in pages(at: place).map(\.index) where needsCopy(index, from: node) {
            let task = tasks.id(of: index)
            if drain.copies[task] != nil {
                rest.copies += 1
                continue
            }
            let canBeMade = tasks[index].kind != .data
            if canBeMade && drain.uncopied.contains(task) { continue }
            guard let target = copyTarget(for: index, without: node) else {
                if !canBeMade {
                    rest.strandedPages += 1
                    note(task, strandedIn: &rest)
                }
                continue
            }
            rest.copies += 1
            guard drain.copies.count < Self.copiesMax, let pages = tasks.pages(of: index)
            else { continue }
            drain.copies[task] = target
            orders.append(
                (target, PageCopy(attempt: currentAttempt(of: index), pages: pages, nodes: [node])))
        }
        rest.copies += unstoredData.values.count { $0.pending.contains(node) }
        rest.copies += deferredData.values.count { $0.lend?.node == node }
        drain.rest = rest
        nodes[place].drain = drain
        for (target, copy) in orders { effects.append(.copyPage(target, copy)) }
        guard rest.isOver else { return }
        effects.append(.nodeDrained(node))
        lose(node, reason: nil, into: &effects)
    }

    /// Notes by which names a page is kept that no other node takes.
    private func note(_ task: TaskID, strandedIn rest: inout DrainRest) {
        for record in kept where record.tasks.contains(task) {
            if !rest.strandedNames.contains(record.name) { rest.strandedNames.append(record.name) }
        }
    }

    /// Whether the page is on this node alone, and anybody may want it.
    private func needsCopy(_ index: TaskIndex, from node: NodeID) -> Bool {
        let record = tasks[index]
        guard record.state == .done, tasks.locations(of: index) == [node] else { return false }
        // Its client can bring it once more.
        if record.kind == .data { return deferredData[index] == nil }
        return record.isNeeded || record.isWanted
    }

    /// The node with most room among those that stay.
    private func copyTarget(for index: TaskIndex, without node: NodeID) -> NodeID? {
        nodes.roomiest { $0 == node }.map { nodes[$0].id }
    }

    // MARK: Answers

    /// A node has a copy that it was told to make.
    mutating func copied(_ task: TaskID, to node: NodeID, into effects: inout [SchedulerEffect]) {
        guard nodes.place(of: node) != nil else { return }
        hear(node)
        _ = endCopy(of: task, to: node)
        defer { endKeptCopy(of: task, to: node) }
        guard let index = tasks.index(of: task), tasks[index].state == .done,
            tasks.pages(of: index) != nil
        else {
            // Made again meanwhile, or needed by nobody. Whoever wanted the copy may be gone by
            // now: the node keeps it all the same until it is told.
            if !holds(task, node) { effects.append(.dropPages(node, [task])) }
            return
        }
        addLocation(node, of: index)
        discardIfUnneeded(index, into: &effects)
    }

    /// A node could not make a copy.
    mutating func notCopied(
        _ failure: TaskFailure, to node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        hear(node)
        refuseKeptCopy(failure, by: node, into: &effects)
        guard endCopy(of: failure.task, to: node) else { return }
        for place in nodes.nodes.indices where nodes[place].drain != nil {
            nodes[place].drain?.uncopied.insert(failure.task)
            nodes[place].drain?.rest.trouble = failure.message
        }
    }

    /// Forgets that the page was to be copied there; true if it was.
    private mutating func endCopy(of task: TaskID, to node: NodeID) -> Bool {
        var wasAsked = false
        for place in nodes.nodes.indices where nodes[place].drain?.copies[task] == node {
            nodes[place].drain?.copies[task] = nil
            nodes[place].drain?.lookAt = now
            wasAsked = true
        }
        return wasAsked
    }

    /// Copies on their way to a node that is gone go elsewhere.
    mutating func forgetCopies(to node: NodeID) {
        for place in nodes.nodes.indices {
            guard var drain = nodes[place].drain else { continue }
            drain.copies = drain.copies.filter { $0.value != node }
            nodes[place].drain = drain
        }
    }

    /// Whether the node runs the task, and so is about to have its output anyway.
    private func holds(_ task: TaskID, _ node: NodeID) -> Bool {
        tasks.index(of: task).map { tasks[$0].state.node == node } ?? false
    }
}
