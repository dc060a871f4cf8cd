// The time that a plan was given: when it is over, what has not ended ends, and whoever waits for
// it is told what was on a core.

import SwoopModel
import SwoopSession
import Synchronization

extension ClusterSession {
    /// Usage is looked at for so long before the time is over: it comes ten times a second.
    private static let lookAhead = Duration.milliseconds(500)

    /// Ends what has not ended of these tasks when the time is over.
    func limit(_ tasks: TaskIDs, to time: Duration) {
        Task { [weak self] in
            let lead = min(time, Self.lookAhead)
            try? await Task.sleep(for: time - lead)
            guard self?.hasPending(tasks) ?? false else { return }
            let cores = LastUsage()
            let watcher = self?.watch { cores.take($0) }
            try? await Task.sleep(for: lead)
            guard let self else { return }
            if let watcher { stopWatching(watcher) }
            handle(
                .timedOut(
                    Array(tasks), within: ProgressLine.time(time.clampedNanoseconds),
                    seen: cores.runs(of: client)))
        }
    }
}

/// What was seen last of a cluster's cores.
private final class LastUsage: Sendable {
    private let usage = Mutex<ClusterUsage?>(nil)

    func take(_ usage: ClusterUsage?) {
        if let usage { self.usage.withLock { $0 = usage } }
    }

    /// The runs of a client's tasks, the longest first; nil: nothing was seen.
    func runs(of client: ClientID) -> [SeenRun]? {
        guard let usage = usage.withLock({ $0 }), !usage.nodes.isEmpty else { return nil }
        var runs: [(elapsed: Int64, run: SeenRun)] = []
        for node in usage.nodes {
            for slot in node.slots {
                guard let task = slot.task, task.high == client.rawValue,
                    let function = slot.function
                else { continue }
                let elapsed = slot.elapsedNanoseconds.addingClamped(node.ageNanoseconds)
                runs.append(
                    (
                        elapsed,
                        SeenRun(
                            task: task, function: function, node: node.name,
                            time: ProgressLine.time(elapsed))
                    ))
            }
        }
        return runs.sorted { ($1.elapsed, $0.run.task) < ($0.elapsed, $1.run.task) }.map(\.run)
    }
}
