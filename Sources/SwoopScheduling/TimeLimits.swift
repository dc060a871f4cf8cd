// How long a run may take, where its function says so: from the moment when it is on a core, with
// the time that it waits for its children. A run that takes longer is stopped, and fails as if it
// had thrown: it may be tried again, on another node where there is one.

package import SwoopModel

/// A run that has a limit and has begun.
package struct LimitedRun: Sendable {
    package let task: TaskLink
    package let attempt: UInt32
    package let deadline: Timestamp
}

extension Scheduler {
    /// The run of a task has begun: its time counts from now on.
    mutating func beginLimit(of index: TaskIndex) {
        let limit = needs(of: index).timeLimit
        guard limit > 0 else { return }
        forgetEndedLimits()
        limitedRuns.append(
            LimitedRun(
                task: tasks.link(to: index), attempt: tasks[index].attempt,
                deadline: now.advanced(by: limit)))
    }

    /// When the next run has had its time.
    var nextLimit: Timestamp? { limitedRuns.lazy.map(\.deadline).min() }

    /// Stops the runs that have had their time.
    mutating func stopOverdue(into effects: inout [SchedulerEffect]) {
        guard let next = nextLimit, next <= now else { return }
        let due = limitedRuns.filter { $0.deadline <= now }
        limitedRuns.removeAll { $0.deadline <= now }
        for run in due where tasks.isCurrent(run.task) {
            let index = run.task.index
            guard tasks[index].attempt == run.attempt, let node = tasks[index].state.node else {
                continue
            }
            var failure = failure(
                .timedOut, of: index,
                "it was stopped, since it "
                    + notEndedInWords(within: needs(of: index).timeLimit))
            if let place = nodes.place(of: node) { failure.node = nodes[place].description.name }
            effects.append(.revoke(node, [currentAttempt(of: index)]))
            takeBack(index)
            failed(index, with: failure, on: node, into: &effects)
        }
    }

    /// What ended or was taken back has no limit any more.
    private mutating func forgetEndedLimits() {
        guard limitedRuns.count > limitedRunsKept else { return }
        limitedRuns.removeAll { run in
            !tasks.isCurrent(run.task) || tasks[run.task.index].attempt != run.attempt
                || tasks[run.task.index].state.node == nil
        }
        limitedRunsKept = max(Self.limitedRunsMin, 2 * limitedRuns.count)
    }

    static let limitedRunsMin = 1_024
}
