// What an agent says to the coordinator. AgentMessage+Coding.swift has the bytes; what it is told
// is AgentOrder.

package import SwoopModel

/// A message from an agent to the coordinator.
package enum AgentMessage: Equatable, Sendable {
    /// The first message: what the node offers, which program it has from the beginning, and where
    /// other nodes fetch its pages.
    case register(version: UInt32, NodeDescription, program: ProgramID, pages: PageService)
    /// News of runs, in order, and of whose leases they are: the epoch that came with `accepted`.
    case reports([RunReport], epoch: CoordinatorEpoch = .none)
    /// What the node does now; also its sign of life.
    case sample(
        slots: [SlotUsage], cpuNanoseconds: Int64, residentBytes: Int64, fetchedBytes: Int64 = 0,
        givenBytes: Int64 = 0)
    /// Answers `sendPage`: the bytes stored under the task.
    case page(TaskID, bytes: [UInt8])
    /// Answers `sendPage`: nothing is stored under the task.
    case pageMissing(TaskID)
    /// Answers `lendRoom`: the place.
    case roomLent(TaskID, offset: Int64, byteCount: Int64)
    /// Lines that tasks printed, in order.
    case printed([OutputLine])
    /// Something that a person should read.
    case remark(String)
    /// Answers `prepare`, as often as it takes: a range of a file that is not here.
    case programBytesWanted(ProgramID, digest: String, offset: Int64, count: Int64)
    /// Answers `prepare`: workers of the program can be started.
    case programReady(ProgramID)
    /// Answers `prepare`: it cannot be run here, for this reason.
    case programFailed(ProgramID, reason: String)
    /// Asks for a page of another node through the coordinator: the node cannot be reached from
    /// here.
    case relayWanted(TaskID, from: NodeID)
    /// Answers `copyPages`: the page is here.
    case pageCopied(TaskID)
    /// Answers `copyPages`: it could not be had or kept; the failure names the task.
    case pageNotCopied(TaskFailure)
    /// The last message, with the reason.
    case goodbye(String)
}
