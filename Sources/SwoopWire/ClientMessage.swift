// What a client says to the coordinator. ClientMessage+Coding.swift has the bytes; what it is told
// is ClientReply.

package import SwoopModel

/// A message from a client to the coordinator.
package enum ClientMessage: Equatable, Sendable {
    /// The first message: who calls, and with which program; a viewer with none.
    case hello(version: UInt32, client: ClientID, program: ProgramID, name: String)
    /// Adds to the client's graph; `data` has the bytes of each entry of `GraphPart.data`,
    /// none of those that are deferred.
    case submit(GraphPart, data: [[UInt8]])
    /// The bytes of data that was deferred: answers `ClientNotice.dataNeeded`.
    case data(TaskID, bytes: [UInt8])
    /// Answers `ClientNotice.dataNeeded` where the client writes into the memory of the node on its
    /// machine: it wants so many bytes of it.
    case roomWanted(TaskID, byteCount: Int64)
    /// The page of the data is where `ClientNotice.roomLent` said.
    case dataWritten(TaskID, OutputPart)
    /// Deferred data cannot be had any more; the failure names it.
    case dataFailed(TaskFailure)
    /// The handles of these tasks are gone: what nothing else needs may go.
    case release([TaskID])
    /// What has not ended of these tasks, and of what hangs on them, shall not go on.
    case cancel([TaskID])
    /// Asks for the bytes of these tasks: each is answered by `value`, or by
    /// `ClientNotice.failed`.
    case want([TaskID])
    /// Asks for what was recorded of these functions, by their identities.
    case wantRecords(identities: [String])
    /// Begins or ends the flow of `usage` replies.
    case watchUsage(Bool)
    /// Answers `programWanted`: what the program is made of, and where this machine has each file.
    case offerProgram(ProgramManifest, paths: [String])
    /// Of a standing cluster: these hosts are to be brought up, or to stay. Answered by
    /// `hostsTaken`, and then for each host by `hostSettled`.
    case wantHosts(HostsWanted)
    /// Of a standing cluster: these hosts are to leave; their runs are handed on after so many
    /// nanoseconds. Answered like `wantHosts`.
    case releaseHosts([String], within: Int64)
    /// Whoever wanted these hosts waits no longer: one that never was there is given up.
    case forgetHosts([String])
    /// Of a standing cluster: the outputs of these tasks are to stay, under a name, when the client
    /// has gone. Answered by `keepSettled`.
    case keep(KeepWish)
    /// What is kept under these names is not wanted any more. Answered by `keepSettled`.
    case freeKept(number: UInt64, [String])
    /// Asks what is kept: answered by `kept`.
    case wantKept
    /// Brings a library that the client has loaded since it began: functions of later submissions
    /// may be there. `name` is what code references call it.
    case library(name: String, bytes: [UInt8])
    /// The last message.
    case goodbye
}
