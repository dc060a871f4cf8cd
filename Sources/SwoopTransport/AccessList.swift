// Whose keys may connect, and the thread that libzmq asks about each connection (ZAP, ZeroMQ's RFC
// 27).

import CSwoopZeroMQ
import Synchronization

/// The public keys that may connect to the server sockets of one context, each with a name.
package final class AccessList: Sendable {
    private let names = Mutex<[String: String]>([:])
    private let refusals = Atomic<Int>(0)
    private let places = Mutex<[StrangerGate.Source]>([])

    /// An empty list: it takes nobody.
    package init() {}

    /// Lets the holder of a public key (Z85) connect; `name` comes with each of its messages.
    package func permit(_ publicKey: String, as name: String) {
        names.withLock { $0[publicKey] = name }
    }

    /// Takes no further connection of this key.
    ///
    /// Those that are up stay: whoever owns them drops messages whose name it no longer wants.
    package func withdraw(_ publicKey: String) {
        _ = names.withLock { $0.removeValue(forKey: publicKey) }
    }

    /// Whether the holder of a key may be connected under this name now.
    package func permits(_ publicKey: String, as name: String) -> Bool {
        names.withLock { $0[publicKey] == name }
    }

    /// Somebody with a key is to come from an address, in figures; nothing is done for loopback,
    /// where friends are told by their mark, and for words that are no address.
    package func expect(from address: String) {
        guard let source = StrangerGate.Source(figures: address), !source.isLoopback else { return }
        places.withLock { places in
            places.removeAll { $0 == source }
            places.append(source)
            if places.count > StrangerGate.knownMax { places.removeFirst() }
        }
    }

    /// The same of somebody who listens at an endpoint of TCP, and comes from that address; nothing
    /// is done for other words.
    package func expect(fromEndpoint endpoint: String) {
        let scheme = "tcp://"
        let place = endpoint.dropFirst(scheme.count)
        guard endpoint.hasPrefix(scheme), let colon = place.lastIndex(of: ":") else { return }
        expect(from: String(place[..<colon].filter { $0 != "[" && $0 != "]" }))
    }

    /// Where somebody is to come from, the latest.
    package var expected: [StrangerGate.Source] { places.withLock { $0 } }

    /// How many keys are permitted.
    var count: Int { names.withLock { $0.count } }

    /// Connections refused so far.
    package var refusedCount: Int { refusals.load(ordering: .relaxed) }

    /// The name behind a key, or nil (counted as a refusal).
    func admit(_ publicKey: String) -> String? {
        let name = names.withLock { $0[publicKey] }
        if name == nil { refusals.add(1, ordering: .relaxed) }
        return name
    }
}

/// What comes with each message of a connection: the name that its key was permitted under, and the
/// key.
struct UserID {
    let name: String
    /// Z85, which has no space.
    let key: String

    var text: String { "\(name) \(key)" }

    init(name: String, key: String) {
        self.name = name
        self.key = key
    }

    init(_ text: String) {
        let space = text.lastIndex(of: " ") ?? text.endIndex
        name = String(text[..<space])
        key = String(text[space...].dropFirst())
    }
}

/// Answers libzmq's questions for a context while it lives.
///
/// One per context, made before the first server socket binds.
package final class Authenticator: Sendable {
    private let thread: Mutex<LoopThread?>
    private let stop: Wakeup
    private let watched: Inbox<WatchedSocket>

    /// Starts answering from `list`.
    package init(for list: AccessList, in context: TransportContext) throws(TransportError) {
        let stop = try Wakeup()
        self.stop = stop
        let watched = try Inbox<WatchedSocket>()
        self.watched = watched
        // Bound before this returns, so that no connection can come earlier than its judge.
        let socket = try Socket(.router, in: context, security: .inProcess)
        _ = try socket.bind(to: "inproc://zeromq.zap.01")
        let handOver = SocketHandOver(socket)
        thread = Mutex(
            try LoopThread(named: "swoop-access") {
                guard let socket = handOver.take() else { return }
                answer(from: list, over: socket, watching: watched, until: stop)
            })
    }

    /// Looks after the strangers at a server socket from now on.
    func watch(_ socket: WatchedSocket) { watched.put(socket) }

    deinit {
        stop.raise()
        thread.withLock { $0.take()?.join() }
    }
}

private func answer(
    from list: AccessList, over socket: borrowing Socket, watching watched: Inbox<WatchedSocket>,
    until stop: Wakeup
) {
    var loop = PollLoop()
    var strangers = StrangerEvents()
    defer { strangers.end() }
    let stopping = loop.watch(descriptor: stop.descriptor)
    _ = loop.watch(descriptor: watched.wakeup.descriptor)
    _ = loop.watch(socket)
    while !loop.isReady(stopping) {
        do {
            try loop.wait(until: strangers.deadline)
        } catch {
            // Without a judge nobody is let in, whatever key they have: a process that goes on
            // would serve nobody.
            preconditionFailure("The judge of connections cannot go on: \(error)")
        }
        while let question = try? socket.receive() {
            guard let peer = question.peer, let reply = reply(to: question.frames, from: list)
            else {
                continue
            }
            _ = try? socket.send(reply, to: peer)
        }
        for socket in watched.take() { strangers.add(socket, in: &loop) }
        strangers.turn(of: list, in: &loop)
    }
}

/// The events of all watched sockets. Belongs to the judge's thread.
private struct StrangerEvents: ~Copyable {
    private final class Entry {
        let watch: StrangerWatch
        let events: Socket
        let source: PollLoop.Source

        init(_ watch: StrangerWatch, _ events: consuming Socket, in loop: inout PollLoop) {
            self.watch = watch
            source = loop.watch(events)
            self.events = events
        }
    }

    private var entries: [Entry] = []
    /// When `turn` is due though nothing came; nil: never.
    private(set) var deadline: Int64?

    mutating func add(_ socket: WatchedSocket, in loop: inout PollLoop) {
        guard let events = socket.events.take() else { return }
        entries.append(Entry(socket.watch, events, in: &loop))
    }

    mutating func turn(of list: AccessList, in loop: inout PollLoop) {
        let (permitted, expected) = (list.count, list.expected)
        entries.removeAll { entry in
            // Not all of them at once: who waits for an answer has a key.
            for _ in 0..<64 {
                guard let event = try? entry.events.receive() else { return false }
                guard !entry.watch.take(event, permitted: permitted) else { continue }
                loop.remove(entry.source)
                entry.watch.end()
                return true
            }
            return false
        }
        deadline = entries.compactMap { $0.watch.turn(expected: expected) }.min()
    }

    func end() {
        for entry in entries { entry.watch.end() }
    }
}

// Frames of a question: empty, version, request, domain, address, routing id, mechanism, key.
// Of an answer: empty, version, request, status, status text, user name, metadata.
private func reply(to question: Frames, from list: AccessList) -> Frames? {
    guard question.count >= 7 else { return nil }
    var name: String?
    if question.count == 8, question[6].bytes == Array("CURVE".utf8),
        let key = z85Text(of: question[7].bytes)
    {
        name = list.admit(key).map { UserID(name: $0, key: key).text }
    }
    let status = name == nil ? "400" : "200"
    let words = name == nil ? "this key is not permitted" : "OK"
    return [
        Frame([]), Frame("1.0"), question[2], Frame(status), Frame(words), Frame(name ?? ""),
        Frame([]),
    ]
}
