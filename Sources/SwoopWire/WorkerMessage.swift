// What a worker says to its agent, through the ring. WorkerMessage+Coding.swift has the bytes; what
// it is told is WorkerOrder.

package import SwoopModel

/// A message from a worker to its agent, over a ring in shared memory.
package enum WorkerMessage: Hashable, Sendable {
    /// The worker's threads wait for runs.
    case ready(processID: Int32)
    /// News of runs, in order.
    case reports([RunReport])
    /// The attempt's page is written; comes before the `ended` report that mentions it.
    case stored(AttemptID, PageExtent)
    /// Asks for an extent to write a page into; answered by `allocated` with the same token.
    case allocate(token: UInt32, byteCount: Int64)
    /// Lines that runs printed, in order.
    case printed([OutputLine])
}
