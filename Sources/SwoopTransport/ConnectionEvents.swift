// What libzmq tells of a socket's connections as they come and go, by a socket in process.

import CSwoopZeroMQ
import Glibc
import Synchronization

/// Something that happened to one connection of a socket.
struct ConnectionEvent: Sendable {
    /// One of ZMQ_EVENT_….
    let kind: Int32
    let descriptor: Int32

    /// nil: the message is none of libzmq's events.
    init?(_ message: ReceivedMessage) {
        guard let bytes = message.frames.first?.bytes, bytes.count == 6 else { return nil }
        kind = Int32(bytes[0]) | Int32(bytes[1]) << 8
        descriptor = bytes[2..<6].reversed().reduce(0) { $0 << 8 | Int32($1) }
    }

    private static let made = Atomic<Int>(0)

    /// Has libzmq tell of such events of a socket, from before it binds or connects.
    ///
    /// Whoever reads them must do so until the socket ends, or end them first: libzmq waits for
    /// its reader.
    ///
    /// - Parameter unreadMax: so many events may be unread beyond the thousand that libzmq's own
    ///   end keeps; then libzmq's thread waits. 0: there is no bound, and it never waits.
    static func begin(
        _ kinds: Int32, at handle: UnsafeMutableRawPointer, in context: TransportContext,
        unreadMax: Int32 = 0
    ) throws(TransportError) -> sending Socket {
        let number = made.add(1, ordering: .relaxed).newValue
        let endpoint = "inproc://swoop-events-\(number)"
        guard unsafe zmq_socket_monitor(handle, endpoint, kinds) == 0 else {
            throw .zeroMQ("zmq_socket_monitor", code: zmq_errno())
        }
        var options = SocketOptions()
        // libzmq waits in its own thread when the queue of events is full.
        options.highWaterMark = unreadMax
        let socket = try Socket(.pair, in: context, security: .inProcess, options: options)
        try socket.connect(to: endpoint)
        return socket
    }
}

/// Whether a socket that connects has ever reached anybody: the other machine took the connection,
/// though whoever listens there may be stopped and has proved nothing yet. And whether its key was
/// refused, by one who proved the server's.
final class ReachWatch: Sendable {
    private let events: Mutex<Socket>
    private let isReached = Atomic<Bool>(false)
    private let isRefused = Atomic<Bool>(false)

    init(
        at handle: UnsafeMutableRawPointer, in context: TransportContext
    ) throws(TransportError) {
        events = Mutex(
            try unsafe ConnectionEvent.begin(
                ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, at: handle, in: context))
    }

    var hasReached: Bool {
        take()
        return isReached.load(ordering: .relaxed)
    }

    var wasRefused: Bool {
        take()
        return isRefused.load(ordering: .relaxed)
    }

    /// Its news are a reason to wake up.
    func watch(in loop: inout PollLoop) {
        let bits = events.withLock { unsafe UInt(bitPattern: $0.handle) }
        if let handle = unsafe UnsafeMutableRawPointer(bitPattern: bits) {
            unsafe loop.watch(handle: handle)
        }
    }

    private func take() {
        events.withLock { events in
            while let message = try? events.receive() {
                guard let event = ConnectionEvent(message) else { continue }
                isReached.store(true, ordering: .relaxed)
                if event.kind == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH {
                    isRefused.store(true, ordering: .relaxed)
                }
            }
        }
    }
}
