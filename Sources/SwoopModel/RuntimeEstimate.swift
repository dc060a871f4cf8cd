// Predictions as the other rooms see them. SwoopForecast makes them; the scheduler only reads them.

/// A function's predicted duration in the compact form that a scheduler can afford per task:
/// nanoseconds = fixed + slope × feature, with a relative spread.
package struct DurationModel: Hashable, Sendable {
    package var fixedNanoseconds: Double
    package var slope: Double
    /// Which feature the slope goes with; -1: none.
    package var feature: Int
    /// Standard deviation of the logarithm of duration around the prediction.
    package var logSpread: Double

    package init(fixedNanoseconds: Double, slope: Double, feature: Int, logSpread: Double) {
        self.fixedNanoseconds = fixedNanoseconds
        self.slope = slope
        self.feature = feature
        self.logSpread = logSpread
    }

    /// Predicted nanoseconds of a run with these features; never negative.
    package func nanoseconds(features: [Double]) -> Double {
        guard feature >= 0, feature < features.count, features[feature].isFinite else {
            return max(0, fixedNanoseconds)
        }
        return max(0, fixedNanoseconds + slope * features[feature])
    }
}
