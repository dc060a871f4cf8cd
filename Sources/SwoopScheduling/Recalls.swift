// Work that a node has not begun goes to one that has nothing to do: it was given ahead by what was
// predicted, and predictions err, nodes join, tasks take longer than they did.

import SwoopModel

extension Scheduler {
    /// Asks nodes that have work ahead for some of it while another one's cores idle.
    ///
    /// One question at a time to each node: what comes back is placed like any other task, and what
    /// has begun meanwhile stays where it is.
    mutating func recallWork(into effects: inout [SchedulerEffect]) {
        // Before nodes are compared: with one node, or while all are busy, this costs nothing.
        guard nodes.nodes.count > 1 else { return }
        nodes.refresh()
        guard nodes.offer.freeCores > 0, mayGive(nodes.offer), let idle = idlePlace else { return }
        var wanted = nodes[idle].slots - nodes[idle].assignedCores
        for place in nodes.places(inGroups: mayGive) where wanted > 0 && place != idle {
            // What cannot move now is not looked at again with every event.
            nodes[place].nextRecall = now.advanced(by: configuration.recallNanoseconds)
            let attempts = spareAttempts(at: place, for: idle)
            wanted -= Int64(attempts.count)
            recall(attempts, at: place, into: &effects)
        }
    }

    /// Whether one of the nodes may be asked for work that it has ahead.
    private func mayGive(_ offer: NodeOffer) -> Bool {
        offer.mostAhead >= Double(configuration.recallNanoseconds) && offer.nextRecall <= now
    }

    /// The first node with an idle core for which no task is ready that it could run.
    private var idlePlace: Int? {
        nodes.first(inGroups: { $0.freeCores > 0 }, where: { _ in true })
    }

    /// Asks nodes for work far ahead, where it is of clients that had more of the cores than one
    /// who waits: it was given when nobody knew how long it takes.
    mutating func recallForOthers(into effects: inout [SchedulerEffect]) {
        guard shares.areSeveral, !ready.isEmpty else { return }
        let horizon = configuration.horizonNanoseconds
        func isFarAhead(_ offer: NodeOffer) -> Bool {
            offer.mostAhead > 2 * Double(horizon) && offer.nextRecall <= now
        }
        nodes.refresh()
        guard isFarAhead(nodes.offer), let waiting = ready.leastServed(of: shares) else { return }
        for place in nodes.places(inGroups: isFarAhead) {
            let node = nodes[place]
            guard node.takesWork(of: shares[waiting].program) else { continue }
            nodes[place].nextRecall = now.advanced(by: configuration.recallNanoseconds)
            var surplus = node.aheadNanoseconds - horizon * node.slots
            var attempts: [AttemptID] = []
            for index in notBegun(at: place) where surplus > 0 {
                guard mayComeBack(index), let payer = share(of: index),
                    payer != waiting, shares[payer].served > shares[waiting].served
                else { continue }
                surplus -= max(1, min(horizon, tasks[index].predicted))
                noteRecall(of: index)
                attempts.append(currentAttempt(of: index))
            }
            recall(attempts, at: place, into: &effects)
        }
    }

    /// Asks a node that was asked for nothing else.
    private mutating func recall(
        _ attempts: [AttemptID], at place: Int, into effects: inout [SchedulerEffect]
    ) {
        guard !attempts.isEmpty else { return }
        nodes[place].recalls = Int64(attempts.count)
        effects.append(.recall(nodes[place].id, attempts))
    }

    /// Tasks that the node holds and has not begun; the one that it would begin last is first.
    private func notBegun(at place: Int) -> [TaskIndex] {
        let node = nodes[place].id
        return held(at: place).map(\.index)
            .filter { tasks[$0].state == .leased(node) }
            .sorted { (tasks[$0].rank, -$0) < (tasks[$1].rank, -$1) }
    }

    /// Attempts that the node would begin last, as many as make both take as long.
    private mutating func spareAttempts(at place: Int, for idle: Int) -> [AttemptID] {
        let (giver, taker) = (nodes[place], nodes[idle])
        let all = giver.assignedNanoseconds + taker.assignedNanoseconds
        let fair = all / (giver.slots + taker.slots) * giver.slots
        var surplus = giver.assignedNanoseconds - max(0, fair)
        var found: [AttemptID] = []
        // The lowest rank is begun last; a piece's tasks wait for one another and stay together.
        let candidates = notBegun(at: place)
        // What waits for a task of its piece stands behind no core: a chain is no queue, and its
        // head, which begins at once, would come back with all of it, and go there again.
        var spare = giver.assignedCores - giver.slots
        for index in candidates where !hasInputs(index) { spare -= cores(of: index) }
        for index in candidates where surplus > 0 && spare > 0 {
            guard canMove(index, to: idle) else { continue }
            surplus -= max(1, tasks[index].predicted)
            spare -= cores(of: index)
            noteRecall(of: index)
            found.append(currentAttempt(of: index))
        }
        return found
    }

    /// What was asked for may be given to the same node again: each time it is left there for twice
    /// as long, so that its inputs arrive and it begins, however slow the link is.
    private mutating func noteRecall(of index: TaskIndex) {
        tasks[index].isRecalled = true
        tasks[extra: index].recalls = min(30, tasks[extra: index].recalls + 1)
        let pause = configuration.recallNanoseconds.multipliedReportingOverflow(
            by: 1 << Int64(tasks[extra: index].recalls))
        tasks[extra: index].nextRecall = now.advanced(
            by: pause.overflow ? .max / 4 : pause.partialValue)
    }

    /// Whether the task may be asked for now.
    private func mayComeBack(_ index: TaskIndex) -> Bool {
        !tasks[index].isRecalled && now >= tasks[extra: index].nextRecall && !hasSetbacks(index)
            && hasInputs(index)
    }

    private func hasInputs(_ index: TaskIndex) -> Bool {
        tasks.inputs(of: index).allSatisfy { tasks[$0].isAvailable }
    }

    /// Whether the other node could run the task now, and copies of its inputs cost less than the
    /// wait.
    private func canMove(_ index: TaskIndex, to idle: Int) -> Bool {
        guard mayComeBack(index), let program = programPlace(of: index),
            nodes[idle].takesWork(of: program)
        else { return false }
        let missing = tasks.inputs(of: index).reduce(Int64(0)) { sum, input in
            let places = tasks.locations(of: input)
            return places.isEmpty || places.contains(nodes[idle].id)
                ? sum : sum + readBytes(of: input, by: index)
        }
        let copying = Double(missing) / configuration.bytesPerSecond * 1e9
        guard copying < Double(configuration.recallNanoseconds) else { return false }
        let demand = demand(of: index)
        switch nodes[idle].admission(of: demand, missing: missing, configuration: configuration) {
        case .ahead, .atOnce: return true
        case .noMemory, .noTime: return false
        }
    }

    /// The node answered for a task that it was asked for, in whatever way.
    mutating func endRecall(of index: TaskIndex, on node: NodeID) {
        guard tasks[index].isRecalled, let place = nodes.place(of: node) else { return }
        tasks[index].isRecalled = false
        nodes[place].recalls -= 1
    }
}
