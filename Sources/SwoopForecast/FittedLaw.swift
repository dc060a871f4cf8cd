// One growth law with its scale and noise as the runs tell them, and what it says of a size.

internal import RealModule

/// Guesses that hold before any evidence; DECISIONS.md says which benchmark families may change
/// them.
enum ForecastPrior {
    /// Deviations of ln of one run around the law, and how likely each is.
    static func noises(of metric: Metric) -> [(deviation: Double, prior: Double)] {
        metric == .outputBytes
            ? [(0.002, 0.62), (0.01, 0.22), (0.04, 0.1), (0.15, 0.04), (0.5, 0.002), (1.2, 2e-4)]
            : [
                (0.007, 0.1), (0.015, 0.2), (0.03, 0.25), (0.06, 0.22), (0.12, 0.14), (0.25, 0.06),
                (0.6, 0.01), (1.2, 0.002),
            ]
    }

    /// Deviations of ln that every doubling of the cost adds, as a random walk: what the law leaves
    /// out.
    static func drifts(of metric: Metric) -> [(perDoubling: Double, prior: Double)] {
        metric == .outputBytes
            ? [(0.002, 0.6), (0.02, 0.2), (0.08, 0.12), (0.2, 0.06), (0.45, 0.02)]
            : [(0.025, 0.4), (0.06, 0.22), (0.13, 0.16), (0.25, 0.14), (0.45, 0.08)]
    }
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
    /// Probability of this law, noise and drift among all; the kept ones sum to 1.
    var weight: Double
    /// ln of the value at the reference size.
    var logScale: Double
    /// Variance of `logScale`.
    var scaleVariance: Double
    /// Variance of ln of one run around the law.
    var variance: Double
    /// Deviation of ln that every doubling of the cost beyond those seen adds.
    var drift: Double
    /// ln of the sizes seen, by run; empty for the constant law.
    let logSizes: [Double]
    /// ln of the law at the least and the most that was seen.
    private let seen: ClosedRange<Double>
    /// ln of what stands for size 0.
    var logFloor: Double
    /// Run minus law, in ln, by run.
    var residuals: [Double]
    /// What multiplies the law beside.
    let modifier: FittedModifier?
    /// ln of the sizes of groups of runs, ascending, and by how much the runs are off the law.
    let walk: [(logSize: Double, off: Double)]

    init(
        law: GrowthLaw, weight: Double, logScale: Double, scaleVariance: Double, variance: Double,
        drift: Double, logSizes: [Double], logFloor: Double, residuals: [Double],
        modifier: FittedModifier?, walk: [(logSize: Double, off: Double)]
    ) {
        self.walk = walk
        self.modifier = modifier
        self.law = law
        self.weight = weight
        self.logScale = logScale
        self.scaleVariance = scaleVariance
        self.variance = variance
        self.drift = drift
        self.logSizes = logSizes
        let least = law.logValue(logSize: logSizes.min() ?? 0)
        seen = least...max(least, law.logValue(logSize: logSizes.max() ?? 0))
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

    /// ln of the value at a size: the law, and what the runs nearby are off it.
    func logValue(logSize: Double) -> Double {
        logScale + law.logValue(logSize: logSize) + off(logSize)
    }

    private func off(_ logSize: Double) -> Double {
        guard let first = walk.first, let last = walk.last else { return 0 }
        if logSize <= first.logSize { return first.off }
        if logSize >= last.logSize { return last.off }
        let above = walk.firstIndex { $0.logSize > logSize } ?? walk.count - 1
        let (low, high) = (walk[above - 1], walk[above])
        let share = (logSize - low.logSize) / max(1e-9, high.logSize - low.logSize)
        return low.off + share * (high.off - low.off)
    }

    /// By how many doublings the cost of a size is beyond those that were seen.
    func doublingsBeyond(_ logSize: Double) -> Double {
        guard law.predictor != nil else { return 0 }
        let value = law.logValue(logSize: logSize)
        let beyond = max(0, value - seen.upperBound, seen.lowerBound - value) / .log(2)
        return min(ForecastPrior.doublingsMax, beyond)
    }

    /// Centre and squared scale of ln of a run, before what all runs of a session have in common.
    ///
    /// A size that is not known could be any that was seen.
    func predictive(
        features: [Double], elements: Double
    ) -> (centre: Double, scaleSquared: Double) {
        let beside = modifier?.factor(features) ?? .none
        let noise = variance + scaleVariance + beside.variance
        guard let logSize = logSize(features: features, elements: elements) else {
            let values = logSizes.map { law.logValue(logSize: $0) }
            let mean = values.reduce(0, +) / Double(max(1, values.count))
            let spread = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (
                logScale + mean + beside.logFactor, noise + spread / Double(max(1, values.count))
            )
        }
        let beyond = doublingsBeyond(logSize) + beside.beyond
        return (
            logValue(logSize: logSize) + beside.logFactor,
            noise + drift * drift * beyond
        )
    }
}
