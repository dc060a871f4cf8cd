// A ZeroMQ socket that never blocks. One thread owns it at a time; it may be handed on, not shared.

import CSwoopZeroMQ
import Glibc
import Synchronization

/// A socket of libzmq.
///
/// Not Sendable: make it on the thread that uses it, or move it there whole.
@safe package struct Socket: ~Copyable {
    let handle: UnsafeMutableRawPointer
    private let context: TransportContext
    // Held so that the judge of its connections lives as long as the socket.
    private let authenticator: Authenticator?
    private let isInProcess: Bool
    /// Who connected to a server and has proved nothing; nil for others.
    let strangers: StrangerWatch?
    /// Whether it reached who it connects to; nil where nobody asks.
    private let reach: ReachWatch?
    let isRouter: Bool
    /// What the server's public key makes of addresses of loopback; nil for servers.
    private let mark: LoopbackMark?
    private let heartbeatMilliseconds: Int32
    private let acknowledgeMilliseconds: Int32

    /// A socket of `context`, not yet bound or connected.
    package init(
        _ kind: SocketKind,
        in context: TransportContext,
        security: SocketSecurity,
        options: SocketOptions = SocketOptions()
    ) throws(TransportError) {
        // Nothing may throw once a field is set: the handle is finished first.
        let handle = unsafe try openSocket(kind, in: context, security: security, options: options)
        var strangers: StrangerWatch?
        var reach: ReachWatch?
        do throws(TransportError) {
            if let judge = security.authenticator, kind == .router {
                let watch = StrangerWatch(
                    handshakeMilliseconds: options.handshakeMilliseconds,
                    mark: security.loopbackMark)
                let events = try unsafe watch.begin(at: handle, in: context)
                judge.watch(WatchedSocket(watch: watch, events: SocketHandOver(events)))
                strangers = watch
            }
            if options.watchesReach { reach = try unsafe ReachWatch(at: handle, in: context) }
        } catch {
            unsafe zmq_close(handle)
            throw error
        }
        self.strangers = strangers
        self.reach = reach
        unsafe self.handle = unsafe handle
        self.context = context
        isRouter = kind == .router
        authenticator = security.authenticator
        isInProcess = security.isInProcess
        mark = security.loopbackMark
        heartbeatMilliseconds = options.heartbeatMilliseconds
        acknowledgeMilliseconds = options.acknowledgeMilliseconds
    }

    deinit {
        // Before their reader can end: libzmq waits for who does not read its events.
        if strangers != nil || reach != nil { unsafe zmq_socket_monitor(handle, nil, 0) }
        unsafe zmq_close(handle)
    }

    /// Binds to an endpoint and returns it as peers name it: `tcp://127.0.0.1:*` takes a free port.
    package borrowing func bind(to endpoint: String) throws(TransportError) -> String {
        try checkTransport(of: endpoint)
        try watchConnections(of: endpoint)
        try allowIPv6(in: endpoint)
        guard unsafe zmq_bind(handle, endpoint) == 0 else {
            throw .cannotListen(endpoint: endpoint, code: zmq_errno())
        }
        var text = [UInt8](repeating: 0, count: 256)
        var length = text.count
        guard unsafe zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &length) == 0 else {
            throw .zeroMQ("zmq_getsockopt", code: zmq_errno())
        }
        let bound = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        strangers?.add(endpoint: bound)
        return bound
    }

    /// Begins to connect; sends are queued meanwhile unless the options say otherwise.
    package borrowing func connect(to endpoint: String) throws(TransportError) {
        try checkTransport(of: endpoint)
        try watchConnections(of: endpoint)
        try allowIPv6(in: endpoint)
        guard unsafe zmq_connect(handle, Loopback.fromOwnAddress(endpoint, bearing: mark)) == 0
        else {
            throw .zeroMQ("zmq_connect", code: zmq_errno())
        }
    }

    /// Whether a connection was ever taken at the other end, for sockets that watch it: by the
    /// machine there, even while the process is stopped.
    package var hasReached: Bool { reach?.hasReached ?? false }

    /// Whether the other end, having proved its own key, refused this one's, for sockets that watch
    /// it.
    package var wasRefused: Bool { reach?.wasRefused ?? false }

    /// Has a loop wake up when one of these two changes.
    package borrowing func watchReach(in loop: inout PollLoop) { reach?.watch(in: &loop) }

    /// What the socket could do now, without waiting.
    package borrowing func readiness() throws(TransportError) -> Interest {
        var events: Int32 = 0
        var length = MemoryLayout<Int32>.size
        guard unsafe zmq_getsockopt(handle, ZMQ_EVENTS, &events, &length) == 0 else {
            throw .zeroMQ("zmq_getsockopt", code: zmq_errno())
        }
        return Interest(libzmqEvents: Int16(truncatingIfNeeded: events))
    }

    // On loopback nothing watches a connection: the kernel ends it with its process. A process that
    // is stopped for a while answers nothing, and would lose with the connection what lies unread.
    private borrowing func watchConnections(of endpoint: String) throws(TransportError) {
        let isHere = ["tcp://127.", "tcp://[::1]", "ipc://", "inproc://"].contains {
            endpoint.hasPrefix($0)
        }
        for (option, milliseconds) in [
            (ZMQ_HEARTBEAT_IVL, heartbeatMilliseconds), (ZMQ_TCP_MAXRT, acknowledgeMilliseconds),
        ] {
            var value = isHere ? 0 : milliseconds
            let result = unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
            guard result == 0 else { throw .zeroMQ("zmq_setsockopt(\(option))", code: zmq_errno()) }
        }
    }

    // Only where an endpoint has such an address: a socket that may do both asks for both.
    private borrowing func allowIPv6(in endpoint: String) throws(TransportError) {
        var isOn: Int32 = endpoint.contains("[") ? 1 : 0
        guard unsafe zmq_setsockopt(handle, ZMQ_IPV6, &isOn, MemoryLayout<Int32>.size) == 0 else {
            throw .zeroMQ("zmq_setsockopt", code: zmq_errno())
        }
    }

    // Without CURVE a TCP socket would be open to everyone on the machine.
    private borrowing func checkTransport(of endpoint: String) throws(TransportError) {
        guard !isInProcess || endpoint.hasPrefix("inproc://") else {
            throw .zeroMQ("a TCP endpoint without keys", code: EACCES)
        }
    }
}

/// Carries a socket from the thread that made it into the one that will own it.
package final class SocketHandOver: Sendable {
    private let slot: Mutex<Socket?>

    /// Holds the socket until it is taken; dropped untaken, it closes.
    package init(_ socket: consuming sending Socket) {
        slot = Mutex(consume socket)
    }

    /// The socket, once; nil afterwards.
    package func take() -> sending Socket? {
        slot.withLock { $0.take() }
    }
}
