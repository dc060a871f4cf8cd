// A cluster of other machines: a coordinator on a thread of this process, agents that this process
// starts over SSH, and a file by which the owner's tools find it.

import Glibc
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
        var works: [ObjectIdentifier: HostBringUp] = [:]
        var isCancelled = false
        /// Public keys of agents, by their host's name.
        var agentKeys: [String: String] = [:]
        /// By their host's name.
        var carried: [String: CarriedPort] = [:]
    }

    /// Brings hosts up after the beginning; nil: the hosts stay what they are.
    private let keeping: HostKeeping?

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
        keeping = holder == .hosts ? HostKeeping() : nil
        configuration.keeper = keeping
        let local = try LocalHost(
            in: list.hosts, keys: keys, program: program,
            output: holder == .hosts ? .discarded : .inherited)
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

    /// Refuses a cluster that is for others, and that nobody could find.
    func expectVisible() throws(SwoopError) { try publication?.expectDone() }

    /// Brings all hosts up, as many as may be at a time; returns when the last one has joined or
    /// failed, or when `cancel` was called.
    ///
    /// Blocks: call it once, on a thread of its own.
    func bringUp(
        progress: @escaping @Sendable (HostEntry, HostProgress) -> Void
    ) throws -> [HostOutcome] {
        try bringUp(hosts, bringUpOptions, progress: progress)
    }

    private var bringUpOptions: BringUpOptions {
        var how = BringUpOptions()
        how.acceptsNewKeys = options.acceptsNewKeys
        how.connectLimit = options.connectLimit.nanoseconds
        return how
    }

    /// From now on these hosts are kept: lost ones are tried again, and others may come.
    func keep(_ names: [String]) {
        keeping?.begin(self, hosts.filter { names.contains($0.name) }, bringUpOptions)
    }

    /// Brings some hosts up; as above.
    func bringUp(
        _ hosts: [HostEntry], _ how: BringUpOptions,
        progress: @escaping @Sendable (HostEntry, HostProgress) -> Void
    ) throws -> [HostOutcome] {
        let archive = BundleArchive(of: bundle)
        defer { archive.forget() }
        let sending = HostBundle(manifest: bundle.manifest, archive: archive)
        let work = try HostBringUp(
            hosts: hosts, bundle: sending, options: how,
            agentStart: { [self] host, facts throws(HostError) in try start(host, facts) },
            progress: progress)
        let isCancelled = bringingUp.withLock { state in
            state.works[ObjectIdentifier(work)] = work
            return state.isCancelled
        }
        if isCancelled { work.cancel() }
        let outcomes = work.run()
        for outcome in outcomes where outcome.failure != nil { forget(outcome.host) }
        bringingUp.withLock { state in
            for outcome in outcomes { state.agentKeys[outcome.host.name] = nil }
        }
        let replaced = bringingUp.withLock { state in
            // It holds this cluster.
            state.works[ObjectIdentifier(work)] = nil
            return outcomes.compactMap { outcome in
                outcome.carried.flatMap { state.carried.updateValue($0, forKey: outcome.host.name) }
            }
        }
        for port in replaced { port.close() }
        return outcomes
    }

    /// Stops bringing hosts up.
    func cancel() {
        let works = bringingUp.withLock { state in
            state.isCancelled = true
            return Array(state.works.values)
        }
        for work in works { work.cancel() }
    }

    /// What the agent of a host is told, once the host has said how it sees this machine.
    private func start(_ host: HostEntry, _ facts: HostFacts) throws(HostError) -> AgentStart {
        let agentKeys: CurveKeys
        do throws(TransportError) {
            agentKeys = try CurveKeys.generate()
        } catch {
            throw HostError(host: host.name, step: .start, message: "\(error)")
        }
        try admit(host, agentKeys.publicKey)
        coordinator.expect(from: facts.reachedAddress)
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
            configuration.listening = [facts.hostAddress]
        }
        return AgentStart(
            configuration: configuration.withEncoded { Secret(copying: $0) },
            carriedPort: coordinator.port)
    }

    private func admit(_ host: HostEntry, _ publicKey: String) throws(HostError) {
        let admission: HostAdmission?
        do throws(TransportError) {
            admission = try coordinator.admitAgent(of: host.name, publicKey)
        } catch {
            throw HostError(host: host.name, step: .start, message: "\(error)")
        }
        let obstacle: String
        switch admission {
        case .admitted: return bringingUp.withLock { $0.agentKeys[host.name] = publicKey }
        case .isThere: obstacle = "its agent has come back by itself."
        case .isUnwanted: obstacle = "it is not wanted in the cluster any more."
        case nil: obstacle = "the coordinator has ended."
        }
        throw HostError(host: host.name, step: .cancelled, message: obstacle)
    }

    /// Gives up the connection through which the host's agent reached the coordinator; whoever
    /// takes it closes it.
    func takePort(of host: String) -> CarriedPort? {
        bringingUp.withLock { $0.carried.removeValue(forKey: host) }
    }

    /// An agent of this machine, with a key of its own.
    func localAgent(_ host: HostEntry) throws -> LocalAgent {
        let made = try LocalHost(host, keys: keys, program: program, output: .inherited)
        return try made.agent(coordinator.endpoint)
    }

    private func forget(_ host: HostEntry) {
        let key = bringingUp.withLock { $0.agentKeys.removeValue(forKey: host.name) }
        if let key { coordinator.withdrawAgent(key) }
    }

    /// Ends the agents and the coordinator, and takes the address back.
    func stop() {
        publication?.withdraw()
        cancel()
        coordinator.stop()
        let carried = bringingUp.withLock { state in
            defer { state.carried = [:] }
            return Array(state.carried.values)
        }
        for port in carried { port.close() }
    }
}

/// The agent of this machine in a cluster of hosts: the list names it `local`.
private struct LocalHost {
    let publicKey: String
    let agent: @Sendable (_ endpoint: String) throws -> LocalAgent

    init?(
        in hosts: [HostEntry], keys: CurveKeys, program: ProgramID,
        output: LaunchRequest.Output
    ) throws {
        guard let host = hosts.first(where: \.isLocal) else { return nil }
        let isOnly = hosts.allSatisfy(\.isLocal)
        try self.init(host, isOnly: isOnly, keys: keys, program: program, output: output)
    }

    init(
        _ host: HostEntry, isOnly: Bool = false, keys: CurveKeys, program: ProgramID,
        output: LaunchRequest.Output
    ) throws {
        let agentKeys = try CurveKeys.generate()
        let cache = try BundleCache.folder(named: host.folder)
        publicKey = agentKeys.publicKey
        agent = { endpoint in
            LocalAgent(publicKey: agentKeys.publicKey, isOnly: isOnly) {
                var configuration = AgentConfiguration(
                    endpoints: [endpoint], serverKey: keys.publicKey,
                    secretKey: agentKeys.secretKey, name: "local",
                    slots: host.cores ?? ProcessAllowance.cores(),
                    pageBudget: Int(clamping: host.memoryBytes ?? 0), program: program)
                configuration.cacheFolder = cache
                configuration.spillFolder = host.spillFolder ?? ""
                // Hosts know this machine by the address at which they reach the coordinator; the
                // agent listens there when the coordinator does.
                configuration.listening = ["127.0.0.1"]
                configuration.announced = ["0.0.0.0"]
                return try configuration.start(output: output)
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
