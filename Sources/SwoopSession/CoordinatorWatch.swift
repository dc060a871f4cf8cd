// When a client gives its coordinator up: it never answered, its process ended, or it was silent
// for too long while this process listened.

package import SwoopModel

/// A client's judgement of its coordinator, which says something every second.
package struct CoordinatorWatch: Sendable {
    /// What to do about the coordinator.
    package enum Verdict: Hashable, Sendable {
        case fine
        /// It has been silent for a while: look whether its process is there.
        case doubtful
        /// It never answered.
        case unanswered
        /// It was silent for too long.
        case silent
    }

    /// After so long without a word its process is looked for.
    package static let silenceMin = 2 * nanosecondsPerSecond
    /// After so long without a word it is given up.
    package static let silenceMax = 10 * nanosecondsPerSecond
    /// The longest wait of the loop, and the pause between two looks at the process.
    private static let waitMax = nanosecondsPerSecond
    private static let lookPause = nanosecondsPerSecond / 4

    private var turns = LoopTurns(longest: 2 * waitMax)
    /// The moment from which its silence counts; nil: there is nothing to judge.
    private var silentSince: Timestamp?
    private var isAnswered = false
    /// Nanoseconds for which it may be silent now.
    package private(set) var limit: Int64

    /// - Parameter patience: nanoseconds within which it must answer at the beginning, as long as
    ///   nothing is reached at its address.
    package init(patience: Int64, at now: Timestamp) {
        silentSince = now
        limit = patience
        _ = turns.begin(at: now)
    }

    /// Begins a turn of the loop, before it reads what waits: an absence of its own is nobody's
    /// silence.
    package mutating func beginTurn(at now: Timestamp) {
        let absence = turns.begin(at: now)
        guard absence > 0 else { return }
        silentSince = silentSince?.excusing(absence, of: limit, at: now)
    }

    /// A connection to it exists: it is there, and has as long to answer as it may be silent later,
    /// since it may be busy or stopped for a while.
    package mutating func reach() { limit = max(limit, Self.silenceMax) }

    /// Anything came from it.
    package mutating func hear(at now: Timestamp) {
        isAnswered = true
        limit = Self.silenceMax
        silentSince = now
    }

    /// Judges, after everything that waits was read. Who is given up is not judged again before it
    /// is heard of.
    package mutating func judge(at now: Timestamp) -> Verdict {
        guard let silentSince else { return .fine }
        let silence = now.since(silentSince)
        if silence > limit {
            self.silentSince = nil
            return isAnswered ? .silent : .unanswered
        }
        return silence >= Self.silenceMin ? .doubtful : .fine
    }

    /// Its process is gone: there is nothing more to judge.
    package mutating func giveUp() { silentSince = nil }

    /// When to take the next turn, should nothing arrive until then.
    package func nextTurn(after now: Timestamp) -> Timestamp {
        let next = now.advanced(by: Self.waitMax)
        guard let silentSince else { return next }
        let look = max(
            silentSince.advanced(by: Self.silenceMin), now.advanced(by: Self.lookPause))
        return min(next, look, silentSince.advanced(by: limit + 1))
    }
}
