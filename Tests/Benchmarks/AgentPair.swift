// Two agents of one core each on this machine, with a budget of pages each: two nodes of a cluster
// whose coordinator is a thread of this process.

import Glibc
import Swoop
import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Runs the body on a cluster of two agents, and ends both.
func withAgentPair(
    pageBudget: Int, _ body: (Cluster) async throws -> sending Void
) async throws {
    let keys = try CurveKeys.generate()
    let clientKeys = try CurveKeys.generate()
    let program = ProgramID(ProgramIdentity.current())
    let coordinator = try Coordinator(Coordinator.Configuration(program: program, keys: keys))
    defer { coordinator.stop() }
    coordinator.access.permit(clientKeys.publicKey, as: Coordinator.clientName)
    let folder = try RuntimeFolder.ofUser()
    let address = CoordinatorAddress(
        cluster: "bench-\(getpid())", endpoint: coordinator.endpoint, serverKey: keys.publicKey,
        clientSecretKey: clientKeys.secretKey, program: program.rawValue)
    try folder.publish(address)
    defer { try? folder.withdraw(address) }
    var agents: [ChildProcess] = []
    defer { for agent in agents where agent.reap() == nil { agent.endNow() } }
    try await withCluster(.connected(address.cluster)) { cluster in
        for number in 1...2 {
            let own = try CurveKeys.generate()
            coordinator.permitAgent(own.publicKey)
            let configuration = AgentConfiguration(
                endpoints: [coordinator.endpoint], serverKey: keys.publicKey,
                secretKey: own.secretKey, name: "agent-\(number)", slots: 1,
                pageBudget: pageBudget, program: program)
            agents.append(try configuration.start())
        }
        for try await usage in cluster.usage where usage.nodes.count == 2 { break }
        try await body(cluster)
    }
    coordinator.stop()
    for agent in agents { _ = agent.waitUntilEnded() }
}
