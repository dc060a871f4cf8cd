// Worker processes of the virtual cluster: the real worker machine, and slots whose runs take as
// long as the simulation says.

import SwoopExecution
package import SwoopModel
import SwoopScheduling
import SwoopWire

extension VirtualCluster {
    /// Ends the node's worker processes, as the kernel does when memory is short: nobody knows the
    /// culprit.
    package mutating func killWorkers(of id: NodeID) {
        for worker in (node(id)?.workers.keys.sorted() ?? []) {
            queue.add(.workerDown(id, worker, culprit: nil, signal: 9), at: now)
        }
    }

    mutating func workerUp(_ worker: WorkerID, _ program: ProgramID, at id: NodeID) {
        guard let place = place(id),
            nodes[place].agent.workers.contains(where: { $0.state == .starting(worker) })
        else { return }
        if !nodes[place].programs.contains(program) {
            trace.append(.broken("node \(id.rawValue) starts a program that it does not have"))
        }
        let machine = WorkerMachine(slots: Int(nodes[place].description.slots))
        nodes[place].workers[worker] = VirtualWorker(program: program, machine: machine)
        tell(id, .workerReady(worker))
    }

    mutating func workerDown(
        _ worker: WorkerID, at id: NodeID, culprit: AttemptID?, signal: Int32
    ) {
        guard let place = place(id), let ended = nodes[place].workers.removeValue(forKey: worker)
        else { return }
        let onSlots = ended.machine.slots.compactMap { $0 }
        tell(
            id,
            .workerExited(
                worker, WorkerDeath(signal: signal, status: 0, culprit: culprit, onSlots: onSlots)))
    }

    mutating func take(_ order: WorkerOrder, at id: NodeID, _ worker: WorkerID) {
        guard let place = place(id), nodes[place].workers[worker] != nil else { return }
        switch order {
        case .declare(_, let functions):
            nodes[place].workers[worker]?.declared += functions.count
        case .run(let orders): tell(id, worker, .ordered(orders))
        case .cancel(let attempt): tell(id, worker, .cancellationAsked(attempt))
        case .giveBack(let attempt): tell(id, worker, .returnAsked(attempt))
        case .allocated, .refused, .exit: break
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
        case .ready, .allocate, .damaged, .abandoned, .printed: break
        }
    }

    mutating func tell(_ id: NodeID, _ worker: WorkerID, _ event: WorkerEvent) {
        guard let place = place(id), nodes[place].workers[worker] != nil else { return }
        var effects: [WorkerEffect] = []
        nodes[place].workers[worker]?.machine.handle(
            event, at: Timestamp(nanoseconds: now), into: &effects)
        planDeadline(nodes[place].workers[worker]?.machine.nextDeadline)
        for effect in effects {
            switch effect {
            case .start(let slot, let order): start(order, on: slot, of: worker, at: id)
            case .raiseCancellation(let attempt):
                nodes[place].workers[worker]?.cancelled.insert(attempt)
            case .report(let reports): send(.reports(reports), from: id, worker)
            case .startChild, .resume: break
            }
        }
    }

    private mutating func start(
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
        run.nanoseconds = Int64(Double(run.nanoseconds) * nodes[place].slowness)
        nodes[place].workers[worker]?.running[attempt] = run
        queue.add(
            .runOver(id, worker, slot: slot, attempt),
            at: now + run.nanoseconds + configuration.overhead)
    }

    mutating func runOver(
        _ attempt: AttemptID, on slot: Int, of worker: WorkerID, at id: NodeID
    ) {
        guard let place = place(id),
            let run = nodes[place].workers[worker]?.running.removeValue(forKey: attempt)
        else { return }
        busyNanoseconds += run.cpuNanoseconds
        let isCancelled = nodes[place].workers[worker]?.cancelled.remove(attempt) != nil
        var outcome: RunOutcome
        switch run.end {
        case .value(let bytes): outcome = .finished(.inline(bytes))
        case .thrown(let text):
            outcome = .failed(TaskFailure(kind: .thrown, message: text, task: attempt.task))
        case .killsWorker:
            return workerDown(worker, at: id, culprit: attempt, signal: 11)
        case .page(let bytes, let elementCount):
            if isCancelled {
                outcome = .cancelled
                break
            }
            let extent = nodes[place].store(bytes, elementCount: elementCount)
            tell(id, .extentLent(worker, extent))
            send(.stored(attempt, extent), from: id, worker)
            outcome = .finished(.page(extent.pages))
        }
        if isCancelled { outcome = .cancelled }
        let record = RunRecord(
            cpuNanoseconds: run.cpuNanoseconds, wallNanoseconds: run.nanoseconds)
        tell(id, worker, .ended(slot: slot, attempt, outcome, record))
    }
}
