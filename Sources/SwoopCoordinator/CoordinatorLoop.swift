// The coordinator's loop: messages in, events to the scheduler, its effects performed. No policy:
// what to do is the scheduler's, here is only how.

import SwoopLaunching
import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

/// Who a connection is.
enum PeerRole {
    case agent(NodeID)
    case client(ClientID)
}

/// A client: in this process, or behind a connection.
struct AttachedClient {
    var id: ClientID
    var peer: PeerID?
    var receive: (@Sendable (ClientReply) -> Void)?
    var program: ProgramID
    /// What a person calls the program; empty: it is this process.
    var name = ""
    /// It came without a program: it submits nothing.
    var isViewer = false
    var watchesUsage = false
    /// Notices of this step, sent as one message.
    var notices: [ClientNotice] = []
    /// Its connection ended without a goodbye.
    var isGone = false
    /// The last line about what its work waits for without a node.
    var waitingTold = ""
    /// What it was told last of its work, and when.
    var progress = ProgressCount()
    var progressAt: Int64 = 0
}

/// An agent behind a connection, with its last sample.
struct AttachedNode {
    var id: NodeID
    var peer: PeerID
    var description: NodeDescription
    /// Where others fetch its pages; its key tells it from other agents.
    var pages: PageService
    var slots: [SlotUsage] = []
    var cpuNanoseconds: Int64 = 0
    var residentBytes: Int64 = 0
    var fetchedBytes: Int64 = 0
    var givenBytes: Int64 = 0
    var sampledAt: Int64 = 0
    var joinedAt: Int64 = 0
    /// When the scheduler was last told that it lives.
    var heardAt: Int64 = 0
    /// Its connection ended, and when that was noticed.
    var isUnreachable = false
    var unreachableSince: Int64 = 0
}

/// An output on its way from a node to a client.
struct PendingOutput {
    var task: TaskID
    var node: NodeID
    var client: ClientID
    var name: TaskID
}

struct CoordinatorLoop: ~Copyable {
    let configuration: Coordinator.Configuration
    let inbox: Inbox<Coordinator.Command>
    let socket: Socket
    var local: LocalAgent?
    let access: AccessList
    let depot: ProgramDepot
    /// What it listens on, in the order of binding.
    var endpoints: [String]
    var poll = PollLoop()
    /// It never waits longer than between two signs, while there is anybody to judge.
    var turns = LoopTurns(longest: 2 * signPeriod)
    var scheduler: Scheduler
    var learning: CoordinatorLearning
    var effects: [SchedulerEffect] = []
    var clients: [AttachedClient] = []
    var nodes: [AttachedNode] = []
    var roles: [PeerID: PeerRole] = [:]
    var lanes = CoordinatorLanes()
    var pendingOutputs: [PendingOutput] = []
    /// Clients whose program is not known yet, until they offer it, in the order in which they
    /// came: who goes without a word stays until others take its place.
    var awaited: [(peer: PeerID, id: ClientID, name: String)] = []
    /// Programs of clients, in the order of being offered.
    var manifests: [ProgramManifest] = []
    /// Those of present clients, in the order in which they came.
    var libraries: [ClientLibrary] = []
    var relays = PageRelays()
    /// Nil: the hosts stay what they are.
    var hosts: StandingHosts?
    /// The nodes changed since they were told of one another.
    var arePeersStale = false
    /// When they may be told again.
    var nextPeers: Int64 = 0
    /// Keys of nodes that are gone, and when they went.
    var departed: [(key: String, at: Int64)] = []
    var nodesJoined: UInt32 = 0
    var malformed = 0
    /// This life of the coordinator.
    let epoch: CoordinatorEpoch
    /// Messages of another life's: of agents that it does not know, or of leases that were not its.
    var stale = 0
    var stopped = false
    var child: ChildProcess?
    /// Why the only agent that could be is not there; clients that come are told.
    var refusal: String?
    var childExit: PollLoop.Source?
    var nextUsage: Int64 = 0
    var nextProgress: Int64 = 0
    var nextSign: Int64 = 0
    /// 10 Hz for those who watch, 4 Hz for progress.
    static let usagePeriod: Int64 = 100_000_000
    static let progressPeriod: Int64 = 250_000_000
    /// Work of which nothing is new is told of once in so long: its time goes on.
    static let progressSilence = nanosecondsPerSecond
    /// Every second each client hears something: it knows that there is a coordinator, and a client
    /// whose process was killed is noticed.
    static let signPeriod = nanosecondsPerSecond

    init(
        _ configuration: Coordinator.Configuration, inbox: Inbox<Coordinator.Command>,
        socket: consuming Socket, local: LocalAgent?, access: AccessList, depot: ProgramDepot,
        endpoint: String
    ) {
        self.configuration = configuration
        self.inbox = inbox
        self.socket = socket
        self.local = local
        self.access = access
        self.depot = depot
        endpoints = [endpoint]
        epoch = CoordinatorEpoch(.random(in: 1 ... .max))
        manifests = configuration.bundle.map { [$0.manifest] } ?? []
        var scheduling = configuration.scheduler
        // Where hosts are kept a lost one comes back: work waits so long.
        if configuration.keeper != nil { scheduling.failsWithoutNodes = false }
        scheduler = Scheduler(configuration: scheduling)
        hosts = configuration.keeper.map { StandingHosts($0) }
        learning = CoordinatorLearning(path: configuration.modelPath)
    }

    /// Runs until it is stopped or cannot go on; answers with why.
    mutating func run() -> String {
        var reason = "the cluster has ended"
        let waking = poll.watch(descriptor: inbox.wakeup.descriptor)
        let arriving = poll.watch(socket)
        startLocalAgent(now: MonotonicClock.nanoseconds())
        var spare: [Coordinator.Command] = []
        while !stopped {
            do {
                try poll.wait(until: nextDeadline(now: MonotonicClock.nanoseconds()))
            } catch {
                reason = "the coordinator's poll failed: \(error)"
                refuseAll(reason)
                break
            }
            let now = MonotonicClock.nanoseconds()
            excuse(turns.begin(at: Timestamp(nanoseconds: now)), now: now)
            if poll.isReady(waking) {
                spare = inbox.take(reusing: spare)
                for command in spare { take(command, now: now) }
            }
            if poll.isReady(arriving) { receive(now: now) }
            if let childExit, poll.isReady(childExit, for: [.readable, .failed]) {
                childEnded(now: now)
            }
            // What ended goes out before anything is learned of it.
            flushNotices()
            tick(now: now)
            tellPeers(now: now)
            flushNotices()
        }
        shutDown()
        return reason
    }

    /// This process was away itself: before anything is judged, limits move by as much.
    private mutating func excuse(_ absence: Int64, now: Int64) {
        guard absence > 0, !nodes.isEmpty else { return }
        for place in nodes.indices where nodes[place].isUnreachable {
            nodes[place].unreachableSince = min(now, nodes[place].unreachableSince + absence)
        }
        handle(.paused(absence), now: now)
    }

    private func nextDeadline(now: Int64) -> Int64? {
        var deadline = learning.nextDeadline
        if let due = scheduler.nextDeadline?.nanoseconds { deadline = min(deadline ?? due, due) }
        if clients.contains(where: { $0.watchesUsage }) {
            deadline = min(deadline ?? nextUsage, nextUsage)
        }
        if !scheduler.progress.isOver {
            deadline = min(deadline ?? nextProgress, nextProgress)
        }
        if arePeersStale { deadline = min(deadline ?? nextPeers, nextPeers) }
        if let due = hosts?.roster.nextDeadline?.nanoseconds {
            deadline = min(deadline ?? due, due)
        }
        if let due = returnDeadline { deadline = min(deadline ?? due, due) }
        if !nodes.isEmpty || clients.contains(where: { $0.peer != nil }) {
            deadline = min(deadline ?? nextSign, nextSign)
        }
        if !lanes.heldUp.isEmpty { deadline = min(deadline ?? .max, now + Agreed.retryPeriod) }
        return deadline
    }

    private mutating func tick(now: Int64) {
        if let due = scheduler.nextDeadline?.nanoseconds, due <= now {
            handle(SchedulerEvent.deadlineReached, now: now)
        }
        if let due = hosts?.roster.nextDeadline?.nanoseconds, due <= now {
            handle(HostEvent.deadlineReached, now: now)
        }
        for models in learning.revise(scheduler.functions, now: now) {
            handle(.estimateRevised(models.function, models.duration), now: now)
            handle(.outputSizeRevised(models.function, models.output), now: now)
        }
        if let remark = learning.store(now: now) { remarkToAll(remark) }
        if nextUsage <= now { publishUsage(now: now) }
        if nextProgress <= now { publishProgress(now: now) }
        if nextSign <= now { giveSigns(now: now) }
        flushHeldUp(now: now)
        for client in clients.filter(\.isGone) { leave(client.id, now: now) }
        loseUnreachable(now: now)
        withdrawDeparted(now: now)
    }

    mutating func handle(_ event: SchedulerEvent, now: Int64) {
        scheduler.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        guard !effects.isEmpty else { return }
        var due: [SchedulerEffect] = []
        swap(&due, &effects)
        for effect in due { perform(effect, now: now) }
        due.removeAll(keepingCapacity: true)
        if effects.isEmpty { swap(&due, &effects) }
    }

    private mutating func take(_ command: Coordinator.Command, now: Int64) {
        switch command {
        case .stop: stopped = true
        case .attach(let id, let receive):
            clients.append(
                AttachedClient(
                    id: id, peer: nil, receive: receive, program: configuration.program))
            handle(.clientJoined(id, configuration.program), now: now)
            // Nodes that join later are told of when they do.
            if let refusal {
                send(.refused(refusal), to: id)
            } else if !nodes.isEmpty {
                send(welcome, to: id)
            }
        case .message(let id, let message): take(message, from: id, now: now)
        case .listen(let endpoint, let answer): answer.give(listen(on: endpoint))
        case .depot(let news): take(news, now: now)
        case .hosts(let news): take(news, now: now)
        case .admit(let host, let key, let answer): answer.give(admit(host, key: key))
        case .check(let host, let answer): check(host, for: answer, now: now)
        }
    }

    private mutating func listen(on endpoint: String) -> Result<String, TransportError> {
        if endpoints.contains(endpoint) { return .success(endpoint) }
        do throws(TransportError) {
            endpoints.append(try socket.bind(to: endpoint))
            for node in nodes where node.pages.publicKey == local?.publicKey {
                tellAddresses(to: node.id)
            }
            return .success(endpoint)
        } catch {
            return .failure(error)
        }
    }

    /// Has the agent beside this coordinator listen where it listens.
    mutating func tellAddresses(to node: NodeID) {
        for endpoint in endpoints.dropFirst() {
            guard let address = Self.address(in: endpoint) else { continue }
            send(.listen(address: address), to: node)
        }
    }

    /// The address of a TCP endpoint, without the brackets of IPv6.
    private static func address(in endpoint: String) -> String? {
        guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else {
            return nil
        }
        return String(endpoint[..<colon].dropFirst(6).filter { $0 != "[" && $0 != "]" })
    }

    mutating func take(_ message: ClientMessage, from client: ClientID, now: Int64) {
        switch message {
        case .hello, .offerProgram: malformed += 1
        case .submit(let part, let data):
            handle(.graphSubmitted(client, part, data: data), now: now)
            learning.prime(scheduler.functions)
            tellWaiting()
        case .data(let task, let bytes):
            handle(.dataArrived(client, task, bytes: bytes), now: now)
        case .roomWanted(let task, let byteCount):
            handle(
                .roomWanted(client, task, sharedNode(of: client), byteCount: byteCount), now: now)
        case .dataWritten(let task, let page):
            handle(.dataWritten(client, task, page), now: now)
        case .dataFailed(let failure): handle(.dataFailed(client, failure), now: now)
        case .release(let tasks): handle(.handlesReleased(client, tasks), now: now)
        case .cancel(let tasks): handle(.cancellationRequested(client, tasks), now: now)
        case .want(let tasks): handle(.outputsWanted(client, tasks), now: now)
        case .wantRecords(let identities):
            send(.records(learning.histories(for: identities)), to: client)
        case .wantHosts(let wanted): wantHosts(wanted, of: client)
        case .releaseHosts(let names, let limit):
            releaseHosts(names, within: limit, of: client, now: now)
        case .forgetHosts(let names): forgetHosts(names, of: client, now: now)
        case .watchUsage(let isOn):
            if let place = clients.firstIndex(where: { $0.id == client }) {
                clients[place].watchesUsage = isOn
                nextUsage = 0
            }
        case .keep(let wish):
            let name = clients.first { $0.id == client }?.name ?? ""
            handle(.keepWanted(client, wish, program: name), now: now)
        case .freeKept(let number, let names):
            handle(.keptUnwanted(client, number: number, names), now: now)
        case .wantKept: send(.kept(scheduler.keptStates), to: client)
        case .library(let name, let bytes): takeLibrary(bytes, named: name, of: client)
        case .goodbye:
            leave(client, now: now)
        }
    }

    /// The node whose memory the client can write in: the child of this process, for clients in it.
    private func sharedNode(of client: ClientID) -> NodeID? {
        guard clients.contains(where: { $0.id == client && $0.peer == nil }) else { return nil }
        return nodes.first { $0.pages.publicKey == local?.publicKey }?.id
    }

    /// A client said goodbye, or is gone without one.
    private mutating func leave(_ client: ClientID, now: Int64) {
        for peer in clients.filter({ $0.id == client }).compactMap(\.peer) {
            roles[peer] = nil
            lanes.forget(peer)
        }
        clients.removeAll { $0.id == client }
        libraries.removeAll { $0.client == client }
        pendingOutputs.removeAll { $0.client == client }
        hosts?.awaiting.removeAll { $0.client == client }
        handle(.clientLeft(client), now: now)
    }

    /// The end: agents are told to end, and waited for.
    private mutating func shutDown() {
        for node in nodes { send(.shutDown, to: node.id) }
        // Clients of other processes would wait for what never comes; the others ended this.
        for client in clients where client.peer != nil {
            send(.refused("whoever held the cluster has ended it"), to: client.id)
        }
        if let remark = learning.storeAll() { remarkToAll(remark) }
        flushNotices()
        depot.stop()
        waitForAgents()
    }

    /// An agent that ends closes its connection.
    ///
    /// The child is made to end after its limit. Others have half a second, those that were heard
    /// just now two: a busy machine may take so long to read its mail, and would lose it with the
    /// connection. Who is cut off ends by itself when its grace is over.
    private mutating func waitForAgents() {
        let began = MonotonicClock.nanoseconds()
        let limit = began + configuration.endingLimit
        while true {
            let now = MonotonicClock.nanoseconds()
            let isChildThere = child.map { $0.reap() == nil } ?? false
            if isChildThere, now >= limit {
                child?.endNow()
                child = nil
            }
            let areOthersThere = hasReachableNodes(since: began, now: now)
            guard isChildThere || areOthersThere else { break }
            try? poll.wait(until: areOthersThere ? now + Agreed.retryPeriod : limit)
            while let message = try? socket.receive() {
                // One that comes only now, as where a scope ends at once, has not been told.
                if let peer = message.peer, roles[peer] == nil {
                    _ = try? socket.send(AgentOrder.shutDown.encoded().map { Frame($0) }, to: peer)
                }
            }
        }
    }

    /// Nodes of other machines that are connected and have time left to end.
    private mutating func hasReachableNodes(since began: Int64, now: Int64) -> Bool {
        nodes.removeAll { node in
            let wasHeard = began - node.sampledAt < nanosecondsPerSecond
            return node.pages.publicKey == local?.publicKey
                || now - began >= (wasHeard ? 4 : 1) * nanosecondsPerSecond / 2
        }
        for place in nodes.indices {
            flush(nodes[place].peer, now: now)
            // Only what is sent tells whether a connection is still there.
            let outcome = try? socket.send(
                AgentOrder.sign.encoded().map { Frame($0) }, to: nodes[place].peer)
            if outcome == .unreachable { nodes[place].isUnreachable = true }
        }
        return nodes.contains { !$0.isUnreachable }
    }

    mutating func startLocalAgent(now: Int64) {
        guard let local else { return }
        do {
            let started = try local.start()
            childExit = poll.watch(descriptor: started.exitDescriptor)
            child = started
        } catch {
            missAgent("the agent of this machine could not be started: \(error)", now: now)
        }
    }

    private mutating func childEnded(now: Int64) {
        guard let status = child?.reap() else { return }
        let words = child?.lastWords()
        forgetChild()
        let cause: String
        switch status {
        case .exited(let code): cause = "its agent left with status \(code)"
        case .signalled(let signal): cause = "its agent was ended by signal \(signal)"
        }
        guard let node = nodes.first(where: { $0.pages.publicKey == local?.publicKey }) else {
            let reason = "the agent of this machine did not start: \(words ?? cause)"
            return missAgent(reason, now: now)
        }
        lose(node.id, reason: cause, now: now)
    }

    /// The child is not there any more.
    mutating func forgetChild() {
        if let childExit { poll.remove(childExit) }
        childExit = nil
        child = nil
    }

    /// The agent of this machine will not join: nobody who waits for it, or comes later, waits in
    /// vain. Where others are to come, or are there, they are what there is.
    private mutating func missAgent(_ reason: String, now: Int64) {
        if hosts != nil { return localFailed(reason, now: now) }
        guard local?.isOnly ?? true, nodes.isEmpty else { return remarkToAll(reason) }
        refusal = reason
        refuseAll(reason)
    }

    /// Tells every client that there is nothing to wait for any more.
    mutating func refuseAll(_ reason: String) {
        for client in clients { send(.refused(reason), to: client.id) }
    }

    mutating func remarkToAll(_ text: String) {
        for place in clients.indices { clients[place].notices.append(.remark(text)) }
    }
}
