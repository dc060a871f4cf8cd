// How a loop notices that it was away itself: stopped by a signal, kept by one long turn, without a
// core. What others said meanwhile lies unread, so their silence must not be judged by the clock.
// Every loop that judges silence has one of these, and moves its limits by what it answers.

/// The turns of one loop.
package struct LoopTurns: Sendable {
    /// More than this between two turns is an absence. Twice the longest wait of the loop: it never
    /// waits longer than half of it.
    package let longest: Int64
    private var last: Timestamp?

    package init(longest: Int64) { self.longest = longest }

    /// Begins a turn; answers with the nanoseconds for which the loop was away, 0 where it was not.
    package mutating func begin(at now: Timestamp) -> Int64 {
        let passed = last.map { now.since($0) } ?? 0
        last = now
        return passed > longest ? passed : 0
    }
}

extension Timestamp {
    /// Time for which a loop listens after an absence before it judges anybody: what was sent
    /// meanwhile may lie in the kernel still. 2 s: twice as long as a sign of life takes to come.
    package static let listening = 2 * nanosecondsPerSecond

    /// The moment from which a silence of at most `limit` counts, after an absence of one's own.
    package func excusing(_ absence: Int64, of limit: Int64, at now: Timestamp) -> Timestamp {
        let heard = min(advanced(by: absence), now)
        let latest = now.advanced(by: -max(0, limit - Self.listening))
        return max(heard, latest)
    }
}
