// The agent machine's orders, performed.

import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

extension AgentLoop {
    mutating func perform(_ effect: AgentEffect) {
        switch effect {
        case .startWorker(let id): start(id)
        case .killWorker(let id): if worker?.id == id { worker?.kill() }
        case .declare(let id, let first, let functions):
            if worker?.id == id { worker?.send(.declare(first: first, functions)) }
        case .dispatch(let id, let orders): if worker?.id == id { dispatch(orders) }
        case .cancelRun(let id, let attempt):
            if worker?.id == id { worker?.send(.cancel(attempt)) }
        case .report(let reports): send(.reports(reports))
        case .free(let page):
            if let extent = extents.removeValue(forKey: page.offset) { arena.free(extent) }
        case .fetch(let task, _, _): handle(.fetchFailed(task))
        case .sendOutput(let task, let page):
            guard let extent = extents[page.offset] else { return send(.pageMissing(task)) }
            let bytes = unsafe Array(arena.pointer(to: extent, count: Int(page.byteCount)))
            send(.page(task, bytes: bytes))
        case .outputMissing(let task): send(.pageMissing(task))
        case .remark(let text): send(.remark(text))
        }
    }

    /// The machine asks for a worker with the first run; one is started before that, since it takes
    /// longer to start than a run to arrive.
    mutating func startEarly() {
        do {
            try launch(WorkerID(0))
        } catch {
            send(.remark("no worker could be started ahead: \(error)"))
        }
    }

    private mutating func start(_ id: WorkerID) {
        if worker != nil, worker?.id == WorkerID(0) {
            worker?.id = id
            if worker?.isReady ?? false { handle(.workerReady(id)) }
            return
        }
        do {
            try launch(id)
        } catch {
            let death = WorkerDeath(signal: 0, status: -1, lastOutput: ["\(error)"])
            handle(.workerExited(id, death))
        }
    }

    private mutating func launch(_ id: WorkerID) throws {
        let started = try WorkerLink(
            id: id, arena: arena, wakeup: wakeup, slots: configuration.slots)
        for descriptor in started.outputDescriptors {
            started.sources.append(poll.watch(descriptor: descriptor))
        }
        let exit = poll.watch(descriptor: started.exitDescriptor)
        started.exitSource = exit
        started.sources.append(exit)
        worker = started
    }

    /// Orders go in batches that the ring takes; one that it never takes fails its run.
    private mutating func dispatch(_ orders: [RunOrder]) {
        guard let worker else { return }
        for order in worker.send(orders) {
            let text =
                "its arguments and small inputs take more than the \(worker.orderBytesMax) bytes that "
                + "one order may have; pass large values as proxies, or fewer inputs"
            let failure = TaskFailure(kind: .noMemory, message: text, task: order.spec.id)
            handle(
                .workerReported(
                    worker.id, [.ended(order.attemptID, .failed(failure), RunRecord())]))
        }
    }

    // MARK: The worker

    mutating func takeFromWorker() {
        guard let worker else { return }
        for message in worker.receive() { take(message, from: worker) }
    }

    private mutating func take(_ message: WorkerMessage, from worker: WorkerLink) {
        switch message {
        case .ready:
            worker.isReady = true
            if worker.id != WorkerID(0) { handle(.workerReady(worker.id)) }
        case .reports(let reports):
            handle(.workerReported(worker.id, reports.map { $0.quoting(worker) }))
        case .stored(let attempt, let page): handle(.outputStored(worker.id, attempt, page))
        case .allocate(let token, let byteCount): lend(token, byteCount, to: worker)
        case .printed(let lines):
            worker.remember(lines)
            send(.printed(lines))
        }
    }

    private mutating func lend(_ token: UInt32, _ byteCount: Int64, to worker: WorkerLink) {
        guard let extent = try? arena.allocate(bytes: Int(max(1, min(byteCount, 1 << 46)))) else {
            return worker.send(.allocated(token: token, nil))
        }
        let page = PageExtent(
            offset: Int64(extent.offset), byteCount: Int64(extent.size), elementCount: 0)
        extents[page.offset] = extent
        handle(.extentLent(worker.id, page))
        worker.send(.allocated(token: token, page))
    }

    /// Reads what the worker writes to its descriptors, and notices its end.
    mutating func watchWorker() {
        guard let worker else { return }
        let lines = worker.readOutput()
        if !lines.isEmpty { send(.printed(lines)) }
        guard let exit = worker.exitSource, poll.isReady(exit, for: [.readable, .failed]) else {
            return
        }
        takeFromWorker()
        let status = worker.endNow()
        let rest = worker.readOutput()
        if !rest.isEmpty { send(.printed(rest)) }
        for source in worker.sources { poll.remove(source) }
        let death = worker.death(status)
        cpuBefore += worker.cpuNanoseconds
        self.worker = nil
        if worker.id == WorkerID(0) {
            startAfterEarlyDeath(death)
        } else {
            handle(.workerExited(worker.id, death))
        }
    }

    /// The worker that was started ahead died before anything was asked of it.
    private mutating func startAfterEarlyDeath(_ death: WorkerDeath) {
        let cause = death.signal != 0 ? "signal \(death.signal)" : "status \(death.status)"
        send(.remark("a worker ended while it started (\(cause)). " + death.lastOutput.joined()))
    }
}

extension RunReport {
    /// The report with the last lines that a failed run printed.
    fileprivate func quoting(_ worker: WorkerLink) -> RunReport {
        guard case .ended(let attempt, .failed(var failure), let record) = self,
            failure.lastOutput.isEmpty
        else { return self }
        failure.lastOutput = worker.lastLines(of: attempt.task)
        return .ended(attempt, .failed(failure), record)
    }
}
