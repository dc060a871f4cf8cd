// What the coordinator says to a client. ClientReply+Coding.swift has the bytes; what the client
// says is ClientMessage.

package import SwoopModel

/// A message from the coordinator to a client.
package enum ClientReply: Equatable, Sendable {
    /// Answers `hello`: the coordinator's version, the nodes of the cluster now, and which life of
    /// the coordinator it is. Comes again when the nodes are others.
    case welcome(
        version: UInt32, nodes: [NodeDescription], epoch: CoordinatorEpoch = .none)
    /// Answers `hello`: no, for this reason; later on, that the cluster ends. Nothing follows.
    case refused(String)
    /// Answers `hello`: the nodes do not have the client's program yet; it is to offer it.
    case programWanted(ProgramID)
    /// News of the client's tasks, in order.
    case notices([ClientNotice])
    /// The bytes that a client wanted.
    case value(TaskID, bytes: [UInt8])
    /// What every core does now, to those who watch.
    case usage(ClusterUsage)
    /// The hosts of a standing cluster, to viewers: when they come, and when there is news.
    case hosts([HostState])
    /// Answers `wantHosts` and `releaseHosts`: the hosts that are meant; or why there are none.
    case hostsTaken([String], refusal: String)
    /// What became of a host that this client asked for, or asked to leave.
    case hostSettled(HostResult)
    /// What is kept: answers `wantKept`; to every client when it comes, and when there is more or
    /// less.
    case kept([KeptState])
    /// Answers `keep` and `freeKept`; without a refusal it is so.
    case keepSettled(number: UInt64, refusal: String)
    /// Answers `wantRecords`.
    case records([FunctionHistory])
}
