// The two ways to a coordinator: in this process, and over a connection. Both carry the same
// messages.

import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopSession
import SwoopStorage
import SwoopTransport
import SwoopWire
import Synchronization

/// Carries a session's messages.
protocol CoordinatorLink: AnyObject, Sendable {
    /// Sends a message; never blocks.
    func send(_ message: ClientMessage)
    /// Ends the link; nothing is received afterwards.
    func close()
}

/// A coordinator in this process: messages are handed over as they are.
final class DirectLink: CoordinatorLink {
    private let coordinator: Coordinator
    private let client: ClientID

    init(to coordinator: Coordinator, client: ClientID) {
        self.coordinator = coordinator
        self.client = client
    }

    func send(_ message: ClientMessage) { coordinator.send(message, from: client) }

    func close() { coordinator.send(.goodbye, from: client) }
}

/// A coordinator behind a socket, with CURVE; one thread owns the socket.
final class SocketLink: CoordinatorLink {
    private enum Command: Sendable {
        case send(ClientMessage)
        case close
    }

    private let inbox: Inbox<Command>
    private let thread: Mutex<LoopThread?>

    /// Connects; `receive` is called on the link's thread.
    ///
    /// - Parameters:
    ///   - patience: nanoseconds within which it must answer at the beginning, where nothing takes
    ///     a connection at its address; one that is there may be busy or stopped, and has longer.
    ///   - offer: what this program is made of and where its files are, asked for when the nodes do
    ///     not have it; it may take a second.
    ///   - isAlive: whether its process still exists; asked when it has been silent for two
    ///     seconds.
    ///   - lost: called once when the coordinator has gone, or has been silent for too long. It
    ///     says something every second.
    init(
        endpoint: String, serverKey: String, keys: CurveKeys, hello: ClientMessage,
        patience: Int64 = 2_000_000_000,
        offer: @escaping @Sendable () throws -> ClientMessage = {
            try .programOffer(cache: LocalCluster.stateFolder)
        },
        isAlive: @escaping @Sendable () -> Bool,
        receive: @escaping @Sendable (ClientReply) -> Void,
        lost: @escaping @Sendable (String) -> Void
    ) throws {
        let context = try TransportContext()
        var options = SocketOptions()
        options.watchesReach = true
        let socket = try Socket(
            .dealer, in: context, security: .client(keys, serverKey: serverKey), options: options)
        try socket.connect(to: endpoint)
        let inbox = try Inbox<Command>()
        self.inbox = inbox
        let held = Mutex<Socket?>(consume socket)
        let box = SocketBox(socket: held)
        thread = Mutex(
            try LoopThread(named: "session") {
                guard let socket = box.socket.withLock({ $0.take() }) else { return }
                SocketLink.serve(
                    socket, inbox, hello: hello, patience: patience, offer: offer,
                    isAlive: isAlive, receive: receive, lost: lost)
            })
    }

    private struct SocketBox: ~Copyable, Sendable { let socket: Mutex<Socket?> }

    func send(_ message: ClientMessage) { inbox.put(.send(message)) }

    func close() {
        inbox.put(.close)
        thread.withLock { $0.take()?.join() }
    }

    private static func serve(
        _ socket: borrowing Socket, _ inbox: Inbox<Command>, hello: ClientMessage,
        patience: Int64, offer: () throws -> ClientMessage, isAlive: () -> Bool,
        receive: (ClientReply) -> Void, lost: (String) -> Void
    ) {
        var poll = PollLoop()
        _ = poll.watch(socket)
        _ = poll.watch(descriptor: inbox.wakeup.descriptor)
        socket.watchReach(in: &poll)
        var lane = Lane<Nowhere>()
        lane.add(hello.encoded(), hello.laneOrder)
        var watch = CoordinatorWatch(patience: patience, at: .now)
        var isLost = false
        var isClosing = false
        while true {
            flush(&lane, over: socket)
            if isClosing, lane.waitingCount == 0 { return }
            let now = Timestamp.now
            let retry = lane.isHeldUp ? now.advanced(by: Agreed.retryPeriod) : nil
            let next = [watch.nextTurn(after: now), retry].compactMap { $0 }.min()
            do {
                try poll.wait(until: next?.nanoseconds)
            } catch {
                return lost("the connection failed: \(error)")
            }
            watch.beginTurn(at: .now)
            for command in inbox.take() {
                switch command {
                case .send(let message): lane.add(message.encoded(), message.laneOrder)
                case .close where isLost: return
                case .close:
                    // Nothing else that it would have said matters any more.
                    lane = Lane()
                    lane.add(ClientMessage.goodbye.encoded(), .sign)
                    isClosing = true
                }
            }
            while let message = try? socket.receive() {
                watch.hear(at: .now)
                guard let reply = reply(in: message, by: &lane) else { continue }
                guard case .programWanted = reply else {
                    receive(reply)
                    continue
                }
                do {
                    // After what the session says meanwhile it would come too late.
                    lane.add(try offer().encoded(), .sign)
                } catch {
                    lost("this program cannot be sent to the cluster's nodes: \(error)")
                }
            }
            if socket.hasReached { watch.reach() }
            let reason =
                socket.wasRefused && !isLost
                ? "the coordinator does not take this program's key: whoever started it has "
                    + "withdrawn the key, or the address is of another cluster"
                : judge(&watch, isAlive: isAlive)
            guard let reason else { continue }
            watch.giveUp()
            isLost = true
            lost(reason)
        }
    }

    /// Why there is no coordinator any more; nil: there is.
    private static func judge(
        _ watch: inout CoordinatorWatch, isAlive: () -> Bool
    ) -> String? {
        let verdict = watch.judge(at: .now)
        if verdict == .fine { return nil }
        guard isAlive() else {
            watch.giveUp()
            return "the cluster's coordinator has gone: its process ended"
        }
        let seconds = watch.limit / nanosecondsPerSecond
        switch verdict {
        case .fine, .doubtful: return nil
        case .unanswered where watch.limit >= CoordinatorWatch.silenceMax:
            return
                "the coordinator did not answer within \(seconds) s, and its process exists: is it "
                + "stopped?"
        case .unanswered: return "the coordinator did not answer within \(seconds) s"
        case .silent: return "the coordinator was silent for \(seconds) s"
        }
    }
}

extension Timestamp {
    fileprivate static var now: Timestamp {
        Timestamp(nanoseconds: MonotonicClock.nanoseconds())
    }
}

extension SocketLink {
    /// Sends what may leave, as far as it is taken.
    private static func flush(_ lane: inout Lane<Nowhere>, over socket: borrowing Socket) {
        lane.send(at: MonotonicClock.nanoseconds()) { frames in
            (try? socket.send(frames.map { Frame($0) })) == .sent
        }
    }

    /// What the coordinator said, once all of it is here.
    private static func reply(
        in message: ReceivedMessage, by lane: inout Lane<Nowhere>
    ) -> ClientReply? {
        let taken = try? lane.take(
            message.frames.map(\.bytes), at: MonotonicClock.nanoseconds(),
            hasRoom: { $0 <= MachineMemory.availableBytes() ?? .max })
        switch taken {
        case .message(let frames): return .reading(frames)
        case .refused(let head, let byteCount):
            guard case .value(let task, _)? = try? ClientReply(frames: [head, []]) else {
                return nil
            }
            let text =
                "the program's machine has no memory for \(byteCount) bytes at a time; fetch "
                + "smaller values"
            let failure = TaskFailure(kind: .noMemory, message: text, task: task)
            return .notices([.failed(task, failure)])
        case .part, .credit, nil: return nil
        }
    }
}

extension ClientMessage {
    /// What this program is made of; `cache` is the folder of the digests that were taken before.
    static func programOffer(cache: String) throws -> ClientMessage {
        let bundle = try Bundle.ofThisProgram(cache: cache)
        return .offerProgram(bundle.manifest, paths: bundle.paths)
    }
}
