// The whole of Swoop in virtual time: the real machines of coordinator, agents, workers and
// clients, a network that delays, and nothing else. VirtualCluster+Nodes has the nodes, +Network
// the messages.

import SwoopExecution
package import SwoopModel
package import SwoopScheduling
package import SwoopSession
import SwoopWire

/// Something that a checker outside of the machines wants to see.
package enum TraceEntry: Sendable {
    case event(SchedulerEvent)
    case effect(SchedulerEffect)
    case session(SessionEffect)
    /// A run was started with an input that had been freed.
    case brokenRead(AttemptID)
    /// A message did not come back from its bytes.
    case broken(String)
}

/// Coordinator, nodes and one client on one virtual clock.
package struct VirtualCluster {
    /// What may be set.
    package struct Configuration: Sendable {
        package var scheduler = Scheduler.Configuration()
        /// Between machines, one way. 50 µs: half a round trip of ZeroMQ over loopback.
        package var latency: Int64 = 50_000
        package var bytesPerSecond: Double = 1e9
        /// Between agent and worker, one way.
        package var ringLatency: Int64 = 1_000
        /// From the order to start a worker until it is ready.
        package var workerStart: Int64 = 5_000_000
        /// What a run takes beside the run itself.
        package var overhead: Int64 = 2_000
        /// Signs of life of the agents; 0: none.
        package var heartbeat: Int64 = nanosecondsPerSecond
        /// Whether every message goes through SwoopWire.
        package var encodes = true
        package var keepsTrace = true
        /// Shares of messages that come late, and that come twice.
        package var lateShare = 0.0
        package var doubledShare = 0.0
        /// How late at most.
        package var lateMax: Int64 = 5_000_000
        package var seed: UInt64 = 1

        package init() {}
    }

    enum Happening {
        case toCoordinator(NodeID, AgentMessage)
        case toAgent(NodeID, AgentOrder)
        case toClient(ClientReply)
        case fromClient(ClientMessage)
        case toWorker(NodeID, WorkerID, WorkerOrder)
        case fromWorker(NodeID, WorkerID, WorkerMessage)
        case workerUp(NodeID, WorkerID)
        case workerDown(NodeID, WorkerID, culprit: AttemptID?, signal: Int32)
        case runOver(NodeID, WorkerID, slot: Int, AttemptID)
        case pageAsked(of: NodeID, by: NodeID, TaskID)
        case pageGiven(to: NodeID, TaskID, [UInt8], elementCount: Int64)
        case pageRefused(to: NodeID, TaskID)
        case deadline
        case heartbeat(NodeID)
        case wake(Int)
    }

    struct PendingOutput {
        var task: TaskID
        var node: NodeID
        var name: TaskID
    }

    struct Fetch: Equatable {
        var by: NodeID
        var from: NodeID
        var task: TaskID
    }

    package let configuration: Configuration
    /// What a run of an order, with the bytes of its inputs, will take and leave.
    let behaviour: (RunOrder, [TaskID: [UInt8]]) -> VirtualRun
    package internal(set) var now: Int64 = 0
    package internal(set) var scheduler: Scheduler
    package internal(set) var session = SessionMachine()
    package internal(set) var digest = Mixer(seed: 0)
    package internal(set) var busyNanoseconds: Int64 = 0
    /// What happened since the caller last emptied it.
    package var trace: [TraceEntry] = []
    var queue = EventQueue<Happening>()
    var nodes: [VirtualNode] = []
    var nodesJoined: UInt32 = 0
    var pendingOutputs: [PendingOutput] = []
    var fetches: [Fetch] = []
    /// When the last message of a connection arrives: later ones come after it.
    var arrivals: [Connection: Int64] = [:]
    var generator: SeededGenerator
    var deadline: Int64 = .max
    var isQuiet = false
    package let client = ClientID(7)

    package init(
        _ configuration: Configuration,
        behaviour: @escaping (RunOrder, [TaskID: [UInt8]]) -> VirtualRun
    ) {
        self.configuration = configuration
        self.behaviour = behaviour
        scheduler = Scheduler(configuration: configuration.scheduler)
        generator = SeededGenerator(seed: configuration.seed)
        handle(.clientJoined(client))
    }

    /// Lets the next thing happen; false: nothing is left to happen.
    package mutating func step() -> Wake {
        guard let (time, happening) = queue.next() else { return .idle }
        now = max(now, time)
        switch happening {
        case .toCoordinator(let node, let message): take(message, from: node)
        case .toAgent(let node, let order): take(order, at: node)
        case .toClient(let reply): take(reply)
        case .fromClient(let message): take(message)
        case .toWorker(let node, let worker, let order): take(order, at: node, worker)
        case .fromWorker(let node, let worker, let message): take(message, at: node, worker)
        case .workerUp(let node, let worker): workerUp(worker, at: node)
        case .workerDown(let node, let worker, let culprit, let signal):
            workerDown(worker, at: node, culprit: culprit, signal: signal)
        case .runOver(let node, let worker, let slot, let attempt):
            runOver(attempt, on: slot, of: worker, at: node)
        case .pageAsked(let node, let by, let task): givePage(task, of: node, to: by)
        case .pageGiven(let node, let task, let bytes, let count):
            receivePage(task, bytes, elementCount: count, at: node)
        case .pageRefused(let node, let task): refusePage(task, to: node)
        case .deadline: reachDeadlines()
        case .heartbeat(let node): beat(node)
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
        case .dropPages(let node, let tasks): send(.dropPages(tasks), to: node)
        case .storePage(let node, let task, let kind, let bytes):
            send(.storePage(task, kind, elementCount: 1, bytes: bytes), to: node)
        case .notify(_, let notice): send(.notices([notice]))
        case .deliver(_, let task, let bytes): send(.value(task, bytes: bytes))
        case .requestOutput(let node, let task, _, let name):
            let isAsked = pendingOutputs.contains { $0.task == task && $0.node == node }
            pendingOutputs.append(PendingOutput(task: task, node: node, name: name))
            if !isAsked { send(.sendPage(task), to: node) }
        case .closeNode(let node, _): end(node)
        case .recordRun, .recordChildren, .reject: break
        }
    }

    private mutating func take(_ message: AgentMessage, from node: NodeID) {
        switch message {
        case .reports(let reports): handle(.reported(node, reports))
        case .sample: handle(.nodeHeard(node))
        case .page(let task, let bytes):
            let due = pendingOutputs.filter { $0.task == task && $0.node == node }
            pendingOutputs.removeAll { $0.task == task && $0.node == node }
            for pending in due {
                send(.value(pending.name, bytes: bytes))
                handle(.outputDelivered(client, pending.name))
            }
        case .pageMissing(let task):
            pendingOutputs.removeAll { $0.task == task && $0.node == node }
            handle(.pageMissed(node, task))
        case .register, .printed, .remark, .goodbye: break
        }
    }

    private mutating func take(_ message: ClientMessage) {
        switch message {
        case .submit(let part, let data): handle(.graphSubmitted(client, part, data: data))
        case .release(let tasks): handle(.handlesReleased(client, tasks))
        case .cancel(let tasks): handle(.cancellationRequested(client, tasks))
        case .want(let tasks): handle(.outputsWanted(client, tasks))
        case .goodbye: handle(.clientLeft(client))
        case .hello, .wantRecords, .watchUsage: break
        }
    }

    /// Tells the scheduler what a forecast says of a function.
    package mutating func revise(_ function: FunctionSpec, _ model: DurationModel) {
        let index = scheduler.functionIndex(of: function)
        handle(.estimateRevised(index, model))
    }

    // MARK: The client

    /// The program did something.
    package mutating func act(_ event: SessionEvent) {
        var effects: [SessionEffect] = []
        session.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        for effect in effects {
            if configuration.keepsTrace { trace.append(.session(effect)) }
            switch effect {
            case .submit(let part, let data): send(ClientMessage.submit(part, data: data))
            case .release(let tasks): send(ClientMessage.release(tasks))
            case .cancel(let tasks): send(ClientMessage.cancel(tasks))
            case .want(let tasks): send(ClientMessage.want(tasks))
            case .settle, .bring, .refuse, .show, .remark, .progress: break
            }
        }
        planDeadline(session.nextDeadline)
    }

    private mutating func take(_ reply: ClientReply) {
        switch reply {
        case .notices(let notices): act(.noticed(notices))
        case .value(let task, let bytes): act(.valueArrived(task, bytes))
        case .missing(let task): act(.valueMissing(task))
        case .welcome, .refused, .usage, .records: break
        }
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
        if let due = scheduler.nextDeadline, due <= time { handle(.deadlineReached) }
        if let due = session.nextDeadline, due <= time { act(.deadlineReached) }
        for id in nodes.map(\.id) {
            if let due = node(id)?.agent.nextDeadline, due <= time {
                tell(id, AgentEvent.deadlineReached)
            }
            if let due = node(id)?.worker?.nextDeadline, due <= time {
                tell(id, WorkerEvent.deadlineReached)
            }
        }
        // Strictly later ones: what is due and did not change anything would be due for ever.
        var next: [Timestamp] = [scheduler.nextDeadline, session.nextDeadline].compactMap { $0 }
        for node in nodes {
            next += [node.agent.nextDeadline, node.worker?.nextDeadline].compactMap { $0 }
        }
        for due in next { planDeadline(max(due, time.advanced(by: 1))) }
    }
}
