// The agent's state and its switch over events: which runs it holds, what waits for what, which
// pages are here, and what a worker's death means for whom. Runs: AgentMachine+Runs. Outputs:
// +Outputs. Workers: +Workers.

package import SwoopModel

/// The decisions of a node agent. Pure: it neither reads a clock nor touches a process.
package struct AgentMachine: Sendable {
    /// What may be set.
    package struct Configuration: Sendable {
        /// How long a run that was taken back may go on before its worker is killed: 0.5 s, so that
        /// a core is free within a second.
        package var cancellationGrace: Int64 = nanosecondsPerSecond / 2
        /// Workers that may die before they were ready, one after the other.
        package var failedStartsMax = 3

        package init() {}
    }

    /// One run that the agent holds.
    package struct Run: Sendable {
        /// Where a run is, as the agent knows it.
        package enum State: Hashable, Sendable {
            /// Inputs are missing. Can become: ready, given back.
            case waiting
            /// Could go to a worker. Can become: dispatched, given back.
            case ready
            /// With a worker, on no core yet. Can become: running, ended.
            case dispatched
            /// On a core. Can become: suspended, ended.
            case running
            /// Waits for its children. Can become: running, ended.
            case suspended
        }

        package var task: AssignedTask
        package var state: State = .waiting
        package var inputs: [RunInput?]
        package var missing: Int
        /// When its worker is killed, should it not have stopped: it was taken back.
        package var stopBy: Timestamp?
    }

    /// An output that is here.
    package struct Output: Sendable {
        package var extent: PageExtent
        package var attempt: UInt32
        /// Runs of this node that have it among their inputs, dispatched or not.
        package var pins = 0
        /// Freed as soon as nothing reads it.
        package var isDropped = false
    }

    /// The worker process of the node.
    package enum WorkerState: Hashable, Sendable {
        case absent
        case starting(WorkerID)
        case ready(WorkerID)
    }

    package let configuration: Configuration
    package private(set) var now = Timestamp(nanoseconds: 0)
    package var node = NodeID(0)
    package var functions: [FunctionSpec] = []
    /// Every run that was granted and has not been reported ended, returned or forgotten.
    package var runs: [AttemptID: Run] = [:]
    /// Attempts in state `ready`, in the order in which they became so, and some that are gone.
    package var ready: [AttemptID] = []
    /// Runs that wait for an output of this node or for a fetch.
    package var waiters: [TaskID: [AttemptID]] = [:]
    package var outputs: [TaskID: Output] = [:]
    package var fetching: Set<TaskID> = []
    package var worker = WorkerState.absent
    /// Attempts that a worker has.
    package var dispatched = 0
    /// Runs with a worker that were taken back and have not ended.
    package var stopping: Set<AttemptID> = []
    package var isIsolating = false
    /// The worker was killed by this machine: its end is nobody's fault.
    package var isKilling = false
    /// Extents lent to the worker and not yet filled.
    package var lent: [PageExtent] = []
    package var workersStarted: UInt32 = 0
    package var failedStarts = 0
    /// Workers in a row that died without telling of any run: there is nobody to charge.
    package var barrenDeaths = 0
    /// Whether the worker told of a run since it started.
    package var hasReported = false
    /// The newest lease: a lease that comes twice is dropped.
    package var newestLease = LeaseID(0)
    /// Reports of this step, sent as one batch.
    package var reports: [RunReport] = []
    package var dropped: UInt64 = 0

    package init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Takes one fact and appends the orders that follow from it.
    package mutating func handle(
        _ event: AgentEvent, at now: Timestamp, into effects: inout [AgentEffect]
    ) {
        self.now = max(now, self.now)
        switch event {
        case .accepted(let node): self.node = node
        case .leaseGranted(let lease): take(lease, into: &effects)
        case .attemptsRevoked(let attempts): revoke(attempts, into: &effects)
        case .outputsDropped(let tasks): drop(tasks, into: &effects)
        case .dataStored(let task, let extent): stored(data: task, extent, into: &effects)
        case .dataRefused(let task, let reason): refused(data: task, reason)
        case .pageFetched(let task, let extent): fetched(task, extent, into: &effects)
        case .fetchFailed(let task): failFetch(of: task, into: &effects)
        case .outputRequested(let task):
            if let output = outputs[task], !output.isDropped {
                effects.append(.sendOutput(task, output.extent))
            } else {
                effects.append(.outputMissing(task))
            }
        case .workerReady(let worker): ready(worker, into: &effects)
        case .workerExited(let worker, let death): exited(worker, death, into: &effects)
        case .extentLent(let worker, let extent): lend(extent, to: worker, into: &effects)
        case .outputStored(let worker, let attempt, let extent):
            store(extent, of: attempt, from: worker, into: &effects)
        case .workerReported(let worker, let reports):
            guard self.worker == .ready(worker) else { break }
            for report in reports { take(report, into: &effects) }
        case .deadlineReached: break
        }
        settle(into: &effects)
    }

    /// When `deadlineReached` is due, if nothing else happens.
    package var nextDeadline: Timestamp? {
        stopping.compactMap { runs[$0]?.stopBy }.min().flatMap { $0 == .distantFuture ? nil : $0 }
    }

    /// Re-establishes what always holds: ready runs are with the worker, overdue ones are not.
    private mutating func settle(into effects: inout [AgentEffect]) {
        if case .ready(let id) = worker, let due = nextDeadline, due <= now {
            effects.append(.killWorker(id))
            isKilling = true
            for attempt in stopping { runs[attempt]?.stopBy = .distantFuture }
        }
        dispatch(into: &effects)
        if runs.isEmpty { waiters.removeAll(keepingCapacity: true) }
        if !reports.isEmpty {
            effects.append(.report(reports))
            reports.removeAll(keepingCapacity: true)
        }
    }

    private mutating func dispatch(into effects: inout [AgentEffect]) {
        guard !ready.isEmpty, !isIsolating else { return }
        guard case .ready(let id) = worker else {
            guard case .absent = worker else { return }
            ready.removeAll { runs[$0] == nil }
            if !ready.isEmpty { startWorker(into: &effects) }
            return
        }
        var orders: [RunOrder] = []
        var later: [AttemptID] = []
        for attempt in ready {
            guard let run = runs[attempt], run.state == .ready else { continue }
            if isIsolating || run.task.isIsolated && dispatched > 0 {
                later.append(attempt)
                continue
            }
            isIsolating = run.task.isIsolated
            runs[attempt]?.state = .dispatched
            dispatched += 1
            let inputs = run.inputs.compactMap { $0 }
            orders.append(
                RunOrder(
                    spec: run.task.spec, attempt: attempt.number, inputs: inputs,
                    rank: run.task.rank))
        }
        ready = later
        if !orders.isEmpty { effects.append(.dispatch(id, orders)) }
    }

    /// Says where a task is and what it waits for, as far as this node knows.
    package func explain(_ task: TaskID) -> String? {
        guard let run = runs.first(where: { $0.key.task == task })?.value else { return nil }
        switch run.state {
        case .waiting: return "waits for \(run.missing) inputs on this node"
        case .ready:
            return isIsolating ? "waits for a run that must be alone" : "waits for a worker"
        case .dispatched: return "queued in the worker"
        case .running: return run.stopBy == nil ? "on a core" : "being stopped"
        case .suspended: return "waits for its children"
        }
    }

    /// Traps with a sentence when two tables disagree.
    package func checkInvariants() {
        let held = runs.values.count {
            switch $0.state {
            case .dispatched, .running, .suspended: true
            case .waiting, .ready: false
            }
        }
        precondition(
            held == dispatched, "the worker is thought to have \(dispatched) runs, not \(held)")
        let queued = Set(ready)
        var pins: [TaskID: Int] = [:]
        for (attempt, run) in runs {
            for case .some(let input) in run.inputs {
                if case .extent = input.source { pins[input.task, default: 0] += 1 }
            }
            precondition(
                (run.stopBy != nil) == stopping.contains(attempt), "a run is stopped by half")
            guard run.state == .ready else { continue }
            precondition(queued.contains(attempt), "a ready run is in no queue")
            precondition(run.inputs.allSatisfy { $0 != nil }, "a ready run lacks an input")
        }
        for (task, output) in outputs {
            precondition(
                output.pins == pins[task] ?? 0,
                "\(task) counts \(output.pins) readers, not \(pins[task] ?? 0)")
            precondition(
                !output.isDropped || output.pins > 0,
                "\(task) was dropped, is not read, and was not freed")
        }
        precondition(
            pins.keys.allSatisfy { outputs[$0] != nil }, "a run reads a page that was freed")
        precondition(stopping.allSatisfy { runs[$0] != nil }, "a run that ended is to be stopped")
    }
}
