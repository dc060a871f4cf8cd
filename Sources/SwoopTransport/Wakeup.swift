// How a thread that sleeps in a PollLoop is woken: an eventfd, in this process or inherited by
// another.

import CSwoopSystem
import Glibc

/// A counter that makes its descriptor readable.
///
/// Any thread may raise it.
package final class Wakeup: Sendable {
    /// What a PollLoop watches, and what another process may inherit.
    package let descriptor: Int32

    /// A new, close-on-exec one.
    package init() throws(TransportError) {
        let number = swoop_event_create()
        guard number >= 0 else { throw .systemCall("eventfd", code: -number) }
        descriptor = number
    }

    /// Takes over one that was inherited.
    package init(inheriting descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor.take()
    }

    deinit {
        _ = close(descriptor)
    }

    /// Makes the descriptor readable until the next `clear`.
    package func raise() {
        var one: UInt64 = 1
        // It fails only when the counter is full, and then it is readable already.
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Makes it unreadable; true when it had been raised.
    ///
    /// It never waits: whoever inherited the descriptor may have made it one that waits, and may
    /// read it too.
    @discardableResult
    package func clear() -> Bool { swoop_event_clear(descriptor) == 1 }
}
