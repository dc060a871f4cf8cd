// The cluster under a notebook: one for all cells, started where it is first named, so that what
// one cell made is there for the next.

public import Swoop
import SwoopTransport
import Synchronization

/// The notebook's cluster: what `swoop up` brought up, where there is one, else this machine.
///
/// It starts when it is first used and stays for all cells; proxies that one cell made are there
/// for the next. Where it cannot be started, everything that is asked of it says why, and the next
/// use tries again. `useCluster` takes another one.
public var cluster: Cluster { NotebookCluster.shared.current }

/// Takes another cluster for this notebook: `try await useCluster(.hosts("alpha", "beta"))`.
///
/// The one before it ends, and the proxies that belong to it.
///
/// - Throws: `SwoopError.Code.unreachable` when it cannot be started or reached; the one before is
///   ended all the same.
@discardableResult
public func useCluster(_ spec: ClusterSpec) async throws -> Cluster {
    try await NotebookCluster.shared.use(spec)
}

/// Holds the notebook's cluster.
final class NotebookCluster: Sendable {
    static let shared = NotebookCluster()

    private struct State {
        var cluster: LastingCluster?
    }

    /// A cluster that is on its way.
    private final class Opening: Sendable {
        private let result = Mutex<LastingCluster?>(nil)
        private let done: Wakeup

        init() throws { done = try Wakeup() }

        func finish(_ cluster: LastingCluster) {
            result.withLock { $0 = cluster }
            done.raise()
        }

        func wait() -> LastingCluster {
            var poll = PollLoop()
            _ = poll.watch(descriptor: done.descriptor)
            while true {
                if let cluster = result.withLock({ $0 }) { return cluster }
                try? poll.wait(until: nil)
            }
        }
    }

    private let state = Mutex(State())

    /// The cluster; started where there is none that answers.
    var current: Cluster {
        let there = state.withLock { $0.cluster }
        if let there, there.isThere { return there.cluster }
        if let there, there.refusal == nil {
            there.remark(
                "the notebook's cluster is gone, and what it stored: this machine, or what `swoop "
                    + "up` has brought up since, takes its place")
        }
        // A property cannot wait: this thread does, and Swift's pool opens the cluster.
        guard let opening = try? Opening() else {
            fatalError("the system gives no more files: restart the kernel")
        }
        Task {
            opening.finish(await LastingCluster(ClusterSpec.ofEnvironment ?? .standingOrLocal))
        }
        return take(opening.wait()).cluster
    }

    func use(_ spec: ClusterSpec) async throws -> Cluster {
        let before = state.withLock { state in
            defer { state.cluster = nil }
            return state.cluster
        }
        await before?.close()
        let opened = await LastingCluster(spec)
        if let reason = opened.refusal {
            await opened.close()
            throw reason
        }
        return take(opened).cluster
    }

    private func take(_ opened: LastingCluster) -> LastingCluster {
        opened.beginPart()
        let before = state.withLock { state in
            defer { state.cluster = opened }
            return state.cluster
        }
        if let before { Task { await before.close() } }
        return opened
    }

    /// A cell begins: what it submits is its own.
    func cellBegins() { state.withLock { $0.cluster }?.beginPart() }

    /// Lets go of the cluster at the notebook's end: it keeps what was learned since it last did.
    func end() {
        let last = state.withLock { state in
            defer { state.cluster = nil }
            return state.cluster
        }
        guard let last, let ended = try? Wakeup() else { return }
        Task {
            await last.close()
            ended.raise()
        }
        let deadline = MonotonicClock.nanoseconds() + NotebookCluster.patience
        var poll = PollLoop()
        _ = poll.watch(descriptor: ended.descriptor)
        while !ended.clear(), MonotonicClock.nanoseconds() < deadline {
            try? poll.wait(until: deadline)
        }
    }

    /// How long a cluster may take to end.
    private static let patience: Int64 = 2_000_000_000

    /// Stops what the cell has submitted.
    func stopWorkOfCell() { state.withLock { $0.cluster }?.cancelPart() }
}
