// Connections that nobody has proved a key by yet: how many there may be at a time, so that a flood
// of them takes neither the descriptors nor the memory of a process, and which of them go when
// there are more. libzmq bounds their time and their bytes (`SocketOptions`); their number it
// leaves to us.

import CSwoopSystem
import CSwoopZeroMQ
import Glibc
import Synchronization

/// How far a connection has come towards a proof, in rising order.
package enum StrangerStanding: Int, Comparable, Sendable {
    /// It said more than anybody does who has not been answered.
    case excessive
    case silent
    case speaking
    /// What it said was made with the server's public key, which no stranger has.
    case knowsServer
    /// The server took its key.
    case proved

    private static let greeting: UInt64 = 64
    /// The bytes that somebody says before the server answers it: a greeting and a HELLO.
    package static let unansweredMax = greeting + 202

    /// Who has come less far is less.
    package static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }

    /// By the bytes that went over it, as ZMTP 3 and CURVE count them.
    ///
    /// The server's greeting goes to anybody. It answers a HELLO that was made with its public key
    /// by a WELCOME, and a permitted key by READY; a key that is not by an ERROR, which is shorter.
    package init(received: UInt64, sent: UInt64) {
        let welcome: UInt64 = 170
        let readyMin: UInt64 = 32
        self =
            if sent >= Self.greeting + welcome + readyMin {
                .proved
            } else if sent >= Self.greeting + welcome {
                .knowsServer
            } else if received > Self.unansweredMax {
                .excessive
            } else {
                received == 0 ? .silent : .speaking
            }
    }
}

/// Which connections were accepted and have proved nothing yet.
package struct StrangerTable: Sendable {
    /// One of them.
    package struct Stranger: Sendable {
        /// The connection, unless it is over by now.
        package let descriptor: Int32
        /// The system's number of the socket: a descriptor may be another's by now.
        let cookie: UInt64
        /// How far it came, where that cannot be looked at later.
        let known: StrangerStanding?
        let at: Int64
    }

    private var strangers: [Stranger] = []
    private var places: [Int32: Int] = [:]
    /// Connections that have delivered a message, which may be read before their accept event.
    private var proved: Set<Int32> = []
    /// libzmq ends a connection that proves nothing within the time for handshakes; who is still
    /// there after this is no stranger.
    let ageMax: Int64
    /// So many are compared when one has to go.
    private static let compared = 4

    /// So many there may be, and two for each key that is permitted: agents that connect again all
    /// at once.
    ///
    /// A flood of 20,000 a second leaves each of them 13 ms, which a handshake takes on a busy
    /// machine. A process that may have few files open keeps three quarters of them.
    package static let most = min(256, (ProcessAllowance.limit(.openFiles) ?? .max) / 4)

    /// An empty table.
    package init(ageMax: Int64) { self.ageMax = ageMax }

    /// How many they are.
    package var count: Int { strangers.count }

    /// Somebody connected.
    package mutating func accept(
        _ descriptor: Int32, cookie: UInt64, known: StrangerStanding? = nil, at now: Int64
    ) {
        remove(descriptor)
        guard !proved.contains(descriptor) else { return }
        places[descriptor] = strangers.count
        strangers.append(Stranger(descriptor: descriptor, cookie: cookie, known: known, at: now))
    }

    /// A message with a proved key came by it.
    ///
    /// - Returns: whether it is the first one.
    @discardableResult
    package mutating func prove(_ descriptor: Int32) -> Bool {
        guard proved.insert(descriptor).inserted else { return false }
        remove(descriptor)
        return true
    }

    /// It is over.
    package mutating func end(_ descriptor: Int32) {
        proved.remove(descriptor)
        remove(descriptor)
    }

    /// Takes away those beyond `most`, and whoever turns out to be no stranger.
    ///
    /// Of a few by chance the one goes that has come least far. Which one cannot be foreseen, so no
    /// number of newcomers pushes out somebody who is about to prove a key: who says nothing goes
    /// before who speaks, and whoever has the server's key stays.
    ///
    /// - Parameter standing: looks at a connection; nil: it is over.
    package mutating func takeExcess(
        most: Int, at now: Int64, using generator: inout some RandomNumberGenerator,
        standing: (Stranger) -> StrangerStanding?
    ) -> [Stranger] {
        var excess: [Stranger] = []
        while strangers.count > most {
            var least: (stranger: Stranger, standing: StrangerStanding)?
            for _ in 0..<Self.compared where !strangers.isEmpty {
                let stranger = strangers[Int.random(in: 0..<strangers.count, using: &generator)]
                guard now - stranger.at <= ageMax, let found = standing(stranger), found < .proved
                else {
                    remove(stranger.descriptor)
                    continue
                }
                if least.map({ found < $0.standing }) ?? true { least = (stranger, found) }
            }
            guard strangers.count > most, let least else { continue }
            remove(least.stranger.descriptor)
            excess.append(least.stranger)
        }
        return excess
    }

    private mutating func remove(_ descriptor: Int32) {
        guard let place = places.removeValue(forKey: descriptor) else { return }
        let last = strangers.removeLast()
        guard place < strangers.count else { return }
        strangers[place] = last
        places[last.descriptor] = place
    }
}

/// The strangers at one server socket. libzmq tells the judge's thread of connections, the socket's
/// own thread of those that messages came by.
final class StrangerWatch: Sendable {
    private let table: Mutex<StrangerTable>
    private let places = Mutex<Set<UInt64>>([])
    private let door: Mutex<Door>

    /// - Parameter mark: what addresses those bear who have the socket's public key.
    init(handshakeMilliseconds: Int32, mark: LoopbackMark?) {
        door = Mutex(Door(mark: mark))
        table = Mutex(StrangerTable(ageMax: Int64(handshakeMilliseconds) * 1_200_000))
    }

    /// Has libzmq tell of the connections of a socket, from before it listens on.
    func begin(
        at handle: UnsafeMutableRawPointer, in context: TransportContext
    ) throws(TransportError) -> sending Socket {
        // libzmq's thread waits while so many, and a thousand of its own, are unread: it accepts no
        // faster than the judge can look.
        try unsafe ConnectionEvent.begin(
            ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED
                | ZMQ_EVENT_MONITOR_STOPPED, at: handle, in: context, unreadMax: 1)
    }

    /// Only connections to these endpoints are ever ended.
    func add(endpoint: String) {
        let local = "ipc://"
        let place: UInt64?
        if endpoint.hasPrefix(local) {
            var name = endpoint.utf8.dropFirst(local.utf8.count).map { CChar(bitPattern: $0) }
            // A name without a file begins with a zero for the system.
            if name.first == CChar(bitPattern: UInt8(ascii: "@")) { name[0] = 0 }
            place = unsafe swoop_connection_place(name, Int32(name.count))
        } else {
            place = endpoint.split(separator: ":").last.flatMap { UInt64($0) }
        }
        guard let place else { return }
        _ = places.withLock { $0.insert(place) }
    }

    /// A message with a proved key came by it.
    func prove(_ descriptor: Int32) {
        guard table.withLock({ $0.prove(descriptor) }) else { return }
        var found = swoop_connection()
        guard unsafe swoop_connection_look(descriptor, &found) == 0, found.is_counted != 0 else {
            return
        }
        let source = source(of: found)
        door.withLock { $0.gate.prove(from: source) }
    }

    /// Lets in as many as may come now; when to look again, nil: when one comes.
    ///
    /// - Parameter expected: from where somebody with a key is to come.
    func turn(expected: [StrangerGate.Source]) -> Int64? {
        door.withLock { door in
            door.gate.expected = expected
            door.turn(at: MonotonicClock.nanoseconds())
            return door.gate.deadline
        }
    }

    /// Lets everybody in: nobody looks any more.
    func end() { door.withLock { $0.end() } }

    /// Takes an event of libzmq's; false: it was the last.
    func take(_ message: ReceivedMessage, permitted: Int) -> Bool {
        guard let event = ConnectionEvent(message) else { return true }
        switch event.kind {
        case ZMQ_EVENT_MONITOR_STOPPED: return false
        case ZMQ_EVENT_LISTENING: door.withLock { $0.add(listener: event.descriptor) }
        case ZMQ_EVENT_ACCEPTED: accept(event.descriptor, permitted: permitted)
        default:
            table.withLock { $0.end(event.descriptor) }
            door.withLock { $0.end(event.descriptor) }
        }
        return true
    }

    private func accept(_ descriptor: Int32, permitted: Int) {
        // It may be over by now, and its descriptor be something else's.
        var found = swoop_connection()
        guard unsafe swoop_connection_look(descriptor, &found) == 0,
            places.withLock({ $0.contains(found.place) })
        else { return }
        let isCounted = found.is_counted != 0
        // Of this machine: this user and root read every key, so they are no strangers. How far
        // they came cannot be seen, and ending one after its proof would lose its message.
        let user = uid_t(bitPattern: found.user)
        guard isCounted || (user != geteuid() && user != 0) else { return }
        let known: StrangerStanding? = isCounted ? nil : .silent
        let now = MonotonicClock.nanoseconds()
        if isCounted {
            let source = source(of: found)
            door.withLock { door in
                door.gate.accept(from: source, permitted: permitted, at: now)
                door.turn(at: now)
            }
        }
        let excess = table.withLock { table in
            table.accept(descriptor, cookie: found.cookie, known: known, at: now)
            var generator = SystemRandomNumberGenerator()
            return table.takeExcess(
                most: StrangerTable.most + 2 * permitted, at: now, using: &generator,
                standing: standing(of:))
        }
        for stranger in excess
        where swoop_connection_cookie(stranger.descriptor) == stranger.cookie {
            // libzmq owns it and closes it when it sees the end.
            _ = shutdown(stranger.descriptor, Int32(SHUT_RDWR))
        }
    }

    private func source(of connection: swoop_connection) -> StrangerGate.Source {
        StrangerGate.Source(unsafe withUnsafeBytes(of: connection.source) { unsafe Array($0) })
    }

    private func standing(of stranger: StrangerTable.Stranger) -> StrangerStanding? {
        if let known = stranger.known { return known }
        var found = swoop_connection()
        guard unsafe swoop_connection_look(stranger.descriptor, &found) == 0,
            found.cookie == stranger.cookie
        else { return nil }
        return StrangerStanding(received: found.received, sent: found.sent)
    }
}

/// A watched socket's events, on their way to the judge's thread.
struct WatchedSocket: Sendable {
    let watch: StrangerWatch
    let events: SocketHandOver
}
