// The scheduler's state and its switch over events. What each event means stands in the extension
// named for its subject: Programs, Intake, Submission, ClientData, DeferredData, Demand,
// OutputSizes, Shares, CoreClaims, Leases, Recalls, Reports, Lineage, Drain, Iterations, Release,
// KeptData, KeptCopies, Explanation, Invariants.

package import SwoopModel

/// The coordinator's decisions: which task runs where, again, or not at all.
///
/// Pure: time is handed in, nothing is random, and no order depends on a hash.
package struct Scheduler: Sendable {
    /// What may be set.
    package struct Configuration: Sendable {
        /// Attempts at a task that died or was on a core when a worker died.
        package var attemptsMax: UInt32 = 3
        /// Nodes that a task may be lost with before it fails, and times that its page may be lost
        /// on its way.
        package var lossesMax: UInt32 = 8
        /// Predicted work that a node is given ahead, per slot. 50 ms: some hundred round trips.
        package var horizonNanoseconds: Int64 = 50_000_000
        /// Predicted work ahead of a node's cores from which on some of it goes to idle ones. 5 ms:
        /// some ten round trips.
        package var recallNanoseconds: Int64 = 5_000_000
        /// What a run of a function is taken for before it was ever seen.
        package var unknownNanoseconds: Int64 = 5_000_000
        /// Tasks of a piece up to which others go along of which nobody knows what they leave.
        package var unknownAlongMax = 4
        /// Tasks a node may hold at most, however short they are.
        package var assignedMax = 16_384
        /// A node that was not heard of for so long is lost.
        package var silenceMax: Int64 = 10 * nanosecondsPerSecond
        /// Bytes of client data that are kept in the scheduler itself.
        package var inlineMax = 4_096
        /// Others to which a node gives the same page, before they give it to one another.
        package var copiesGiven = 2
        /// How long a copy is counted on that no task reads: less than the time for which its node
        /// keeps it.
        package var copyKept: Int64 = Agreed.copyKept * 3 / 5
        /// Nodes that client data is on before it counts as stored, where there are as many.
        package var dataCopies = 2
        /// Whether tasks fail when the last node is lost: nothing can bring one back.
        package var failsWithoutNodes = true
        /// Bytes per second between nodes, until measured.
        package var bytesPerSecond: Double = 1e9
        /// Whether news of old attempts is dropped. Off only in the test that proves the check
        /// matters.
        package var checksAttempts = true
        /// Tasks that one turn takes a step with, of a large submission or release: more of them go
        /// on in the next turn. Some ten milliseconds.
        package var turnSteps = 32_768

        package init() {}
    }

    package let configuration: Configuration
    package private(set) var now = Timestamp(nanoseconds: 0)
    package var tasks = TaskTable()
    package var nodes: NodeTable
    package var ready = ReadyQueue()
    package var shares = CoreShares()
    /// Every function that was ever named; the index is its name on the wire.
    package var functions: [FunctionSpec] = []
    package var functionPlaces: [FunctionSpec: FunctionIndex] = [:]
    /// Every program that a client or a node brought; tables of nodes and of shares name programs
    /// by their places here.
    package var programs: [ProgramID] = []
    package var programPlaces: [ProgramID: Int] = [:]
    /// Places of the functions' programs, by function index.
    package var functionPrograms: [Int] = []
    /// Predicted durations, by function index.
    package var durations: [DurationModel?] = []
    /// What is known of the sizes of outputs, by function index.
    package var outputSizes: [OutputSizes] = []
    /// Nodes on which runs of a function ended well, by function index, where there are several
    /// nodes.
    package var successes: [NodeSet] = []
    /// Tasks that failed by themselves and are to be tried again; those that were granted
    /// otherwise or have ended are dropped when their turn comes.
    package var retries: [PendingRetry] = []
    /// Runs whose time is limited, and some that have ended.
    var limitedRuns: [LimitedRun] = []
    /// How many of them are looked through for ended ones.
    var limitedRunsKept = Scheduler.limitedRunsMin
    /// Where a failure of a function was remarked upon, and tried again.
    var remarkedRetries: Set<RetriedPlace> = []
    /// Failures of the tasks in state `failed`.
    package var failures: [TaskIndex: TaskFailure] = [:]
    /// Loops that have not ended, by the index of the record that stands for their result.
    package var iterations: [TaskIndex: IterationRecord] = [:]
    /// Whether there has ever been a loop.
    var hasLoops = false
    /// Exactly the client data that does not count as stored yet.
    package var unstoredData: [TaskIndex: UnstoredData] = [:]
    /// Exactly the client data that came without its bytes.
    package var deferredData: [TaskIndex: DeferredData] = [:]
    /// Exactly the deferred data that is needed and was not asked for, in the order of asking.
    package var deferredQueue: [TaskIndex] = []
    /// Bytes of the deferred data that was asked for or is here.
    package var deferredBytes: Int64 = 0
    /// Deferred data that was asked for and has not come.
    package var deferredAsked = 0
    /// Exactly the places that clients write in though nobody needs it any more.
    package var abandonedLends: [TaskID: AbandonedLend] = [:]
    /// What is kept, or about to be, in the order of asking.
    package var kept: [KeptRecord] = []
    var keptMade: UInt64 = 0
    /// Copies of kept pages that are under way or to be made, each page once.
    package var keptCopies: [KeptCopy] = []
    var keptCopyTasks: Set<TaskID> = []
    /// Kept outputs that nobody has any more, and that was not told of.
    var lostOutputs: [TaskID] = []
    /// Names of kept data of which it was told that it is on one node only.
    var remarkedKept: Set<String> = []
    package var clients: [ClientRecord] = []
    /// What clients said that is not carried out yet; each has one at most.
    var backlogs: [Backlog] = []
    /// Steps that are left of this turn.
    var stepsLeft = 0
    /// Records that nobody may need any more and that are not looked at yet.
    package var unneeded: [TaskLink] = []
    /// How many of them this turn looks at.
    var discardsLeft = 0
    /// Whether leases are left to be granted in the next turn.
    var isGranting = false
    package var leasesGranted: UInt64 = 0
    /// Leases of this step for nodes that have been given tasks, each with its place in the node's
    /// record; none between steps.
    package var grants: [BegunLease] = []
    /// Tasks that nodes hold.
    package var heldCount = 0
    package var rejected: [RejectionReason: UInt64] = [:]
    package var hasEverHadNodes = false
    /// Nodes that were lost where lost ones come back: what only they could run waits for them.
    package var absentNodes: [NodeDescription] = []

    package init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        nodes = NodeTable(assignedMax: configuration.assignedMax)
    }

    /// Takes one fact and appends the orders that follow from it.
    package mutating func handle(
        _ event: SchedulerEvent, at now: Timestamp, into effects: inout [SchedulerEffect]
    ) {
        self.now = max(now, self.now)
        stepsLeft = configuration.turnSteps
        discardsLeft = configuration.turnSteps
        discardUnneeded(into: &effects)
        if !putOff(event) { take(event, into: &effects) }
        workOff(into: &effects)
        settle(into: &effects)
    }

    /// Whether a turn is wanted at once: something large is half done.
    package var isBusy: Bool { !backlogs.isEmpty || !unneeded.isEmpty || isGranting }

    mutating func take(_ event: SchedulerEvent, into effects: inout [SchedulerEffect]) {
        switch event {
        case .clientJoined(let client, let program): join(client, program, into: &effects)
        case .clientLeft(let client): leave(client, into: &effects)
        case .graphSubmitted: reject(.unknownClient, into: &effects)
        case .dataArrived(let client, let task, let bytes):
            bring(task, bytes, of: client, into: &effects)
        case .roomWanted(let client, let task, let node, let byteCount):
            wantRoom(for: task, byteCount, on: node, of: client, into: &effects)
        case .roomLent(let node, let task, let offset, let byteCount):
            lent(task, on: node, offset, byteCount, into: &effects)
        case .dataWritten(let client, let task, let page):
            written(task, page, of: client, into: &effects)
        case .dataFailed(let client, let failure): failData(failure, of: client, into: &effects)
        case .handlesReleased(let client, let tasks): release(tasks, of: client, into: &effects)
        case .cancellationRequested(let client, let tasks):
            cancel(tasks, of: client, into: &effects)
        case .outputsWanted(let client, let tasks): want(tasks, of: client, into: &effects)
        case .keepWanted(let client, let wish, let program):
            keep(wish, of: client, program: program, into: &effects)
        case .keptUnwanted(let client, let number, let names):
            freeKept(names, number: number, of: client, into: &effects)
        case .nodeJoined(let node, let description, let program):
            join(node, description, program, into: &effects)
        case .programReady(let node, let program): programReady(program, on: node)
        case .programFailed(let node, let program, let reason):
            programFailed(program, on: node, reason, into: &effects)
        case .nodeLost(let node, let reason): lose(node, reason: reason, into: &effects)
        case .nodeForgotten(let name): absentNodes.removeAll { $0.name == name }
        case .drainWanted(let node, let until): drain(node, until: until)
        case .drainEnded(let node): endDrain(of: node, into: &effects)
        case .pageCopied(let node, let task): copied(task, to: node, into: &effects)
        case .pageNotCopied(let node, let failure):
            notCopied(failure, to: node, into: &effects)
        case .nodeHeard(let node): hear(node)
        case .reported(let node, let reports): take(reports, from: node, into: &effects)
        case .outputDelivered(_, let task): delivered(task)
        case .pageMissed(let node, let task): missed(task, on: node, into: &effects)
        case .estimateRevised(let function, let model): revise(function, model)
        case .outputSizeRevised(let function, let model): revise(function, model)
        case .paused(let absence): excuse(absence)
        case .deadlineReached: if !isBusy { loseSilent(into: &effects) }
        }
    }

    /// When `deadlineReached` is due, if nothing else happens.
    package var nextDeadline: Timestamp? {
        if isBusy { return now }
        let silence: Timestamp? =
            nodes.nodes.isEmpty
            ? nil : nodes.offer.lastHeard.advanced(by: configuration.silenceMax)
        return [silence, drainDeadline, nextRetry, nextLimit].compactMap(\.self).min()
    }

    /// Nodes are judged at a deadline only: by then the loop has read what they said.
    private mutating func loseSilent(into effects: inout [SchedulerEffect]) {
        for node in nodes.nodes where now.since(node.lastHeard) >= configuration.silenceMax {
            let seconds = configuration.silenceMax / nanosecondsPerSecond
            let reason = "it was silent for \(seconds) s"
            effects.append(.closeNode(node.id, reason: reason))
            lose(node.id, reason: reason, into: &effects)
        }
    }

    /// Re-establishes what always holds: no ready task waits while a node has room, and none for
    /// what cannot come.
    private mutating func settle(into effects: inout [SchedulerEffect]) {
        stopOverdue(into: &effects)
        failWithoutNodes(into: &effects)
        failWithoutProgram(into: &effects)
        grantRetries(into: &effects)
        grantLeases(into: &effects)
        askForData(into: &effects)
        recallWork(into: &effects)
        recallForOthers(into: &effects)
        drainNodes(into: &effects)
        settleKept(into: &effects)
        nodes.refresh()
    }

    /// Drops a message that makes no sense, and counts it.
    package mutating func reject(
        _ reason: RejectionReason, into effects: inout [SchedulerEffect]
    ) {
        rejected[reason, default: 0] += 1
        effects.append(.reject(reason))
    }

    /// An absence of this process is no silence of the nodes.
    private mutating func excuse(_ absence: Int64) {
        for place in nodes.nodes.indices {
            nodes[place].lastHeard = nodes[place].lastHeard.excusing(
                absence, of: configuration.silenceMax, at: now)
        }
    }

    mutating func hear(_ node: NodeID) {
        guard let place = nodes.place(of: node) else { return }
        nodes[place].lastHeard = now
    }

    private mutating func revise(_ function: FunctionIndex, _ model: DurationModel) {
        let place = Int(function.rawValue)
        guard place < durations.count else { return }
        durations[place] = model
        // Where nobody else waits for a core, what was foreseen wrongly harms nobody.
        if shares.areSeveral, isFarFromForeseen(function: place) {
            foreseeAgain(function: place)
        }
    }
}
