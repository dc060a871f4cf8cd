// What arrives at the coordinator's socket: agents and clients of other processes, told apart by
// the key that they proved.

import SwoopLaunching
import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

extension CoordinatorLoop {
    /// Takes a message that is complete, of whoever the connection's key says that it is.
    mutating func take(
        _ frames: [[UInt8]], of message: ReceivedMessage, from peer: PeerID, now: Int64
    ) {
        switch (message.userName, roles[peer]) {
        case (Coordinator.agentName, .agent(let node)): take(frames, fromNode: node, now: now)
        case (Coordinator.agentName, nil):
            register(frames, peer: peer, key: message.userKey, now: now)
        case (Coordinator.clientName, .client(let client)):
            guard let message = try? ClientMessage(frames: frames) else {
                malformed += 1
                return
            }
            take(message, from: client, now: now)
        case (Coordinator.clientName, nil): greet(frames, peer: peer, now: now)
        default: malformed += 1
        }
    }

    private mutating func greet(_ frames: [[UInt8]], peer: PeerID, now: Int64) {
        let message: ClientMessage
        do throws(WireError) {
            message = try ClientMessage(frames: frames)
        } catch {
            malformed += 1
            reply(.refused("\(error)"), to: peer)
            return
        }
        if case .offerProgram(let manifest, let paths) = message,
            let place = awaited.firstIndex(where: { $0.peer == peer })
        {
            let known = awaited.remove(at: place)
            return takeOffer(
                manifest, paths, of: known.id, named: known.name, peer: peer, now: now)
        }
        guard case .hello(let version, let id, let program, let name) = message else {
            malformed += 1
            if case .goodbye = message { return }
            let text = "the connection was lost for too long, and the work of this program dropped"
            return reply(.refused(text), to: peer)
        }
        guard version == wireVersion else {
            let text =
                "it was brought up by another version of Swoop (wire version \(wireVersion)) than "
                + "this program was built with (\(version)): build both with the same"
            return reply(.refused(text), to: peer)
        }
        guard isFree(id, for: peer) else { return }
        guard program == .none || program == configuration.program else {
            awaited.removeAll { $0.peer == peer }
            awaited.append((peer, id, name))
            if awaited.count > configuration.awaitedMax { awaited.removeFirst() }
            return reply(.programWanted(program), to: peer)
        }
        if let refusal { return reply(.refused(refusal), to: peer) }
        welcome(id, program, named: name, peer: peer, now: now)
    }

    /// Whether no other client has this id, by which its tasks are told from those of others; else
    /// the one who asks is refused.
    private func isFree(_ id: ClientID, for peer: PeerID) -> Bool {
        let isTaken =
            clients.contains { $0.id == id }
            || awaited.contains { $0.peer != peer && $0.id == id }
        if isTaken {
            reply(.refused("another client has the same id: connect anew, under another"), to: peer)
        }
        return !isTaken
    }

    /// Takes a client in.
    mutating func welcome(
        _ id: ClientID, _ program: ProgramID, named name: String, peer: PeerID, now: Int64
    ) {
        roles[peer] = .client(id)
        clients.append(
            AttachedClient(
                id: id, peer: peer, receive: nil, program: program,
                name: lastComponent(of: name), isViewer: program == .none))
        handle(.clientJoined(id, program), now: now)
        // Before it goes on: what it looks for first is there then.
        let kept = scheduler.keptStates
        if !kept.isEmpty { send(.kept(kept), to: id) }
        send(welcome, to: id)
        if program == .none, let states = hostStates { send(.hosts(states), to: id) }
    }

    private mutating func take(_ frames: [[UInt8]], fromNode node: NodeID, now: Int64) {
        guard let message = try? AgentMessage(frames: frames) else {
            malformed += 1
            return
        }
        guard nodes.contains(where: { $0.id == node }) else { return }
        take(message, fromNode: node, now: now)
    }

    private mutating func take(_ message: AgentMessage, fromNode node: NodeID, now: Int64) {
        switch message {
        case .register: malformed += 1
        case .reports(let reports, let epoch):
            guard epoch == self.epoch else {
                stale += 1
                return
            }
            handle(.reported(node, reports), now: now)
        case .sample(let slots, let cpuNanoseconds, let residentBytes, let fetched, let given):
            change(node) { record in
                record.slots = slots
                record.cpuNanoseconds = cpuNanoseconds
                record.residentBytes = residentBytes
                record.fetchedBytes = fetched
                record.givenBytes = given
                record.sampledAt = now
            }
            sawSign(of: node, now: now)
        case .page(let task, let bytes):
            relay(task, bytes, from: node)
            deliver(task, bytes, from: node, now: now)
        case .pageMissing(let task):
            pendingOutputs.removeAll { $0.task == task && $0.node == node }
            failRelays(of: task, from: node)
            handle(.pageMissed(node, task), now: now)
        case .roomLent(let task, let offset, let byteCount):
            handle(.roomLent(node, task, offset: offset, byteCount: byteCount), now: now)
        case .printed(let lines):
            let name = nodeName(node)
            for line in lines { show(line, node: name) }
        case .remark(let text): remarkToAll(text)
        case .goodbye(let reason): lose(node, reason: reason, now: now)
        case .relayWanted(let task, let owner): wantRelay(task, from: owner, to: node)
        case .programBytesWanted(let program, let digest, let offset, let count):
            depot.read(
                ProgramDepot.Range(
                    node: node, program: program, digest: digest, offset: offset, count: count))
        case .pageCopied(let task): handle(.pageCopied(node, task), now: now)
        case .pageNotCopied(let failure): handle(.pageNotCopied(node, failure), now: now)
        case .programReady(let program): handle(.programReady(node, program), now: now)
        case .programFailed(let program, let reason):
            handle(.programFailed(node, program, reason: reason), now: now)
        }
    }

    /// Changes what is known of a node, if it is still there.
    private mutating func change(_ node: NodeID, _ body: (inout AttachedNode) -> Void) {
        guard let place = nodes.firstIndex(where: { $0.id == node }) else { return }
        body(&nodes[place])
    }

    /// A line goes to the client whose task printed it, if it is still there; one that is no
    /// client's, to those who run the program that every agent begins with.
    private mutating func show(_ line: OutputLine, node: String) {
        var line = line
        line.node = node
        for place in clients.indices {
            let client = clients[place]
            guard
                line.task.high == 0
                    ? client.program == configuration.program
                    : client.id.rawValue == line.task.high
            else { continue }
            clients[place].notices.append(.printed(line))
        }
    }

    private mutating func deliver(
        _ task: TaskID, _ bytes: [UInt8], from node: NodeID, now: Int64
    ) {
        let due = pendingOutputs.filter { $0.task == task && $0.node == node }
        pendingOutputs.removeAll { $0.task == task && $0.node == node }
        for pending in due {
            flushNotices()
            send(.value(pending.name, bytes: bytes), to: pending.client)
            handle(.outputDelivered(pending.client, pending.name), now: now)
        }
    }

    // MARK: Sending

    func reply(_ reply: ClientReply, to peer: PeerID) {
        _ = try? socket.send(reply.encoded().map { Frame($0) }, to: peer)
    }

    /// Says something to every node, and to every client of another process.
    mutating func giveSigns(now: Int64) {
        nextSign = now + Self.signPeriod
        for node in nodes { send(.sign, to: node.id) }
        tellHosts()
        for client in clients where client.peer != nil { send(.notices([]), to: client.id) }
    }

    mutating func flushNotices() {
        for place in clients.indices where !clients[place].notices.isEmpty {
            let notices = clients[place].notices
            clients[place].notices.removeAll(keepingCapacity: true)
            send(.notices(notices), to: clients[place].id)
        }
    }
}
