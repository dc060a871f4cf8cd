// The main actor of the process in which cells run: its jobs wait here until the evaluator's loop
// takes them. The system's own would run them inside of its queue, which a cell that is left by an
// error never comes back to, and which runs nothing more then.

import Glibc
import SwoopTransport
import Synchronization

/// The main actor's executor.
final class MainJobs: SerialExecutor {
    private let jobs = Mutex<[UInt]>([])
    private let wake: Wakeup
    private let thread = pthread_self()

    /// Whoever makes it is the main thread; `wake` is raised when a job has come.
    init(wake: Wakeup) { self.wake = wake }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = unsafe unsafeBitCast(UnownedJob(job), to: UInt.self)
        jobs.withLock { $0.append(job) }
        wake.raise()
    }

    /// The address of the job that has waited longest; nil: there is none.
    func take() -> UInt? { jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    func checkIsolated() {
        precondition(
            pthread_equal(pthread_self(), thread) != 0,
            "what belongs to the main actor is used on another thread")
    }
}
