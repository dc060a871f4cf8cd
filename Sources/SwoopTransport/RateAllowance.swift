// How often something may happen: a number at once after a quiet time, and so many a second.

/// Counts what happens against a rate.
package struct RateAllowance: Sendable {
    private static let one: Int64 = 1_000_000_000

    private let perSecond: Int64
    /// In billionths of one; negative: more happened than may.
    private var left: Int64
    private var refilledAt: Int64 = 0

    /// An allowance that lets `atOnce` happen now.
    package init(perSecond: Int64, atOnce: Int64) {
        self.perSecond = perSecond
        left = atOnce * Self.one
    }

    /// Whether more happened than may.
    package var isOverdrawn: Bool { left < 0 }

    /// Whether one more may happen, as of the last refill.
    package var hasOne: Bool { left >= Self.one }

    /// When one more may happen, if nothing does until then.
    package var nextAt: Int64 {
        guard !hasOne else { return refilledAt }
        return refilledAt + (Self.one - left + perSecond - 1) / perSecond
    }

    /// Adds what has come together since the last time, up to `most`.
    package mutating func refill(upTo most: Int64, at now: Int64) {
        let waited = min(max(0, now - refilledAt), 3_600 * Self.one)
        refilledAt = now
        left = min(most * Self.one, left + waited * perSecond)
    }

    /// One happened, whether it might or not.
    package mutating func take() { left -= Self.one }

    /// One does not count after all.
    package mutating func giveBack() { left += Self.one }
}
