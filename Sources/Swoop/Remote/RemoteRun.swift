// How an async remote function that is called inside a run reaches the run: the body that @Remote
// rewrites asks here. Outside of any run the question costs one task-local read.

import Synchronization

/// What a worker installs for the length of a run, to decide about the calls that the run makes.
public protocol _RemoteRunHook: AnyObject, Sendable {
    /// Makes the call: as a child run, on this node or another, or inline by calling `body`.
    ///
    /// A child on this node calls `body` inside `_RemoteRun.within(hook:)` with a hook of its own;
    /// one that leaves the process is made of `function._entry`, `function._encode` and
    /// `function._decodeResult`. Throws what the function threw; anything else that it throws means
    /// that the run failed: a function that cannot throw it then starts again inline.
    nonisolated(nonsending) func spawnOrInline<Function: RemoteFunction>(
        _ function: Function.Type, _ arguments: Function.Arguments,
        body: @escaping @Sendable () async throws -> Function.Result
    ) async throws -> Function.Result
}

/// The run that the current task belongs to.
public enum _RemoteRun {
    @TaskLocal static var scope: RemoteRunScope?

    /// The hook that must be asked about the call that is being made; nil if its body is to run.
    public static func intercepting() -> (any _RemoteRunHook)? {
        guard let scope, !scope.enter() else { return nil }
        return scope.hook
    }

    /// Runs the thunk of a run's own function: its body runs, what it calls goes to `hook`.
    public nonisolated(nonsending) static func entering<Value>(
        hook: any _RemoteRunHook,
        _ thunk: nonisolated(nonsending) () async throws -> Value
    ) async rethrows -> Value {
        try await $scope.withValue(RemoteRunScope(hook: hook, isEntering: true), operation: thunk)
    }

    /// Runs the body of a child that stays in this process: what it calls goes to `hook`.
    public nonisolated(nonsending) static func within<Value>(
        hook: any _RemoteRunHook,
        _ body: nonisolated(nonsending) () async throws -> Value
    ) async rethrows -> Value {
        try await $scope.withValue(RemoteRunScope(hook: hook, isEntering: false), operation: body)
    }
}

/// The hook, and whether the call that a run consists of is still to come.
final class RemoteRunScope: Sendable {
    let hook: any _RemoteRunHook
    private let isEntering: Atomic<Bool>

    init(hook: any _RemoteRunHook, isEntering: Bool) {
        self.hook = hook
        self.isEntering = Atomic(isEntering)
    }

    /// Whether this is the call that the run consists of; true once.
    func enter() -> Bool {
        // Relaxed: the first call happens before all others, which come out of its body.
        guard isEntering.load(ordering: .relaxed) else { return false }
        isEntering.store(false, ordering: .relaxed)
        return true
    }
}
