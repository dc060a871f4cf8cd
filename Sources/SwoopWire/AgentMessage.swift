// What an agent says to the coordinator. AgentMessage+Coding.swift has the bytes; what it is told
// is AgentOrder.

package import SwoopModel

/// A message from an agent to the coordinator.
package enum AgentMessage: Hashable, Sendable {
    /// The first message: what the node offers, and the hash of the bundle that it runs.
    case register(version: UInt32, NodeDescription, program: String)
    /// News of runs, in order.
    case reports([RunReport])
    /// What the node does now; also its sign of life.
    case sample(slots: [SlotUsage], cpuNanoseconds: Int64, residentBytes: Int64)
    /// Answers `sendPage`: the bytes stored under the task.
    case page(TaskID, bytes: [UInt8])
    /// Answers `sendPage`: nothing is stored under the task.
    case pageMissing(TaskID)
    /// Lines that tasks printed, in order.
    case printed([OutputLine])
    /// Something that a person should read.
    case remark(String)
    /// The last message, with the reason.
    case goodbye(String)
}
