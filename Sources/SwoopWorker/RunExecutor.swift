// Keeps the jobs of one run on the thread of the slot that has it: `async let`, groups, actors and
// resumptions of a run's task come here, wherever they were caused.

import SwoopModel
import Synchronization

/// The task executor of one run.
final class RunExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        var taken = 0
        /// The run is on no slot: the next job must wake it.
        var isParked = false
    }

    private let queue = Mutex(Queue())
    /// Called, outside of the lock, when a parked run got a job.
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasParked = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isParked = false }
            return queue.isParked
        }
        if wasParked { wake() }
    }

    /// Runs jobs on the calling thread until there are none.
    func drain() {
        while let job = next() {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    private func next() -> UnownedJob? {
        queue.withLock { queue in
            guard queue.taken < queue.jobs.count else {
                queue.jobs.removeAll(keepingCapacity: true)
                queue.taken = 0
                return nil
            }
            defer { queue.taken += 1 }
            return queue.jobs[queue.taken]
        }
    }

    /// Parks the run unless a job has come: then it must go on.
    func park() -> Bool {
        queue.withLock { queue in
            guard queue.taken == queue.jobs.count else { return false }
            queue.isParked = true
            return true
        }
    }
}
