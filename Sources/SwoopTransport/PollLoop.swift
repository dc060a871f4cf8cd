// One wait for everything a loop listens to: sockets, wake-ups, processes, pipes.

import CSwoopSystem
import CSwoopZeroMQ
import Glibc

/// What a source is watched for, and what it turned out to be.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// A receive or read would give something (a pipe's end included).
    package static let readable = Interest(rawValue: 1)
    /// A send or write would be taken.
    package static let writable = Interest(rawValue: 2)
    /// A plain descriptor failed or its other side has gone.
    package static let failed = Interest(rawValue: 4)

    init(libzmqEvents events: Int16) {
        self = []
        if events & Int16(ZMQ_POLLIN) != 0 { insert(.readable) }
        if events & Int16(ZMQ_POLLOUT) != 0 { insert(.writable) }
        if events & Int16(ZMQ_POLLERR) != 0 { insert(.failed) }
    }

    var libzmqEvents: Int16 {
        var events: Int32 = 0
        if contains(.readable) { events |= ZMQ_POLLIN }
        if contains(.writable) { events |= ZMQ_POLLOUT }
        if contains(.failed) { events |= ZMQ_POLLERR }
        return Int16(events)
    }
}

/// The sources of one loop.
///
/// A socket or descriptor must be removed before it is closed.
@safe package struct PollLoop: ~Copyable {
    /// A source's number, never used twice in a loop.
    package struct Source: Hashable, Sendable {
        let number: Int
    }

    /// A source that has something, after a wait.
    package struct Ready: Sendable {
        /// Which one.
        package let source: Source
        /// What it is ready for.
        package let interest: Interest
    }

    /// What the last wait found, in the order of watching.
    package private(set) var ready: [Ready] = []

    private var items: [zmq_pollitem_t] = unsafe []
    private var sources: [Source] = []
    private var nextNumber = 0

    /// A loop without sources.
    package init() {}

    /// Watches a socket from the next wait on.
    package mutating func watch(
        _ socket: borrowing Socket, for interest: Interest = .readable
    ) -> Source {
        let item = unsafe zmq_pollitem_t(
            socket: socket.handle, fd: 0, events: interest.libzmqEvents, revents: 0)
        return unsafe append(item)
    }

    /// Watches a socket whose owner goes on holding it.
    @unsafe mutating func watch(handle: UnsafeMutableRawPointer) {
        let item = unsafe zmq_pollitem_t(
            socket: handle, fd: 0, events: Interest.readable.libzmqEvents, revents: 0)
        _ = unsafe append(item)
    }

    /// Watches a descriptor from the next wait on.
    package mutating func watch(
        descriptor: Int32, for interest: Interest = .readable
    ) -> Source {
        let item = unsafe zmq_pollitem_t(
            socket: nil, fd: descriptor, events: interest.libzmqEvents, revents: 0)
        return unsafe append(item)
    }

    /// Watches for something else from the next wait on; nothing (`[]`) keeps the source, unheard.
    package mutating func change(_ source: Source, to interest: Interest) {
        guard let index = sources.firstIndex(of: source) else { return }
        unsafe items[index].events = interest.libzmqEvents
    }

    /// Forgets a source.
    package mutating func remove(_ source: Source) {
        guard let index = sources.firstIndex(of: source) else { return }
        sources.remove(at: index)
        unsafe items.remove(at: index)
    }

    /// Waits until a source is ready, the deadline (nanoseconds of MonotonicClock; nil: none) has
    /// passed, or a signal came; `ready` says which.
    ///
    /// Deadlines are met to the next millisecond.
    ///
    /// `spinNanoseconds` looks again and again for so long before it sleeps: a wake-up costs about
    /// 26 µs. It has no effect where only one core is usable.
    package mutating func wait(
        until deadline: Int64?, spinNanoseconds: Int64 = 0
    ) throws(TransportError) {
        if spinNanoseconds > 0, Spin.pays {
            var end = MonotonicClock.nanoseconds() + spinNanoseconds
            if let deadline { end = min(end, deadline) }
            repeat {
                if try poll(milliseconds: 0) { return }
                swoop_spin_pause()
            } while MonotonicClock.nanoseconds() < end
        }
        _ = try poll(milliseconds: PollLoop.milliseconds(until: deadline))
    }

    /// True when the last wait found the source ready for any of these.
    package func isReady(_ source: Source, for interest: Interest = .readable) -> Bool {
        ready.contains { $0.source == source && !$0.interest.isDisjoint(with: interest) }
    }

    private mutating func append(_ item: zmq_pollitem_t) -> Source {
        let source = Source(number: nextNumber)
        nextNumber += 1
        unsafe items.append(item)
        sources.append(source)
        return source
    }

    private mutating func poll(milliseconds: Int) throws(TransportError) -> Bool {
        ready.removeAll(keepingCapacity: true)
        let count = unsafe zmq_poll(&items, Int32(items.count), milliseconds)
        if count < 0 {
            let code = zmq_errno()
            if code == EINTR { return true }
            throw .zeroMQ("zmq_poll", code: code)
        }
        if count == 0 { return false }
        for index in sources.indices {
            let interest = unsafe Interest(libzmqEvents: items[index].revents)
            if !interest.isEmpty { ready.append(Ready(source: sources[index], interest: interest)) }
        }
        return true
    }

    private static func milliseconds(until deadline: Int64?) -> Int {
        guard let deadline else { return -1 }
        let left = deadline - MonotonicClock.nanoseconds()
        // Rounded up: a loop that woke too early would only wait again. An hour at most, since the
        // loop looks at its deadline again anyway.
        return left <= 0 ? 0 : Int(min((left + 999_999) / 1_000_000, 3_600_000))
    }
}

/// Whether looking again beats sleeping here.
enum Spin {
    /// On one core the other side cannot go on while this one spins.
    static let pays = ProcessAllowance.cores() >= 2
}
