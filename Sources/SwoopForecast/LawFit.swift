// Fits every growth law to the runs of one metric, in closed form. MetricModel says which runs
// count how much and keeps the best.

internal import RealModule

/// One pass over all laws.
struct LawFit {
    /// Laws kept at most, and the least share of the best law's weight that one may have.
    private static let lawLimit = 32
    private static let leastShare = 1e-4
    /// How far ln of a law's weight may be behind the best when some runs may yet count less.
    private static let hopelessness = 60.0

    let metric: Metric
    let columns: [SizeColumn]
    /// ln of the metric by run.
    var values: [Double]
    /// How much each run counts, from 0 to 1.
    var weights: [Double]
    private let constraint: Constraint
    /// Laws that another pass need not look at: hopeless in the one before.
    ///
    /// Indices are those of `scoredLaws`.
    private var hopeless: Set<Int> = []

    /// Which laws are tried.
    enum Constraint {
        case all
        /// Those that a scheduler can afford: constant, or linear in one feature.
        case affine
    }

    init(_ metric: Metric, columns: [SizeColumn], values: [Double], constraint: Constraint) {
        self.metric = metric
        self.constraint = constraint
        self.columns = columns.filter { constraint == .all || $0.predictor.isFeature }
        self.values = values
        weights = Array(repeating: 1, count: values.count)
    }

    /// The laws worth keeping by falling weight; weights sum to 1.
    mutating func best() -> [FittedLaw] {
        let scored = scoredLaws()
        let top = scored.map(\.score).max() ?? 0
        // The index breaks ties: the same runs give the same order in every process.
        let order = scored.indices.sorted { (-scored[$0].score, $0) < (-scored[$1].score, $1) }
        let kept = order.prefix(Self.lawLimit).prefix {
            scored[$0].score >= top + .log(Self.leastShare)
        }
        let total = kept.reduce(0) { $0 + .exp(scored[$1].score - top) }
        for index in scored.indices where scored[index].score < top - Self.hopelessness {
            hopeless.insert(index)
        }
        return kept.map { fitted(scored[$0], weight: .exp(scored[$0].score - top) / total) }
    }

    /// Every law with how well it fits; the constant one comes first.
    private func scoredLaws() -> [ScoredLaw] {
        var scored: [ScoredLaw] = []
        var logLaw = Array(repeating: 0.0, count: values.count)
        func isHopeless() -> Bool {
            guard hopeless.contains(scored.count) else { return false }
            scored.append(.hopeless)
            return true
        }
        func consider(_ law: GrowthLaw, column: Int?, prior: Double) {
            let (logScale, squares) = scale(logLaw: logLaw)
            guard squares.isFinite else { return scored.append(.hopeless) }
            scored.append(
                ScoredLaw(
                    law: law, column: column, score: .log(prior) + score(squares),
                    logScale: logScale, squares: squares))
        }
        consider(.constant, column: nil, prior: constantPrior)
        let share = columns.reduce(0) { $0 + $1.predictor.priorWeight }
        for (index, column) in columns.enumerated() {
            let reference = column.logLargest
            for shape in constraint == .all ? GrowthShape.all : [.linear] {
                let atReference = shape.logValue(logSize: reference, logReference: reference)
                let growth = column.logSizes.map {
                    shape.logValue(logSize: $0, logReference: reference) - atReference
                }
                let ratios = growth.map { Double.exp($0) }
                for (fixedShare, prior) in shape.fixedShares where !isHopeless() {
                    for run in logLaw.indices {
                        logLaw[run] =
                            fixedShare == 0
                            ? growth[run] : .log(fixedShare + (1 - fixedShare) * ratios[run])
                    }
                    let law = GrowthLaw(
                        predictor: column.predictor, shape: shape, fixedShare: fixedShare,
                        logReference: reference)
                    consider(
                        law, column: index,
                        prior: shape.priorWeight * prior * column.predictor.priorWeight / share)
                }
            }
        }
        return scored
    }

    /// Values of a few bytes are mostly of fixed width.
    private var constantPrior: Double {
        let isSmall = metric == .outputBytes && (values.max() ?? 0) <= .log(64)
        return GrowthShape.constantPriorWeight * (isSmall ? 40 : 1)
    }

    private func scale(logLaw: [Double]) -> (logScale: Double, squares: Double) {
        var sum = 0.0
        for run in logLaw.indices { sum += weights[run] * (values[run] - logLaw[run]) }
        let mean = sum / count
        var squares = 0.0
        for run in logLaw.indices {
            let residual = values[run] - logLaw[run] - mean
            squares += weights[run] * residual * residual
        }
        return (mean, squares)
    }

    private var count: Double { weights.reduce(0, +) }

    private var priorSquares: Double {
        ForecastPrior.freedom * metric.priorNoise * metric.priorNoise
    }

    /// ln of the probability of the runs, scale and noise integrated out, up to what is the same
    /// for all.
    private func score(_ squares: Double) -> Double {
        -0.5 * (ForecastPrior.freedom + count - 1) * .log(priorSquares + squares)
    }

    private func fitted(_ scored: ScoredLaw, weight: Double) -> FittedLaw {
        let freedom = ForecastPrior.freedom + max(0, count - 1)
        let column = scored.column.map { columns[$0] }
        return FittedLaw(
            law: scored.law, weight: weight, logScale: scored.logScale, count: count,
            variance: (priorSquares + scored.squares) / freedom, freedom: freedom,
            logSizes: column?.logSizes ?? [], logFloor: column?.logFloor ?? 0,
            residuals: values.indices.map { run in
                let logSize = column?.logSizes[run] ?? 0
                return values[run] - scored.logScale - scored.law.logValue(logSize: logSize)
            })
    }
}

/// A law and how well it fits.
private struct ScoredLaw {
    var law: GrowthLaw
    /// The predictor's place among the columns.
    var column: Int?
    /// ln of the weight, up to a constant.
    var score: Double
    var logScale: Double
    /// Weighed sum of squares around the law.
    var squares: Double

    static let hopeless = ScoredLaw(
        law: .constant, column: nil, score: -.infinity, logScale: 0, squares: 0)
}
