// Time as the machines see it: a number that is handed in. Real processes fill it from the
// monotonic clock (SwoopTransport), the simulation from its virtual one.

/// A moment on one process's monotonic clock. Moments of different processes must not be compared.
package struct Timestamp: Equatable, Comparable, Sendable {
    /// Nanoseconds since an arbitrary start.
    package var nanoseconds: Int64

    /// Makes the moment `nanoseconds` after the clock's start.
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Earlier is less.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Nanoseconds from `earlier` to this moment; negative when `earlier` is later.
    package func since(_ earlier: Timestamp) -> Int64 {
        nanoseconds.subtractingReportingOverflow(earlier.nanoseconds).partialValue
    }

    /// The moment `nanoseconds` later, at most the end of time.
    package func advanced(by nanoseconds: Int64) -> Timestamp {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return Timestamp(nanoseconds: overflow ? .max : sum)
    }

    package static let distantFuture = Timestamp(nanoseconds: .max)
}

/// Nanoseconds in a second, for the arithmetic of machines.
package let nanosecondsPerSecond: Int64 = 1_000_000_000

/// A time in seconds, with up to three digits behind the point; less than a millisecond as part of
/// one.
package func secondsInWords(_ nanoseconds: Int64) -> String {
    guard nanoseconds >= 1_000_000 else { return "\(Double(nanoseconds) / 1_000_000) ms" }
    let thousandths = nanoseconds / 1_000_000
    let rest = thousandths % 1_000
    guard rest > 0 else { return "\(thousandths / 1_000) s" }
    return "\(Double(thousandths) / 1_000) s"
}

/// What is wrong with a run that takes longer than its function declares, after its name or "it".
package func notEndedInWords(within limit: Int64) -> String {
    "had not ended within the \(secondsInWords(limit)) that its @Remote gives it"
}
