// Nodes as the coordinator holds them: taken in, told of one another, given up; and pages that go
// from one to another through the coordinator.

import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

extension CoordinatorLoop {
    /// A node whose connection ended may come back within so long.
    private static let returnLimit = 2 * nanosecondsPerSecond
    /// The key of a node that is gone is of use for so long: longer than an agent lives without its
    /// coordinator.
    private var keyLimit: Int64 {
        let (limit, overflow) = configuration.agentGrace.addingReportingOverflow(
            45 * nanosecondsPerSecond)
        return overflow ? .max : limit
    }

    // MARK: Coming

    /// The first message of a connection that proved an agent's key, or one of an agent that is not
    /// known any more.
    ///
    /// - Parameter key: the one that the connection proved; the agent's own key is no other.
    mutating func register(_ frames: [[UInt8]], peer: PeerID, key: String, now: Int64) {
        let message: AgentMessage
        do throws(WireError) {
            message = try AgentMessage(frames: frames)
        } catch {
            malformed += 1
            return answer(.refused("\(error)"), peer)
        }
        guard case .register(let version, let description, let program, let pages) = message else {
            // It was taken in by another life of this coordinator, or given up by this one.
            stale += 1
            return answer(.unknown, peer)
        }
        guard version == wireVersion else {
            let text = "the coordinator speaks version \(wireVersion), not \(version)"
            return answer(.refused(text), peer)
        }
        guard pages.publicKey == key else {
            malformed += 1
            return answer(.refused("it registered under the key of another agent"), peer)
        }
        guard access.permits(key, as: Coordinator.agentName) else {
            return answer(.refused("its key was withdrawn: the cluster gave it up"), peer)
        }
        // The same agent over a new connection: what it had begun anew without.
        if let old = nodes.first(where: { $0.pages.publicKey == pages.publicKey }) {
            lose(old.id, reason: "its connection was lost, and it came back anew", now: now)
        }
        if let objection = objection(toHost: description.name, key: pages.publicKey) {
            return answer(.refused(objection), peer)
        }
        departed.removeAll { $0.key == pages.publicKey }
        nodesJoined += 1
        let id = NodeID(nodesJoined)
        roles[peer] = .agent(id)
        lanes.startOver(peer)
        var node = AttachedNode(id: id, peer: peer, description: description, pages: pages)
        // One that stops before its first sample shall count as silent too.
        node.sampledAt = now
        node.joinedAt = now
        nodes.append(node)
        send(.accepted(id, epoch: epoch), to: id)
        if pages.publicKey == local?.publicKey { tellAddresses(to: id) }
        for library in libraries {
            send(.library(name: library.name, bytes: library.bytes), to: id)
        }
        arePeersStale = true
        greetAll()
        handle(.nodeJoined(id, description, program), now: now)
        hostJoined(description.name, now: now)
        sawJoin(of: description.name)
    }

    private func answer(_ order: AgentOrder, _ peer: PeerID) {
        _ = try? socket.send(order.encoded().map { Frame($0) }, to: peer)
    }

    /// Tells clients which nodes there are.
    private mutating func greetAll() {
        let welcome = welcome
        for client in clients { send(welcome, to: client.id) }
    }

    /// The nodes that there are, and who says so.
    var welcome: ClientReply {
        .welcome(version: wireVersion, nodes: nodes.map(\.description), epoch: epoch)
    }

    /// Tells all nodes of one another when that is due: of many not each that joins by itself,
    /// which would be as many words as the cube of their number.
    mutating func tellPeers(now: Int64) {
        guard arePeersStale, now >= nextPeers else { return }
        tellPeers()
        nextPeers = nodes.count > Self.fewNodes ? now + Self.peersPeriod : 0
    }

    /// Tells all nodes of one another, once they are several and changed.
    mutating func tellPeers() {
        guard arePeersStale else { return }
        arePeersStale = false
        // One that is alone needs to hear of it only when it was not.
        guard nodes.count > 1 || nodesJoined > 1 else { return }
        let peers = nodes.map { PeerAddress(node: $0.id, pages: $0.pages) }
        let words = AgentOrder.peers(peers).encoded()
        for node in nodes { send(words, AgentOrder.peers([]).laneOrder, toNode: node) }
    }

    private static let fewNodes = 16
    private static let peersPeriod = nanosecondsPerSecond / 10

    // MARK: Going

    mutating func lose(_ node: NodeID, reason: String, now: Int64) {
        let name = nodes.first { $0.id == node }?.description.name
        forget(node, now: now)
        if let name { hostLost(name, reason: reason, now: now) }
        handle(.nodeLost(node, reason: reason), now: now)
        tellWaiting()
    }

    /// Everything here that belongs to a node that is gone.
    mutating func forget(_ node: NodeID, now: Int64) {
        guard let place = nodes.firstIndex(where: { $0.id == node }) else { return }
        let gone = nodes.remove(at: place)
        roles[gone.peer] = nil
        lanes.forget(gone.peer)
        departed.append((gone.pages.publicKey, now))
        pendingOutputs.removeAll { $0.node == node }
        arePeersStale = true
        for relay in relays.remove(node) { send(.relayFailed(relay.task), to: relay.receiver) }
        askForRelays()
        if !nodes.isEmpty { greetAll() }
    }

    /// Nodes whose connection ended, and that did not come back.
    mutating func loseUnreachable(now: Int64) {
        for place in nodes.indices
        where nodes[place].isUnreachable && nodes[place].unreachableSince == 0 {
            nodes[place].unreachableSince = now
        }
        let due = nodes.filter {
            $0.isUnreachable && now - $0.unreachableSince >= Self.returnLimit
        }
        for node in due { lose(node.id, reason: "its connection ended", now: now) }
    }

    /// When the next of these is due.
    var returnDeadline: Int64? {
        nodes.lazy.filter(\.isUnreachable).map { $0.unreachableSince + Self.returnLimit }.min()
    }

    /// Keys of nodes that are gone for good connect no more.
    mutating func withdrawDeparted(now: Int64) {
        let limit = keyLimit
        guard let first = departed.first, now - first.at >= limit else { return }
        for node in departed where now - node.at >= limit { access.withdraw(node.key) }
        departed.removeAll { now - $0.at >= limit }
    }

    // MARK: Pages through the coordinator

    func isPending(_ task: TaskID, at node: NodeID) -> Bool {
        pendingOutputs.contains { $0.task == task && $0.node == node }
            || relays.isAsked(task, of: node)
    }

    mutating func wantRelay(_ task: TaskID, from owner: NodeID, to receiver: NodeID) {
        guard nodes.contains(where: { $0.id == owner }),
            nodes.contains(where: { $0.id == receiver })
        else { return send(.relayFailed(task), to: receiver) }
        relays.want(task, from: owner, to: receiver)
        askForRelays()
    }

    private mutating func askForRelays() {
        while let (task, node) = relays.next() {
            let isAsked = pendingOutputs.contains { $0.task == task && $0.node == node }
            if !isAsked { send(.sendPage(task), to: node) }
        }
    }

    /// Tells of two nodes whose pages go through here, once one has: a node that could not be
    /// reached by another may just have ended, and then none of its pages comes this way either.
    private mutating func tellRelay(from owner: NodeID, to receiver: NodeID) {
        guard let giver = nodes.first(where: { $0.id == owner }),
            let taker = nodes.first(where: { $0.id == receiver }),
            relays.isNewPair(owner, receiver)
        else { return }
        let (from, to) = (giver.description.name, taker.description.name)
        let place = giver.pages.endpoints.first ?? "no address"
        remarkToAll(
            "pages between \(from) and \(to) go through the coordinator: \(to) does not reach "
                + "\(from) at \(place)")
    }

    /// A page came that may be for other nodes.
    mutating func relay(_ task: TaskID, _ bytes: [UInt8], from node: NodeID) {
        for receiver in relays.finish(task, from: node) {
            tellRelay(from: node, to: receiver)
            // How many elements it has stands in the page itself.
            send(.relayed(task, elementCount: 0, bytes: bytes), to: receiver)
        }
        askForRelays()
    }

    mutating func failRelays(of task: TaskID, from node: NodeID) {
        for receiver in relays.finish(task, from: node) {
            send(.relayFailed(task), to: receiver)
        }
        askForRelays()
    }
}
