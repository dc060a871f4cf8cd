// The whole of Swoop in virtual time: the real machines of coordinator, agents, workers and
// clients, a network that delays, and nothing else. +Nodes has the nodes, +Workers and +Pages what
// is on them, +Clients the clients, +Network the messages.

package import SwoopExecution
package import SwoopModel
package import SwoopScheduling
package import SwoopSession
import SwoopWire

/// Something that a checker outside of the machines wants to see.
package enum TraceEntry: Sendable {
    case event(SchedulerEvent)
    case effect(SchedulerEffect)
    case session(SessionEffect)
    /// An agent ended by itself: it did not hear of the coordinator for too long.
    case agentEnded(NodeID)
    /// A run was started with an input that had been freed.
    case brokenRead(AttemptID)
    /// A message did not come back from its bytes.
    case broken(String)
}

/// Coordinator, nodes and clients on one virtual clock.
package struct VirtualCluster {
    /// What may be set.
    package struct Configuration: Sendable {
        package var scheduler = Scheduler.Configuration()
        package var agent = AgentMachine.Configuration()
        /// Between machines, one way. 50 µs: half a round trip of ZeroMQ over loopback.
        package var latency: Int64 = 50_000
        package var bytesPerSecond: Double = 1e9
        /// Between agent and worker, one way.
        package var ringLatency: Int64 = 1_000
        /// From the order to start a worker until it is ready.
        package var workerStart: Int64 = 5_000_000
        /// From the order to prepare a program until a node has it.
        package var programTransfer: Int64 = 10_000_000
        /// What a run takes beside the run itself.
        package var overhead: Int64 = 2_000
        /// Signs of life of the agents and of the coordinator; 0: none.
        package var heartbeat: Int64 = nanosecondsPerSecond
        /// Whether pages that runs leave take room, of which each node has what it says: what finds
        /// none waits, and other pages go to the disk.
        package var limitsMemory = false
        /// From the order to write a page to the disk until it is there.
        package var spillTime: Int64 = 200_000
        /// Whether every message goes through SwoopWire.
        package var encodes = true
        package var keepsTrace = true
        /// Whether processes notice that they were stopped. Off only in the test that proves that
        /// it matters.
        package var noticesPauses = true
        /// Whether clients watch their coordinator, as those of other processes do.
        package var clientsWatch = false
        /// Shares of messages that come late, and that come twice.
        package var lateShare = 0.0
        package var doubledShare = 0.0
        /// How late at most.
        package var lateMax: Int64 = 5_000_000
        package var seed: UInt64 = 1

        package init() {}
    }

    enum Happening {
        /// Frames of a connection came: a message, a piece of one, or what a lane says.
        case arrived(Connection, [[UInt8]])
        case toCoordinator(NodeID, AgentMessage)
        case toAgent(NodeID, AgentOrder)
        case toClient(ClientID, ClientReply)
        case fromClient(ClientID, ClientMessage)
        case toWorker(NodeID, WorkerID, WorkerOrder)
        case fromWorker(NodeID, WorkerID, WorkerMessage)
        case workerUp(NodeID, WorkerID, ProgramID)
        case workerDown(NodeID, WorkerID, culprit: AttemptID?, signal: Int32)
        case runOver(NodeID, WorkerID, slot: Int, AttemptID)
        /// A run makes its children, or waits for those that are made.
        case childrenDue(NodeID, WorkerID, slot: Int, AttemptID, areMade: Bool)
        case roomAsked(NodeID, RoomUse, byteCount: Int64, PageMedium)
        case spillOver(NodeID, TaskID, PageExtent)
        case pageAsked(of: NodeID, by: NodeID, TaskID, token: UInt64)
        case rangeLeft(NodeID, TaskID, PageExtent)
        case pageGiven(to: NodeID, TaskID, [UInt8], elementCount: Int64)
        case pageRefused(to: NodeID, TaskID, FetchFailure)
        case programArrived(NodeID, ProgramID)
        case deadline
        case heartbeat(NodeID)
        case wake(Int)
        case awoke(VirtualProcess)
        case clientTurn(ClientID)
        /// The coordinator hears of it.
        case agentGone(NodeID, reason: String)
        case agentCame(NodeID, NodeDescription, ProgramID)
        case clientCame(ClientID, ProgramID)
        /// A host may be reached again.
        case linkBack(UInt32)
        /// The coordinator is asked to let the node leave, and to hand on what still runs there
        /// after so many nanoseconds.
        case drainAsked(NodeID, handsOnAfter: Int64)
        /// The coordinator is asked to keep it after all; `step` answers with `planned(number)`
        /// where it has left, or is lost.
        case stayAsked(NodeID, number: Int)
    }

    struct PendingOutput {
        var task: TaskID
        var node: NodeID
        var client: ClientID
        var name: TaskID
    }

    package let configuration: Configuration
    /// What a run of an order, with the bytes of its inputs, will take and leave.
    let behaviour: (RunOrder, [TaskID: [UInt8]]) -> VirtualRun
    package internal(set) var now: Int64 = 0
    package internal(set) var scheduler: Scheduler
    package internal(set) var digest = Mixer(seed: 0)
    package internal(set) var busyNanoseconds: Int64 = 0
    /// What happened since the caller last emptied it.
    package var trace: [TraceEntry] = []
    var queue = EventQueue<Happening>()
    var nodes: [VirtualNode] = []
    var clients: [VirtualClient] = []
    var nodesJoined: UInt32 = 0
    var hostsJoined: UInt32 = 0
    /// Until when hosts are cut off.
    var cuts: [UInt32: Int64] = [:]
    /// What a cut keeps back, in order, by the host that is cut off.
    var kept: [UInt32: [Happening]] = [:]
    /// Processes that are stopped now.
    var stalls: [VirtualProcess: Stall] = [:]
    /// What came to processes while they were stopped, in order.
    var inboxes: [VirtualProcess: [Happening]] = [:]
    /// Pairs of hosts that do not reach each other.
    var separated: Set<Set<UInt32>> = []
    /// Hosts that cannot take in a program.
    var refusing: Set<UInt32> = []
    var questionsAsked: UInt64 = 0
    /// Pages that went by way of the coordinator.
    package internal(set) var pagesRelayed = 0
    /// Pages that went to a disk, or were written there at once.
    package internal(set) var pagesOnDisk = 0
    /// Child runs that were begun.
    package internal(set) var childrenRun = 0
    var pendingOutputs: [PendingOutput] = []
    var fetches: [Fetch] = []
    /// Pages that the coordinator asked for, for another node.
    var relays: [Fetch] = []
    /// When the last message of a connection arrives: later ones come after it.
    var arrivals: [Connection: Int64] = [:]
    /// When the link of a connection is free again.
    var departures: [Connection: Int64] = [:]
    /// By the direction in which each sends.
    var lanes: [Connection: Lane<Nowhere>] = [:]
    var generator: SeededGenerator
    var deadline: Int64 = .max
    var isQuiet = false

    package init(
        _ configuration: Configuration,
        behaviour: @escaping (RunOrder, [TaskID: [UInt8]]) -> VirtualRun
    ) {
        self.configuration = configuration
        self.behaviour = behaviour
        scheduler = Scheduler(configuration: configuration.scheduler)
        generator = SeededGenerator(seed: configuration.seed)
    }

    /// Lets the next thing happen; false: nothing is left to happen.
    package mutating func step() -> Wake {
        guard let (time, happening) = queue.next() else { return .idle }
        now = max(now, time)
        return come(happening)
    }

    /// Lets it happen, unless a link on its way is cut, or the process is stopped that it comes to.
    @discardableResult
    mutating func come(_ happening: Happening) -> Wake {
        if let host = cutHost(on: happening) {
            kept[host, default: []].append(happening)
            return .happened
        }
        if let process = process(of: happening), isStalled(process) {
            inboxes[process, default: []].append(happening)
            return .happened
        }
        return happen(happening)
    }

    @discardableResult
    mutating func happen(_ happening: Happening) -> Wake {
        switch happening {
        case .arrived(let connection, let frames): arrive(frames, over: connection)
        case .toCoordinator(let node, let message): take(message, from: node)
        case .toAgent(let node, let order): take(order, at: node)
        case .toClient(let client, let reply): take(reply, at: client)
        case .fromClient(let client, let message): take(message, from: client)
        case .toWorker(let node, let worker, let order): take(order, at: node, worker)
        case .fromWorker(let node, let worker, let message): take(message, at: node, worker)
        case .workerUp(let node, let worker, let program): workerUp(worker, program, at: node)
        case .workerDown(let node, let worker, let culprit, let signal):
            workerDown(worker, at: node, culprit: culprit, signal: signal)
        case .runOver(let node, let worker, let slot, let attempt):
            runOver(attempt, on: slot, of: worker, at: node)
        case .childrenDue(let node, let worker, let slot, let attempt, let areMade):
            children(of: attempt, areMade: areMade, on: slot, of: worker, at: node)
        case .roomAsked(let node, let use, let byteCount, .memory):
            giveRoom(for: use, byteCount, at: node)
        case .roomAsked(let node, let use, let byteCount, .disk):
            lend(byteCount, in: .disk, for: use, at: node)
        case .spillOver(let node, let task, let extent): endSpill(of: task, extent, at: node)
        case .pageAsked(let node, let by, let task, let token):
            takeQuestion(for: task, by: by, token, at: node)
        case .rangeLeft(let node, let task, let extent): rangeLeft(task, extent, at: node)
        case .pageGiven(let node, let task, let bytes, let count):
            receivePage(task, bytes, elementCount: count, at: node)
        case .pageRefused(let node, let task, let failure):
            refusePage(task, failure, to: node)
        case .programArrived(let node, let program): takeProgram(program, at: node)
        case .deadline: reachDeadlines()
        case .heartbeat(let node): beat(node)
        case .awoke(let process): awake(process)
        case .clientTurn(let client): turn(of: client)
        case .agentGone(let node, let reason):
            forget(node)
            handle(.nodeLost(node, reason: reason))
        case .agentCame(let node, let description, let program):
            handle(.nodeJoined(node, description, program))
        case .clientCame(let client, let program): handle(.clientJoined(client, program))
        case .linkBack(let host): reconnect(host)
        case .drainAsked(let node, let pause):
            handle(.drainWanted(node, until: Timestamp(nanoseconds: now + pause)))
        case .stayAsked(let node, let number): keep(node, orPlan: number)
        case .wake(let number): return .planned(number)
        }
        return .happened
    }

    /// What a step did.
    package enum Wake: Equatable, Sendable {
        case happened
        /// What the caller planned under this number is due.
        case planned(Int)
        case idle
    }

    /// Has `step` answer with `planned(number)` at `time`.
    package mutating func plan(_ number: Int, at time: Int64) {
        queue.add(.wake(number), at: time)
    }

    // MARK: The coordinator

    mutating func handle(_ event: SchedulerEvent) {
        if configuration.keepsTrace { trace.append(.event(event)) }
        var effects: [SchedulerEffect] = []
        scheduler.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        for effect in effects { perform(effect) }
        planDeadline(scheduler.nextDeadline)
    }

    private mutating func perform(_ effect: SchedulerEffect) {
        if configuration.keepsTrace { trace.append(.effect(effect)) }
        switch effect {
        case .grantLease(let node, let lease): send(.lease(lease), to: node)
        case .revoke(let node, let attempts): send(.revoke(attempts), to: node)
        case .recall(let node, let attempts): send(.recall(attempts), to: node)
        case .dropPages(let node, let tasks): send(.dropPages(tasks), to: node)
        case .storePage(let node, let task, let kind, let bytes):
            send(.storePage(task, kind, elementCount: 1, bytes: bytes), to: node)
        case .lendRoom(let node, let task, let byteCount):
            send(.lendRoom(task, byteCount: byteCount), to: node)
        case .keepWritten(let node, let task, let page): send(.keepWritten(task, page), to: node)
        case .prepareProgram(let node, let program):
            let manifest = ProgramManifest(id: program, name: "p", architecture: "a", files: [])
            send(.prepare(manifest), to: node)
        case .notify(let client, let notice): send(.notices([notice]), to: client)
        case .deliver(let client, let task, let bytes):
            send(.value(task, bytes: bytes), to: client)
        case .requestOutput(let node, let task, let client, let name):
            let isAsked = pendingOutputs.contains { $0.task == task && $0.node == node }
            pendingOutputs.append(
                PendingOutput(task: task, node: node, client: client, name: name))
            if !isAsked { send(.sendPage(task), to: node) }
        case .copyPage(let node, let copy): send(.copyPages([copy]), to: node)
        case .nodeDrained(let node):
            send(.shutDown, to: node)
            forget(node)
        case .closeNode(let node, _):
            check(silenceOn: .toCoordinator(node), "node \(node.rawValue) is given up for silence")
            forget(node)
        case .settleKeeping(let client, let number, let refusal):
            send(.keepSettled(number: number, refusal: refusal), to: client)
        case .tellKept:
            for client in clients { send(.kept(scheduler.keptStates), to: client.id) }
        case .recordRun, .recordChildren, .reject: break
        }
    }

    private mutating func take(_ message: AgentMessage, from node: NodeID) {
        guard scheduler.nodes.place(of: node) != nil else { return send(.unknown, to: node) }
        switch message {
        case .reports(let reports, _): handle(.reported(node, reports))
        case .page(let task, let bytes):
            passOn(task, bytes, of: node)
            let due = pendingOutputs.filter { $0.task == task && $0.node == node }
            pendingOutputs.removeAll { $0.task == task && $0.node == node }
            for pending in due {
                send(.value(pending.name, bytes: bytes), to: pending.client)
                handle(.outputDelivered(pending.client, pending.name))
            }
        case .pageMissing(let task):
            pendingOutputs.removeAll { $0.task == task && $0.node == node }
            passOn(task, nil, of: node)
            handle(.pageMissed(node, task))
        case .roomLent(let task, let offset, let byteCount):
            handle(.roomLent(node, task, offset: offset, byteCount: byteCount))
        case .pageCopied(let task): handle(.pageCopied(node, task))
        case .pageNotCopied(let failure): handle(.pageNotCopied(node, failure))
        case .programReady(let program): handle(.programReady(node, program))
        case .programFailed(let program, let reason):
            handle(.programFailed(node, program, reason: reason))
        case .relayWanted(let task, let source): relay(task, from: source, to: node)
        case .sample, .register, .printed, .remark, .goodbye, .programBytesWanted:
            handle(.nodeHeard(node))
        }
    }

    /// Tells the scheduler what a forecast says of a function.
    package mutating func revise(_ function: FunctionSpec, _ model: DurationModel) {
        let index = scheduler.functionIndex(of: function)
        handle(.estimateRevised(index, model))
    }

    /// Tells the scheduler how much a function leaves.
    package mutating func revise(_ function: FunctionSpec, _ model: OutputModel) {
        let index = scheduler.functionIndex(of: function)
        handle(.outputSizeRevised(index, model))
    }

    // MARK: Deadlines

    mutating func planDeadline(_ due: Timestamp?) {
        guard let due = due?.nanoseconds, due < deadline else { return }
        deadline = due
        queue.add(.deadline, at: due)
    }

    private mutating func reachDeadlines() {
        guard now >= deadline else { return }
        deadline = .max
        let time = Timestamp(nanoseconds: now)
        if !isStalled(.coordinator), let due = scheduler.nextDeadline, due <= time {
            handle(.deadlineReached)
        }
        for client in clients.map(\.id) where !isStalled(.client(client)) {
            if let due = self.client(client)?.session.nextDeadline, due <= time {
                act(.deadlineReached, as: client)
            }
        }
        for id in nodes.map(\.id) {
            if !isStalled(.agent(id)), let due = node(id)?.agent.nextDeadline, due <= time {
                tell(id, AgentEvent.deadlineReached)
            }
            let workers = isStalled(.workers(id)) ? nil : node(id)?.workers.keys.sorted()
            for worker in workers ?? [] {
                if let due = node(id)?.workers[worker]?.machine.nextDeadline, due <= time {
                    tell(id, worker, .deadlineReached)
                }
            }
        }
        planDeadlines(after: time)
    }

    /// Strictly later ones: what is due and did not change anything would be due for ever. Those of
    /// stopped processes are theirs when they go on.
    private mutating func planDeadlines(after time: Timestamp) {
        var next = isStalled(.coordinator) ? [] : [scheduler.nextDeadline].compactMap { $0 }
        for client in clients where !isStalled(.client(client.id)) {
            next += [client.session.nextDeadline].compactMap { $0 }
        }
        for node in nodes {
            if !isStalled(.agent(node.id)) { next += [node.agent.nextDeadline].compactMap { $0 } }
            if isStalled(.workers(node.id)) { continue }
            next += node.workers.values.compactMap { $0.machine.nextDeadline }
        }
        for due in next { planDeadline(max(due, time.advanced(by: 1))) }
    }
}
