// What all threads of a worker share: the machine and the ring of news under one lock, the
// functions, the mailboxes of the slots. Any thread brings an event; the one whose slot is served
// gets its next job back without a wake-up, the others are woken. Nobody holds the lock while the
// ring has no room: what does not fit waits in an outbox, and slots wait when that is full.

import Glibc
import SwoopElements
import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire
import Synchronization

/// What a slot's thread does next.
enum SlotJob: Sendable {
    case start(RunOrder, BegunRun?)
    case begin(ChildStart)
    case resume(RunState)
}

/// A run of the agent's that begins, and its function's code.
struct BegunRun: Sendable {
    var state: RunState
    var code: FoundFunction
    /// The first of its function in this process.
    var isCold: Bool
}

/// The agent's answer to a slot that asked for memory.
enum Grant: Sendable {
    case extent(PageExtent)
    case refusal(String)
}

/// A child run that has not begun.
struct ChildStart: Sendable {
    var run: RunState
    /// Starts the child's task on the run's executor.
    var start: @Sendable (RunState) -> Void
}

final class WorkerCore: Sendable {
    private struct Shared: ~Copyable {
        var machine: WorkerMachine
        var producer: RingProducer
        /// News that the ring had no room for.
        var news = Outbox<OnlyPeer, [UInt8]>(bound: OutboxBound())
        var functions: FunctionTable
        var effects: [WorkerEffect] = []
        /// Runs that began and have not ended.
        var runs: [AttemptID: RunState] = [:]
        var children: [AttemptID: ChildStart] = [:]
    }

    let store: NodePages
    let slotTable: SlotTable
    let program: WorkerProgram
    let slots: Int
    private let shared: Mutex<Shared>
    private let mailboxes: [Mailbox<SlotJob>]
    private let grants: [Mailbox<Grant>]
    let outputs: [LabelledOutput]
    private let hungry = Atomic<Int>(0)

    init(
        store: NodePages, slotTable: SlotTable, program: WorkerProgram, slots: Int,
        producer: consuming sending RingProducer, output: @escaping @Sendable (OutputLine) -> Void
    ) {
        self.store = store
        self.slotTable = slotTable
        self.program = program
        self.slots = slots
        mailboxes = (0..<slots).map { _ in Mailbox() }
        grants = (0..<slots).map { _ in Mailbox() }
        outputs = (0...slots).map { _ in LabelledOutput(send: output) }
        shared = Mutex(
            Shared(
                machine: WorkerMachine(slots: slots), producer: producer,
                functions: FunctionTable(program: program)))
        hungry.store(slots, ordering: .relaxed)
    }

    /// Brings an event of a slot's thread; answers with the slot's next job, if it got one.
    func handle(_ event: WorkerEvent, slot: Int? = nil) -> SlotJob? {
        let now = Timestamp(nanoseconds: MonotonicClock.nanoseconds())
        var isCrowded = false
        let made = shared.withLock { shared in
            let made = jobs(after: event, at: now, &shared)
            isCrowded = shared.news.byteCount > Self.newsBytesMax
            return made
        }
        let own = hand(to: slot, made)
        // Other threads bring what slots wait for, and the agent's orders: they do not wait.
        if isCrowded, slot != nil { waitForRoom() }
        return own
    }

    /// What the event puts on which slot.
    private func jobs(
        after event: WorkerEvent, at now: Timestamp, _ shared: inout Shared
    ) -> [(slot: Int, job: SlotJob)] {
        if case .ended(_, let attempt, _, _) = event { shared.runs[attempt] = nil }
        shared.machine.handle(event, at: now, into: &shared.effects)
        var jobs: [(slot: Int, job: SlotJob)] = []
        for effect in shared.effects {
            if let (slot, job) = perform(effect, &shared) { jobs.append((slot, job)) }
        }
        shared.effects.removeAll(keepingCapacity: true)
        // Relaxed: a hint for runs that ask whether to make a child.
        hungry.store(shared.machine.hungrySlots, ordering: .relaxed)
        return jobs
    }

    /// Answers with the slot's own job and wakes the other slots; called without the lock.
    private func hand(to slot: Int?, _ jobs: [(slot: Int, job: SlotJob)]) -> SlotJob? {
        var own: SlotJob?
        for (target, job) in jobs {
            if target == slot { own = job } else { mailboxes[target].post(job) }
        }
        return own
    }

    private func perform(
        _ effect: WorkerEffect, _ shared: inout Shared
    ) -> (Int, SlotJob)? {
        switch effect {
        case .start(let slot, let order): return (slot, .start(order, begin(order, &shared)))
        case .startChild(let slot, let attempt):
            guard let child = shared.children.removeValue(forKey: attempt) else { return nil }
            shared.runs[attempt] = child.run
            return (slot, .begin(child))
        case .resume(let slot, let attempt):
            guard let run = shared.runs[attempt] else { return nil }
            return (slot, .resume(run))
        case .raiseCancellation(let attempt):
            shared.runs[attempt]?.cancel()
            return nil
        case .report(let reports):
            write(.reports(reports), &shared)
            return nil
        }
    }

    /// News of so many bytes may wait beside those in the ring; then slots wait.
    private static let newsBytesMax = 256 << 10
    /// Looks for room at least so often: 2 ms.
    private static let roomPatience: Int64 = 2_000_000

    /// Adds news for the agent behind those that wait, and writes what the ring takes.
    private func write(_ message: WorkerMessage, _ shared: inout Shared) {
        let bytes = message.encoded()
        // Many failures with much to say: in parts, since a record has a bound.
        if bytes.count > shared.producer.payloadMax, case .reports(let all) = message, all.count > 1
        {
            write(.reports(Array(all[..<(all.count / 2)])), &shared)
            return write(.reports(Array(all[(all.count / 2)...])), &shared)
        }
        do throws(TransportError) {
            if shared.news.isEmpty, try shared.producer.write(bytes.span) {
                return shared.producer.publish()
            }
            _ = shared.news.add(bytes, byteCount: bytes.count)
            try writeNews(&shared)
        } catch {
            cannotReachAgent(error)
        }
    }

    /// Writes what waits, as far as the ring has room.
    private func writeNews(_ shared: inout Shared) throws(TransportError) {
        guard !shared.news.isEmpty else { return }
        // Taken out for as long: the ring is written to meanwhile.
        var news = Outbox<OnlyPeer, [UInt8]>(bound: shared.news.bound)
        swap(&news, &shared.news)
        defer { swap(&news, &shared.news) }
        try news.send { _, bytes throws(TransportError) in
            try shared.producer.write(bytes.span) ? .taken : .full
        }
        shared.producer.publish()
    }

    /// Waits, without the lock, until few enough news wait.
    private func waitForRoom() {
        while true {
            let room = shared.withLock { shared -> RingRoom? in
                do throws(TransportError) {
                    while true {
                        try writeNews(&shared)
                        guard shared.news.byteCount > Self.newsBytesMax else { return nil }
                        if let room = try shared.producer.roomToWaitFor() { return room }
                    }
                } catch {
                    cannotReachAgent(error)
                }
            }
            guard let room else { return }
            room.wait(until: MonotonicClock.nanoseconds() + Self.roomPatience)
        }
    }

    /// A run whose end is not told would be waited for without an end. No crash: which thread finds
    /// it out says nothing about who wrote there.
    private func cannotReachAgent(_ error: TransportError) -> Never {
        WorkerProcess.giveUp("it cannot reach its agent: \(error)")
    }

    /// Tells the agent; a thread that has more to tell than can wait does.
    func send(_ message: WorkerMessage) {
        let isCrowded = shared.withLock { shared in
            write(message, &shared)
            return shared.news.byteCount > Self.newsBytesMax
        }
        if isCrowded { waitForRoom() }
    }

    /// Writes what waits for room, should nobody else have anything to tell.
    func tellWaiting() {
        shared.withLock { shared in
            do throws(TransportError) {
                try writeNews(&shared)
            } catch {
                cannotReachAgent(error)
            }
        }
    }

    /// Tells of runs in which a call has had its time and does not end: the agent ends this
    /// process.
    func tellOverdue() {
        for call in CallLimits.takeOverdue(at: MonotonicClock.nanoseconds()) {
            let found = shared.withLock { shared -> RunState? in
                let run = shared.runs.values.first { $0.attempt.task.low == call.run }
                return run.flatMap { shared.runs[$0.root] }
            }
            guard let run = found else { continue }
            let timedOut = CallTimedOut(function: call.function, limit: call.limit)
            var failure = TaskFailure(
                kind: .timedOut, message: "\(run.function) was stopped, since \(timedOut)",
                task: run.attempt.task)
            failure.function = run.function
            // It is still there, and goes with its process.
            failure.signal = SIGKILL
            send(.reports([.ended(run.attempt, .failed(failure), RunRecord())]))
        }
    }

    // MARK: Slots

    func nextJob(of slot: Int) -> SlotJob { mailboxes[slot].wait() }

    /// The function of an order, and a record of the run that now begins; nil: there is no such
    /// function.
    ///
    /// Within the turn that put it on its slot: a slot that came for it by itself would wait for
    /// the lock twice for each run, and a quarter of the time of short runs was spent there.
    private func begin(_ order: RunOrder, _ shared: inout Shared) -> BegunRun? {
        let attempt = order.attemptID
        guard let (spec, code, isCold) = shared.functions.take(order.spec.function) else {
            return nil
        }
        var executor: RunExecutor?
        if case .remote(let entry) = code, entry.isAsync {
            executor = RunExecutor { [self] in _ = handle(.awaitedArrived(attempt)) }
        }
        let run = RunState(
            attempt: attempt, root: attempt, function: spec.name, isOptimised: spec.isOptimised,
            flag: CancellationFlag(), executor: executor)
        shared.runs[attempt] = run
        return BegunRun(state: run, code: code, isCold: isCold)
    }

    /// A run whose jobs have run dry gives its slot back, unless one has just come.
    func suspend(_ run: RunState, on slot: Int) -> (isSuspended: Bool, next: SlotJob?) {
        let now = Timestamp(nanoseconds: MonotonicClock.nanoseconds())
        // Parked under the lock: whoever enqueues a job afterwards finds the machine told already.
        let jobs = shared.withLock { shared -> [(slot: Int, job: SlotJob)]? in
            guard run.executor?.park() ?? false else { return nil }
            return self.jobs(after: .suspended(slot: slot, run.attempt), at: now, &shared)
        }
        guard let jobs else { return (false, nil) }
        return (true, hand(to: slot, jobs))
    }

    // MARK: Pages

    /// An extent for a page of so many bytes; waits for the agent's answer.
    func allocate(byteCount: Int, slot: Int) throws -> PageExtent {
        send(.allocate(token: UInt32(slot), byteCount: Int64(byteCount)))
        switch grants[slot].wait() {
        case .extent(let extent): return extent
        case .refusal(let reason): throw InputError(kind: .noMemory, message: reason)
        }
    }

    func granted(_ token: UInt32, _ grant: Grant) {
        guard Int(token) < grants.count else { return }
        grants[Int(token)].post(grant)
    }

    func declare(first: UInt32, _ functions: [FunctionSpec]) {
        shared.withLock { $0.functions.declare(first: first, functions) }
    }

    /// Whether reports, or news that the ring had no room for, may wait to be sent: the control
    /// thread looks after them.
    var isAnythingAlive: Bool {
        shared.withLock { !$0.machine.runs.isEmpty || !$0.news.isEmpty }
    }

    // MARK: Children

    var isHungry: Bool { hungry.load(ordering: .relaxed) > 0 }

    /// Adds a child run of `parent`.
    func make(
        childOf parent: RunState, function: String, isOptimised: Bool,
        start: @escaping @Sendable (RunState) -> Void
    ) {
        // Another attempt of the parent may still be ending here: its children have other names.
        let task = parent.attempt.task.derived(site: 1, ordinal: parent.nextChild())
        let attempt = AttemptID(task: task, number: parent.attempt.number)
        let executor = RunExecutor { [self] in _ = handle(.awaitedArrived(attempt)) }
        let run = RunState(
            attempt: attempt, root: parent.root, function: function, isOptimised: isOptimised,
            flag: parent.cancellation, executor: executor)
        shared.withLock { $0.children[attempt] = ChildStart(run: run, start: start) }
        let event = WorkerEvent.childMade(attempt, parent: parent.attempt, function: function)
        _ = handle(event)
    }
}
