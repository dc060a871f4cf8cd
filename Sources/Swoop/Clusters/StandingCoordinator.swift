// A coordinator in a process of its own, with the agent of its machine: clients come and go.

import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopLaunching
import SwoopTransport

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
