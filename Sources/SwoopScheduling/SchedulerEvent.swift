// Facts that reach the scheduler. Past tense, values only: a log of them replays to the same
// decisions.

package import SwoopModel

/// A fact for the scheduler.
package enum SchedulerEvent: Sendable {
    /// A client opened a session; its tasks are functions of this program.
    case clientJoined(ClientID, ProgramID)
    /// A client left or died: its graph is cancelled and its pages are freed.
    case clientLeft(ClientID)
    /// A client submitted a part of a graph; one byte block per entry of `part.data`.
    case graphSubmitted(ClientID, GraphPart, data: [[UInt8]])
    /// A client brought data that was deferred.
    case dataArrived(ClientID, TaskID, bytes: [UInt8])
    /// A client wants to write deferred data itself, so many bytes, into the memory of this node;
    /// nil: there is no node now whose memory it shares.
    case roomWanted(ClientID, TaskID, NodeID?, byteCount: Int64)
    /// The node has room for it, at this place.
    case roomLent(NodeID, TaskID, offset: Int64, byteCount: Int64)
    /// The client wrote it there.
    case dataWritten(ClientID, TaskID, OutputPart)
    /// A client does not have deferred data any more; the failure names it.
    case dataFailed(ClientID, TaskFailure)
    /// The last handles of these tasks were dropped.
    case handlesReleased(ClientID, [TaskID])
    /// A client asked to stop these tasks.
    case cancellationRequested(ClientID, [TaskID])
    /// A client asked for the bytes of these outputs.
    case outputsWanted(ClientID, [TaskID])
    /// A client, that is this program, asked to keep the outputs of tasks of its by a name.
    case keepWanted(ClientID, KeepWish, program: String)
    /// A client asked to keep nothing more under these names; the answer has the number.
    case keptUnwanted(ClientID, number: UInt64, [String])
    /// An agent registered; it has this program from the beginning.
    case nodeJoined(NodeID, NodeDescription, ProgramID)
    /// The node can run workers of the program from now on.
    case programReady(NodeID, ProgramID)
    /// The node cannot run the program.
    case programFailed(NodeID, ProgramID, reason: String)
    /// An agent is gone: its process ended, or it was silent for too long.
    case nodeLost(NodeID, reason: String)
    /// Somebody wants the node to leave; what still runs there then is handed on.
    case drainWanted(NodeID, until: Timestamp)
    /// It stays after all.
    case drainEnded(NodeID)
    /// A node has a copy that `copyPage` ordered.
    case pageCopied(NodeID, TaskID)
    /// A node could not make it; the failure names the task.
    case pageNotCopied(NodeID, TaskFailure)
    /// A node of this name was lost, and will not come back.
    case nodeForgotten(String)
    /// Anything came from this node.
    case nodeHeard(NodeID)
    /// News of attempts, from the agent that holds their lease.
    case reported(NodeID, [RunReport])
    /// The bytes of an output that `requestOutput` asked for went to the client.
    case outputDelivered(ClientID, TaskID)
    /// The node does not have the page that was asked for.
    case pageMissed(NodeID, TaskID)
    /// The forecasts learned something about a function.
    case estimateRevised(FunctionIndex, DurationModel)
    /// The forecasts know something about what a function leaves.
    case outputSizeRevised(FunctionIndex, OutputModel)
    /// This process itself was away for so many nanoseconds: what others said lies unread.
    case paused(Int64)
    /// The time that `nextDeadline` named has come, and everything that waited was read.
    case deadlineReached
}
