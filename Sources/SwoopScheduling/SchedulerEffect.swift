// Orders of the scheduler. Values only: the coordinator's loop performs them and decides nothing.

package import SwoopModel

/// An order of the scheduler.
package enum SchedulerEffect: Equatable, Sendable {
    /// Give the node permission to run these tasks.
    case grantLease(NodeID, Lease)
    /// Take attempts back: stop them, or forget what they made.
    case revoke(NodeID, [AttemptID])
    /// Ask for attempts that were not begun: another node is idle.
    case recall(NodeID, [AttemptID])
    /// Nothing needs these outputs any more: free their pages.
    case dropPages(NodeID, [TaskID])
    /// Have the node fetch this program; it answers `programReady` or `programFailed`.
    case prepareProgram(NodeID, ProgramID)
    /// Store client data on the node, as attempt 1 of a task that never runs; given for two nodes
    /// where there are two.
    case storePage(NodeID, TaskID, OutputKind, bytes: [UInt8])
    /// Have the node lend room for client data that the client writes itself: `roomLent` follows,
    /// or a report of failure.
    case lendRoom(NodeID, TaskID, byteCount: Int64)
    /// Have it keep what the client wrote there, as attempt 1.
    case keepWritten(NodeID, TaskID, OutputPart)
    /// Tell the client.
    case notify(ClientID, ClientNotice)
    /// Send the client the bytes of a small output.
    case deliver(ClientID, TaskID, bytes: [UInt8])
    /// Have the node send this page; it goes to the client under `name` (a loop's result has its
    /// own name).
    case requestOutput(NodeID, TaskID, ClientID, name: TaskID)
    /// Answer a client that asked to keep something, or to keep it no longer.
    case settleKeeping(ClientID, number: UInt64, refusal: String)
    /// Tell every client what is kept now: it is more or less than before.
    case tellKept
    /// The node was silent for too long: close its connection.
    case closeNode(NodeID, reason: String)
    /// Have the node copy a page from others and keep it: `pageCopied` or `pageNotCopied` follows.
    case copyPage(NodeID, PageCopy)
    /// A node that was to leave has handed everything on: it is to end, and is no node any more.
    case nodeDrained(NodeID)
    /// A current attempt ended well: learn from it.
    case recordRun(FunctionIndex, NodeID, RunRecord)
    /// Runs that a task made itself ended: learn from them.
    case recordChildren(function: String, NodeID, [RunRecord])
    /// A message made no sense or came late; counted.
    case reject(RejectionReason)
}

/// Why a message was dropped.
package enum RejectionReason: UInt8, Hashable, Sendable, CaseIterable {
    case staleAttempt
    case unknownTask
    case unknownNode
    case unknownClient
    case repeatedTask
}
