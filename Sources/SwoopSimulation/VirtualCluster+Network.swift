// Messages of the virtual network: late, doubled, never reordered within a connection, and always
// through their bytes.

import SwoopModel
import SwoopWire

extension VirtualCluster {
    /// One direction of one connection.
    enum Connection: Hashable {
        case toCoordinator(NodeID)
        case toAgent(NodeID)
        case toClient(ClientID)
        case fromClient(ClientID)
    }

    mutating func send(_ order: AgentOrder, to node: NodeID) {
        let frames = configuration.encodes ? order.encoded() : []
        guard let order = through(frames, order, AgentOrder.init(frames:)) else { return }
        deliver(.toAgent(node, order), over: .toAgent(node), frames)
    }

    mutating func send(_ message: AgentMessage, from node: NodeID) {
        let frames = configuration.encodes ? message.encoded() : []
        guard let message = through(frames, message, AgentMessage.init(frames:)) else { return }
        deliver(.toCoordinator(node, message), over: .toCoordinator(node), frames)
    }

    mutating func send(_ reply: ClientReply, to client: ClientID) {
        let frames = configuration.encodes ? reply.encoded() : []
        guard let reply = through(frames, reply, ClientReply.init(frames:)) else { return }
        deliver(.toClient(client, reply), over: .toClient(client), frames)
    }

    mutating func send(_ message: ClientMessage, from client: ClientID) {
        let frames = configuration.encodes ? message.encoded() : []
        guard let message = through(frames, message, ClientMessage.init(frames:)) else { return }
        deliver(.fromClient(client, message), over: .fromClient(client), frames)
    }

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

    /// The message as the other side reads it.
    private mutating func through<Message>(
        _ frames: [[UInt8]], _ message: Message,
        _ decode: ([[UInt8]]) throws(WireError) -> Message
    ) -> Message? {
        guard configuration.encodes else { return message }
        for frame in frames { mix(frame) }
        do throws(WireError) {
            return try decode(frames)
        } catch {
            trace.append(.broken("\(message) does not decode: \(error)"))
            return nil
        }
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

    private mutating func deliver(
        _ happening: Happening, over connection: Connection, _ frames: [[UInt8]]
    ) {
        let bytes = frames.reduce(0) { $0 + $1.count }
        var time =
            now + configuration.latency
            + Int64(Double(bytes) / configuration.bytesPerSecond * 1e9)
        if !isQuiet && generator.chance(configuration.lateShare) {
            time += Int64(generator.below(Int(configuration.lateMax)))
        }
        time = max(time, arrivals[connection] ?? 0)
        arrivals[connection] = time
        queue.add(happening, at: time)
        // ZeroMQ doubles nothing; a machine must bear it all the same. What a client submits twice
        // is two submissions, so that direction is spared.
        if case .fromClient = connection { return }
        guard !isQuiet, generator.chance(configuration.doubledShare) else { return }
        queue.add(happening, at: time + Int64(generator.below(Int(configuration.lateMax))))
    }

    func isCut(_ host: UInt32) -> Bool { cuts[host].map { now <= $0 } ?? false }

    /// Until when what should arrive now cannot; nil: it can.
    func cutEnd(of happening: Happening) -> Int64? {
        guard !cuts.isEmpty else { return nil }
        let ends: [NodeID]
        switch happening {
        case .toCoordinator(let node, _), .toAgent(let node, _): ends = [node]
        case .pageAsked(let node, let other, _, _): ends = [node, other]
        default: return nil
        }
        let hosts = ends.compactMap { node($0)?.host }
        return hosts.filter { isCut($0) }.compactMap { cuts[$0] }.max()
    }

    /// From now on nothing is late or doubled.
    package mutating func calm() { isQuiet = true }
}
