// The connections of agents and clients as lanes: what leaves waits there, what comes is put
// together there, and signs of life pass all of it.

import SwoopModel
import SwoopScheduling
import SwoopStorage
import SwoopTransport
import SwoopWire

/// The lanes of all connections.
struct CoordinatorLanes {
    private var lanes: [PeerID: Lane<Nowhere>] = [:]
    /// Those whose socket had no room.
    private(set) var heldUp: Set<PeerID> = []
    /// Those to which something may leave by what came from them.
    private var stirred: [PeerID] = []
    /// Lanes of connections that are neither an agent's nor a client's, beyond which they are
    /// forgotten.
    private static let strangersMax = 256
    /// So many bytes of unfinished messages they may have together: a greeting is small, and the
    /// offer of a program names at most 1,024 files.
    private static let greetingBytesMax = 32 << 20

    /// Adds a message that is to leave.
    mutating func add(_ frames: [[UInt8]], _ order: LaneOrder, to peer: PeerID) {
        lanes[peer, default: Lane()].add(frames, order)
    }

    /// Messages that have not left as a whole.
    func waitingCount(to peer: PeerID) -> Int { lanes[peer]?.waitingCount ?? 0 }

    /// A connection begins anew, by the same name.
    mutating func startOver(_ peer: PeerID) {
        lanes[peer] = Lane()
        heldUp.remove(peer)
    }

    /// Forgets a connection, with what was to leave by it.
    mutating func forget(_ peer: PeerID) {
        lanes[peer] = nil
        heldUp.remove(peer)
    }

    /// Takes what came by a connection; nil: it cannot be.
    mutating func take(
        _ frames: [[UInt8]], from peer: PeerID, known: Int, isKnown: (PeerID) -> Bool, now: Int64
    ) -> ReceivingLane.Taken? {
        if lanes[peer] == nil {
            if lanes.count > known + Self.strangersMax { lanes = lanes.filter { isKnown($0.key) } }
            lanes[peer] = Lane()
        }
        if stirred.last != peer { stirred.append(peer) }
        let taken = try? lanes[peer]?.take(frames, at: now) { byteCount in
            byteCount <= (isKnown(peer) ? MachineMemory.availableBytes() ?? .max : 0)
        }
        if taken == .part, !isKnown(peer) { boundGreetings(isKnown) }
        return taken
    }

    /// Forgets the longest unfinished greeting if all of them are too much: whoever sent it may
    /// have gone, and nobody tells.
    private mutating func boundGreetings(_ isKnown: (PeerID) -> Bool) {
        var longest: (peer: PeerID, byteCount: Int)?
        var sum = 0
        for (peer, lane) in lanes where !isKnown(peer) {
            let byteCount = lane.arrivedBytes
            sum += byteCount
            if byteCount > longest?.byteCount ?? 0 { longest = (peer, byteCount) }
        }
        if sum > Self.greetingBytesMax, let longest { forget(longest.peer) }
    }

    /// Connections by which something came since this was asked last.
    mutating func takeStirred() -> [PeerID] {
        defer { stirred.removeAll(keepingCapacity: true) }
        return stirred
    }

    /// Sends what may leave; how the last send ended.
    mutating func flush(
        _ peer: PeerID, now: Int64, give: ([[UInt8]]) -> SendOutcome
    ) -> SendOutcome {
        var outcome = SendOutcome.sent
        guard lanes[peer] != nil else { return outcome }
        lanes[peer]?.send(at: now) { frames in
            outcome = give(frames)
            return outcome == .sent
        }
        if outcome == .wouldBlock { heldUp.insert(peer) } else { heldUp.remove(peer) }
        return outcome
    }
}

extension CoordinatorLoop {
    /// Messages taken in one turn, so that a flood does not starve the rest.
    private static let receivesMax = 1_024
    /// The scheduler is told that a node lives at most so often: ten times a second.
    private static let hearingPeriod: Int64 = 100_000_000

    mutating func receive(now: Int64) {
        for _ in 0..<Self.receivesMax {
            let roles = roles
            guard let message = try? socket.receive() else { break }
            guard let peer = message.peer else { continue }
            // A piece of a message is a sign of life as well.
            if case .agent(let node) = roles[peer] { hear(node, now: now) }
            let taken = lanes.take(
                message.frames.map(\.bytes), from: peer, known: roles.count,
                isKnown: { roles[$0] != nil }, now: now)
            switch taken {
            case .message(let frames): take(frames, of: message, from: peer, now: now)
            case .refused(let head, let byteCount):
                refuse(head, byteCount, from: peer, now: now)
            case .part, .credit: break
            case nil: malformed += 1
            }
        }
        for peer in lanes.takeStirred() { flush(peer, now: now) }
    }

    private mutating func hear(_ node: NodeID, now: Int64) {
        guard let place = nodes.firstIndex(where: { $0.id == node }),
            now - nodes[place].heardAt > Self.hearingPeriod
        else { return }
        nodes[place].heardAt = now
        handle(.nodeHeard(node), now: now)
    }

    /// Sends what may leave by a connection, as far as its queue takes it.
    mutating func flush(_ peer: PeerID, now: Int64) {
        // Sending borrows the socket, which belongs to this loop as the lanes do.
        var lanes = CoordinatorLanes()
        swap(&lanes, &self.lanes)
        let outcome = lanes.flush(peer, now: now) { frames in
            (try? socket.send(frames.map { Frame($0) }, to: peer)) ?? .wouldBlock
        }
        swap(&lanes, &self.lanes)
        guard outcome == .unreachable else { return }
        switch roles[peer] {
        case .agent(let node):
            for place in nodes.indices where nodes[place].id == node {
                nodes[place].isUnreachable = true
            }
        case .client(let client):
            for place in clients.indices where clients[place].id == client {
                clients[place].isGone = true
            }
        case nil: self.lanes.forget(peer)
        }
    }

    /// Tries again what full queues did not take.
    mutating func flushHeldUp(now: Int64) {
        for peer in lanes.heldUp { flush(peer, now: now) }
    }

    // MARK: Sending

    mutating func send(_ order: AgentOrder, to node: NodeID) {
        guard let found = nodes.first(where: { $0.id == node }) else { return }
        send(order.encoded(), order.laneOrder, toNode: found)
    }

    mutating func send(_ frames: [[UInt8]], _ order: LaneOrder, toNode node: AttachedNode) {
        lanes.add(frames, order, to: node.peer)
        if !node.isUnreachable { flush(node.peer, now: MonotonicClock.nanoseconds()) }
    }

    mutating func send(_ reply: ClientReply, to client: ClientID) {
        guard let found = clients.first(where: { $0.id == client }) else { return }
        if let receive = found.receive {
            receive(reply)
        } else if let peer = found.peer, !found.isGone {
            lanes.add(reply.encoded(), reply.laneOrder, to: peer)
            flush(peer, now: MonotonicClock.nanoseconds())
        }
    }

    // MARK: Too large

    /// A message came that this process has no memory for.
    private mutating func refuse(_ head: [UInt8], _ byteCount: Int, from peer: PeerID, now: Int64) {
        let text =
            "the coordinator's machine has no memory for \(byteCount) bytes at a time; "
            + "make smaller pages, or fewer at a time"
        switch roles[peer] {
        case .agent(let node):
            guard case .page(let task, _)? = try? AgentMessage(frames: [head, []]) else { break }
            return refusePage(task, text, of: node, now: now)
        case .client(let client):
            guard case .data(let task, _)? = try? ClientMessage(frames: [head, []]) else {
                return send(.refused(text), to: client)
            }
            let failure = TaskFailure(kind: .noMemory, message: text, task: task)
            return handle(.dataFailed(client, failure), now: now)
        case nil: break
        }
        malformed += 1
    }

    private mutating func refusePage(
        _ task: TaskID, _ text: String, of node: NodeID, now: Int64
    ) {
        failRelays(of: task, from: node)
        let due = pendingOutputs.filter { $0.task == task && $0.node == node }
        pendingOutputs.removeAll { $0.task == task && $0.node == node }
        for pending in due {
            let failure = TaskFailure(kind: .noMemory, message: text, task: pending.name)
            send(.notices([.failed(pending.name, failure)]), to: pending.client)
            handle(.outputDelivered(pending.client, pending.name), now: now)
        }
    }
}
