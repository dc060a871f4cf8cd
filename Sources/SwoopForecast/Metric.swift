// What is predicted of a run, and what an answer looks like.

package import SwoopModel

/// A quantity of a run.
package enum Metric: Int, CaseIterable, Sendable {
    /// Nanoseconds on a core.
    case cpuTime
    /// Nanoseconds from start to end, waiting included.
    case wallTime
    /// Bytes of what it leaves: the size of what runs after it.
    case outputBytes

    func value(of record: RunRecord) -> Double {
        switch self {
        case .cpuTime: Double(record.cpuNanoseconds)
        case .wallTime: Double(record.wallNanoseconds)
        case .outputBytes: Double(record.bytesOut)
        }
    }

    /// Deviation of ln between one session and the next, common to all tasks of a plan: machines
    /// are never quite the same again.
    ///
    /// A guess.
    var sessionSpread: Double { self == .outputBytes ? 0 : 0.05 }
}

/// A prediction of one quantity of one run.
package struct Prediction: Equatable, Sendable {
    /// Median and 90 % range, in the metric's unit.
    package var range: EstimateRange
    /// Deviation of ln around the median, from the 90 % range.
    package var logSpread: Double
    package var evidence: Evidence

    package init(range: EstimateRange, logSpread: Double, evidence: Evidence) {
        self.range = range
        self.logSpread = logSpread
        self.evidence = evidence
    }
}
