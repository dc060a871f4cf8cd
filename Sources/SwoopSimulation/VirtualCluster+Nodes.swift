// Nodes of the virtual cluster: they join, run, fetch pages from one another, lose workers and are
// lost.

import SwoopExecution
package import SwoopModel
import SwoopScheduling
import SwoopWire

extension VirtualCluster {
    func node(_ id: NodeID) -> VirtualNode? { nodes.first { $0.id == id } }

    private func place(_ id: NodeID) -> Int? { nodes.firstIndex { $0.id == id } }

    /// Adds a node; durations on it are multiplied with `slowness`.
    @discardableResult
    package mutating func join(slots: UInt32, slowness: Double = 1) -> NodeID {
        nodesJoined += 1
        let id = NodeID(nodesJoined)
        let description = NodeDescription(
            name: "virtual \(id.rawValue)", slots: slots, pageBudget: 1 << 40,
            processID: Int32(id.rawValue))
        nodes.append(VirtualNode(id: id, description: description, slowness: slowness))
        tell(id, .accepted(id))
        handle(.nodeJoined(id, description))
        if configuration.heartbeat > 0 { queue.add(.heartbeat(id), at: now) }
        return id
    }

    /// The nodes that are there, in the order of joining.
    package var members: [NodeID] { nodes.map(\.id) }

    /// The node's processes are gone at once; the coordinator hears of it.
    package mutating func lose(_ id: NodeID) {
        guard place(id) != nil else { return }
        end(id)
        handle(.nodeLost(id, reason: "its agent was killed"))
    }

    mutating func end(_ id: NodeID) {
        nodes.removeAll { $0.id == id }
        pendingOutputs.removeAll { $0.node == id }
        for fetch in fetches where fetch.from == id {
            queue.add(.pageRefused(to: fetch.by, fetch.task), at: now + configuration.latency)
        }
        fetches.removeAll { $0.by == id || $0.from == id }
    }

    /// Ends the node's worker process, as the kernel does when memory is short: nobody knows the
    /// culprit.
    package mutating func killWorker(of id: NodeID) {
        guard let worker = node(id)?.workerID, node(id)?.worker != nil else { return }
        queue.add(.workerDown(id, worker, culprit: nil, signal: 9), at: now)
    }

    mutating func beat(_ id: NodeID) {
        guard place(id) != nil else { return }
        send(.sample(slots: [], cpuNanoseconds: 0, residentBytes: 0), from: id)
        queue.add(.heartbeat(id), at: now + configuration.heartbeat)
    }

    /// Traps when tables of a machine disagree.
    package func checkInvariants() {
        scheduler.checkInvariants()
        for node in nodes {
            node.agent.checkInvariants()
            node.worker?.checkInvariants()
        }
    }

    /// What is left on the nodes, in words; empty when nothing is.
    package var leftovers: [String] {
        nodes.flatMap { node -> [String] in
            let agent = node.agent
            var left: [String] = []
            if !agent.runs.isEmpty {
                left.append("node \(node.id.rawValue) holds \(agent.runs.count) runs")
            }
            if !agent.outputs.isEmpty {
                left.append("node \(node.id.rawValue) keeps \(agent.outputs.count) outputs")
            }
            if !agent.waiters.isEmpty { left.append("node \(node.id.rawValue) has waiters") }
            if node.arena.count != agent.outputs.count + agent.lent.count {
                left.append("node \(node.id.rawValue) leaks \(node.arena.count) extents")
            }
            return left
        }
    }

    // MARK: The agent

    mutating func tell(_ id: NodeID, _ event: AgentEvent) {
        guard let place = place(id) else { return }
        var effects: [AgentEffect] = []
        nodes[place].agent.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        planDeadline(nodes[place].agent.nextDeadline)
        for effect in effects { perform(effect, at: id) }
    }

    private mutating func perform(_ effect: AgentEffect, at id: NodeID) {
        switch effect {
        case .startWorker(let worker):
            queue.add(.workerUp(id, worker), at: now + configuration.workerStart)
        case .killWorker(let worker):
            queue.add(.workerDown(id, worker, culprit: nil, signal: 9), at: now)
        case .declare(let worker, let first, let functions):
            send(.declare(first: first, functions), to: id, worker)
        case .dispatch(let worker, let orders): send(.run(orders), to: id, worker)
        case .cancelRun(let worker, let attempt): send(.cancel(attempt), to: id, worker)
        case .report(let reports): send(.reports(reports), from: id)
        case .free(let extent):
            if let place = place(id) { nodes[place].arena[extent.offset] = nil }
        case .fetch(let task, let source, _):
            fetches.append(Fetch(by: id, from: source, task: task))
            let target: Happening =
                node(source) == nil
                ? .pageRefused(to: id, task) : .pageAsked(of: source, by: id, task)
            queue.add(target, at: now + configuration.latency)
        case .sendOutput(let task, let extent):
            send(.page(task, bytes: node(id)?.arena[extent.offset] ?? []), from: id)
        case .outputMissing(let task): send(.pageMissing(task), from: id)
        case .remark(let text): send(.remark(text), from: id)
        }
    }

    mutating func take(_ order: AgentOrder, at id: NodeID) {
        guard let place = place(id) else { return }
        switch order {
        case .lease(let lease): tell(id, .leaseGranted(lease))
        case .revoke(let attempts): tell(id, .attemptsRevoked(attempts))
        case .dropPages(let tasks): tell(id, .outputsDropped(tasks))
        case .sendPage(let task): tell(id, .outputRequested(task))
        case .storePage(let task, _, let elementCount, let bytes):
            let extent = nodes[place].store(bytes, elementCount: elementCount)
            tell(id, .dataStored(task, extent))
        case .accepted, .refused, .shutDown: break
        }
    }

    // MARK: Pages between nodes

    mutating func givePage(_ task: TaskID, of id: NodeID, to other: NodeID) {
        guard let node = node(id) else { return }
        guard let output = node.agent.outputs[task], !output.isDropped,
            let bytes = node.arena[output.extent.offset]
        else {
            // The coordinator hears of it as well, else it would name this node again.
            send(.pageMissing(task), from: id)
            queue.add(.pageRefused(to: other, task), at: now + configuration.latency)
            return
        }
        let travel = Int64(Double(bytes.count) / configuration.bytesPerSecond * 1e9)
        queue.add(
            .pageGiven(to: other, task, bytes, elementCount: output.extent.elementCount),
            at: now + configuration.latency + travel)
    }

    mutating func receivePage(
        _ task: TaskID, _ bytes: [UInt8], elementCount: Int64, at id: NodeID
    ) {
        guard let place = place(id), fetches.contains(where: { $0.by == id && $0.task == task })
        else { return }
        fetches.removeAll { $0.by == id && $0.task == task }
        let extent = nodes[place].store(bytes, elementCount: elementCount)
        tell(id, .pageFetched(task, extent))
    }

    mutating func refusePage(_ task: TaskID, to id: NodeID) {
        fetches.removeAll { $0.by == id && $0.task == task }
        tell(id, .fetchFailed(task))
    }

    // MARK: The worker

    mutating func workerUp(_ worker: WorkerID, at id: NodeID) {
        guard let place = place(id), nodes[place].agent.worker == .starting(worker) else { return }
        nodes[place].worker = WorkerMachine(slots: Int(nodes[place].description.slots))
        nodes[place].workerID = worker
        nodes[place].running = [:]
        nodes[place].cancelled = []
        nodes[place].declared = 0
        tell(id, .workerReady(worker))
    }

    mutating func workerDown(
        _ worker: WorkerID, at id: NodeID, culprit: AttemptID?, signal: Int32
    ) {
        guard let place = place(id), nodes[place].workerID == worker else { return }
        let onSlots = nodes[place].worker?.slots.compactMap { $0 } ?? []
        nodes[place].worker = nil
        nodes[place].workerID = nil
        nodes[place].running = [:]
        tell(
            id,
            .workerExited(
                worker, WorkerDeath(signal: signal, status: 0, culprit: culprit, onSlots: onSlots)))
    }

    mutating func take(_ order: WorkerOrder, at id: NodeID, _ worker: WorkerID) {
        guard let place = place(id), nodes[place].workerID == worker else { return }
        switch order {
        case .declare(_, let functions): nodes[place].declared += functions.count
        case .run(let orders): tell(id, .ordered(orders))
        case .cancel(let attempt): tell(id, .cancellationAsked(attempt))
        case .allocated, .exit: break
        }
    }

    mutating func take(_ message: WorkerMessage, at id: NodeID, _ worker: WorkerID) {
        guard let place = place(id) else { return }
        switch message {
        case .reports(let reports): tell(id, .workerReported(worker, reports))
        case .stored(let attempt, let extent):
            if nodes[place].arena[extent.offset] != nil {
                tell(id, .outputStored(worker, attempt, extent))
            }
        case .ready, .allocate, .printed: break
        }
    }

    mutating func tell(_ id: NodeID, _ event: WorkerEvent) {
        guard let place = place(id), let worker = nodes[place].workerID else { return }
        var effects: [WorkerEffect] = []
        nodes[place].worker?.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        planDeadline(nodes[place].worker?.nextDeadline)
        for effect in effects {
            switch effect {
            case .start(let slot, let order): start(order, on: slot, of: worker, at: id)
            case .raiseCancellation(let attempt): nodes[place].cancelled.insert(attempt)
            case .report(let reports): send(.reports(reports), from: id, worker)
            case .startChild, .resume: break
            }
        }
    }

    private mutating func start(
        _ order: RunOrder, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id) else { return }
        let attempt = order.attemptID
        var run: VirtualRun
        if Int(order.spec.function.rawValue) >= nodes[place].declared {
            run = VirtualRun(nanoseconds: 0, end: .thrown("the worker has no such function"))
            trace.append(.broken("\(attempt) names a function that its worker was not told of"))
        } else if let inputs = nodes[place].inputs(of: order) {
            run = behaviour(order, inputs)
        } else {
            run = VirtualRun(nanoseconds: 0, end: .thrown("its input was freed"))
            trace.append(.brokenRead(attempt))
        }
        run.nanoseconds = Int64(Double(run.nanoseconds) * nodes[place].slowness)
        nodes[place].running[attempt] = run
        queue.add(
            .runOver(id, worker, slot: slot, attempt),
            at: now + run.nanoseconds + configuration.overhead)
    }

    mutating func runOver(
        _ attempt: AttemptID, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id), nodes[place].workerID == worker,
            let run = nodes[place].running.removeValue(forKey: attempt)
        else { return }
        busyNanoseconds += run.cpuNanoseconds
        var outcome: RunOutcome
        switch run.end {
        case .value(let bytes): outcome = .finished(.inline(bytes))
        case .thrown(let text):
            outcome = .failed(TaskFailure(kind: .thrown, message: text, task: attempt.task))
        case .killsWorker:
            return workerDown(worker, at: id, culprit: attempt, signal: 11)
        case .page(let bytes, let elementCount):
            if nodes[place].cancelled.contains(attempt) {
                outcome = .cancelled
                break
            }
            let extent = nodes[place].store(bytes, elementCount: elementCount)
            tell(id, .extentLent(worker, extent))
            send(.stored(attempt, extent), from: id, worker)
            outcome = .finished(
                .page(byteCount: extent.byteCount, elementCount: elementCount))
        }
        if nodes[place].cancelled.remove(attempt) != nil { outcome = .cancelled }
        let record = RunRecord(
            cpuNanoseconds: run.cpuNanoseconds, wallNanoseconds: run.nanoseconds)
        tell(id, WorkerEvent.ended(slot: slot, attempt, outcome, record))
    }
}
