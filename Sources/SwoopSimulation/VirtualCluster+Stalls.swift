// Processes of the virtual cluster that are stopped for a while, as SIGSTOP does, and go on: what
// others send them meanwhile lies unread. When one goes on it looks at its deadlines before it has
// read anything, which is the worst that a real loop may do: the kernel may be slow to hand over.

import SwoopExecution
package import SwoopModel
import SwoopScheduling
import SwoopSession
import SwoopWire

/// A process of the simulation.
package enum VirtualProcess: Hashable, Sendable {
    case coordinator
    case agent(NodeID)
    /// All worker processes of a node.
    case workers(NodeID)
    case client(ClientID)
}

extension VirtualCluster {
    /// How long a process is stopped.
    struct Stall {
        var since: Int64
        var until: Int64
    }

    /// Stops a process for a while; one that is stopped already, for so long from now at least.
    package mutating func stall(_ process: VirtualProcess, for nanoseconds: Int64) {
        let since = stalls[process]?.since ?? now
        let until = max(stalls[process]?.until ?? 0, now + max(1, nanoseconds))
        stalls[process] = Stall(since: since, until: until)
        queue.add(.awoke(process), at: until)
    }

    func isStalled(_ process: VirtualProcess) -> Bool { stalls[process] != nil }

    /// The process goes on: it judges by what it knew, and then reads what came meanwhile, in
    /// order. No cut keeps that back any more.
    mutating func awake(_ process: VirtualProcess) {
        guard let stall = stalls[process], stall.until <= now else { return }
        stalls[process] = nil
        let absence = absence(stall, of: process)
        switch process {
        case .coordinator:
            if absence > 0 { handle(.paused(absence)) }
            if let due = scheduler.nextDeadline, due.nanoseconds <= now { handle(.deadlineReached) }
            planDeadline(scheduler.nextDeadline)
        case .agent(let id):
            if absence > 0 { tell(id, .paused(absence)) }
            tell(id, .deadlineReached)
        case .workers(let id):
            for worker in node(id)?.workers.keys.sorted() ?? [] {
                tell(id, worker, .deadlineReached)
            }
        case .client(let id):
            act(.deadlineReached, as: id)
            judge(by: id, absence: absence)
        }
        for happening in inboxes.removeValue(forKey: process) ?? [] { happen(happening) }
    }

    /// What the process notices of its stop.
    private func absence(_ stall: Stall, of process: VirtualProcess) -> Int64 {
        guard configuration.noticesPauses else { return 0 }
        var longest = 2 * nanosecondsPerSecond
        if case .agent = process { longest = nanosecondsPerSecond / 2 }
        var turns = LoopTurns(longest: longest)
        _ = turns.begin(at: Timestamp(nanoseconds: stall.since))
        return turns.begin(at: Timestamp(nanoseconds: now))
    }

    /// The process that makes something of it.
    func process(of happening: Happening) -> VirtualProcess? {
        switch happening {
        case .arrived(let connection, _): receiver(of: connection)
        case .toCoordinator, .fromClient, .agentGone, .agentCame, .clientCame, .drainAsked,
            .stayAsked:
            .coordinator
        case .toClient(let client, _), .clientTurn(let client): .client(client)
        case .toAgent(let node, _), .fromWorker(let node, _, _), .pageAsked(let node, _, _, _),
            .rangeLeft(let node, _, _), .pageGiven(let node, _, _, _),
            .pageRefused(let node, _, _), .workerUp(let node, _, _),
            .workerDown(let node, _, _, _), .programArrived(let node, _),
            .roomAsked(let node, _, _, _), .spillOver(let node, _, _):
            .agent(node)
        case .toWorker(let node, _, _), .runOver(let node, _, _, _),
            .childrenDue(let node, _, _, _, _):
            .workers(node)
        case .deadline, .heartbeat, .wake, .awoke, .linkBack: nil
        }
    }

    private func receiver(of connection: Connection) -> VirtualProcess {
        switch connection {
        case .toCoordinator, .fromClient: .coordinator
        case .toAgent(let node): .agent(node)
        case .toClient(let client): .client(client)
        }
    }

    private func connection(of happening: Happening) -> Connection? {
        switch happening {
        case .arrived(let connection, _): connection
        case .toCoordinator(let node, _): .toCoordinator(node)
        case .toAgent(let node, _): .toAgent(node)
        case .toClient(let client, _): .toClient(client)
        case .fromClient(let client, _): .fromClient(client)
        default: nil
        }
    }

    /// Somebody is given up for silence: not while what he said lies unread.
    mutating func check(silenceOn connection: Connection, _ text: String) {
        let inbox = inboxes[receiver(of: connection)] ?? []
        if inbox.contains(where: { self.connection(of: $0) == connection }) {
            trace.append(.broken("\(text), though what was said to it lies unread"))
        }
    }

    // MARK: Clients that watch their coordinator

    /// A client looks whether its coordinator speaks, which says something every second.
    mutating func turn(of client: ClientID) {
        judge(by: client, absence: 0)
        let isKnown = scheduler.clients.contains { $0.id == client }
        if isKnown, !isStalled(.coordinator) { send(.notices([]), to: client) }
        queue.add(.clientTurn(client), at: now + nanosecondsPerSecond / 2)
    }

    private mutating func judge(by client: ClientID, absence: Int64) {
        guard let place = clients.firstIndex(where: { $0.id == client }) else { return }
        let time = Timestamp(nanoseconds: now)
        if configuration.noticesPauses { clients[place].watch?.beginTurn(at: time) }
        guard let verdict = clients[place].watch?.judge(at: time) else { return }
        switch verdict {
        case .fine, .doubtful: break
        case .unanswered, .silent:
            check(
                silenceOn: .toClient(client), "client \(client.rawValue) gives up its coordinator")
            act(.connectionLost("the coordinator was silent"), as: client)
        }
    }
}
