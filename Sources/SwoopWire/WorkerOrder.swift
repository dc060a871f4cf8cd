// What an agent says to its worker, through the ring. WorkerOrder+Coding.swift has the bytes; what
// the worker says is WorkerMessage.

package import SwoopModel

/// A message from an agent to its worker, over a ring in shared memory.
package enum WorkerOrder: Equatable, Sendable {
    /// Functions that continue the worker's table, the first of them at this place.
    case declare(first: UInt32, [FunctionSpec])
    /// Runs to be taken up, highest rank first.
    case run([RunOrder])
    /// The attempt shall end at its next stride's end, or never start.
    case cancel(AttemptID)
    /// The attempt goes back unless it has begun.
    case giveBack(AttemptID)
    /// Answers `allocate`.
    case allocated(token: UInt32, PageExtent)
    /// Answers `allocate`: there is no room, for this reason.
    case refused(token: UInt32, reason: String)
    /// Ends the process once its threads are idle.
    case exit
}
