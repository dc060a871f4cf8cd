// Signals as messages: they are blocked in all threads, one thread waits for them and puts them
// into the inbox of the loop, so that a terminal is always left as it was found.

import Glibc
import SwoopTransport

/// What a person, or the system, asks of a running command.
enum TerminalSignal: Int32, CaseIterable, Sendable {
    /// Ctrl-C.
    case interrupt = 2
    /// The terminal is gone.
    case hangUp = 1
    case terminate = 15
    /// Ctrl-Z.
    case suspend = 20
    case windowChanged = 28
}

/// The thread that waits for signals.
enum TerminalSignals {
    /// From now on signals arrive in the inbox.
    ///
    /// To be called before any other thread starts: threads inherit what is blocked.
    static func deliver(to inbox: Inbox<TerminalSignal>) throws {
        let signals = set()
        var blocked = signals
        unsafe pthread_sigmask(SIG_BLOCK, &blocked, nil)
        let thread = try LoopThread(named: "signals") {
            var awaited = signals
            var number: Int32 = 0
            while unsafe sigwait(&awaited, &number) == 0 {
                if let signal = TerminalSignal(rawValue: number) { inbox.put(signal) }
            }
        }
        // It waits as long as the process lives.
        thread.detach()
    }

    /// Lets a signal do to this process what it does to one that does not listen.
    static func obey(_ signal: TerminalSignal) {
        // SIGTSTP cannot be told from a stop by SIGSTOP afterwards: the shell says "Stopped".
        _ = kill(getpid(), signal == .suspend ? SIGSTOP : signal.rawValue)
    }

    private static func set() -> sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for signal in TerminalSignal.allCases { unsafe sigaddset(&signals, signal.rawValue) }
        return signals
    }
}
