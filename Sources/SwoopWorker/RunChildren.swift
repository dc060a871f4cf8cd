// Calls that become runs of their own: what a remote async function meets when it calls another.

import SwoopElements
import SwoopModel
import Synchronization

/// The child maker of one run.
final class RunChildren: ChildMaker {
    private let core: WorkerCore
    private let run: RunState

    init(core: WorkerCore, run: RunState) {
        self.core = core
        self.run = run
    }

    var isHungry: Bool { core.isHungry }

    func runChild<R: Sendable>(
        of entry: _RemoteEntry, features: [Double],
        body: nonisolated(nonsending) @Sendable @escaping () async throws -> R
    ) async throws -> R {
        if run.isCancelled { throw RunCancelled() }
        let core = core
        let parent = run
        return try await withCheckedThrowingContinuation { continuation in
            core.make(
                childOf: parent, function: entry.identity, isOptimised: parent.isOptimised
            ) { child in
                Task(executorPreference: child.executor) {
                    do {
                        let result = Box<R>()
                        try await core.program.within(RunChildren(core: core, run: child), true) {
                            result.value = try await body()
                        }
                        child.note(
                            .finished(.inline([])), RunRecord(features: features))
                        guard let value = result.value else { throw RunCancelled() }
                        continuation.resume(returning: value)
                    } catch {
                        child.note(.cancelled, RunRecord(features: features))
                        continuation.resume(throwing: error)
                    }
                }
            }
        }
    }
}

/// Carries a result out of a closure that returns nothing.
private final class Box<Value> {
    var value: Value?
}

extension RunState {
    /// The run's own task says how it ended, as the last thing that it does.
    func note(_ outcome: RunOutcome, _ record: RunRecord) {
        ending.withLock { $0 = outcome }
        self.record.withLock { $0 = record }
    }

    /// How the run ended, if its task said so.
    func takeEnding() -> (RunOutcome, RunRecord)? {
        guard let outcome = ending.withLock({ $0 }) else { return nil }
        return (outcome, record.withLock { $0 })
    }

    /// Adds a time on a slot.
    func add(cpu: Int64, wall: Int64) {
        times.withLock {
            $0.cpu += cpu
            $0.wall += wall
        }
    }

    /// Puts the times into the record.
    func fill(_ record: inout RunRecord) {
        let times = times.withLock { $0 }
        record.cpuNanoseconds = times.cpu
        record.wallNanoseconds = times.wall
    }
}
