// The hosts of a standing cluster after its beginning: new ones, lost ones that are tried again,
// ones that leave. When is the coordinator's to say; here it is done, on threads that may block.

import Glibc
import SwoopCoordinator
import SwoopHosts
import SwoopModel
import SwoopTransport
import Synchronization

/// Brings hosts up for the coordinator of a standing cluster.
final class HostKeeping: HostKeeper {
    private struct State {
        /// The cluster holds the coordinator, which holds this.
        weak var cluster: HostCluster?
        var hosts: [String: KnownHost] = [:]
        /// How far each host is, as it was told last.
        var told: [String: String] = [:]
    }

    /// A host, and how it is reached.
    private struct KnownHost: Sendable {
        var entry: HostEntry
        var options: BringUpOptions
        /// It was taken away: what it was asked for with counts no more.
        var isForgotten = false
    }

    private let state = Mutex(State())
    /// An agent that is to end hears so within this time: two seconds.
    private static let lastWords = 2 * nanosecondsPerSecond

    /// Begins to keep the hosts of a cluster, which are brought up by then.
    func begin(_ cluster: HostCluster, _ hosts: [HostEntry], _ options: BringUpOptions) {
        state.withLock { state in
            state.cluster = cluster
            for host in hosts { state.hosts[host.name] = KnownHost(entry: host, options: options) }
        }
        cluster.coordinator.tell(.kept(hosts.map(\.name)))
    }

    private var cluster: HostCluster? { state.withLock { $0.cluster } }

    func list(_ wanted: HostsWanted, for client: ClientID) {
        onThread { [self] in
            do throws(HostListError) {
                let list =
                    wanted.file.isEmpty
                    ? try HostList.parse(arguments: wanted.hosts)
                    : try HostList.read(file: wanted.file)
                let options = BringUpOptions(wanted)
                let listed = state.withLock { state in
                    list.hosts.map { host in
                        let known = state.hosts[host.name]
                        let (entry, remark) = Self.entry(host, replacing: known)
                        state.hosts[host.name] = KnownHost(entry: entry, options: options)
                        return ListedHost(name: host.name, remark: remark)
                    }
                }
                cluster?.coordinator.tell(.listed(client, .success(listed)))
            } catch {
                let refusal = HostListRefusal("the list of hosts is wrong: \(error)")
                cluster?.coordinator.tell(.listed(client, .failure(refusal)))
            }
        }
    }

    /// The settings of a host from now on, and what its user should know where it is up already.
    ///
    /// Who names it without any setting wants it as it was.
    private static func entry(
        _ host: HostEntry, replacing known: KnownHost?
    ) -> (HostEntry, remark: String) {
        guard let known, !known.isForgotten, known.entry != host else { return (host, "") }
        var bare = HostEntry(name: host.name)
        bare.isLocal = host.isLocal
        if host == bare { return (known.entry, "") }
        let changed = host.settings(unlike: known.entry).joined(separator: ", ")
        return (
            host,
            "it was up before, and new settings (\(changed)) count when it comes up next: "
                + "`swoop down \(host.name)`, then `swoop up` with them"
        )
    }

    func bringUp(_ names: [String]) {
        let all = state.withLock { $0.hosts }
        let known = names.compactMap { all[$0] }
        let others = Dictionary(grouping: known.filter { !$0.entry.isLocal }, by: \.options)
        for (options, hosts) in others { bringUp(hosts.map(\.entry), options) }
        for host in known where host.entry.isLocal { startLocal(host.entry) }
    }

    func forget(_ host: String) {
        // What is known of it stays: it may have been asked for again just now.
        let cluster = state.withLock { state in
            state.told[host] = nil
            state.hosts[host]?.isForgotten = true
            return state.cluster
        }
        // The host may come again before this one is closed.
        guard let port = cluster?.takePort(of: host) else { return }
        onThread {
            // The last word to its agent goes through it.
            var poll = PollLoop()
            try? poll.wait(until: MonotonicClock.nanoseconds() + Self.lastWords)
            port.close()
        }
    }

    private func bringUp(_ hosts: [HostEntry], _ options: BringUpOptions) {
        onThread { [self] in
            guard let cluster else { return }
            do {
                let outcomes = try cluster.bringUp(hosts, options) { [self] host, progress in
                    tell(host.name, progress)
                }
                for outcome in outcomes { cluster.coordinator.tell(outcome.news) }
            } catch {
                for host in hosts {
                    let text = "\(host.name): it could not be tried: \(error)"
                    cluster.coordinator.tell(
                        .ended(HostResult(host: host.name, failure: text), passes: true))
                }
            }
        }
    }

    private func startLocal(_ host: HostEntry) {
        guard let cluster else { return }
        do {
            cluster.coordinator.tell(.local(try cluster.localAgent(host)))
        } catch {
            cluster.coordinator.tell(
                .ended(HostResult(host: host.name, failure: "\(error)"), passes: true))
        }
    }

    private func tell(_ host: String, _ progress: HostProgress) {
        switch progress {
        case .joined, .failed: return
        case .connecting, .checking, .sending, .starting: break
        }
        let text = BringUpLines.words(progress, after: 0)
        let (cluster, isNew) = state.withLock { state in
            (state.cluster, state.told.updateValue(text, forKey: host) != text)
        }
        if isNew { cluster?.coordinator.tell(.progressed(host, text)) }
    }

    private func onThread(_ work: @escaping @Sendable () -> Void) {
        guard let thread = try? LoopThread(named: "swoop-hosts", work) else { return work() }
        thread.detach()
    }
}

extension BringUpOptions {
    fileprivate init(_ wanted: HostsWanted) {
        self.init()
        acceptsNewKeys = wanted.acceptsNewKeys
        connectLimit = Int64(wanted.connectLimit) * nanosecondsPerSecond
        if !wanted.agentSocket.isEmpty { agentSocket = wanted.agentSocket }
        if !wanted.configuration.isEmpty { configurationFile = wanted.configuration }
    }
}

extension HostOutcome {
    /// What the coordinator is told.
    ///
    /// What somebody has to mend is not to be tried often.
    fileprivate var news: HostNews {
        let result = HostResult(
            host: host.name, step: failure?.step.rawValue ?? "",
            failure: failure?.description ?? "",
            isCarried: carried != nil)
        switch failure?.step {
        case .login, .hostKey, .resolve: return .ended(result, passes: false)
        case .connect, .check, .send, .start, .cancelled, nil:
            return .ended(result, passes: true)
        }
    }
}
