// Whose keys may connect, and the thread that libzmq asks about each connection (ZAP, ZeroMQ's RFC
// 27).

import CSwoopZeroMQ
import Synchronization

/// The public keys that may connect to the server sockets of one context, each with a name.
package final class AccessList: Sendable {
    private let names = Mutex<[String: String]>([:])
    private let refusals = Atomic<Int>(0)

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

    /// Connections refused so far.
    package var refusedCount: Int { refusals.load(ordering: .relaxed) }

    /// The name behind a key, or nil (counted as a refusal).
    func admit(_ publicKey: String) -> String? {
        let name = names.withLock { $0[publicKey] }
        if name == nil { refusals.add(1, ordering: .relaxed) }
        return name
    }
}

/// Answers libzmq's questions for a context while it lives.
///
/// One per context, made before the first server socket binds.
package final class Authenticator: Sendable {
    private let thread: Mutex<LoopThread?>
    private let stop: Wakeup

    /// Starts answering from `list`.
    package init(for list: AccessList, in context: TransportContext) throws(TransportError) {
        let stop = try Wakeup()
        self.stop = stop
        // Bound before this returns, so that no connection can come earlier than its judge.
        let socket = try Socket(.router, in: context, security: .inProcess)
        _ = try socket.bind(to: "inproc://zeromq.zap.01")
        let handOver = SocketHandOver(socket)
        thread = Mutex(
            try LoopThread(named: "swoop-access") {
                guard let socket = handOver.take() else { return }
                answer(from: list, over: socket, until: stop)
            })
    }

    deinit {
        stop.raise()
        thread.withLock { $0.take()?.join() }
    }
}

private func answer(
    from list: AccessList, over socket: borrowing Socket, until stop: Wakeup
) {
    var loop = PollLoop()
    let stopping = loop.watch(descriptor: stop.descriptor)
    _ = loop.watch(socket)
    // It fails only when the context ends, and then nobody asks any more.
    while (try? loop.wait(until: nil)) != nil, !loop.isReady(stopping) {
        while let question = try? socket.receive() {
            guard let peer = question.peer, let reply = reply(to: question.frames, from: list)
            else {
                continue
            }
            _ = try? socket.send(reply, to: peer)
        }
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
        name = list.admit(key)
    }
    let status = name == nil ? "400" : "200"
    let words = name == nil ? "this key is not permitted" : "OK"
    return [
        Frame([]), Frame("1.0"), question[2], Frame(status), Frame(words), Frame(name ?? ""),
        Frame([]),
    ]
}
