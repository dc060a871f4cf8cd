// Time limits and further attempts of calls that are no tasks: steps of a chain, and what an async
// function calls. Tasks have them from the scheduler; these calls from the process that makes them.

public import SwoopElements
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Calls a function as a step of a chain, as its `@Remote` declares; called by macro-made code.
///
/// A call that throws is made again, one that takes too long throws `CallTimedOut` when it ends,
/// and if it does not end its run is stopped.
public func _declaredCall<Value>(
    _ entry: _RemoteEntry, _ body: () throws -> Value
) throws -> Value {
    var failures = 0
    while true {
        do {
            return try entry.limited(body)
        } catch {
            failures += 1
            guard failures <= entry.needs.retries else { throw error }
            CallLimits.pause(entry.pause(after: failures))
        }
    }
}

extension _RemoteEntry {
    /// Whether calls of the function are more than calls.
    package var hasLimits: Bool { needs.timeout != nil || needs.retries > 0 }

    /// Nanoseconds between an attempt that failed and the next.
    fileprivate func pause(after failures: Int) -> Int64 {
        TaskNeeds(needs).retry.pause(after: failures)
    }

    /// Makes a call again that throws, as often as the function declares.
    package nonisolated(nonsending) func repeated<Value>(
        _ body: nonisolated(nonsending) () async throws -> Value
    ) async throws -> Value {
        var failures = 0
        while true {
            do {
                return try await body()
            } catch {
                failures += 1
                guard failures <= needs.retries, !Task.isCancelled else { throw error }
                try await Task.sleep(for: .nanoseconds(pause(after: failures)))
            }
        }
    }

    fileprivate func limited<Value>(_ body: () throws -> Value) throws -> Value {
        let limit = TaskNeeds(needs).timeLimit
        guard limit > 0 else { return try body() }
        let began = MonotonicClock.nanoseconds()
        let number = CallLimits.begin(_name, limit: limit)
        defer { CallLimits.end(number) }
        let value = try body()
        guard MonotonicClock.nanoseconds() - began <= limit else { throw timedOut(limit) }
        return value
    }

    /// Calls an async function for as long as it may take: what it awaits is cancelled then, and
    /// when it has ended the caller gets `CallTimedOut`; if it does not, the run is stopped.
    package func limited<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let limit = TaskNeeds(needs).timeLimit
        guard limit > 0 else { return try await body() }
        let number = CallLimits.begin(_name, limit: limit, grace: Self.grace)
        defer { CallLimits.end(number) }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .nanoseconds(limit))
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let value = first { return value }
            group.cancelAll()
            _ = try? await group.next()
            throw timedOut(limit)
        }
    }

    /// Time in which a call may end that was cancelled: half a second.
    private static let grace: Int64 = 500_000_000

    private func timedOut(_ limit: Int64) -> CallTimedOut {
        CallTimedOut(function: _name, limit: limit)
    }
}

extension TaskNeeds {
    /// What the functions of a loop declare.
    ///
    /// Room for the one that takes the most, and further attempts at a part of it that was stopped
    /// since a call hung. Calls that throw are made again in their place.
    ///
    /// - Parameter name: the loop's, which has their names.
    init(ofLoop name: String) {
        self.init()
        guard !Self.declared.isEmpty else { return }
        let words = Set(
            name.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
                .map(String.init))
        for (function, needs) in Self.declared where words.contains(function) {
            memory = max(memory, needs.memory)
            cores = max(cores, needs.cores)
            if needs.timeLimit > 0, needs.retry.attempts > retry.attempts { retry = needs.retry }
        }
    }

    /// The functions of this program that declare something.
    private static let declared: [(function: String, needs: TaskNeeds)] =
        RemoteRegistry.functions.filter { $0.needs != _RemoteNeeds() }
        .map { ($0._name, TaskNeeds($0.needs)) }
}
