// What the coordinator says to an agent. AgentOrder+Coding.swift has the bytes; what the agent says
// is AgentMessage.

package import SwoopModel

/// A message from the coordinator to an agent.
package enum AgentOrder: Hashable, Sendable {
    /// Answers `register`: the node's number.
    case accepted(NodeID)
    /// Answers `register`: no, for this reason; nothing follows.
    case refused(String)
    /// Permission to run a piece of a graph.
    case lease(Lease)
    /// Calls back attempts: those not started come back as `returned`.
    case revoke([AttemptID])
    /// Frees what is stored under these tasks.
    case dropPages([TaskID])
    /// Asks for what is stored under the task.
    case sendPage(TaskID)
    /// Brings a page or a value that is to be stored under the task.
    case storePage(TaskID, OutputKind, elementCount: Int64, bytes: [UInt8])
    /// Ends the agent and its workers.
    case shutDown
}
