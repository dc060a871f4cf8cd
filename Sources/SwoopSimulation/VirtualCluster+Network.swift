// Messages of the virtual network: late, doubled, never reordered within a connection, and always
// through their bytes, in the lanes and the pieces of the real one.

import SwoopModel
import SwoopWire

extension VirtualCluster {
    /// One direction of one connection.
    enum Connection: Hashable {
        case toCoordinator(NodeID)
        case toAgent(NodeID)
        case toClient(ClientID)
        case fromClient(ClientID)

        /// The other direction.
        var back: Connection {
            switch self {
            case .toCoordinator(let node): .toAgent(node)
            case .toAgent(let node): .toCoordinator(node)
            case .toClient(let client): .fromClient(client)
            case .fromClient(let client): .toClient(client)
            }
        }

        /// The node at one of its ends.
        var node: NodeID? {
            switch self {
            case .toCoordinator(let node), .toAgent(let node): node
            case .toClient, .fromClient: nil
            }
        }
    }

    mutating func send(_ order: AgentOrder, to node: NodeID) {
        guard configuration.encodes else {
            return travel(.toAgent(node, order), 0, over: .toAgent(node))
        }
        leave(order.encoded(), order.laneOrder, over: .toAgent(node))
    }

    mutating func send(_ message: AgentMessage, from node: NodeID) {
        guard configuration.encodes else {
            return travel(.toCoordinator(node, message), 0, over: .toCoordinator(node))
        }
        leave(message.encoded(), message.laneOrder, over: .toCoordinator(node))
    }

    mutating func send(_ reply: ClientReply, to client: ClientID) {
        guard configuration.encodes else {
            return travel(.toClient(client, reply), 0, over: .toClient(client))
        }
        leave(reply.encoded(), reply.laneOrder, over: .toClient(client))
    }

    mutating func send(_ message: ClientMessage, from client: ClientID) {
        guard configuration.encodes else {
            return travel(.fromClient(client, message), 0, over: .fromClient(client))
        }
        leave(message.encoded(), message.laneOrder, over: .fromClient(client))
    }

    // MARK: Lanes

    private mutating func leave(
        _ frames: [[UInt8]], _ order: LaneOrder, over connection: Connection
    ) {
        for frame in frames { mix(frame) }
        lanes[connection, default: Lane()].add(frames, order)
        flush(connection)
    }

    private mutating func flush(_ connection: Connection) {
        var leaving: [[[UInt8]]] = []
        lanes[connection, default: Lane()].send(at: now) { frames in
            leaving.append(frames)
            return true
        }
        for frames in leaving {
            let byteCount = frames.reduce(0) { $0 + $1.count }
            travel(.arrived(connection, frames), byteCount, over: connection)
        }
    }

    /// Frames came: what is complete by them happens, and room for others is given.
    mutating func arrive(_ frames: [[UInt8]], over connection: Connection) {
        do throws(WireError) {
            let taken = try lanes[connection.back, default: Lane()].take(
                frames, at: now, hasRoom: { _ in true })
            if case .message(let frames) = taken {
                pass(on: try message(in: frames, of: connection), over: connection)
            }
        } catch {
            trace.append(.broken("frames over \(connection) are no message: \(error)"))
        }
        flush(connection.back)
    }

    /// What waits to leave, in words.
    package var laneReport: [String] {
        lanes.filter { $0.value.waitingCount > 0 }.map { connection, lane in
            let busy = Double(max(0, (departures[connection] ?? 0) - now)) / 1e9
            return
                "\(connection): \(lane.waitingCount) messages wait, \(lane.onTheWay) bytes are on "
                + "their way, the link is busy for \(busy) s"
        }.sorted()
    }

    private func message(
        in frames: [[UInt8]], of connection: Connection
    ) throws(WireError) -> Happening {
        switch connection {
        case .toCoordinator(let node): .toCoordinator(node, try AgentMessage(frames: frames))
        case .toAgent(let node): .toAgent(node, try AgentOrder(frames: frames))
        case .toClient(let client): .toClient(client, try ClientReply(frames: frames))
        case .fromClient(let client): .fromClient(client, try ClientMessage(frames: frames))
        }
    }

    private mutating func pass(on happening: Happening, over connection: Connection) {
        queue.add(happening, at: now)
        // ZeroMQ doubles nothing; a machine must bear it all the same. What a client submits twice
        // is two submissions, so that direction is spared.
        if case .fromClient = connection { return }
        guard !isQuiet, generator.chance(configuration.doubledShare) else { return }
        queue.add(happening, at: now + Int64(generator.below(Int(configuration.lateMax))))
    }

    private mutating func travel(
        _ happening: Happening, _ byteCount: Int, over connection: Connection
    ) {
        let leaves = max(now, departures[connection] ?? 0)
        departures[connection] =
            leaves + Int64(Double(byteCount) / configuration.bytesPerSecond * 1e9)
        var time = (departures[connection] ?? now) + configuration.latency
        if !isQuiet && generator.chance(configuration.lateShare) {
            time += Int64(generator.below(Int(configuration.lateMax)))
        }
        time = max(time, arrivals[connection] ?? 0)
        arrivals[connection] = time
        queue.add(happening, at: time)
    }

    // MARK: Rings

    mutating func send(_ order: WorkerOrder, to node: NodeID, _ worker: WorkerID) {
        guard let order = ring(order, order.encoded, WorkerOrder.init(bytes:)) else { return }
        queue.add(.toWorker(node, worker, order), at: now + configuration.ringLatency)
    }

    mutating func send(_ message: WorkerMessage, from node: NodeID, _ worker: WorkerID) {
        guard let message = ring(message, message.encoded, WorkerMessage.init(bytes:)) else {
            return
        }
        queue.add(.fromWorker(node, worker, message), at: now + configuration.ringLatency)
    }

    private mutating func ring<Message>(
        _ message: Message, _ encode: () -> [UInt8],
        _ decode: ([UInt8]) throws(WireError) -> Message
    ) -> Message? {
        guard configuration.encodes else { return message }
        let bytes = encode()
        mix(bytes)
        do throws(WireError) {
            return try decode(bytes)
        } catch {
            trace.append(.broken("\(message) does not decode: \(error)"))
            return nil
        }
    }

    private mutating func mix(_ bytes: [UInt8]) {
        digest.mix(UInt64(bitPattern: now))
        var word: UInt64 = 0
        for (place, byte) in bytes.enumerated() {
            word = word << 8 | UInt64(byte)
            if place % 8 == 7 {
                digest.mix(word)
                word = 0
            }
        }
        digest.mix(word)
    }

    func isCut(_ host: UInt32) -> Bool { cuts[host].map { now <= $0 } ?? false }

    /// The host that keeps from arriving what should arrive now; nil: it can.
    func cutHost(on happening: Happening) -> UInt32? {
        guard !cuts.isEmpty else { return nil }
        let ends: [NodeID]
        switch happening {
        case .toCoordinator(let node, _), .toAgent(let node, _): ends = [node]
        case .arrived(let connection, _):
            guard let node = connection.node else { return nil }
            ends = [node]
        case .pageAsked(let node, let other, _, _): ends = [node, other]
        default: return nil
        }
        let hosts = ends.compactMap { node($0)?.host }
        return hosts.first { isCut($0) }
    }

    /// Nothing comes to the host or from it for a while; then all of it does.
    mutating func cut(_ host: UInt32, for nanoseconds: Int64) {
        let end = max(cuts[host] ?? 0, now + nanoseconds)
        cuts[host] = end
        queue.add(.linkBack(host), at: end + 1)
    }

    /// What a cut kept back comes in the order in which it was sent, unless another cut began.
    mutating func reconnect(_ host: UInt32) {
        guard !isCut(host) else { return }
        cuts[host] = nil
        for happening in kept.removeValue(forKey: host) ?? [] { come(happening) }
    }

    /// From now on nothing is late or doubled.
    package mutating func calm() { isQuiet = true }
}
