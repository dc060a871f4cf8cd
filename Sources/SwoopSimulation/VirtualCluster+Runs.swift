// Runs on slots of virtual workers: they take as long as the simulation says, make child runs and
// wait for them, and leave a value or a page.

import SwoopExecution
import SwoopModel
import SwoopScheduling
import SwoopWire

extension VirtualCluster {
    mutating func start(
        _ order: RunOrder, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id), let process = nodes[place].workers[worker] else { return }
        let attempt = order.attemptID
        let function = Int(order.spec.function.rawValue)
        var run: VirtualRun
        if function >= process.declared {
            run = VirtualRun(nanoseconds: 0, end: .thrown("the worker has no such function"))
            trace.append(.broken("\(attempt) names a function that its worker was not told of"))
        } else if let inputs = nodes[place].inputs(of: order) {
            run = behaviour(order, inputs)
        } else {
            run = VirtualRun(nanoseconds: 0, end: .thrown("its input was freed"))
            trace.append(.brokenRead(attempt))
        }
        if function < scheduler.functions.count,
            scheduler.functions[function].program != process.program
        {
            trace.append(.broken("\(attempt) runs in a worker of another program"))
        }
        begin(BegunRun(run: run), as: attempt, on: slot, of: worker, at: id)
    }

    mutating func begin(
        _ begun: BegunRun, as attempt: AttemptID, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id) else { return }
        var begun = begun
        begun.run.nanoseconds = Int64(Double(begun.run.nanoseconds) * nodes[place].slowness)
        nodes[place].workers[worker]?.running[attempt] = begun
        let time = now + configuration.overhead
        if begun.run.children.isEmpty {
            queue.add(
                .runOver(id, worker, slot: slot, attempt), at: time + begun.run.nanoseconds)
        } else {
            queue.add(
                .childrenDue(id, worker, slot: slot, attempt, areMade: false),
                at: time + begun.run.nanoseconds / 3)
        }
    }

    // MARK: Children

    /// A run has come to where it makes its children, or to where it waits for them.
    mutating func children(
        of attempt: AttemptID, areMade: Bool, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id), let begun = nodes[place].workers[worker]?.running[attempt]
        else { return }
        guard areMade else {
            make(begun.run.children, of: attempt, by: worker, at: id)
            return queue.add(
                .childrenDue(id, worker, slot: slot, attempt, areMade: true),
                at: now + begun.run.nanoseconds / 3)
        }
        guard begun.openChildren > 0 else { return goOn(attempt, on: slot, of: worker, at: id) }
        nodes[place].workers[worker]?.running[attempt]?.isSuspended = true
        tell(id, worker, .suspended(slot: slot, attempt))
    }

    private mutating func make(
        _ children: [VirtualRun], of parent: AttemptID, by worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id) else { return }
        nodes[place].workers[worker]?.running[parent]?.openChildren = children.count
        for (number, child) in children.enumerated() {
            let name = AttemptID(
                task: parent.task.derived(site: 0xc411d, ordinal: UInt64(number)),
                number: parent.number)
            nodes[place].workers[worker]?.made[name] = BegunRun(run: child, parent: parent)
            tell(id, worker, .childMade(name, parent: parent, function: "child"))
        }
    }

    mutating func resume(
        _ attempt: AttemptID, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id), let begun = nodes[place].workers[worker]?.running[attempt]
        else { return }
        if !begun.isSuspended || begun.openChildren > 0 {
            trace.append(.broken("\(attempt) goes on before its children have ended"))
        }
        nodes[place].workers[worker]?.running[attempt]?.isSuspended = false
        goOn(attempt, on: slot, of: worker, at: id)
    }

    /// The last third of the way.
    private mutating func goOn(
        _ attempt: AttemptID, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        let all = node(id)?.workers[worker]?.running[attempt]?.run.nanoseconds ?? 0
        queue.add(.runOver(id, worker, slot: slot, attempt), at: now + all - 2 * (all / 3))
    }

    private mutating func childEnded(of parent: AttemptID, by worker: WorkerID, at id: NodeID) {
        guard let place = place(id), let begun = nodes[place].workers[worker]?.running[parent]
        else { return trace.append(.broken("\(parent) ended before its children")) }
        nodes[place].workers[worker]?.running[parent]?.openChildren -= 1
        guard begun.openChildren == 1, begun.isSuspended else { return }
        tell(id, worker, .awaitedArrived(parent))
    }

    // MARK: Ends

    mutating func runOver(
        _ attempt: AttemptID, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id), let process = nodes[place].workers[worker],
            let begun = process.running[attempt]
        else { return }
        busyNanoseconds += begun.run.cpuNanoseconds
        var outcome: RunOutcome
        switch begun.run.end {
        case .value(let bytes): outcome = .finished(.inline(bytes))
        case .thrown(let text):
            outcome = .failed(TaskFailure(kind: .thrown, message: text, task: attempt.task))
        case .killsWorker:
            return workerDown(worker, at: id, culprit: attempt, signal: 11)
        case .page(let bytes, let elementCount):
            guard !process.cancelled.contains(attempt) else {
                outcome = .cancelled
                break
            }
            guard !configuration.limitsMemory else {
                let page = PageToWrite(
                    attempt: attempt, slot: slot, bytes: bytes, elementCount: elementCount)
                return askForRoom(for: page, of: worker, at: id)
            }
            let extent = nodes[place].store(bytes, elementCount: elementCount)
            tell(id, .extentLent(worker, extent))
            send(.stored(attempt, extent), from: id, worker)
            outcome = .finished(.page(extent.pages))
        }
        end(attempt, outcome, on: slot, of: worker, at: id)
    }

    mutating func end(
        _ attempt: AttemptID, _ outcome: RunOutcome, on slot: Int, of worker: WorkerID,
        at id: NodeID
    ) {
        guard let place = place(id),
            let begun = nodes[place].workers[worker]?.running.removeValue(forKey: attempt)
        else { return }
        let isCancelled = nodes[place].workers[worker]?.cancelled.remove(attempt) != nil
        let record = RunRecord(
            cpuNanoseconds: begun.run.cpuNanoseconds, wallNanoseconds: begun.run.nanoseconds)
        tell(
            id, worker,
            .ended(slot: slot, attempt, isCancelled ? .cancelled : outcome, record))
        if let parent = begun.parent { childEnded(of: parent, by: worker, at: id) }
    }
}
