// The agent's worker processes, one for each program that has runs here: started, listened to,
// watched, and what their slots show.

import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

extension AgentLoop {
    func worker(_ id: WorkerID) -> WorkerLink? { workers.first { $0.id == id } }

    // MARK: Starting

    /// The machine asks for a worker with the first run; one of this program is started before
    /// that, since it takes longer to start than a run to arrive.
    mutating func startEarly() {
        guard workers.isEmpty else { return }
        do {
            try launch(WorkerID(0), configuration.program)
        } catch {
            send(.remark("no worker could be started ahead: \(error)"))
        }
    }

    mutating func start(_ id: WorkerID, _ program: ProgramID) {
        if program == configuration.program, let early = worker(WorkerID(0)) {
            early.id = id
            if early.isReady { handle(.workerReady(id)) }
            return
        }
        do {
            try launch(id, program)
        } catch {
            let death = WorkerDeath(signal: 0, status: -1, lastOutput: ["\(error)"])
            handle(.workerExited(id, death))
        }
    }

    private mutating func launch(_ id: WorkerID, _ program: ProgramID) throws {
        let placed = program == configuration.program ? nil : try programs.use(program)
        let started = try WorkerLink(
            id: id, program: placed, arena: arena, spill: disk?.file, wakeup: wakeup,
            slots: configuration.slots, libraries: libraries)
        watch(started)
    }

    /// Listens to a worker from the next wait on.
    mutating func watch(_ started: WorkerLink) {
        for descriptor in started.outputDescriptors {
            started.sources.append(poll.watch(descriptor: descriptor))
        }
        let exit = poll.watch(descriptor: started.exitDescriptor)
        started.exitSource = exit
        started.sources.append(exit)
        workers.append(started)
    }

    // MARK: Orders

    /// Orders go in batches that the ring takes; one that it never takes fails its run.
    mutating func dispatch(_ orders: [RunOrder], to worker: WorkerLink) {
        for order in worker.send(orders) {
            let text =
                "its arguments and small inputs take more than the \(worker.orderBytesMax) bytes "
                + "that one order may have; pass large values as proxies, or fewer inputs"
            let failure = TaskFailure(kind: .noMemory, message: text, task: order.spec.id)
            handle(
                .workerReported(
                    worker.id, [.ended(order.attemptID, .failed(failure), RunRecord())]))
        }
    }

    // MARK: News

    mutating func takeFromWorkers() {
        for worker in workers {
            for message in worker.receive() { take(message, from: worker) }
        }
    }

    private mutating func take(_ message: WorkerMessage, from worker: WorkerLink) {
        switch message {
        case .ready:
            worker.isReady = true
            if worker.id != WorkerID(0) { handle(.workerReady(worker.id)) }
        case .reports(let reports):
            handle(.workerReported(worker.id, worker.believed(reports)))
        case .stored(let attempt, let page): handle(.outputStored(worker.id, attempt, page))
        case .allocate(let token, let byteCount):
            handle(.roomWanted(.output(worker.id, token: token), byteCount: byteCount))
        case .abandoned(let page): handle(.extentAbandoned(worker.id, page))
        case .damaged(let attempt, let input): handle(.pageDamaged(input, by: attempt))
        case .printed(let lines):
            let owned = owned(lines, of: worker)
            worker.remember(owned)
            send(.printed(owned))
        }
    }

    /// Ends workers whose shared memory holds what cannot be. Whom that is charged to is the
    /// machine's to say.
    mutating func endSpoilt() {
        for worker in workers {
            guard let damage = worker.damage, !worker.isCondemned else { continue }
            worker.isCondemned = true
            if worker.id == WorkerID(0) {
                worker.kill()
            } else {
                handle(.workerSpoilt(worker.id, reason: damage))
            }
        }
    }

    /// Tells the machine which workers are stopped, and looks whether they are what was started.
    mutating func watchStops() {
        for worker in workers { worker.checkImage() }
        for worker in workers where worker.id != WorkerID(0) {
            let signal = worker.stopSignal()
            guard signal != worker.toldStop else { continue }
            worker.toldStop = signal
            handle(
                signal.map { .workerStopped(worker.id, process: worker.pid, signal: $0) }
                    ?? .workerContinued(worker.id))
        }
    }

    // MARK: Ends

    /// Reads what workers write to their descriptors, and notices their ends.
    mutating func watchWorkers() {
        for worker in workers { look(at: worker) }
    }

    private mutating func look(at worker: WorkerLink) {
        let lines = worker.readOutput()
        if !lines.isEmpty { send(.printed(owned(lines, of: worker))) }
        guard let exit = worker.exitSource, poll.isReady(exit, for: [.readable, .failed]) else {
            return
        }
        for message in worker.receive() { take(message, from: worker) }
        let status = worker.endNow()
        let rest = worker.readOutput()
        if !rest.isEmpty { send(.printed(owned(rest, of: worker))) }
        let death = worker.death(status)
        forget(worker)
        if worker.id == WorkerID(0) {
            startAfterEarlyDeath(death)
        } else {
            handle(.workerExited(worker.id, death))
        }
    }

    /// Stops watching a worker that has ended.
    /// A line that no task printed (a library's thread, say) is for the clients whose tasks the
    /// worker has, or had last; a worker that never had any is nobody's but its program's.
    private func owned(_ lines: [OutputLine], of worker: WorkerLink) -> [OutputLine] {
        guard lines.contains(where: { $0.task.high == 0 }) else { return lines }
        let clients = machine.clients(of: worker.id)
        if !clients.isEmpty { worker.lastClients = clients }
        guard !worker.lastClients.isEmpty else { return lines }
        return lines.flatMap { line in
            guard line.task.high == 0 else { return [line] }
            return worker.lastClients.map { client in
                var copy = line
                copy.task = TaskID(high: client.rawValue, low: 0)
                return copy
            }
        }
    }

    mutating func forget(_ worker: WorkerLink) {
        for source in worker.sources { poll.remove(source) }
        cpuBefore += worker.cpuNanoseconds
        workers.removeAll { $0 === worker }
        // Whose they are cannot be told: they stay as long as any worker does.
        if workers.isEmpty { Orphans.end(except: []) }
    }

    /// The worker that was started ahead died before anything was asked of it.
    private mutating func startAfterEarlyDeath(_ death: WorkerDeath) {
        let cause = death.signal != 0 ? "signal \(death.signal)" : "status \(death.status)"
        send(.remark("a worker ended while it started (\(cause)). " + death.lastOutput.joined()))
    }

    // MARK: What the slots show

    func sample(now: Int64) -> AgentMessage {
        .sample(
            slots: SlotUsage.merged(
                workers.map { $0.sample(slots: configuration.slots, now: now) },
                slots: configuration.slots, cores: machine.cores(of:)),
            cpuNanoseconds: cpuBefore + workers.reduce(0) { $0 + $1.cpuNanoseconds },
            residentBytes: Int64(arena.usedBytes), fetchedBytes: machine.fetchedBytes,
            givenBytes: pages.givenBytes)
    }
}

extension SlotUsage {
    /// The cores of a node as one row each, though each of its workers has a slot for every core:
    /// what runs is shown where it runs, or on a row that idles, and never more than there are. A
    /// run that takes several cores is shown on so many.
    static func merged(
        _ samples: [[SlotUsage]], slots: Int, cores: (TaskID) -> Int
    ) -> [SlotUsage] {
        var rows = samples.count == 1 ? samples[0] : merged(samples, slots: slots)
        for usage in rows {
            guard let task = usage.task else { continue }
            for _ in 1..<max(1, cores(task)) {
                guard let idle = rows.firstIndex(where: { $0.task == nil }) else { break }
                rows[idle].show(usage)
            }
        }
        return rows
    }

    private static func merged(_ samples: [[SlotUsage]], slots: Int) -> [SlotUsage] {
        var merged = (0..<slots).map { slot in
            SlotUsage(
                function: nil, task: nil, elapsedNanoseconds: 0,
                busyNanoseconds: samples.reduce(0) { $0 + $1[slot].busyNanoseconds })
        }
        var homeless: [SlotUsage] = []
        for (slot, row) in merged.indices.map({ slot in (slot, samples.map { $0[slot] }) }) {
            for usage in row where usage.task != nil {
                if merged[slot].task == nil {
                    merged[slot].show(usage)
                } else {
                    homeless.append(usage)
                }
            }
        }
        for usage in homeless {
            guard let idle = merged.firstIndex(where: { $0.task == nil }) else { break }
            merged[idle].show(usage)
        }
        return merged
    }

    private mutating func show(_ usage: SlotUsage) {
        function = usage.function
        task = usage.task
        elapsedNanoseconds = usage.elapsedNanoseconds
    }
}
