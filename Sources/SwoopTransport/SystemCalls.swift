// The few system calls of this room that Glibc gives directly, with their errors as TransportError.
// Shared memory is in SharedMemory.swift, futexes in the rings.

import CSwoopZeroMQ
import Glibc

/// The system's words for an errno.
func errorText(_ code: Int32) -> String {
    SystemWords.of(code)
}

/// libzmq's words for an errno, its own numbers included.
func zeroMQErrorText(_ code: Int32) -> String {
    code < ZMQ_HAUSNUMERO ? SystemWords.of(code) : unsafe String(cString: zmq_strerror(code))
}

/// A descriptor that this value owns and closes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, valid while this value lives.
    package let rawValue: Int32

    /// Takes ownership of an open descriptor.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = Glibc.close(rawValue)
    }

    /// A second, close-on-exec descriptor for the same thing.
    package borrowing func duplicated() throws(TransportError) -> OwnedDescriptor {
        let copy = fcntl(rawValue, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw .systemCall("fcntl", code: errno) }
        return OwnedDescriptor(owning: copy)
    }

    /// Gives the descriptor up without closing it.
    package consuming func take() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}
