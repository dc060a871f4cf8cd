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
        HostThreads.run(hosts.count, atMost: options.threadsMax) { index in
            self.bringUp(index, resolved, knownHosts)
        }
        return outcomes.withLock { $0.compactMap(\.self) }
    }

    /// Stops all hosts that have not joined; they fail with the step `cancelled`.
    ///
    /// Any thread may call it, any time.
    package func cancel() { cancelled.raise() }

    private func bringUp(
        _ index: Int, _ resolver: SSHResolver, _ knownHosts: KnownHostsReader
    ) {
        let host = hosts[index]
        let steps = HostSteps(
            host: host, bundle: bundle, options: options, resolver: resolver,
            knownHosts: knownHosts, agentStart: agentStart
        ) { [progress] in progress(host, $0) }
        let outcome = steps.run(cancelled: cancelled)
        outcomes.withLock { $0[index] = outcome }
    }
}

/// Something done for many hosts at once, each on a thread.
enum HostThreads {
    /// Calls `body` with each number below `count`, on this thread and on `most` - 1 others; blocks
    /// until all have returned.
    static func run(_ count: Int, atMost most: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let numbers = Numbers(count)
        let work: @Sendable () -> Void = {
            while let number = numbers.next() { body(number) }
        }
        let threads = (1..<max(1, min(most, count))).compactMap { _ in
            // With fewer threads it takes longer, and that is all.
            try? HostThread(work)
        }
        work()
        for thread in threads { thread.join() }
    }

    private final class Numbers: Sendable {
        private let taken = Atomic(0)
        private let count: Int

        init(_ count: Int) { self.count = count }

        func next() -> Int? {
            let number = taken.wrappingAdd(1, ordering: .relaxed).oldValue
            return number < count ? number : nil
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
