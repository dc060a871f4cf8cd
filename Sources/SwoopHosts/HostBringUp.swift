// All hosts of a list at once: a thread for each, at most so many.

import Glibc
package import SwoopTransport
import Synchronization

/// Brings hosts up over SSH.
package final class HostBringUp: Sendable {
    private let hosts: [HostEntry]
    private let bundle: HostBundle
    private let options: BringUpOptions
    private let agentStart: @Sendable (HostEntry, HostFacts) throws(HostError) -> AgentStart
    private let progress: @Sendable (HostEntry, HostProgress) -> Void
    private let cancelled: Wakeup
    private let outcomes: Mutex<[HostOutcome?]>
    private let next = Atomic(0)

    /// Hosts that are this machine are passed over: they need no SSH.
    ///
    /// `agentStart` and `progress` are called on the threads of the hosts, several at once; the
    /// first once a host was looked at and has its files, before its agent starts: what it throws
    /// is that host's failure.
    package init(
        hosts: [HostEntry], bundle: HostBundle, options: BringUpOptions = BringUpOptions(),
        agentStart: @escaping @Sendable (HostEntry, HostFacts) throws(HostError) -> AgentStart,
        progress: @escaping @Sendable (HostEntry, HostProgress) -> Void = { _, _ in }
    ) throws(TransportError) {
        let remote = hosts.filter { !$0.isLocal }
        self.hosts = remote
        self.bundle = bundle
        self.options = options
        self.agentStart = agentStart
        self.progress = progress
        cancelled = try Wakeup()
        outcomes = Mutex([HostOutcome?](repeating: nil, count: remote.count))
    }

    /// Blocks until every host has joined or failed; what became of them, in the list's order.
    ///
    /// Called once, by a thread that may block.
    package func run() -> [HostOutcome] {
        var resolver = SSHResolver(configurationFile: options.configurationFile)
        if let socket = options.agentSocket { resolver.local.agentPath = socket }
        let resolved = resolver
        let knownHosts = KnownHostsReader()
        let threads = (1..<max(1, min(options.threadsMax, hosts.count))).compactMap { _ in
            // With fewer threads it takes longer, and that is all.
            try? HostThread { self.takeHosts(resolved, knownHosts) }
        }
        takeHosts(resolved, knownHosts)
        for thread in threads { thread.join() }
        return outcomes.withLock { $0.compactMap(\.self) }
    }

    /// Stops all hosts that have not joined; they fail with the step `cancelled`.
    ///
    /// Any thread may call it, any time.
    package func cancel() { cancelled.raise() }

    private func takeHosts(_ resolver: SSHResolver, _ knownHosts: KnownHostsReader) {
        while true {
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < hosts.count else { return }
            let host = hosts[index]
            let steps = HostSteps(
                host: host, bundle: bundle, options: options, resolver: resolver,
                knownHosts: knownHosts, agentStart: agentStart
            ) { [progress] in progress(host, $0) }
            let outcome = steps.run(cancelled: cancelled)
            outcomes.withLock { $0[index] = outcome }
        }
    }
}

/// Arrays cannot hold what cannot be copied.
private final class HostThread: Sendable {
    private let thread: Mutex<LoopThread?>

    init(_ body: @escaping @Sendable () -> Void) throws(TransportError) {
        thread = Mutex(try LoopThread(named: "swoop-host", body))
    }

    func join() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        thread.join()
    }
}
