// What the coordinator says to an agent. AgentOrder+Coding.swift has the bytes; what the agent says
// is AgentMessage.

package import SwoopModel

/// A message from the coordinator to an agent.
package enum AgentOrder: Equatable, Sendable {
    /// Answers `register`: the node's number, and whose it is.
    case accepted(NodeID, epoch: CoordinatorEpoch = .none)
    /// Answers `register`: no, for this reason; nothing follows.
    case refused(String)
    /// Permission to run a piece of a graph.
    case lease(Lease)
    /// Takes attempts back: those not started are forgotten without a word, the others are told to
    /// stop, and what they report afterwards is of an attempt that is over.
    case revoke([AttemptID])
    /// Asks for attempts that were not begun, which come back as `returned`; the others go on.
    case recall([AttemptID])
    /// Frees what is stored under these tasks.
    case dropPages([TaskID])
    /// Asks for what is stored under the task.
    case sendPage(TaskID)
    /// Brings a page or a value that is to be stored under the task.
    case storePage(TaskID, OutputKind, elementCount: Int64, bytes: [UInt8])
    /// Asks for room for a page of so many bytes, which a client on the same machine will write:
    /// `AgentMessage.roomLent` answers, or a report of failure. `dropPages` takes it back.
    case lendRoom(TaskID, byteCount: Int64)
    /// The client has written the page into the room that was lent: it is to be kept.
    case keepWritten(TaskID, OutputPart)
    /// The coordinator listens on one more address of this machine: the agent beside it does, too,
    /// for those who fetch its pages.
    case listen(address: String)
    /// Answers a message of an agent that is not, or no longer, registered: it is to begin anew.
    case unknown
    /// The coordinator lives; sent every second.
    case sign
    /// All nodes of the cluster, and where they give pages away.
    case peers([PeerAddress])
    /// A program is wanted here; the agent asks for what it lacks.
    case prepare(ProgramManifest)
    /// Answers `programBytesWanted`: the bytes of that range, deflated.
    case programBytes(ProgramID, digest: String, offset: Int64, count: Int64, bytes: [UInt8])
    /// Answers `relayWanted`: the bytes stored under the task.
    case relayed(TaskID, elementCount: Int64, bytes: [UInt8])
    /// Answers `relayWanted`: they could not be had.
    case relayFailed(TaskID)
    /// Has pages copied from other nodes and kept: each is answered by `pageCopied` or
    /// `pageNotCopied`.
    case copyPages([PageCopy])
    /// Brings a library of a client's program, for the node's workers.
    case library(name: String, bytes: [UInt8])
    /// Ends the agent and its workers.
    case shutDown
}
