// When a task whose function threw is tried again. Deaths of workers and losses of nodes are no
// matter of policy: those tasks run again anyhow, so often as the scheduler's configuration says.

/// Whether tasks whose functions throw, or whose files cannot be read, are tried again.
///
/// A function is pure as far as the library knows, so that an error is final unless a plan says
/// otherwise; where a node lacks a file or a service answers now and then, say so:
///
/// ```swift
/// try await cluster.remotely(retry: .attempts(3, backOff: .seconds(1))) { remote in … }
/// ```
///
/// Further attempts go to nodes on which the task did not fail, as long as there are any, and to
/// any node then. Checks that stop a function (an index out of range) are never tried again.
public struct RetryPolicy: Hashable, Sendable {
    /// Attempts at a task in all, the first one included.
    public var attempts: Int
    /// The pause before the second attempt; each further one is twice as long, up to an hour.
    public var backOff: Duration

    /// So many attempts, at least one.
    public init(attempts: Int, backOff: Duration = .zero) {
        self.attempts = max(1, attempts)
        self.backOff = max(.zero, backOff)
    }

    /// An error is final.
    public static let never = RetryPolicy(attempts: 1)

    /// So many attempts, the first one included.
    public static func attempts(_ attempts: Int, backOff: Duration = .zero) -> RetryPolicy {
        RetryPolicy(attempts: attempts, backOff: backOff)
    }
}

/// A policy as it travels with a plan.
package struct RetryRule: Hashable, Sendable {
    /// Attempts in all; 0 and 1: an error is final.
    package var attempts: UInt32
    /// Nanoseconds before the second attempt.
    package var pause: Int64

    /// The longest pause: an hour.
    package static let pauseMax: Int64 = 3_600 * nanosecondsPerSecond
    /// Errors are final.
    package static let never = RetryRule(attempts: 0, pause: 0)

    package init(attempts: UInt32, pause: Int64) {
        self.attempts = attempts
        self.pause = max(0, min(pause, Self.pauseMax))
    }

    /// The rule of a policy.
    package init(_ policy: RetryPolicy) {
        let isLong = policy.backOff > .seconds(3_600)
        let (seconds, rest) = policy.backOff.components
        self.init(
            attempts: policy.attempts > 1 ? UInt32(clamping: policy.attempts) : 0,
            pause: isLong
                ? Self.pauseMax
                : seconds.multipliedClamped(by: nanosecondsPerSecond)
                    .addingClamped(rest / 1_000_000_000))
    }

    /// Nanoseconds to wait after so many failures.
    package func pause(after failures: Int) -> Int64 {
        let doublings = min(40, max(0, failures - 1))
        return min(Self.pauseMax, pause.multipliedClamped(by: 1 << doublings))
    }
}
