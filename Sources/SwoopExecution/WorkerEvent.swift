// Facts that reach the worker's machine, and its orders.

package import SwoopModel

/// A fact for the worker's machine.
package enum WorkerEvent: Sendable {
    /// The agent handed over runs.
    case ordered([RunOrder])
    /// The agent asked to stop a run.
    case cancellationAsked(AttemptID)
    /// The agent asked for a run that has not begun.
    case returnAsked(AttemptID)
    /// A run ended on its slot.
    case ended(slot: Int, AttemptID, RunOutcome, RunRecord)
    /// A run has nothing to do until something that it awaits arrives; its slot is free.
    case suspended(slot: Int, AttemptID)
    /// What a suspended run waited for has arrived.
    case awaitedArrived(AttemptID)
    /// A run called a remote function and made a child run of it.
    case childMade(AttemptID, parent: AttemptID, function: String)
    /// The time that `nextDeadline` named has come.
    case deadlineReached
}

/// An order of the worker's machine.
package enum WorkerEffect: Equatable, Sendable {
    /// Begin a run on the slot.
    case start(slot: Int, RunOrder)
    /// Begin a child run, whose code and arguments the process has at hand.
    case startChild(slot: Int, AttemptID)
    /// Go on with a suspended run.
    case resume(slot: Int, AttemptID)
    /// Raise the run's cancellation flag.
    case raiseCancellation(AttemptID)
    /// Tell the agent.
    case report([RunReport])
}
