// One run in this process: its orders, its cancellation flag, its outcome, and for async functions
// the executor that keeps all of its jobs on the slot's thread.

import SwoopElements
import SwoopModel
import Synchronization

/// Thrown by the host of a run that was cancelled, at a stride's end.
struct RunCancelled: Error {}

/// A run that began. Shared by its slot's thread, the control thread (which cancels) and whoever
/// resumes it.
final class RunState: Sendable {
    let attempt: AttemptID
    /// The run of the agent's that this one descends from; itself when it is one.
    let root: AttemptID
    let function: String
    let isOptimised: Bool
    private let flag: CancellationFlag
    /// Set by the run's own task before it ends.
    let ending = Mutex<RunOutcome?>(nil)
    /// The async run's executor; nil for a sync one.
    let executor: RunExecutor?
    let record = Mutex(RunRecord())
    let times = Mutex(RunTimes())
    private let childCount = Atomic<UInt64>(0)

    /// What a run took so far, over all of its times on a slot.
    struct RunTimes {
        var cpu: Int64 = 0
        var wall: Int64 = 0
    }

    init(
        attempt: AttemptID, root: AttemptID, function: String, isOptimised: Bool,
        flag: CancellationFlag, executor: RunExecutor?
    ) {
        self.attempt = attempt
        self.root = root
        self.function = function
        self.isOptimised = isOptimised
        self.flag = flag
        self.executor = executor
    }

    /// How many children the run has made with the one that is made now: the child's ordinal.
    func nextChild() -> UInt64 { childCount.add(1, ordering: .relaxed).newValue }

    var isCancelled: Bool { flag.isRaised }
    func cancel() { flag.raise() }
    var cancellation: CancellationFlag { flag }
}

/// Raised once; children share their root's.
final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    // Relaxed: the flag orders nothing; it is seen at one of the next strides.
    var isRaised: Bool { raised.load(ordering: .relaxed) }
    func raise() { raised.store(true, ordering: .relaxed) }
}
