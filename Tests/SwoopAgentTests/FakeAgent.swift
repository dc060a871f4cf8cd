// An agent that is nothing but a socket: what a coordinator says to one is looked at message by
// message.

import SwoopAgent
import SwoopCoordinator
import SwoopModel
import SwoopTransport
import SwoopWire
import Testing

/// What is waited for comes within this time on any machine, under a sanitizer too.
private let patience: Int64 = 60_000_000_000

/// A coordinator without an agent of its own.
struct BareCoordinator: ~Copyable {
    let coordinator: Coordinator
    let program = ProgramID("the-program")

    init(
        _ change: (inout Coordinator.Configuration) -> Void = { _ in },
        agent: (@Sendable (_ endpoint: String) throws -> LocalAgent)? = nil
    ) throws {
        var configuration = try Coordinator.Configuration(program: program, keys: .generate())
        change(&configuration)
        coordinator = try Coordinator(configuration, agent: agent)
    }

    deinit { coordinator.stop() }

    /// A client of another process with a key that is permitted; it has said nothing yet.
    func client() throws -> FakePeer {
        let keys = try CurveKeys.generate()
        coordinator.access.permit(keys.publicKey, as: Coordinator.clientName)
        return try FakePeer(
            keys: keys, endpoint: coordinator.endpoint, serverKey: coordinator.serverKey)
    }
}

/// One end of a conversation with a coordinator.
struct FakePeer: ~Copyable {
    let keys: CurveKeys
    private let socket: Socket
    private var poll = PollLoop()
    private var lane = Lane<Nowhere>()

    init(keys: CurveKeys, endpoint: String, serverKey: String) throws {
        let socket = try Socket(
            .dealer, in: TransportContext(), security: .client(keys, serverKey: serverKey))
        try socket.connect(to: endpoint)
        _ = poll.watch(socket)
        self.socket = socket
        self.keys = keys
    }

    func send(_ frames: [[UInt8]]) throws {
        #expect(try socket.send(frames.map { Frame($0) }) == .sent)
    }

    /// Sends a message in pieces, which leave as the other side takes them in `next`.
    mutating func sendLarge(_ frames: [[UInt8]], _ order: LaneOrder) {
        lane.add(frames, order)
        flush()
    }

    /// Takes what the other side says until all of it has left, or no time is left.
    mutating func finishSending() throws {
        let limit = MonotonicClock.nanoseconds() + patience
        while lane.waitingCount > 0, MonotonicClock.nanoseconds() < limit {
            while let message = try socket.receive() {
                _ = try lane.take(
                    message.frames.map(\.bytes), at: MonotonicClock.nanoseconds(),
                    hasRoom: { _ in true })
            }
            flush()
            try poll.wait(until: MonotonicClock.nanoseconds() + 5_000_000)
        }
    }

    private mutating func flush() {
        var lane = lane
        lane.send(at: MonotonicClock.nanoseconds()) { frames in
            (try? socket.send(frames.map { Frame($0) })) == .sent
        }
        self.lane = lane
    }

    /// The next message that `read` makes something of, in time.
    mutating func next<Message>(_ read: ([[UInt8]]) -> Message?) throws -> Message? {
        let limit = MonotonicClock.nanoseconds() + patience
        while MonotonicClock.nanoseconds() < limit {
            while let message = try socket.receive() {
                let taken = try lane.take(
                    message.frames.map(\.bytes), at: MonotonicClock.nanoseconds(),
                    hasRoom: { _ in true })
                if case .message(let frames) = taken, let found = read(frames) { return found }
            }
            flush()
            try poll.wait(until: limit)
        }
        return nil
    }
}

/// An agent as far as its coordinator can tell.
struct FakeAgent: ~Copyable {
    var peer: FakePeer
    let name: String
    /// The life of the coordinator that took it in.
    private(set) var epoch = CoordinatorEpoch.none

    init(_ name: String, of bare: borrowing BareCoordinator, at endpoint: String? = nil) throws {
        let keys = try CurveKeys.generate()
        bare.coordinator.permitAgent(keys.publicKey)
        peer = try FakePeer(
            keys: keys, endpoint: endpoint ?? bare.coordinator.endpoint,
            serverKey: bare.coordinator.serverKey)
        self.name = name
    }

    func send(_ message: AgentMessage) throws { try peer.send(message.encoded()) }

    /// Says what became of runs, as of its coordinator's leases.
    func report(_ reports: [RunReport]) throws { try send(.reports(reports, epoch: epoch)) }

    /// Registers and waits until it is taken in.
    mutating func join(_ program: ProgramID, version: UInt32 = wireVersion) throws -> NodeID {
        let description = NodeDescription(
            name: name, slots: 2, pageBudget: 1 << 20, processID: 1)
        let pages = PageService(
            endpoints: ["tcp://192.0.2.1:1"], publicKey: peer.keys.publicKey)
        try send(.register(version: version, description, program: program, pages: pages))
        let accepted = try next { order in
            if case .accepted(let node, let epoch) = order { (node, epoch) } else { nil }
        }
        let (node, epoch) = try #require(accepted)
        self.epoch = epoch
        return node
    }

    /// The next order of which `read` makes something.
    mutating func next<Found>(_ read: (AgentOrder) -> Found?) throws -> Found? {
        try peer.next { frames in
            guard let order = try? AgentOrder(frames: frames) else { return nil }
            return read(order)
        }
    }
}

/// A client of this process that keeps what it hears.
final class Listener: Sendable {
    let inbox: Inbox<ClientReply>

    init(of bare: borrowing BareCoordinator, client: ClientID = ClientID(5)) throws {
        let inbox = try Inbox<ClientReply>()
        self.inbox = inbox
        bare.coordinator.attach(client) { inbox.put($0) }
    }

    /// One that keeps the coordinator's loop for so long when it hears the remark "now".
    init(of bare: borrowing BareCoordinator, keepingLoopFor nanoseconds: Int64) throws {
        let inbox = try Inbox<ClientReply>()
        self.inbox = inbox
        bare.coordinator.attach(ClientID(5)) { reply in
            inbox.put(reply)
            guard case .notices(let notices) = reply else { return }
            let isSpoken = notices.contains { if case .remark("now") = $0 { true } else { false } }
            guard isSpoken else { return }
            let end = MonotonicClock.nanoseconds() + nanoseconds
            var poll = PollLoop()
            while MonotonicClock.nanoseconds() < end { try? poll.wait(until: end) }
        }
    }

    /// The next reply of which `read` makes something, in time.
    func next<Found>(_ read: (ClientReply) -> Found?) throws -> Found? {
        var poll = PollLoop()
        _ = poll.watch(descriptor: inbox.wakeup.descriptor)
        let limit = MonotonicClock.nanoseconds() + patience
        while MonotonicClock.nanoseconds() < limit {
            for reply in inbox.take() { if let found = read(reply) { return found } }
            try poll.wait(until: limit)
        }
        return nil
    }

    /// The next remark with these words.
    func remark(with words: String) throws -> String? {
        try next { reply in
            guard case .notices(let notices) = reply else { return nil }
            for case .remark(let text) in notices where text.contains(words) { return text }
            return nil
        }
    }

    /// Waits until it hears of so many nodes.
    func hears(ofNodes count: Int) throws -> Bool {
        try next { reply in
            if case .welcome(_, let nodes, _) = reply, nodes.count == count { true } else { nil }
        } ?? false
    }
}
