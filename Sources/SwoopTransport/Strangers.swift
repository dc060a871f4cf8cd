// Connections that nobody has proved a key by yet: how many there may be at a time, so that a flood
// of them takes neither the descriptors nor the memory of a process. libzmq bounds their time and
// their bytes (`SocketOptions`); their number it leaves to us.

import CSwoopZeroMQ
import Glibc
import Synchronization

/// Which connections were accepted a moment ago and have said nothing yet.
struct StrangerTable: Sendable {
    private var accepted: [(descriptor: Int32, at: Int64)] = []
    /// libzmq ends a connection that proves nothing within the time for handshakes; who is still
    /// there after this is no stranger.
    let ageMax: Int64

    init(ageMax: Int64) { self.ageMax = ageMax }

    var count: Int { accepted.count }

    mutating func accept(_ descriptor: Int32, at now: Int64) {
        forget(descriptor)
        accepted.append((descriptor, now))
    }

    /// It is over, or has proved a key.
    mutating func forget(_ descriptor: Int32) {
        if let place = accepted.firstIndex(where: { $0.descriptor == descriptor }) {
            accepted.remove(at: place)
        }
    }

    /// Takes away those beyond `most`, the oldest first: whoever has a key needs milliseconds.
    mutating func takeExcess(most: Int, at now: Int64) -> [Int32] {
        accepted.removeAll { now - $0.at > ageMax }
        guard accepted.count > most else { return [] }
        let excess = accepted.prefix(accepted.count - most).map(\.descriptor)
        accepted.removeFirst(excess.count)
        return excess
    }
}

/// The strangers at one server socket. libzmq tells the judge's thread of connections, the socket's
/// own thread of those that messages came by.
final class StrangerWatch: Sendable {
    private let table: Mutex<StrangerTable>
    private let ports = Mutex<Set<UInt16>>([])
    /// So many, and two for each key that is permitted: agents that connect again all at once.
    private static let most = 64

    init(handshakeMilliseconds: Int32) {
        table = Mutex(StrangerTable(ageMax: Int64(handshakeMilliseconds) * 1_200_000))
    }

    /// Has libzmq tell of the connections of a socket, from before it listens on.
    func begin(
        at handle: UnsafeMutableRawPointer, in context: TransportContext
    ) throws(TransportError) -> sending Socket {
        try unsafe ConnectionEvent.begin(
            ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED
                | ZMQ_EVENT_MONITOR_STOPPED, at: handle, in: context)
    }

    /// Only connections to these ports are ever ended.
    func add(endpoint: String) {
        guard let port = endpoint.split(separator: ":").last.flatMap({ UInt16($0) }) else { return }
        _ = ports.withLock { $0.insert(port) }
    }

    /// A message with a proved key came by it.
    func prove(_ descriptor: Int32) {
        table.withLock { if $0.count > 0 { $0.forget(descriptor) } }
    }

    /// Takes an event of libzmq's; false: it was the last.
    func take(_ message: ReceivedMessage, permitted: Int) -> Bool {
        guard let event = ConnectionEvent(message) else { return true }
        switch event.kind {
        case ZMQ_EVENT_MONITOR_STOPPED: return false
        case ZMQ_EVENT_ACCEPTED: accept(event.descriptor, permitted: permitted)
        default: table.withLock { $0.forget(event.descriptor) }
        }
        return true
    }

    private func accept(_ descriptor: Int32, permitted: Int) {
        let now = MonotonicClock.nanoseconds()
        let excess = table.withLock { table in
            table.accept(descriptor, at: now)
            return table.takeExcess(most: Self.most + 2 * permitted, at: now)
        }
        for stranger in excess where isOurs(stranger) {
            // libzmq owns it and closes it when it sees the end.
            _ = shutdown(stranger, Int32(SHUT_RDWR))
        }
    }

    /// Whether a descriptor is a connection to one of the ports: it may be closed by now, and be
    /// something else.
    private func isOurs(_ descriptor: Int32) -> Bool {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        let family = Int32(address.sin6_family)
        guard code == 0, family == AF_INET || family == AF_INET6 else { return false }
        // The port stands at the same place in both.
        let port = UInt16(bigEndian: address.sin6_port)
        return ports.withLock { $0.contains(port) }
    }
}

/// A watched socket's events, on their way to the judge's thread.
struct WatchedSocket: Sendable {
    let watch: StrangerWatch
    let events: SocketHandOver
}
