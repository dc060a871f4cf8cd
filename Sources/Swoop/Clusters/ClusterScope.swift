// Scopes: a cluster exists inside of a block, and nothing of it is left when the block ends.

import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopSession
import SwoopTransport
import SwoopWire

/// Which cluster a scope is to have.
public enum ClusterSpec: Sendable {
    /// This machine, started for the scope.
    case local(LocalOptions)
    /// A standing cluster of this user, by name.
    case connected(String)

    /// This machine with all of its cores, started for the scope: no set-up.
    public static var local: ClusterSpec { .local(LocalOptions()) }
    /// The standing cluster of this user.
    public static var connected: ClusterSpec { .connected("standing") }
}

/// Runs the body with a cluster; ends everything that belongs to it when the body ends, however it
/// ends.
///
/// ```swift
/// let total = try await withCluster(.local) { cluster in
///     try await cluster.remotely { remote in remote.range(0..<1_000).sum }.value
/// }
/// ```
///
/// - Throws: `SwoopError.Code.unreachable` when the cluster cannot be started or reached; what the
///   body throws.
public func withCluster<Result>(
    _ spec: ClusterSpec, _ body: (Cluster) async throws -> sending Result
) async throws -> sending Result {
    let scope = try await OpenCluster(spec)
    do {
        let result = try await body(scope.cluster)
        await scope.close()
        return result
    } catch {
        await scope.close()
        throw error
    }
}

/// A cluster between the beginning and the end of its scope.
struct OpenCluster {
    let cluster: Cluster
    private let local: LocalCluster?

    init(_ spec: ClusterSpec) async throws {
        do {
            switch spec {
            case .local(let options): (cluster, local) = try Self.open(options)
            case .connected(let name): (cluster, local) = (try await Self.connect(name), nil)
            }
        } catch let error as SwoopError {
            throw error
        } catch {
            throw SwoopError(.unreachable, "the cluster could not be started: \(error)")
        }
    }

    private static func open(_ options: LocalOptions) throws -> (Cluster, LocalCluster) {
        let client = ClientID(UInt64.random(in: 1 ... .max))
        let console = SessionConsole(
            showsOutput: options.showsOutput, showsProgress: options.showsProgress)
        let session = ClusterSession(client: client, cores: options.cores, console: console)
        let name =
            "local-\(ProcessIdentity.current().pid)-\(String(client.rawValue % 46_656, radix: 36))"
        let local = try LocalCluster(options, cluster: name)
        session.attach(DirectLink(to: local.coordinator, client: client))
        local.coordinator.attach(client) { [weak session] reply in session?.receive(reply) }
        return (Cluster(session: session), local)
    }

    private static func connect(_ name: String) async throws -> Cluster {
        guard let address = try RuntimeFolder.ofUser().coordinator(of: name) else {
            throw SwoopError(
                .unreachable, "no cluster named \(name) runs on this machine for this user",
                advice: "Start one, or use .local.")
        }
        let client = ClientID(UInt64.random(in: 1 ... .max))
        let session = ClusterSession(
            client: client, cores: MonotonicClock.usableCores(),
            console: SessionConsole(showsOutput: true))
        let link = try SocketLink(
            endpoint: address.endpoint, serverKey: address.serverKey,
            keys: CurveKeys(secretKey: address.clientSecretKey),
            hello: .hello(
                version: wireVersion, client: client, program: ProgramIdentity.current(),
                name: CommandLine.arguments.first ?? ""),
            isAlive: { address.process.isAlive },
            receive: { [weak session] reply in session?.receive(reply) },
            lost: { [weak session] reason in session?.lose(reason) })
        session.attach(link)
        if let refusal = await session.waitForGreeting() {
            session.close()
            throw SwoopError(.unreachable, "\(name): \(refusal)")
        }
        return Cluster(session: session)
    }

    /// Ends the session, and the cluster where it was started for it.
    ///
    /// Not cut short by cancellation.
    func close() async {
        let session = cluster.session
        let local = local
        // A task of its own is not cancelled with the body's.
        await Task {
            session.close()
            local?.stop()
        }.value
    }
}
