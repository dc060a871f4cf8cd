// What all threads of a worker share: the machine and the ring of news under one lock, the
// functions, the mailboxes of the slots. Any thread brings an event; the one whose slot is served
// gets its next job back without a wake-up, the others are woken.

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
    case start(RunOrder)
    case begin(ChildStart)
    case resume(RunState)
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
    private let childCount = Atomic<UInt64>(0)

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
        return hand(to: slot, shared.withLock { jobs(after: event, at: now, &$0) })
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
        case .start(let slot, let order): return (slot, .start(order))
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

    /// Writes news for the agent; waits while the ring is full, since nothing may be lost.
    private func write(_ message: WorkerMessage, _ shared: inout Shared) {
        let bytes = message.encoded()
        // Many failures with much to say: in parts, since a record has a bound.
        if bytes.count > shared.producer.payloadMax, case .reports(let all) = message, all.count > 1
        {
            write(.reports(Array(all[..<(all.count / 2)])), &shared)
            return write(.reports(Array(all[(all.count / 2)...])), &shared)
        }
        do throws(TransportError) {
            while try !shared.producer.write(bytes.span) {
                try shared.producer.waitForRoom(until: nil)
            }
            shared.producer.publish()
        } catch {
            // A run whose end is not told would be waited for without an end. No crash: which
            // thread finds it out says nothing about who wrote there.
            WorkerProcess.giveUp("it cannot reach its agent: \(error)")
        }
    }

    func send(_ message: WorkerMessage) {
        shared.withLock { write(message, &$0) }
    }

    // MARK: Slots

    func nextJob(of slot: Int) -> SlotJob { mailboxes[slot].wait() }

    /// The function of an order, and a record of the run that now begins.
    func begin(
        _ order: RunOrder
    ) -> (run: RunState, code: FoundFunction, isCold: Bool)? {
        let attempt = order.attemptID
        return shared.withLock { shared in
            guard let (spec, code, isCold) = shared.functions.take(order.spec.function) else {
                return nil
            }
            var executor: RunExecutor?
            if case .remote(let entry) = code, entry.isAsync {
                executor = RunExecutor { [self] in _ = handle(.awaitedArrived(attempt)) }
            }
            let run = RunState(
                attempt: attempt, root: attempt, function: spec.name,
                isOptimised: spec.isOptimised, flag: CancellationFlag(), executor: executor)
            shared.runs[attempt] = run
            return (run, code, isCold)
        }
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

    /// When reports that wait must be sent; asked by the control thread while something runs.
    var isAnythingAlive: Bool { shared.withLock { !$0.machine.runs.isEmpty } }

    // MARK: Children

    var isHungry: Bool { hungry.load(ordering: .relaxed) > 0 }

    /// Adds a child run of `parent`.
    func make(
        childOf parent: RunState, function: String, isOptimised: Bool,
        start: @escaping @Sendable (RunState) -> Void
    ) {
        let ordinal = childCount.add(1, ordering: .relaxed).newValue
        let task = parent.attempt.task.derived(site: 1, ordinal: ordinal)
        let attempt = AttemptID(task: task, number: 1)
        let executor = RunExecutor { [self] in _ = handle(.awaitedArrived(attempt)) }
        let run = RunState(
            attempt: attempt, root: parent.root, function: function, isOptimised: isOptimised,
            flag: parent.cancellation, executor: executor)
        shared.withLock { $0.children[attempt] = ChildStart(run: run, start: start) }
        let event = WorkerEvent.childMade(attempt, parent: parent.attempt, function: function)
        _ = handle(event)
    }
}
