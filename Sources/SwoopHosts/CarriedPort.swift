// An SSH connection that stays, since an agent reaches the coordinator through it: its thread.

import Glibc
import SwoopTransport
import Synchronization

/// The connection through which an agent reaches us.
///
/// It ends when it is closed, when nothing refers to it any longer, or when the host goes; then the
/// agent ends by itself.
package final class CarriedPort: Sendable {
    private let isStopped: Wakeup
    private let isRunning = Running()
    private let thread: Mutex<LoopThread?>

    /// Goes on with a session on a thread of its own.
    init(_ session: SSHSession, forward: PortForward) throws(HostError) {
        let wait = session.wait
        let carried = Carried(session: session, forward: forward)
        do throws(TransportError) {
            let isStopped = try Wakeup()
            self.isStopped = isStopped
            wait.outlast(until: isStopped)
        } catch {
            throw wait.error("\(error)")
        }
        do throws(TransportError) {
            let isRunning = isRunning
            thread = Mutex(
                try LoopThread(named: "swoop-carry") {
                    carried.run()
                    isRunning.value.store(false, ordering: .releasing)
                })
        } catch {
            throw wait.error("\(error)")
        }
    }

    deinit { close() }

    /// False once the connection has ended.
    package var isOpen: Bool { isRunning.value.load(ordering: .acquiring) }

    /// Ends the connection, and waits until that is done.
    package func close() {
        isStopped.raise()
        guard let thread = thread.withLock({ $0.take() }) else { return }
        thread.join()
    }
}

/// Whether the thread runs; it must not keep the port itself.
private final class Running: Sendable {
    let value = Atomic(true)
}

/// What the thread of a carried port takes over.
private final class Carried: @unchecked Sendable {
    // Handed from the thread that made it to the one that runs it, which has it alone from then on.
    private var session: SSHSession?
    private var forward: PortForward?

    init(session: SSHSession, forward: PortForward) {
        self.session = session
        self.forward = forward
    }

    func run() {
        defer {
            // The port goes before the session that it belongs to.
            forward = nil
            session = nil
        }
        guard let session, let forward else { return }
        do throws(HostError) {
            while true {
                if try forward.step() || session.hasTakenBytes() { continue }
                _ = try forward.wait(reads: false)
            }
        } catch {
            // It was closed, or the host has gone: the coordinator hears of that by itself.
        }
    }
}
