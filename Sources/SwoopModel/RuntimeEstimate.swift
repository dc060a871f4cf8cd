// Predictions as the other rooms see them. SwoopForecast makes them; the scheduler only reads them.

/// A function's predicted duration in the compact form that a scheduler can afford per task:
/// nanoseconds = fixed + slope × feature, with a relative spread.
package struct DurationModel: Equatable, Sendable {
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
        nanoseconds(features.indices.contains(feature) ? features[feature] : nil)
    }

    /// Predicted nanoseconds of a run; never negative.
    ///
    /// - Parameter value: of the feature that the slope goes with; nil: it is not known.
    package func nanoseconds(_ value: Double?) -> Double {
        guard let value, value.isFinite else { return max(0, fixedNanoseconds) }
        return max(0, fixedNanoseconds + slope * value)
    }
}

/// The predicted size of a function's outputs, in the same form: bytes = fixed + slope × feature.
package struct OutputModel: Equatable, Sendable {
    package var fixedBytes: Double
    package var slope: Double
    /// Which feature the slope goes with; -1: none.
    package var feature: Int

    package init(fixedBytes: Double, slope: Double = 0, feature: Int = -1) {
        self.fixedBytes = fixedBytes
        self.slope = slope
        self.feature = feature
    }

    /// Predicted bytes of what a run with these features leaves, never negative; nil: the feature
    /// that decides is not known.
    package func bytes(features: [Double]) -> Double? {
        bytes(features.indices.contains(feature) ? features[feature] : nil)
    }

    /// Predicted bytes of what a run leaves, never negative; nil: the feature that decides is not
    /// known.
    ///
    /// - Parameter value: of the feature that the slope goes with; nil: it is not known.
    package func bytes(_ value: Double?) -> Double? {
        guard feature >= 0 else { return max(0, fixedBytes) }
        guard let value, value.isFinite else { return nil }
        return max(0, fixedBytes + slope * value)
    }
}
