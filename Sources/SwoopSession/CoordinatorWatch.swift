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
        /// It did not answer within the patience of the beginning.
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
    private var answerBy: Timestamp?
    private var lastHeard: Timestamp?

    /// - Parameter patience: nanoseconds within which it must answer at the beginning.
    package init(patience: Int64, at now: Timestamp) {
        answerBy = now.advanced(by: patience)
        _ = turns.begin(at: now)
    }

    /// Begins a turn of the loop, before it reads what waits: an absence of its own is nobody's
    /// silence.
    package mutating func beginTurn(at now: Timestamp) {
        let absence = turns.begin(at: now)
        guard absence > 0 else { return }
        answerBy = answerBy.map {
            max($0.advanced(by: absence), now.advanced(by: Timestamp.listening))
        }
        lastHeard = lastHeard?.excusing(absence, of: Self.silenceMax, at: now)
    }

    /// Anything came from it.
    package mutating func hear(at now: Timestamp) {
        answerBy = nil
        lastHeard = now
    }

    /// Judges, after everything that waits was read. Who is given up is not judged again before it
    /// is heard of.
    package mutating func judge(at now: Timestamp) -> Verdict {
        if let limit = answerBy, now > limit {
            answerBy = nil
            return .unanswered
        }
        guard let lastHeard else { return .fine }
        let silence = now.since(lastHeard)
        if silence > Self.silenceMax {
            self.lastHeard = nil
            return .silent
        }
        return silence >= Self.silenceMin ? .doubtful : .fine
    }

    /// Its process is gone: there is nothing more to judge.
    package mutating func giveUp() { (answerBy, lastHeard) = (nil, nil) }

    /// When to take the next turn, should nothing arrive until then.
    package func nextTurn(after now: Timestamp) -> Timestamp {
        var next = now.advanced(by: Self.waitMax)
        if let answerBy { next = min(next, answerBy.advanced(by: 1)) }
        if let lastHeard {
            let look = lastHeard.advanced(by: Self.silenceMin)
            next = min(next, max(look, now.advanced(by: Self.lookPause)))
        }
        return next
    }
}
