// A process that holds a cluster of its machine for others: clients come and go.

import Glibc
import SwoopCoordinator
import SwoopLaunching
import SwoopTransport

/// Makes this process the coordinator of a standing cluster, until the process is ended:
/// `.connected(name)` finds it, for programs of this user.
///
/// ```swift
/// try await holdCluster(named: "night-shift")
/// ```
///
/// - Throws: `SwoopError.Code.unreachable` when it cannot start, or when one of that name runs
///   already.
public func holdCluster(
    named name: String = "standing", _ options: LocalOptions = LocalOptions()
) async throws {
    let local: LocalCluster
    do {
        try StandingCluster.expectNone(named: name)
        local = try LocalCluster(options, cluster: name, holder: .machine)
    } catch let error as SwoopError {
        throw error
    } catch {
        throw SwoopError(.unreachable, "the cluster could not be started: \(error)")
    }
    do {
        try local.expectVisible()
    } catch {
        local.stop()
        throw error
    }
    if let remark = local.coordinator.remark {
        SessionConsole(showsOutput: true, showsProgress: false).remark(remark)
    }
    // A thread of its own waits: the caller's may have other tasks to run.
    await withCheckedContinuation { continuation in
        let waiting = try? LoopThread(named: "standing") {
            local.waitUntilEnded()
            continuation.resume()
        }
        guard let waiting else { return continuation.resume() }
        waiting.detach()
    }
}
