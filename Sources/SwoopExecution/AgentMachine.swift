// The agent's state and its switch over events: which runs it holds, what waits for what, which
// pages are here, and what a worker's death means for whom. Runs: AgentMachine+Runs. Outputs:
// +Outputs. Room for them: +Store. Pages of other nodes: +Fetches, and for them: +Ranges. Workers:
// +Workers.

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
        /// The agent ends when it heard nothing of the coordinator for so long.
        package var grace: Int64 = Agreed.grace
        /// The agent ends when the coordinator has not taken it in for so long.
        package var startMax: Int64 = 30 * nanosecondsPerSecond
        /// A worker that nobody used for so long ends, while workers of other programs are there.
        package var idleMax: Int64 = 60 * nanosecondsPerSecond
        /// A worker process that is stopped for so long is killed: somebody who looks at it may
        /// stop it for half a minute.
        package var stoppedMax: Int64 = 40 * nanosecondsPerSecond
        /// How long pages of a node that could not be reached are asked of the coordinator at once.
        package var unreachableFor: Int64 = 30 * nanosecondsPerSecond
        /// Between two trials to get the same page when it could be had from nowhere.
        package var fetchPause: Int64 = nanosecondsPerSecond
        /// Trials to get the same page, one after the other, before what needs it fails.
        package var fetchesMax = 20
        /// How long a copy of another node's page is kept that nothing reads: 0.5 s, in which
        /// others may copy it from here.
        package var copyKept: Int64 = Agreed.copyKept
        /// How long another node's question waits for a page of which nothing more comes here.
        package var questionMax: Int64 = 10 * nanosecondsPerSecond
        /// How long it waits for a page that nobody here has heard of: its lease may be on its way.
        package var earlyQuestionMax: Int64 = nanosecondsPerSecond / 10
        /// Questions that wait at a time.
        package var questionsMax = 4_096
        /// Bytes of memory for pages; 0: as many as the arena gives.
        package var storeBytes: Int64 = 0
        /// Runs at a time of one worker; 0: not known.
        package var slots = 0
        /// What people call the node; empty: nobody said it.
        package var nodeName = ""
        /// Whether somebody named the folder of its spill file: that it cannot be had is told then
        /// before memory is full.
        package var isSpillFolderNamed = false
        /// Why nothing can be spilled on this node; nil: it can.
        package var spillTrouble: String?
        /// Why pages get less memory than somebody asked for; nil: they do not.
        package var budgetTrouble: String?
        /// After a spill that failed none is tried for so long.
        package var spillPause: Int64 = 5 * nanosecondsPerSecond

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
        /// The place of its program's worker in `workers`.
        package var worker: Int
        package var state: State = .waiting
        package var inputs: [RunInput?]
        package var missing: Int
        /// Outputs of this node that its inputs lie in, once for each input.
        package var pins: [TaskID] = []
        /// Those of them that its worker reads in memory.
        package var memoryPins: [TaskID] = []
        /// Bytes of these inputs, once they were counted.
        package var pageBytes: Int64?
        /// When its worker is killed, should it not have stopped: it was taken back.
        package var stopBy: Timestamp?

        /// Whether its worker has it.
        package var isWithWorker: Bool {
            switch state {
            case .dispatched, .running, .suspended: true
            case .waiting, .ready: false
            }
        }
    }

    /// An output that is here.
    package struct Output: Sendable {
        package var extent: PageExtent
        package var attempt: UInt32
        /// Runs of this node that have it among their inputs, dispatched or not, ranges of it
        /// that are on their way to other nodes, and its way to the disk.
        package var pins = 0
        /// Runs of workers that read it in memory, and ranges that are sent from there.
        package var memoryReaders = 0
        /// Freed as soon as nothing reads it.
        package var isDropped = false
        /// Whether it is on its way to the disk.
        package var isSpilling = false
        /// Where it was in memory, as long as somebody reads it there.
        package var leaving: PageExtent?
        /// Places of bytes that were not right, as long as anybody reads the output.
        package var damaged: [PageExtent] = []

        /// Whether the bytes that it has now are not right.
        var isDamaged: Bool { damaged.contains(extent) }
        /// All places that are its own.
        var places: [PageExtent] {
            (isDamaged ? [] : [extent]) + (leaving.map { [$0] } ?? []) + damaged
        }
    }

    package let configuration: Configuration
    package private(set) var now = Timestamp(nanoseconds: 0)
    package var node = NodeID(0)
    package var functions: [FunctionSpec] = []
    /// Places in `workers` of the functions' programs, by function index.
    package var functionWorkers: [Int] = []
    /// One for each program that runs were given of, in the order of the first.
    package var workers: [ProgramWorker] = []
    /// Every run that was granted and has not been reported ended, returned or forgotten.
    package var runs: [AttemptID: Run] = [:]
    /// Runs that wait for an output of this node or for a fetch.
    package var waiters: [TaskID: [AttemptID]] = [:]
    package var outputs: [TaskID: Output] = [:]
    /// Exactly the pages that are on their way here, or will be asked for after a pause.
    package var fetches: [TaskID: Fetch] = [:]
    /// All of them that are asked for through the coordinator, and some that were.
    var relayNames: Set<TaskID> = []
    /// Pages that were not to be had, and since when.
    package var troubles: [TaskID: FetchTrouble] = [:]
    /// Nodes that cannot be reached, and until when that is believed.
    package var unreachable: [NodeID: Timestamp] = [:]
    /// Ranges that are on their way to other nodes, by page.
    package var sending: [TaskID: Int] = [:]
    /// Questions of other nodes for ranges that are not here yet, by page, oldest first.
    package var questions: [TaskID: [RangeQuestion]] = [:]
    /// Exactly the copies of other nodes' pages that nothing reads, and until when they are kept.
    package var idleCopies: [TaskID: Timestamp] = [:]
    /// Exactly the pages that are on their way here to be kept, with the attempts that made them.
    package var copying: [TaskID: UInt32] = [:]
    /// Who waits for memory, and what is done about it.
    package var room = PageRoom()
    /// Pages that clients on this machine write, and where; nil: there is no room yet.
    package var lends: [TaskID: PageExtent?] = [:]
    /// Runs that read bytes which were not right: that they fail is not their fault.
    package var misled: Set<AttemptID> = []
    /// Bytes of pages that came here from other nodes, ever.
    package var fetchedBytes: Int64 = 0
    /// Runs with a worker that were taken back and have not ended.
    package var stopping: Set<AttemptID> = []
    package var workersStarted: UInt32 = 0
    /// When the coordinator was last heard of; before it took the node in, when the machine began.
    package var lastHeard: Timestamp?
    package var hasJoined = false
    package var hasEnded = false
    /// The newest lease: a lease that comes twice is dropped.
    package var newestLease = LeaseID(0)
    /// Reports of this step, sent as one batch.
    package var reports: [RunReport] = []
    package var dropped: UInt64 = 0

    /// - Parameter startedAt: from when the limit on joining counts; nil: from the first event.
    package init(
        configuration: Configuration = Configuration(), startedAt: Timestamp? = nil
    ) {
        self.configuration = configuration
        lastHeard = startedAt
    }

    /// Takes one fact and appends the orders that follow from it.
    package mutating func handle(
        _ event: AgentEvent, at now: Timestamp, into effects: inout [AgentEffect]
    ) {
        self.now = max(now, self.now)
        if lastHeard == nil { lastHeard = self.now }
        switch event {
        case .coordinatorHeard: hear()
        case .accepted(let node):
            self.node = node
            hasJoined = true
            hear()
            tellStoreTrouble(into: &effects)
        case .leaseGranted(let lease): take(lease, into: &effects)
        case .attemptsRevoked(let attempts): revoke(attempts, into: &effects)
        case .attemptsRecalled(let attempts): recall(attempts, into: &effects)
        case .outputsDropped(let tasks): drop(tasks, into: &effects)
        case .dataStored(let task, let extent): stored(data: task, extent, into: &effects)
        case .dataRefused(let task, let reason): refused(data: task, reason)
        case .lendWanted(let task, let byteCount): wantLend(of: task, byteCount)
        case .extentLentToClient(let task, let extent):
            lendToClient(task, extent, into: &effects)
        case .dataWritten(let task, let page): written(data: task, page, into: &effects)
        case .copiesWanted(let copies): copy(copies, into: &effects)
        case .pageFetched(let task, let extent):
            room.copying.remove(task)
            fetched(task, extent, into: &effects)
        case .fetchFailed(let task, let failure):
            room.copying.remove(task)
            failFetch(of: task, failure, into: &effects)
        case .rangeWanted(let task, let token, let end):
            lendRange(of: task, token, upTo: end, into: &effects)
        case .pageGrew(let task, let end):
            fetches[task]?.arrivedBytes = end
            fetches[task]?.grewAt = self.now
        case .rangeSent(let task, let medium): returnRange(of: task, medium, into: &effects)
        case .roomWanted(let use, let byteCount): room.add(use, byteCount)
        case .roomGiven(let use): room.given(use)
        case .roomMissing(let use, let freeBytes, let reason):
            room.missing(use, freeBytes, reason)
        case .roomOnDiskMissing(let use, let byteCount, let reason):
            missRoomOnDisk(for: use, byteCount, reason, into: &effects)
        case .pageSpilled(let task, let from, let to): spilled(task, from, to, into: &effects)
        case .spillFailed(let task, let extent, let reason):
            failSpill(of: task, extent, reason, into: &effects)
        case .workerSpoilt(let worker, let reason):
            distrust(worker, reason, into: &effects)
        case .pageDamaged(let task, let reader): damaged(task, by: reader, into: &effects)
        case .outputRequested(let task): send(task, into: &effects)
        case .workerReady(let worker): ready(worker, into: &effects)
        case .workerStopped(let worker, let process, let signal):
            stopped(worker, process: process, by: signal, into: &effects)
        case .workerContinued(let worker): continued(worker)
        case .workerExited(let worker, let death): exited(worker, death, into: &effects)
        case .extentLent(let worker, let extent): lend(extent, to: worker, into: &effects)
        case .extentAbandoned(let worker, let extent):
            takeBack(extent, from: worker, into: &effects)
        case .outputStored(let worker, let attempt, let extent):
            store(extent, of: attempt, from: worker, into: &effects)
        case .workerReported(let worker, let reports):
            guard let place = place(ofTrusted: worker) else { break }
            workers[place].lastUsed = self.now
            for report in reports where workers[place].distrust == nil {
                take(report, from: place, into: &effects)
            }
        case .paused(let absence): excuse(absence)
        case .deadlineReached: judge(into: &effects)
        }
        settle(into: &effects)
    }

    private mutating func hear() { lastHeard = now }

    /// Who did not speak, or did not stop in time, is judged at a deadline only: by then the loop
    /// has read what they said.
    private mutating func judge(into effects: inout [AgentEffect]) {
        guard !hasEnded else { return }
        if let due = endDeadline, due <= now { return end(into: &effects) }
        killOverdue(into: &effects)
        killStopped(into: &effects)
    }

    /// An absence of this process is nobody's silence, and no time that a run had to stop in, or
    /// another node to send a page.
    private mutating func excuse(_ absence: Int64) {
        lastHeard = lastHeard?.excusing(absence, of: endLimit, at: now)
        for attempt in stopping {
            guard let limit = runs[attempt]?.stopBy else { continue }
            runs[attempt]?.stopBy = limit.advanced(by: absence)
        }
        for place in workers.indices {
            guard let until = workers[place].stop?.until else { continue }
            workers[place].stop?.until = until.advanced(by: absence)
        }
        let now = now
        for task in Array(fetches.keys) {
            guard let grewAt = fetches[task]?.grewAt else { continue }
            fetches[task]?.grewAt = min(now, grewAt.advanced(by: absence))
        }
        questions = questions.mapValues { asked in
            asked.map { question in
                var later = question
                later.since = min(now, question.since.advanced(by: absence))
                return later
            }
        }
    }

    /// How long the agent lives without a word from the coordinator.
    private var endLimit: Int64 { hasJoined ? configuration.grace : configuration.startMax }

    /// When `deadlineReached` is due, if nothing else happens.
    package var nextDeadline: Timestamp? {
        guard !hasEnded else { return nil }
        let stop = stopping.lazy.compactMap { runs[$0]?.stopBy }.min()
        let all = [
            stop, fetchDeadline, questionDeadline, copyDeadline, idleDeadline, room.deadline,
            endDeadline, stopDeadline,
        ].compactMap { $0 }
        return all.min().flatMap { $0 == .distantFuture ? nil : $0 }
    }

    /// When the agent ends, unless the coordinator is heard of.
    private var endDeadline: Timestamp? {
        lastHeard?.advanced(by: endLimit)
    }

    /// Re-establishes what always holds: ready runs are with their workers.
    private mutating func settle(into effects: inout [AgentEffect]) {
        guard !hasEnded else { return }
        endIdleWorker(into: &effects)
        resumeFetches(into: &effects)
        answerQuestions(into: &effects)
        forgetCopies(into: &effects)
        for place in workers.indices { dispatch(to: place, into: &effects) }
        makeRoom(into: &effects)
        if runs.isEmpty { waiters.removeAll(keepingCapacity: true) }
        if !reports.isEmpty {
            effects.append(.report(reports))
            reports.removeAll(keepingCapacity: true)
        }
    }

    private mutating func end(into effects: inout [AgentEffect]) {
        hasEnded = true
        let seconds = endLimit / nanosecondsPerSecond
        effects.append(
            .end(
                hasJoined
                    ? "nothing was heard of the coordinator for \(seconds) s"
                    : "the coordinator did not take the node in within \(seconds) s"))
    }

    /// Runs that were taken back and did not stop end with their worker.
    private mutating func killOverdue(into effects: inout [AgentEffect]) {
        let overdue = stopping.filter { runs[$0]?.stopBy.map { $0 <= now } ?? false }
        guard !overdue.isEmpty else { return }
        for place in workers.indices {
            guard case .ready(let id) = workers[place].state,
                overdue.contains(where: { runs[$0]?.worker == place })
            else { continue }
            if !workers[place].isKilling { effects.append(.killWorker(id)) }
            workers[place].isKilling = true
            for attempt in stopping where runs[attempt]?.worker == place {
                runs[attempt]?.stopBy = .distantFuture
            }
        }
    }

    private mutating func dispatch(to place: Int, into effects: inout [AgentEffect]) {
        guard !workers[place].ready.isEmpty, !workers[place].isIsolating,
            !workers[place].isKilling
        else { return }
        guard case .ready(let id) = workers[place].state else {
            guard case .absent = workers[place].state else { return }
            workers[place].ready.removeAll { runs[$0] == nil }
            if !workers[place].ready.isEmpty { startWorker(at: place, into: &effects) }
            return
        }
        var orders: [RunOrder] = []
        var later: [AttemptID] = []
        for (index, attempt) in workers[place].ready.enumerated() {
            guard var run = runs[attempt], run.state == .ready else { continue }
            if workers[place].isIsolating || run.task.isIsolated && workers[place].dispatched > 0 {
                later.append(attempt)
                continue
            }
            guard lendInputs(to: &run, into: &effects) else {
                later.append(contentsOf: workers[place].ready[index...])
                break
            }
            workers[place].isIsolating = run.task.isIsolated
            run.state = .dispatched
            runs[attempt] = run
            workers[place].dispatched += 1
            let inputs = run.inputs.compactMap { $0 }
            orders.append(
                RunOrder(
                    spec: run.task.spec, attempt: attempt.number, inputs: inputs,
                    rank: run.task.rank, cores: needs(of: run.task.spec).cores))
        }
        workers[place].ready = later
        guard !orders.isEmpty else { return }
        workers[place].lastUsed = now
        effects.append(.dispatch(id, orders))
    }
}
