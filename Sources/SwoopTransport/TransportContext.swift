// The one per process that sockets are made from, with the list of keys that may connect to them.

import CSwoopZeroMQ
import Glibc

/// libzmq's context: I/O threads and in-process endpoints.
///
/// It ends when its last socket has.
@safe package final class TransportContext: @unchecked Sendable {
    // Unchecked: libzmq's contexts may be used from any thread; `handle` never changes.
    let handle: UnsafeMutableRawPointer

    /// A context with its own I/O threads (one carries several GB/s without encryption).
    ///
    /// - Throws: `.shortage`, where libzmq would end the process for lack of something.
    package init(ioThreads: Int32 = 1) throws(TransportError) {
        try Shortage.check(Self.needs)
        guard let handle = unsafe zmq_ctx_new() else {
            throw .zeroMQ("zmq_ctx_new", code: zmq_errno())
        }
        unsafe self.handle = unsafe handle
        unsafe zmq_ctx_set(handle, ZMQ_IO_THREADS, ioThreads)
        unsafe zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, 65_535)
    }

    /// What a context takes with its first sockets, and some connections.
    private static let needs = {
        var needs = Shortage.Needs()
        needs.openFiles = 24
        needs.threads = 4
        needs.stacks = 4
        return needs
    }()

    deinit {
        // Sockets hold the context, so none is left, and this waits for the I/O threads only.
        while unsafe zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }
}
