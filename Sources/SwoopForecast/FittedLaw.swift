// One growth law with its scale and noise as the runs tell them, and what it says of a size.

internal import RealModule

/// Guesses that hold before any evidence; the benchmark families that may change them are named in
/// ARCHITECTURE.md.
enum ForecastPrior {
    /// Runs that the prior noise counts for.
    static let freedom = 3.0
    /// Deviation of ln that every doubling beyond the sizes seen adds (as a random walk).
    static let spreadPerDoubling = 0.12
    /// Deviation of ln when only runs of another version are known.
    static let versionSpread = 0.6931471805599453
    /// Doublings that the spread goes on growing for.
    static let doublingsMax = 60.0
    /// Deviation of ln between nodes.
    static let nodeSpread = 0.3
}

/// A law, its scale, and how sure both are.
struct FittedLaw: Sendable {
    var law: GrowthLaw
    /// Probability of this law among all; the kept ones sum to 1.
    var weight: Double
    /// ln of the value at the reference size.
    var logScale: Double
    /// Runs that it was fitted to, outliers counting less.
    var count: Double
    /// Variance of ln of one run around the law.
    var variance: Double
    /// Degrees of freedom of `variance`.
    var freedom: Double
    /// ln of the sizes seen, by run; empty for the constant law.
    let logSizes: [Double]
    private let logSmallest: Double
    private let logLargest: Double
    /// ln of what stands for size 0.
    var logFloor: Double
    /// Run minus law, in ln, by run.
    var residuals: [Double]

    init(
        law: GrowthLaw, weight: Double, logScale: Double, count: Double, variance: Double,
        freedom: Double, logSizes: [Double], logFloor: Double, residuals: [Double]
    ) {
        self.law = law
        self.weight = weight
        self.logScale = logScale
        self.count = count
        self.variance = variance
        self.freedom = freedom
        self.logSizes = logSizes
        logSmallest = logSizes.min() ?? 0
        logLargest = logSizes.max() ?? 0
        self.logFloor = logFloor
        self.residuals = residuals
    }

    /// ln of the size of a run; nil where it is not known.
    func logSize(features: [Double], elements: Double) -> Double? {
        guard let predictor = law.predictor else { return 0 }
        guard let size = predictor.value(features: features, elements: elements), size.isFinite
        else { return nil }
        return size > 0 ? .log(size) : logFloor
    }

    /// How many doublings a size is beyond what was seen.
    func doublingsBeyond(_ logSize: Double) -> Double {
        guard law.predictor != nil else { return 0 }
        let beyond = max(0, logSize - logLargest, logSmallest - logSize) / .log(2)
        return min(ForecastPrior.doublingsMax, beyond)
    }

    /// Centre and squared scale of ln of a run, before what all runs of a session have in common.
    ///
    /// A size that is not known could be any that was seen.
    func predictive(logSize: Double?) -> (centre: Double, scaleSquared: Double) {
        let noise = variance * (1 + 1 / count)
        guard let logSize else {
            let values = logSizes.map { law.logValue(logSize: $0) }
            let mean = values.reduce(0, +) / Double(max(1, values.count))
            let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (logScale + mean, noise + spread / Double(max(1, values.count)))
        }
        let tau = ForecastPrior.spreadPerDoubling
        return (
            logScale + law.logValue(logSize: logSize),
            noise + tau * tau * doublingsBeyond(logSize)
        )
    }
}
