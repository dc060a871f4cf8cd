// The signals by which a process that holds a cluster is told to end, so that it can end its agents
// first.

import Glibc
import SwoopTransport
import Synchronization

/// SIGTERM and SIGINT as news; SIGHUP is passed over, since a cluster outlives its terminal.
package final class EndingSignals: Sendable {
    private struct State {
        var count = 0
        var action: (@Sendable (_ count: Int) -> Void)?
    }

    private let state = Mutex(State())
    private let wakeup: Wakeup

    /// From now on, in this thread and those that it starts, the signals are only news: make it
    /// before any other thread starts.
    package init() throws {
        wakeup = try Wakeup()
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&signals, signal) }
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        let awaited = signals
        let thread = try LoopThread(named: "signals") { [self] in
            var awaited = awaited
            var number: Int32 = 0
            while unsafe sigwait(&awaited, &number) == 0 {
                if number != SIGHUP { take() }
            }
        }
        // It waits as long as the process lives.
        thread.detach()
    }

    private func take() {
        let (count, action) = state.withLock { state in
            state.count += 1
            return (state.count, state.action)
        }
        wakeup.raise()
        action?(count)
    }

    /// Whether one came.
    package var hasCome: Bool { state.withLock { $0.count > 0 } }

    /// Calls `action` at each, on a thread of its own, with the number of those that came.
    func onEach(_ action: @escaping @Sendable (_ count: Int) -> Void) {
        let before = state.withLock { state in
            state.action = action
            return state.count
        }
        if before > 0 { action(before) }
    }

    /// Blocks until one has come.
    func wait() {
        var poll = PollLoop()
        _ = poll.watch(descriptor: wakeup.descriptor)
        while !hasCome, (try? poll.wait(until: nil)) != nil {}
    }
}
