// A coordinator in a process of its own, with the agent of its machine: clients come and go.

import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopLaunching
import SwoopTransport

/// Makes this process the coordinator of a standing cluster, until the process is ended:
/// `.connected(name)` finds it, for programs of this user that are the same build.
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
        if let other = try RuntimeFolder.ofUser().coordinator(of: name) {
            throw SwoopError(
                .unreachable,
                "a cluster named \(name) runs already, in process \(other.process.pid)",
                advice: "End that one, or choose another name.")
        }
        local = try LocalCluster(options, cluster: name)
    } catch let error as SwoopError {
        throw error
    } catch {
        throw SwoopError(.unreachable, "the cluster could not be started: \(error)")
    }
    guard local.isVisible else {
        local.stop()
        throw SwoopError(
            .unreachable, "nobody could find the cluster: its address could not be published",
            advice: "See that the runtime folder belongs to you and is closed to others.")
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

/// A coordinator that outlives its clients.
enum StandingCoordinator {
    static let role = "coordinator"
    static let clusterVariable = "SWOOP_CLUSTER"

    /// Runs the coordinator in this process until it is told to end.
    static func run(_ role: InheritedRole) throws {
        let name = unsafe getenv(clusterVariable).map { unsafe String(cString: $0) } ?? "standing"
        let local = try LocalCluster(LocalOptions(), cluster: name)
        // Until whoever started it ends it: the parent-death signal, or SIGTERM.
        local.waitUntilEnded()
    }
}
