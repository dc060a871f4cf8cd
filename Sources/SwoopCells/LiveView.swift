// What the clusters of a notebook do, shown beneath the cell that had them do it: an output that is
// replaced while the work goes on, and becomes a line when it is done.

import Swoop
import SwoopDisplay
import SwoopKernel
import SwoopModel
import SwoopTransport
import Synchronization

/// Shows the work of this process's clusters.
final class LiveView: ProgressView {
    private struct Work {
        let name: String
        /// The cell that ran when it began, or had run.
        let cell: Int
        var run: LiveRun
        var isShown = false
        /// Follows the cores while something runs.
        var watching: Task<Void, Never>?
        /// Whether the cores were heard of since the work ended.
        var hasLastUsage = true

        var isSettled: Bool { run.isOver && hasLastUsage }
    }

    private struct State {
        var isInCell = false
        var cellsBegun = 0
        var worksMade = 0
        var works: [UInt64: Work] = [:]
        /// What was counted of a cluster before the work that comes.
        var before: [UInt64: ProgressCount] = [:]

        mutating func show(_ id: UInt64, at now: Timestamp) -> EvaluatorNews? {
            // It is shown first while a cell runs, or, where it goes on, beneath the one that began
            // it.
            guard var work = works[id],
                work.isShown || isInCell || (work.cell == cellsBegun && !work.run.isOver),
                let next = work.run.next(at: now)
            else { return nil }
            let isUpdate = work.isShown
            work.isShown = true
            works[id] = work
            let lastWords: JSONValue =
                next.lastWords.map {
                    ["text/plain": .text($0), "text/html": .text(LiveRun.Shown.line($0))]
                } ?? .null
            return .display(
                ["text/plain": .text(next.text), "text/html": .text(next.html)], name: work.name,
                isUpdate: isUpdate, lastWords: lastWords)
        }
    }

    private let state = Mutex(State())

    /// How long the end of a cell waits for the last news of the cores, in milliseconds.
    static let patience = 400

    private var now: Timestamp { Timestamp(nanoseconds: MonotonicClock.nanoseconds()) }

    func cellBegins() {
        state.withLock { state in
            state.isInCell = true
            state.cellsBegun += 1
            for (id, work) in state.works where work.run.isOver { state.works[id] = nil }
        }
    }

    func cellEnds() {
        let now = now
        let news = state.withLock { state -> [EvaluatorNews] in
            let news = state.works.keys.sorted().compactMap { id in
                state.works[id]?.run.isOver == true ? state.show(id, at: now) : nil
            }
            state.isInCell = false
            return news
        }
        for item in news { Evaluator.current?.tell(item) }
    }

    func take(_ count: ProgressCount, of cluster: Cluster) {
        let id = cluster.identity
        let now = now
        let news = state.withLock { state -> EvaluatorNews? in
            if state.works[id] == nil {
                guard !count.isOver else {
                    state.before[id] = count
                    return nil
                }
                state.worksMade += 1
                state.works[id] = Work(
                    name: "swoop-work-\(state.worksMade)", cell: state.cellsBegun,
                    run: LiveRun(before: state.before[id] ?? ProgressCount()))
            }
            state.works[id]?.run.take(count, at: now)
            if count.isOver {
                state.before[id] = count
                state.works[id]?.hasLastUsage = false
                return nil
            }
            if state.works[id]?.watching == nil {
                state.works[id]?.watching = Task { [weak self] in
                    await self?.watch(cluster)
                }
            }
            return state.show(id, at: now)
        }
        if let news { Evaluator.current?.tell(news) }
    }

    /// Follows the cores until the work is done, and once more.
    private func watch(_ cluster: Cluster) async {
        let id = cluster.identity
        do {
            for try await usage in cluster.usage {
                let now = now
                let (news, isDone) = state.withLock { state -> (EvaluatorNews?, Bool) in
                    guard state.works[id] != nil else { return (nil, true) }
                    state.works[id]?.run.take(usage, at: now)
                    let news = state.show(id, at: now)
                    guard state.works[id]?.run.isOver == true else { return (news, false) }
                    state.works[id]?.hasLastUsage = true
                    state.works[id]?.watching = nil
                    return (news, true)
                }
                if let news { Evaluator.current?.tell(news) }
                if isDone { return }
            }
        } catch {
            // The task was cancelled: nobody watches any more.
        }
        state.withLock { state in
            state.works[id]?.watching = nil
            state.works[id]?.hasLastUsage = true
        }
    }

    /// Waits a moment for the news that make the last line of work that has ended: that it has
    /// comes a little after its values. Nothing is waited for where nothing was shown.
    func settle() async {
        for _ in 0..<Self.patience / 10 {
            guard isUnsettled, !Task.isCancelled else { return }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Whether something is shown whose last line has not come.
    var isUnsettled: Bool {
        state.withLock { state in state.works.values.contains { $0.isShown && !$0.isSettled } }
    }
}
