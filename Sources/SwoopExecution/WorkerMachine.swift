// The worker's state and its switch over events: which run gets which slot next, and what is
// reported when. The slots' threads call it under the process's one lock; it starts no thread and
// reads no clock.

private import HeapModule
package import SwoopModel

/// The decisions of a worker process.
///
/// Order of work: what was suspended and can go on first (it holds memory), then children, newest
/// first (depth first, so that few are alive), then the agent's runs by rank.
package struct WorkerMachine: Sendable {
    /// What may be set.
    package struct Configuration: Sendable {
        /// Reports that are collected before they are sent while there is other work. 256: a batch
        /// costs the agent about as much as one message.
        package var reportsMax = 256
        /// How long a report may be kept back while there is other work: 1 ms.
        package var reportDelay: Int64 = 1_000_000
        /// Records of child runs kept per function and report; more are left out, evenly.
        package var childRecordsMax = 64

        package init() {}
    }

    private struct QueuedRun: Comparable, Sendable {
        let rank: Int64
        let sequence: UInt64
        let attempt: AttemptID
        /// Slots that it takes.
        let width: Int

        static func < (left: QueuedRun, right: QueuedRun) -> Bool {
            left.rank == right.rank ? left.sequence > right.sequence : left.rank < right.rank
        }
    }

    /// Where a run is.
    package enum Phase: Equatable, Sendable {
        /// In a queue. Can become: running.
        case queued
        /// On a slot. Can become: suspended; ends.
        case running(slot: Int)
        /// Awaits something. Can become: resumable.
        case suspended
        /// Waits for a slot to go on. Can become: running.
        case resumable
    }

    /// A run that has not ended: one of the agent's, or a child of one.
    package struct Run: Sendable {
        package var order: RunOrder?
        package var root: AttemptID
        package var function: String
        package var phase = Phase.queued
        /// What the agent believes: queued, running or suspended.
        package var reported = Phase.queued
        package var isCancelled = false
        /// What it will await next has arrived already: it must not sleep through that.
        package var hasArrived = false
    }

    package let configuration: Configuration
    package private(set) var now = Timestamp(nanoseconds: 0)
    /// The run on each slot; nil: idle.
    package private(set) var slots: [AttemptID?]
    /// Every run that has not ended.
    package private(set) var runs: [AttemptID: Run] = [:]
    private var queue = Heap<QueuedRun>()
    private var children: [AttemptID] = []
    private var resumables: [AttemptID] = []
    private var resumablesTaken = 0
    private var sequence: UInt64 = 0
    private var reports: [RunReport] = []
    private var changed: [AttemptID] = []
    private var pendingSince: Timestamp?
    private var childRecords: [(root: AttemptID, function: String, records: [RunRecord])] = []
    /// The slot that this event freed: its thread is awake, so it is served first.
    private var freed: Int?
    /// Slots that idle for the sake of runs on other slots, which take several.
    private var slotsTakenAlong = 0
    package private(set) var dropped: UInt64 = 0

    package init(slots: Int, configuration: Configuration = Configuration()) {
        self.configuration = configuration
        self.slots = Array(repeating: nil, count: slots)
    }

    /// Takes one fact and appends the orders that follow from it.
    package mutating func handle(
        _ event: WorkerEvent, at now: Timestamp, into effects: inout [WorkerEffect]
    ) {
        self.now = max(now, self.now)
        switch event {
        case .ordered(let orders): for order in orders { take(order) }
        case .cancellationAsked(let attempt): cancel(attempt, into: &effects)
        case .returnAsked(let attempt): giveBack(attempt)
        case .ended(let slot, let attempt, let outcome, let record):
            end(attempt, on: slot, outcome, record)
        case .suspended(let slot, let attempt): suspend(attempt, on: slot)
        case .awaitedArrived(let attempt): wake(attempt)
        case .childMade(let child, let parent, let function):
            make(child, of: parent, function: function)
        case .deadlineReached: break
        }
        if let freed { fill(freed, into: &effects) }
        freed = nil
        fillSlots(into: &effects)
        flushReports(into: &effects)
    }

    /// When `deadlineReached` is due: reports must not be kept for longer.
    package var nextDeadline: Timestamp? {
        pendingSince.map { $0.advanced(by: configuration.reportDelay) }
    }

    /// Slots that would take a child run at once: what a run asks before it makes one.
    package var hungrySlots: Int {
        let waiting = children.count + queue.count + resumables.count - resumablesTaken
        return max(0, freeSlots - waiting)
    }

    /// Idle slots that no run on another slot takes along.
    private var freeSlots: Int { slots.count { $0 == nil } - slotsTakenAlong }

    /// Slots that a run takes.
    private func width(of order: RunOrder?) -> Int { min(slots.count, Int(order?.cores ?? 1)) }

    private mutating func take(_ order: RunOrder) {
        let attempt = order.attemptID
        guard runs[attempt] == nil else {
            dropped += 1
            return
        }
        runs[attempt] = Run(order: order, root: attempt, function: "")
        sequence += 1
        queue.insert(
            QueuedRun(
                rank: order.rank, sequence: sequence, attempt: attempt, width: width(of: order)))
    }

    private mutating func make(_ child: AttemptID, of parent: AttemptID, function: String) {
        guard runs[child] == nil, let root = runs[parent]?.root else {
            dropped += 1
            return
        }
        runs[child] = Run(
            order: nil, root: root, function: function,
            isCancelled: runs[root]?.isCancelled ?? false)
        children.append(child)
    }

    /// A queued run that is cancelled goes back unstarted; a running one is told.
    private mutating func cancel(_ attempt: AttemptID, into effects: inout [WorkerEffect]) {
        guard let run = runs[attempt], !run.isCancelled else { return }
        if run.phase == .queued {
            runs[attempt] = nil
            add(.returned(attempt))
        } else {
            // Its children are stopped with it; in order, since dictionaries have none.
            for own in runs.keys.filter({ runs[$0]?.root == attempt }).sorted() {
                runs[own]?.isCancelled = true
                if runs[own]?.phase != .queued { effects.append(.raiseCancellation(own)) }
            }
        }
    }

    /// Only the agent's own runs have an order, and only what is queued has not begun.
    private mutating func giveBack(_ attempt: AttemptID) {
        guard let run = runs[attempt], run.order != nil, run.phase == .queued else { return }
        runs[attempt] = nil
        add(.returned(attempt))
    }

    private mutating func end(
        _ attempt: AttemptID, on slot: Int, _ outcome: RunOutcome, _ record: RunRecord
    ) {
        guard slot < slots.count, slots[slot] == attempt else {
            dropped += 1
            return
        }
        let ended = runs.removeValue(forKey: attempt)
        leave(slot, width: width(of: ended?.order))
        guard let run = ended else { return }
        if run.order != nil {
            add(.ended(attempt, outcome, record))
        } else if case .finished = outcome {
            addChild(record, of: run)
        }
    }

    private mutating func leave(_ slot: Int, width: Int) {
        slots[slot] = nil
        freed = slot
        slotsTakenAlong -= width - 1
    }

    private mutating func addChild(_ record: RunRecord, of run: Run) {
        if pendingSince == nil { pendingSince = now }
        let place = childRecords.firstIndex { $0.root == run.root && $0.function == run.function }
        guard let place else {
            childRecords.append((run.root, run.function, [record]))
            return
        }
        if childRecords[place].records.count < configuration.childRecordsMax {
            childRecords[place].records.append(record)
        }
    }

    private mutating func suspend(_ attempt: AttemptID, on slot: Int) {
        guard slot < slots.count, slots[slot] == attempt else {
            dropped += 1
            return
        }
        leave(slot, width: width(of: runs[attempt]?.order))
        change(attempt, to: .suspended)
        if runs[attempt]?.hasArrived == true { wake(attempt) }
    }

    private mutating func wake(_ attempt: AttemptID) {
        guard runs[attempt]?.phase == .suspended else {
            runs[attempt]?.hasArrived = true
            return
        }
        runs[attempt]?.hasArrived = false
        change(attempt, to: .resumable)
        resumables.append(attempt)
    }

    private mutating func change(_ attempt: AttemptID, to phase: Phase) {
        // In place, and found once: this is done for every run, under the lock of all slots.
        guard let place = runs.index(forKey: attempt) else { return }
        runs.values[place].phase = phase
        guard runs.values[place].order != nil else { return }
        changed.append(attempt)
        if pendingSince == nil { pendingSince = now }
    }

    private mutating func add(_ report: RunReport) {
        reports.append(report)
        if pendingSince == nil { pendingSince = now }
    }

    private mutating func fillSlots(into effects: inout [WorkerEffect]) {
        for slot in slots.indices where slots[slot] == nil { fill(slot, into: &effects) }
    }

    private mutating func fill(_ slot: Int, into effects: inout [WorkerEffect]) {
        let free = freeSlots
        guard slots[slot] == nil, free > 0, let attempt = next(width: free),
            let run = runs[attempt]
        else { return }
        slots[slot] = attempt
        slotsTakenAlong += width(of: run.order) - 1
        if run.phase == .resumable {
            effects.append(.resume(slot: slot, attempt))
        } else if let order = run.order {
            effects.append(.start(slot: slot, order))
        } else {
            effects.append(.startChild(slot: slot, attempt))
            if run.isCancelled { effects.append(.raiseCancellation(attempt)) }
        }
        change(attempt, to: .running(slot: slot))
    }

    /// The run to go on with, which takes at most so many slots. One that takes more is waited for:
    /// what is behind it would always be smaller.
    private mutating func next(width free: Int) -> AttemptID? {
        if resumablesTaken < resumables.count {
            let attempt = resumables[resumablesTaken]
            guard width(of: runs[attempt]?.order) <= free else { return nil }
            resumablesTaken += 1
            if resumablesTaken == resumables.count {
                resumables.removeAll(keepingCapacity: true)
                resumablesTaken = 0
            }
            return attempt
        }
        if let child = children.popLast() { return child }
        while let queued = queue.max {
            guard queued.width <= free || runs[queued.attempt] == nil else { return nil }
            _ = queue.popMax()
            if runs[queued.attempt] != nil { return queued.attempt }
        }
        return nil
    }

    private mutating func flushReports(into effects: inout [WorkerEffect]) {
        guard let since = pendingSince else { return }
        let isIdle = slots.contains(nil)
        guard
            isIdle || reports.count >= configuration.reportsMax
                || now.since(since) >= configuration.reportDelay
        else { return }
        for attempt in changed { reportPhase(of: attempt) }
        changed.removeAll(keepingCapacity: true)
        for entry in childRecords {
            reports.append(
                .childrenEnded(entry.root, function: entry.function, records: entry.records))
        }
        childRecords.removeAll(keepingCapacity: true)
        pendingSince = nil
        guard !reports.isEmpty else { return }
        effects.append(.report(reports))
        reports.removeAll(keepingCapacity: true)
    }

    /// Says where a run is now, unless the agent believes so already; what happened between is left
    /// out.
    private mutating func reportPhase(of attempt: AttemptID) {
        guard let place = runs.index(forKey: attempt) else { return }
        let (phase, reported) = (runs.values[place].phase, runs.values[place].reported)
        switch (phase, reported) {
        case (.running, .queued):
            reports.append(.started(attempt))
        case (.running, .suspended):
            reports.append(.resumed(attempt))
        case (.suspended, .queued):
            reports.append(.started(attempt))
            reports.append(.suspended(attempt))
        case (.suspended, .running), (.resumable, .running):
            reports.append(.suspended(attempt))
        case (.resumable, .queued):
            reports.append(.started(attempt))
            reports.append(.suspended(attempt))
        default: return
        }
        runs.values[place].reported = phase == .resumable ? .suspended : phase
    }

    /// Says where a run is.
    package func explain(_ attempt: AttemptID) -> String? {
        runs[attempt].map { run in
            switch run.phase {
            case .queued: "queued behind \(queue.count + children.count) runs"
            case .running(let slot): "on slot \(slot)"
            case .suspended: "waits for its children"
            case .resumable: "could go on, waits for a slot"
            }
        }
    }

    /// Traps with a sentence when the slots and the runs disagree.
    package func checkInvariants() {
        for (slot, attempt) in slots.enumerated() {
            guard let attempt else { continue }
            precondition(
                runs[attempt]?.phase == .running(slot: slot),
                "slot \(slot) holds a run that is not on it")
        }
        let running = runs.values.count { if case .running = $0.phase { true } else { false } }
        precondition(running == slots.count { $0 != nil }, "a running run has no slot")
        let along = slots.reduce(0) { $0 + ($1.map { width(of: runs[$0]?.order) - 1 } ?? 0) }
        precondition(along == slotsTakenAlong, "\(slotsTakenAlong) slots are kept, not \(along)")
        let free = freeSlots
        if free > 0 {
            let waiting = runs.filter { $0.value.phase == .queued || $0.value.phase == .resumable }
            precondition(
                waiting.isEmpty || waiting.contains { width(of: $0.value.order) > free },
                "a slot idles while a run waits that it would be enough for")
        }
    }
}
