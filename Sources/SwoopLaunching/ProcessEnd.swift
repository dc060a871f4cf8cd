// The end of a process that is not a child of this one, and signals to it.

import CSwoopSystem
import Glibc

/// Something that becomes readable when a process has ended.
package final class ProcessEnd {
    /// For a PollLoop.
    package let descriptor: Int32

    /// Nil when the process has ended already, or may not be watched.
    package init?(of process: ProcessIdentity) {
        let made = swoop_pidfd_open(process.pid)
        guard made >= 0 else { return nil }
        descriptor = made
        // The number may have been given to another since: then this one has ended.
        guard process.standing == .running else { return nil }
    }

    deinit { _ = close(descriptor) }

    /// Sends a signal to that very process, never to a later one of its number; false when it has
    /// ended, or does not take signals of this user.
    package func signal(_ number: Int32) -> Bool { swoop_pidfd_signal(descriptor, number) == 0 }
}
