// What arrives at the coordinator's socket: agents and clients of other processes, told apart by
// the key that they proved.

import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

extension CoordinatorLoop {
    /// Messages taken in one turn, so that a flood does not starve the rest.
    private static let receivesMax = 1_024

    mutating func receive(now: Int64) {
        for _ in 0..<Self.receivesMax {
            guard let message = try? socket.receive() else { return }
            guard let peer = message.peer else { continue }
            let frames = message.frames.map(\.bytes)
            switch (message.userName, roles[peer]) {
            case ("agent", .agent(let node)): take(frames, fromNode: node, now: now)
            case ("agent", nil): register(frames, peer: peer, now: now)
            case ("client", .client(let client)):
                guard let message = try? ClientMessage(frames: frames) else {
                    malformed += 1
                    continue
                }
                take(message, from: client, now: now)
            case ("client", nil): greet(frames, peer: peer, now: now)
            default: malformed += 1
            }
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
        guard case .hello(let version, let id, let program, _) = message else {
            malformed += 1
            if case .goodbye = message { return }
            let text = "the connection was lost for too long, and the work of this program dropped"
            return reply(.refused(text), to: peer)
        }
        guard version == wireVersion else {
            let text = "this cluster speaks version \(wireVersion), not \(version)"
            return reply(.refused(text), to: peer)
        }
        guard program.isEmpty || program == configuration.program else {
            let text =
                "this cluster was started with another build of the program; "
                + "start it again with the present one"
            return reply(.refused(text), to: peer)
        }
        roles[peer] = .client(id)
        clients.append(
            AttachedClient(id: id, peer: peer, receive: nil, isViewer: program.isEmpty))
        handle(.clientJoined(id), now: now)
        send(.welcome(version: wireVersion, nodes: nodes.map(\.description)), to: id)
    }

    private mutating func register(_ frames: [[UInt8]], peer: PeerID, now: Int64) {
        guard let message = try? AgentMessage(frames: frames),
            case .register(let version, let description, let program) = message
        else {
            malformed += 1
            return
        }
        guard version == wireVersion, program == configuration.program else {
            let text = "the coordinator runs another build of the program"
            _ = try? socket.send(self.frames(.refused(text)), to: peer)
            return
        }
        nodesJoined += 1
        let id = NodeID(nodesJoined)
        roles[peer] = .agent(id)
        var node = AttachedNode(id: id, peer: peer, description: description)
        // One that stops before its first sample shall count as silent too.
        node.sampledAt = now
        nodes.append(node)
        send(.accepted(id), to: id)
        for client in clients {
            send(.welcome(version: wireVersion, nodes: nodes.map(\.description)), to: client.id)
        }
        handle(.nodeJoined(id, description), now: now)
    }

    private mutating func take(_ frames: [[UInt8]], fromNode node: NodeID, now: Int64) {
        guard let message = try? AgentMessage(frames: frames) else {
            malformed += 1
            return
        }
        guard let place = nodes.firstIndex(where: { $0.id == node }) else { return }
        switch message {
        case .register: malformed += 1
        case .reports(let reports): handle(.reported(node, reports), now: now)
        case .sample(let slots, let cpuNanoseconds, let residentBytes):
            nodes[place].slots = slots
            nodes[place].cpuNanoseconds = cpuNanoseconds
            nodes[place].residentBytes = residentBytes
            nodes[place].sampledAt = now
            handle(.nodeHeard(node), now: now)
        case .page(let task, let bytes): deliver(task, bytes, from: node, now: now)
        case .pageMissing(let task):
            pendingOutputs.removeAll { $0.task == task && $0.node == node }
            handle(.pageMissed(node, task), now: now)
        case .printed(let lines):
            for line in lines { show(line, node: nodes[place].description.name) }
        case .remark(let text): remarkToAll(text)
        case .goodbye(let reason): lose(node, reason: reason, now: now)
        }
    }

    /// A line goes to the client whose task printed it; one of no task, to all.
    private mutating func show(_ line: OutputLine, node: String) {
        var line = line
        line.node = node
        let own = clients.firstIndex { $0.id.rawValue == line.task.high }
        for place in clients.indices where own == nil || own == place {
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

    func frames(_ order: AgentOrder) -> Frames { order.encoded().map { Frame($0) } }

    private func reply(_ reply: ClientReply, to peer: PeerID) {
        _ = try? socket.send(reply.encoded().map { Frame($0) }, to: peer)
    }

    mutating func send(_ order: AgentOrder, to node: NodeID) {
        guard let place = nodes.firstIndex(where: { $0.id == node }) else { return }
        nodes[place].waiting.append(frames(order))
        resend(place)
    }

    /// Sends what waits for a node, as far as its queue takes it.
    mutating func resend(_ place: Int) {
        var sent = 0
        for frames in nodes[place].waiting {
            guard let outcome = try? socket.send(frames, to: nodes[place].peer), outcome == .sent
            else { break }
            sent += 1
        }
        nodes[place].waiting.removeFirst(sent)
    }

    mutating func send(_ reply: ClientReply, to client: ClientID) {
        guard let place = clients.firstIndex(where: { $0.id == client }) else { return }
        if let receive = clients[place].receive {
            receive(reply)
        } else {
            clients[place].waiting.append(reply.encoded().map { Frame($0) })
            resend(toClient: place)
        }
    }

    /// Sends what waits for a client, as far as its queue takes it.
    mutating func resend(toClient place: Int) {
        guard let peer = clients[place].peer, !clients[place].isGone else { return }
        var sent = 0
        for frames in clients[place].waiting {
            let outcome = try? socket.send(frames, to: peer)
            if outcome == .unreachable { clients[place].isGone = true }
            guard outcome == .sent else { break }
            sent += 1
        }
        clients[place].waiting.removeFirst(sent)
    }

    /// Says something to every client of another process.
    mutating func giveSigns(now: Int64) {
        nextSign = now + Self.signPeriod
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
