// What one thread waits for from a loop: a value that comes once.

import Synchronization

/// A value that a loop owes to a thread that waits for it.
package final class Answer<Value: Sendable>: Sendable {
    private let given = Mutex<Value?>(nil)
    private let wakeup: Wakeup

    /// Nothing given yet.
    package init() throws(TransportError) {
        wakeup = try Wakeup()
    }

    /// Gives the value; the first one counts.
    package func give(_ value: Value) {
        given.withLock { if $0 == nil { $0 = value } }
        wakeup.raise()
    }

    /// Waits until the value was given; nil when `deadline` (of MonotonicClock) came first.
    package func wait(until deadline: Int64) -> Value? {
        var poll = PollLoop()
        _ = poll.watch(descriptor: wakeup.descriptor)
        while true {
            if let value = given.withLock({ $0 }) { return value }
            guard MonotonicClock.nanoseconds() < deadline,
                (try? poll.wait(until: deadline)) != nil
            else { return given.withLock { $0 } }
        }
    }
}
