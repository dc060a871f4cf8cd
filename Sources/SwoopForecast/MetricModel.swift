// The model of one metric of one function: growth laws weighed by how well the runs fit them, in
// the logarithm, simple and common ones first. The laws: GrowthLaw. Drawing: FunctionSampler.

internal import RealModule
internal import SwoopModel

/// A mixture of growth laws.
///
/// The weight of a law is its prior times the probability of the runs under it, scale and noise
/// integrated out (a flat prior on the scale, an inverse chi-squared one on the noise): the closed
/// form that makes a law with one more freedom pay for it. Runs far off the best law count less
/// (Huber's weights).
struct MetricModel: Sendable {
    /// From this many runs on, outliers are weighed down.
    private static let robustCount = 8

    let metric: Metric
    /// By falling weight.
    let laws: [FittedLaw]
    /// ln of each node's slowness, by its place in the list of nodes.
    let nodeOffsets: [Int: Double]
    /// The laws that evidence looks at, and ln of every run's cost by each.
    private let likely: [FittedLaw]
    private let likelyCosts: [[Double]]

    /// nil when there are no runs.
    init?(
        _ metric: Metric, observations: Observations, constraint: LawFit.Constraint = .all
    ) {
        guard !observations.runs.isEmpty else { return nil }
        self.metric = metric
        let values = observations.logValues(of: metric)
        var fit = LawFit(
            metric, columns: observations.columns, modifiers: observations.modifiers,
            values: values, constraint: constraint)
        var found = fit.best()
        var offsets: [Int: Double] = [:]
        let nodes = observations.runs.map(\.node)
        let needsWeights = values.count >= Self.robustCount
        let needsOffsets = Set(nodes).count > 1
        for _ in 0..<(needsWeights || needsOffsets ? 2 : 0) {
            let best = found[0]
            if needsOffsets {
                let raw = values.indices.map { best.residuals[$0] + (offsets[nodes[$0]] ?? 0) }
                offsets = Self.offsets(raw, nodes: nodes, variance: best.variance)
                fit.values = values.indices.map { values[$0] - (offsets[nodes[$0]] ?? 0) }
            }
            if needsWeights { fit.weights = Self.huberWeights(best.residuals) }
            found = fit.best()
        }
        laws = found
        nodeOffsets = offsets
        // Nobody asks a scheduler's model for its evidence.
        let likely = constraint == .all ? Self.likely(of: found) : []
        self.likely = likely
        likelyCosts = likely.map { law in
            observations.runs.map { run in
                law.predictive(
                    features: run.record.features, elements: Double(run.record.elements)
                ).centre
            }
        }
    }

    /// 1 within two deviations, falling beyond; the deviation by the median of what is left over.
    private static func huberWeights(_ residuals: [Double]) -> [Double] {
        let middle = median(residuals)
        let deviation = max(0.03, 1.4826 * median(residuals.map { abs($0 - middle) }))
        return residuals.map { min(1, 2 / max(1e-9, abs($0 - middle) / deviation)) }
    }

    /// What runs on a node took more than runs elsewhere, shrunk to nothing where they are few.
    private static func offsets(
        _ residuals: [Double], nodes: [Int], variance: Double
    ) -> [Int: Double] {
        var sums: [Int: (sum: Double, count: Double)] = [:]
        for (node, residual) in zip(nodes, residuals) {
            let known = sums[node] ?? (0, 0)
            sums[node] = (known.sum + residual, known.count + 1)
        }
        let shrinkage = variance / (ForecastPrior.nodeSpread * ForecastPrior.nodeSpread)
        return sums.mapValues { $0.sum / ($0.count + shrinkage) }
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension MetricModel {
    /// What a run of this size will take, on a node like those seen.
    ///
    /// - Parameter isChanged: only runs of another version are known.
    func prediction(features: [Double], elements: Double, isChanged: Bool) -> Prediction {
        let common =
            metric.sessionSpread * metric.sessionSpread
            + (isChanged ? ForecastPrior.versionSpread * ForecastPrior.versionSpread : 0)
        let parts = laws.map { law in
            let (centre, scaleSquared) = law.predictive(features: features, elements: elements)
            return (
                weight: law.weight, centre: centre, scale: (scaleSquared + common).squareRoot()
            )
        }
        func quantile(_ share: Double) -> Double {
            var low = parts.map { $0.centre - 40 * $0.scale }.min() ?? 0
            var high = parts.map { $0.centre + 40 * $0.scale }.max() ?? 0
            for _ in 0..<60 {
                let middle = (low + high) / 2
                let below = parts.reduce(0) { sum, part in
                    let deviate = (middle - part.centre) / part.scale
                    return sum + part.weight * Distribution.normalShare(below: deviate)
                }
                if below < share { low = middle } else { high = middle }
            }
            return (low + high) / 2
        }
        let (low, high) = (quantile(0.05), quantile(0.95))
        return Prediction(
            range: EstimateRange(low: .exp(low), median: .exp(quantile(0.5)), high: .exp(high)),
            logSpread: (high - low) / (2 * 1.645),
            evidence: evidence(features: features, elements: elements, isChanged: isChanged))
    }

    /// How a prediction for this size is known.
    func evidence(features: [Double], elements: Double, isChanged: Bool) -> Evidence {
        if isChanged { return .guess }
        guard constantShare < 0.95, let best = laws.first(where: { $0.law.predictor != nil }) else {
            return .measured
        }
        guard let logSize = best.logSize(features: features, elements: elements) else {
            return .guess
        }
        if isSeen(features: features, elements: elements) { return .measured }
        guard let least = best.logSizes.min(), let most = best.logSizes.max(), most - least > 0.1
        else { return .guess }
        if logSize > least, logSize < most { return .interpolated }
        return .extrapolated(factor: .exp(max(logSize - most, least - logSize)))
    }

    private var constantShare: Double {
        laws.reduce(0) { $0 + ($1.law.predictor == nil && $1.modifier == nil ? $1.weight : 0) }
    }

    /// Whether a run was seen that costs the same within a tenth by all laws that are likely.
    private func isSeen(features: [Double], elements: Double) -> Bool {
        let costs = likely.map {
            $0.predictive(features: features, elements: elements).centre
        }
        return (likelyCosts.first ?? []).indices.contains { run in
            costs.indices.allSatisfy { abs(likelyCosts[$0][run] - costs[$0]) < 0.1 }
        }
    }

    /// One of each law that has a twentieth of the weight or more: the first.
    private static func likely(of laws: [FittedLaw]) -> [FittedLaw] {
        var shares: [LikelyLaw: Double] = [:]
        for law in laws { shares[LikelyLaw(law), default: 0] += law.weight }
        var taken: Set<LikelyLaw> = []
        return laws.filter {
            let key = LikelyLaw($0)
            return (shares[key] ?? 0) >= 0.05 && taken.insert(key).inserted
        }
    }
}

/// What laws have in common that differ in noise and drift alone.
private struct LikelyLaw: Hashable {
    var law: GrowthLaw
    var modifier: Int?

    init(_ fitted: FittedLaw) {
        law = fitted.law
        modifier = fitted.modifier?.feature
    }
}
