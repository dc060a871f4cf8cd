// The second listener at a flooded address, and the thread that refuses whoever gets there.

import CSwoopSystem
import Glibc
import Synchronization

/// Refuses a part of those who connect to a listening socket: they get to a listener of its own,
/// which accepts and resets them, so that who has a key tries again at once.
///
/// It costs about a tenth of what a connection of libzmq's does, in a thread that gives way.
final class Turnstile: Sendable {
    /// The listening socket that it stands beside.
    let first: Int32
    private let second: Int32
    private let thread: Mutex<LoopThread?>

    /// So that work goes before, and friends still hear at once on a busy machine.
    private static let niceness: Int32 = 10
    /// Nanoseconds between those who are refused together.
    private static let pause: Int64 = 5_000_000

    /// nil: the system has no such thing, or no room for it.
    init?(beside first: Int32) {
        let second = swoop_turnstile_open(first)
        guard second >= 0 else { return nil }
        let thread = try? LoopThread(named: "swoop-refusal") {
            swoop_yield_thread(Self.niceness)
            var pause = PollLoop()
            while true {
                switch -swoop_turnstile_refuse(second) {
                // Who comes meanwhile waits, so that work is interrupted seldom. Without
                // descriptors too: those of others come free.
                case 0, EMFILE, ENFILE, ENOBUFS, ENOMEM:
                    try? pause.wait(until: MonotonicClock.nanoseconds() + Self.pause)

                case EINTR, ECONNABORTED: continue
                default: return
                }
            }
        }
        self.first = first
        self.second = second
        self.thread = Mutex(thread)
    }

    /// Refuses those, but for a share of 2^32 by chance.
    func divert(_ drawn: StrangerGate.Drawn, mark: LoopbackMark?, share: UInt32) -> Bool {
        let (named, spared) = (drawn.named.flatMap(\.bytes), drawn.spared.flatMap(\.bytes))
        let words = drawn.others == .unknown ? mark?.words ?? [] : []
        return unsafe named.withUnsafeBufferPointer { named in
            unsafe spared.withUnsafeBufferPointer { spared in
                unsafe words.withUnsafeBufferPointer { words in
                    var diversion = unsafe swoop_diversion(
                        named: named.baseAddress, named_count: Int32(drawn.named.count),
                        others: drawn.others == .nobody ? 0 : 1,
                        spared: spared.baseAddress, spared_count: Int32(drawn.spared.count),
                        mark: words.isEmpty ? nil : words.baseAddress, share: share)
                    return unsafe swoop_turnstile_divert(second, &diversion) == 0
                }
            }
        }
    }

    /// Lets everybody in again.
    deinit {
        // Its thread waits in `accept`, which this ends.
        _ = shutdown(second, Int32(SHUT_RDWR))
        thread.withLock { $0.take()?.join() }
        _ = close(second)
        swoop_turnstile_end(first)
    }
}

/// The listening sockets of one socket of libzmq's, and which newcomers they get.
struct Door: ~Copyable {
    private struct Listener {
        let descriptor: Int32
        let cookie: UInt64
    }

    var gate: StrangerGate
    private var listeners: [Listener] = []
    private var turnstiles: [Turnstile] = []

    init(mark: LoopbackMark?) { gate = StrangerGate(mark: mark) }

    /// A socket listens, if it is one of TCP.
    mutating func add(listener descriptor: Int32) {
        let cookie = swoop_listener_cookie(descriptor)
        guard cookie != 0 else { return }
        listeners.append(Listener(descriptor: descriptor, cookie: cookie))
    }

    /// A descriptor is closed, which may be that of a listener.
    mutating func end(_ descriptor: Int32) {
        guard listeners.contains(where: { $0.descriptor == descriptor }) else { return }
        listeners.removeAll {
            $0.descriptor == descriptor && swoop_listener_cookie(descriptor) != $0.cookie
        }
        turnstiles.removeAll { one in !listeners.contains { $0.descriptor == one.first } }
    }

    /// Does what the gate says now.
    mutating func turn(at now: Int64) {
        switch gate.turn(at: now) {
        case nil: break
        case .everybody: turnstiles = []
        case .share(let share, let drawn):
            for listener in listeners {
                guard swoop_listener_cookie(listener.descriptor) == listener.cookie else {
                    continue
                }
                var found = turnstiles.first { $0.first == listener.descriptor }
                if found == nil, let new = Turnstile(beside: listener.descriptor) {
                    turnstiles.append(new)
                    found = new
                }
                if found?.divert(drawn, mark: gate.mark, share: share) == false {
                    turnstiles.removeAll { $0.first == listener.descriptor }
                }
            }
        }
    }

    /// Lets everybody in.
    mutating func end() {
        listeners = []
        turnstiles = []
    }
}
