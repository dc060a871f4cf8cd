// A cluster between the beginning and the end of its scope: which one it is to be, started or
// found, and ended where it was started for the scope.

import CSwoopSystem
import SwoopCoordinator
import SwoopHosts
import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire

/// What a scope started and must end.
protocol StartedCluster: AnyObject, Sendable {
    /// Ends everything that belongs to it.
    func stop()
}

extension LocalCluster: StartedCluster {}
extension HostCluster: StartedCluster {}

/// A cluster in its scope.
struct OpenCluster {
    let cluster: Cluster
    private let started: (any StartedCluster)?

    init(_ spec: ClusterSpec) async throws {
        // Agents and workers are this executable, started in a role: without the roles each would
        // run the program's main.
        guard swoop_can_play_roles() else {
            throw SwoopError(
                .unreachable, "this program was linked without the roles of a cluster",
                advice: "Depend on the product Swoop of the package, not on its target alone.")
        }
        do {
            switch spec {
            case .local(let options): (cluster, started) = try Self.open(options)
            case .inline: (cluster, started) = try Self.openInline()
            case .hosts(let options): (cluster, started) = try await Self.open(options)
            case .connected(let name):
                guard let address = try RuntimeFolder.ofUser().coordinator(of: name) else {
                    throw SwoopError(
                        .unreachable, "no cluster named \(name) runs on this machine for this user",
                        advice: "Bring one up (`swoop up --name \(name) HOST…`), or use .local.")
                }
                (cluster, started) = (try await Self.connect(address), nil)
            case .standingOrLocal(let options):
                let name = StandingCluster.usualName
                if let address = try? RuntimeFolder.ofUser().coordinator(of: name),
                    address.holder == .hosts
                {
                    (cluster, started) = (try await Self.connect(address), nil)
                    let count = cluster.nodes.count
                    cluster.session.console.remark(
                        "runs on the cluster that `swoop up` brought up (\(count) "
                            + "\(count == 1 ? "node" : "nodes")); SWOOP_CONNECT=local keeps to this "
                            + "machine")
                } else {
                    (cluster, started) = try Self.open(options)
                }
            }
        } catch let error as SwoopError {
            throw error
        } catch {
            throw SwoopError(.unreachable, "the cluster could not be started: \(error)")
        }
    }

    // MARK: This machine

    private static func open(_ options: LocalOptions) throws -> (Cluster, any StartedCluster) {
        let client = ClientID(UInt64.random(in: 1 ... .max))
        let console = SessionConsole(
            showsOutput: options.showsOutput, showsProgress: options.showsProgress,
            taskOutput: options.taskOutput)
        let name = LocalCluster.uniqueName(client.rawValue)
        let local = try LocalCluster(options, cluster: name)
        if let remark = local.coordinator.remark { console.remark(remark) }
        let session = ClusterSession(
            client: client, cores: options.cores, console: console,
            nodesAreHere: !options.sendsFiles, pageBudget: options.pageBudget,
            writer: local.writer, csvRowByteCountMax: options.csvRowByteCountMax)
        session.attach(DirectLink(to: local.coordinator, client: client))
        local.coordinator.attach(client) { [weak session] reply in session?.receive(reply) }
        return (Cluster(session: session), local)
    }

    private static func openInline() throws -> (Cluster, any StartedCluster) {
        let client = ClientID(UInt64.random(in: 1 ... .max))
        let session = ClusterSession(
            client: client, cores: 1,
            console: SessionConsole(showsOutput: true, showsProgress: true))
        let inline = try InlineCluster(client: client) { [weak session] reply in
            session?.receive(reply)
        }
        LeftOutRemarks.show(by: session.console)
        session.attach(inline)
        return (Cluster(session: session), inline)
    }

    // MARK: Other machines

    private static func open(_ options: HostOptions) async throws -> (Cluster, any StartedCluster) {
        let hosts = try HostCluster(options, try options.hostList(), cluster: nil)
        do {
            return (try await enter(hosts, options), hosts)
        } catch {
            hosts.stop()
            throw error
        }
    }

    private static func enter(_ hosts: HostCluster, _ options: HostOptions) async throws -> Cluster
    {
        let console = SessionConsole(
            showsOutput: options.showsOutput, showsProgress: options.showsProgress,
            taskOutput: options.taskOutput)
        let failures = try await bringUp(hosts, options)
        if hosts.isEmpty(but: failures) {
            throw SwoopError(
                .unreachable,
                "no host came up. " + failures.map(\.description).joined(separator: "\n"))
        }
        if !options.showsProgress { for failure in failures { console.remark("\(failure)") } }
        if let remark = hosts.coordinator.remark { console.remark(remark) }
        let client = ClientID(UInt64.random(in: 1 ... .max))
        let session = ClusterSession(
            client: client, cores: 1, console: console, nodesAreHere: false)
        session.attach(DirectLink(to: hosts.coordinator, client: client))
        hosts.coordinator.attach(client) { [weak session] reply in session?.receive(reply) }
        if let refusal = await session.waitForGreeting() {
            session.close()
            throw SwoopError(.unreachable, refusal)
        }
        return Cluster(session: session)
    }

    /// Brings the hosts up on a thread, since SSH blocks; a cancelled task stops it.
    private static func bringUp(
        _ hosts: HostCluster, _ options: HostOptions
    ) async throws -> [HostError] {
        let lines = BringUpLines(of: hosts.names)
        let outcomes = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let work = { @Sendable in
                    let outcomes = Result {
                        try hosts.bringUp { host, progress in
                            if options.showsProgress { lines.take(host.name, progress) }
                        }
                    }
                    continuation.resume(with: outcomes)
                }
                guard let thread = try? LoopThread(named: "bring-up", work) else { return work() }
                thread.detach()
            }
        } onCancel: {
            hosts.cancel()
        }
        try Task.checkCancellation()
        if options.showsProgress { lines.finish(outcomes) }
        return outcomes.compactMap(\.failure)
    }

    // MARK: A cluster that stands

    private static func connect(_ address: CoordinatorAddress) async throws -> Cluster {
        let client = ClientID(UInt64.random(in: 1 ... .max))
        let session = ClusterSession(
            client: client, cores: 1,
            console: SessionConsole(showsOutput: true, showsProgress: true),
            nodesAreHere: address.holder != .hosts, isStanding: true)
        let (program, bundle) = try program(for: address)
        let link = try SocketLink(
            endpoint: address.endpoint, serverKey: address.serverKey,
            keys: CurveKeys(secretKey: address.clientSecretKey),
            hello: .hello(
                version: wireVersion, client: client, program: program,
                name: CommandLine.arguments.first ?? ""),
            offer: {
                guard let bundle else {
                    throw SwoopError(.unreachable, "this build is the coordinator's own")
                }
                return .offerProgram(bundle.manifest, paths: bundle.paths)
            },
            isAlive: { !address.process.hasEnded },
            receive: { [weak session] reply in session?.receive(reply) },
            lost: { [weak session] reason in session?.lose(reason) })
        session.attach(link)
        if let refusal = await session.waitForGreeting() {
            session.close()
            throw SwoopError(.unreachable, "\(address.cluster): \(refusal)")
        }
        return Cluster(session: session)
    }

    /// How this program is named to a coordinator, and what there is to offer: nothing to one of
    /// the same build.
    private static func program(
        for address: CoordinatorAddress
    ) throws -> (ProgramID, Bundle?) {
        let own = ProgramIdentity.current()
        if address.program == own { return (ProgramID(own), nil) }
        let bundle = try Bundle.ofThisProgram(cache: LocalCluster.stateFolder)
        return (bundle.manifest.id, bundle)
    }

    // MARK: The end

    /// Ends the session, and the cluster where it was started for it.
    ///
    /// Not cut short by cancellation.
    func close() async {
        let session = cluster.session
        let started = started
        // A task of its own is not cancelled with the body's.
        await Task {
            session.close()
            started?.stop()
        }.value
    }
}
