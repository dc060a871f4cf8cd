// What a worker says to its agent, through the ring. WorkerMessage+Coding.swift has the bytes; what
// it is told is WorkerOrder.

package import SwoopModel

/// A message from a worker to its agent, over a ring in shared memory.
package enum WorkerMessage: Equatable, Sendable {
    /// The worker's threads wait for runs.
    case ready(processID: Int32)
    /// News of runs, in order.
    case reports([RunReport])
    /// The attempt's page is written; comes before the `ended` report that mentions it.
    case stored(AttemptID, PageExtent)
    /// The bytes of this input of the attempt are not those that were written; comes before the
    /// `ended` report of the attempt.
    case damaged(AttemptID, input: TaskID)
    /// An extent that was given for a page will not be used.
    case abandoned(PageExtent)
    /// Asks for an extent to write a page into; answered by `allocated` or `refused` with the same
    /// token, however long that takes.
    case allocate(token: UInt32, byteCount: Int64)
    /// Lines that runs printed, in order.
    case printed([OutputLine])
}
