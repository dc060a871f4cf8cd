// A cluster of other machines: a coordinator on a thread of this process, agents that this process
// starts over SSH, and a file by which the owner's tools find it.

import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopHosts
import SwoopLaunching
import SwoopModel
import SwoopTransport
import Synchronization

/// A coordinator and the agents of its hosts.
final class HostCluster: Sendable {
    let coordinator: Coordinator
    let program: ProgramID
    private let options: HostOptions
    private let hosts: [HostEntry]
    private let bundle: Bundle
    private let keys: CurveKeys
    private let publication: Publication?
    private let bringingUp = Mutex(BringingUp())

    private struct BringingUp {
        var work: HostBringUp?
        var isCancelled = false
        /// Public keys of agents, by their host's name.
        var agentKeys: [String: String] = [:]
        var carried: [CarriedPort] = []
    }

    /// Starts the coordinator; no host is touched yet.
    ///
    /// - Parameter list: what the options make of the hosts.
    /// - Throws: `SwoopError.Code.unreachable`: this program cannot be sent.
    init(
        _ options: HostOptions, _ list: HostList, cluster: String?,
        holder: CoordinatorAddress.Holder = .program
    ) throws {
        self.options = options
        hosts = list.hosts
        bundle = try Bundle.ofThisProgram(cache: LocalCluster.stateFolder)
        program = bundle.manifest.id
        keys = try CurveKeys.generate()
        let clientKeys = try CurveKeys.generate()
        var configuration = Coordinator.Configuration(program: program, keys: keys)
        configuration.bundle = bundle
        configuration.agentGrace = options.grace.nanoseconds
        configuration.modelPath = options.learns ? LocalCluster.modelPath : ""
        let local = try LocalHost(in: list.hosts, keys: keys, program: program, options)
        coordinator = try Coordinator(configuration, agent: local?.agent)
        if let local { coordinator.permitAgent(local.publicKey) }
        coordinator.access.permit(clientKeys.publicKey, as: Coordinator.clientName)
        let name = cluster ?? list.clusterName ?? LocalCluster.uniqueName()
        publication =
            options.isVisible
            ? Publication(
                CoordinatorAddress(
                    cluster: name, endpoint: coordinator.endpoint, serverKey: keys.publicKey,
                    clientSecretKey: clientKeys.secretKey, holder: holder,
                    program: program.rawValue)) : nil
    }

    /// The hosts that are reached over SSH, by name.
    var names: [String] { hosts.filter { !$0.isLocal }.map(\.name) }

    /// Whether nothing is left of the cluster when these failed.
    func isEmpty(but failures: [HostError]) -> Bool { failures.count == hosts.count }

    /// Whether its address was published.
    var isVisible: Bool { publication?.isDone ?? false }

    /// Brings all hosts up, as many as may be at a time; returns when the last one has joined or
    /// failed, or when `cancel` was called.
    ///
    /// Blocks: call it once, on a thread of its own.
    func bringUp(
        progress: @escaping @Sendable (HostEntry, HostProgress) -> Void
    ) throws -> [HostOutcome] {
        var how = BringUpOptions()
        how.acceptsNewKeys = options.acceptsNewKeys
        how.connectLimit = options.connectLimit.nanoseconds
        let archive = BundleArchive(of: bundle)
        defer { archive.forget() }
        let sending = HostBundle(manifest: bundle.manifest, archive: archive)
        let work = try HostBringUp(
            hosts: hosts, bundle: sending, options: how,
            agentStart: { [self] host, facts throws(HostError) in try start(host, facts) },
            progress: progress)
        let isCancelled = bringingUp.withLock { state in
            state.work = work
            return state.isCancelled
        }
        if isCancelled { work.cancel() }
        let outcomes = work.run()
        for outcome in outcomes where outcome.failure != nil { forget(outcome.host) }
        bringingUp.withLock { state in
            state.carried = outcomes.compactMap(\.carried)
            // It holds this cluster.
            state.work = nil
        }
        return outcomes
    }

    /// Stops bringing hosts up.
    func cancel() {
        let work = bringingUp.withLock { state in
            state.isCancelled = true
            return state.work
        }
        work?.cancel()
    }

    /// What the agent of a host is told, once the host has said how it sees this machine.
    private func start(_ host: HostEntry, _ facts: HostFacts) throws(HostError) -> AgentStart {
        let agentKeys: CurveKeys
        do throws(TransportError) {
            agentKeys = try CurveKeys.generate()
        } catch {
            throw HostError(host: host.name, step: .start, message: "\(error)")
        }
        bringingUp.withLock { $0.agentKeys[host.name] = agentKeys.publicKey }
        coordinator.permitAgent(agentKeys.publicKey)
        // Through a jump host there is no address of ours: the port is carried.
        let direct =
            facts.clientAddress.isEmpty ? nil : try? coordinator.listen(on: facts.clientAddress)
        var configuration = AgentConfiguration(
            endpoints: direct.map { [$0] } ?? [], serverKey: keys.publicKey,
            secretKey: agentKeys.secretKey, name: host.name, slots: host.cores ?? 0,
            pageBudget: Int(clamping: host.memoryBytes ?? 0), program: program)
        configuration.cacheFolder = facts.folder
        configuration.spillFolder = host.spillFolder ?? ""
        configuration.grace = options.grace.nanoseconds
        if !facts.hostAddress.isEmpty {
            configuration.listening = ["0.0.0.0"]
            configuration.announced = [facts.hostAddress]
        }
        return AgentStart(
            configuration: String(decoding: configuration.encoded, as: UTF8.self),
            carriedPort: coordinator.port)
    }

    private func forget(_ host: HostEntry) {
        let key = bringingUp.withLock { $0.agentKeys.removeValue(forKey: host.name) }
        if let key { coordinator.withdrawAgent(key) }
    }

    /// Ends the agents and the coordinator, and takes the address back.
    func stop() {
        publication?.withdraw()
        coordinator.stop()
        let carried = bringingUp.withLock { state in
            defer { state.carried = [] }
            return state.carried
        }
        for port in carried { port.close() }
    }
}

/// The agent of this machine in a cluster of hosts: the list names it `local`.
private struct LocalHost {
    let publicKey: String
    let agent: @Sendable (_ endpoint: String) throws -> LocalAgent

    init?(
        in hosts: [HostEntry], keys: CurveKeys, program: ProgramID, _ options: HostOptions
    ) throws {
        guard let host = hosts.first(where: \.isLocal) else { return nil }
        let agentKeys = try CurveKeys.generate()
        let cache = try BundleCache.folder(named: host.folder)
        publicKey = agentKeys.publicKey
        agent = { endpoint in
            LocalAgent(publicKey: agentKeys.publicKey) {
                var configuration = AgentConfiguration(
                    endpoints: [endpoint], serverKey: keys.publicKey,
                    secretKey: agentKeys.secretKey, name: "local",
                    slots: host.cores ?? MonotonicClock.usableCores(),
                    pageBudget: Int(clamping: host.memoryBytes ?? 0), program: program)
                configuration.cacheFolder = cache
                configuration.spillFolder = host.spillFolder ?? ""
                configuration.listening = ["0.0.0.0"]
                return try configuration.start()
            }
        }
    }
}

extension HostOptions {
    /// The hosts, read and checked.
    func hostList() throws(SwoopError) -> HostList {
        do throws(HostListError) {
            switch source {
            case .file(let path): return try HostList.read(file: path)
            case .list(let hosts): return try HostList.parse(arguments: hosts)
            }
        } catch {
            throw SwoopError(.unreachable, "the list of hosts is wrong: \(error)")
        }
    }
}

extension Duration {
    /// Whole nanoseconds; what does not fit is as much as fits.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product.addingReportingOverflow(attoseconds / 1_000_000_000).0
    }
}
