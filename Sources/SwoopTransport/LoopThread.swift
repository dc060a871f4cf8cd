// A thread of the system with a name, for loops that block: zmq_poll and futexes must not hold a
// thread of Swift's pool.

import CSwoopSystem
import Glibc

/// A running thread.
///
/// It must be joined: one that is dropped unjoined is a bug and traps.
package struct LoopThread: ~Copyable, Sendable {
    private let thread: pthread_t

    /// Starts a thread that runs `body` once and ends.
    ///
    /// The name's first 15 bytes show in `ps -L` and debuggers. `stackBytes` of 0 is the system's
    /// default (8 MiB of address space).
    package init(
        named name: String,
        stackBytes: Int = 0,
        _ body: sending @escaping () -> Void
    ) throws(TransportError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        if stackBytes > 0 {
            let code = unsafe pthread_attr_setstacksize(&attributes, stackBytes)
            guard code == 0 else { throw .systemCall("pthread_attr_setstacksize", code: code) }
        }
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                unsafe start.name.withCString { unsafe swoop_name_thread($0) }
                // A file that may not grow is an error here, not the end of the program.
                swoop_mask_file_size_signal()
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            throw .systemCall("pthread_create", code: code)
        }
        self.thread = thread
    }

    deinit {
        precondition(thread == 0, "A LoopThread was dropped without join().")
    }

    /// Waits until the body has returned.
    package consuming func join() {
        _ = pthread_join(thread, nil)
        discard self
    }

    /// Lets the thread run on by itself.
    ///
    /// For threads that live as long as the process.
    package consuming func detach() {
        _ = pthread_detach(thread)
        discard self
    }
}

private final class Start {
    let name: String
    let body: () -> Void

    init(name: String, body: @escaping () -> Void) {
        self.name = name
        self.body = body
    }
}
