// Fits every growth law to the runs of one metric, in closed form. MetricModel says which runs
// count how much and keeps the best.

internal import RealModule

/// One pass over all laws.
struct LawFit {
    /// Laws kept at most, and the least share of the best law's weight that one may have.
    private static let lawLimit = 32
    private static let leastShare = 1e-5
    /// The same of laws with a noise and a drift.
    private static let fitLimit = 128
    private static let leastFitShare = 1e-3
    /// How far ln of a law's weight may be behind the best when some runs may yet count less.
    private static let hopelessness = 60.0

    let metric: Metric
    let columns: [SizeColumn]
    let modifiers: [ModifierColumn]
    /// ln of the metric by run.
    var values: [Double]
    /// How much each run counts, from 0 to 1.
    var weights: [Double] { didSet { count = weights.reduce(0, +) } }
    /// All weights together.
    private var count: Double
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

    init(
        _ metric: Metric, columns: [SizeColumn], modifiers: [ModifierColumn], values: [Double],
        constraint: Constraint
    ) {
        self.metric = metric
        self.modifiers = constraint == .all && values.count > 2 ? modifiers : []
        self.constraint = constraint
        self.columns = columns.filter { constraint == .all || $0.predictor.isFeature }
        self.values = values
        weights = Array(repeating: 1, count: values.count)
        count = Double(values.count)
    }

    /// The laws worth keeping, each with the noises and drifts that are likely for it, by falling
    /// weight; weights sum to 1.
    mutating func best() -> [FittedLaw] {
        let scored = scoredLaws()
        let top = scored.map(\.score).max() ?? 0
        // The index breaks ties: the same runs give the same order in every process.
        let order = scored.indices.sorted { (-scored[$0].score, $0) < (-scored[$1].score, $1) }
        let kept = order.prefix(Self.lawLimit).prefix {
            scored[$0].score >= top + .log(Self.leastShare)
        }
        for index in scored.indices where scored[index].score < top - Self.hopelessness {
            hopeless.insert(index)
        }
        return constraint == .affine ? [simple(scored[order[0]])] : weighed(kept.map { scored[$0] })
    }

    /// What the law leaves of the values, its scale included, in ln, by run.
    private func rests(of scored: ScoredLaw) -> [Double] {
        let column = scored.column.map { columns[$0] }
        return values.indices.map { run in
            values[run] - (column.map { scored.law.logValue(logSize: $0.logSizes[run]) } ?? 0)
        }
    }

    /// The law with a noise alone, as a scheduler needs it between two of its turns: no runs are
    /// grouped and no drift is weighed, which takes a hundred times as long.
    private func simple(_ scored: ScoredLaw) -> FittedLaw {
        let column = scored.column.map { columns[$0] }
        let rests = rests(of: scored)
        let mean = zip(rests, weights).reduce(0) { $0 + $1.0 * $1.1 } / count
        let squares = zip(rests, weights).reduce(0) { sum, run in
            sum + (run.0 - mean) * (run.0 - mean) * run.1
        }
        let prior = Self.freedom * Self.usualNoiseSquare
        let variance = (prior + squares) / (Self.freedom + max(0, count - 1))
        return FittedLaw(
            law: scored.law, weight: 1, logScale: mean, scaleVariance: variance / count,
            variance: variance, drift: 0, logSizes: column?.logSizes ?? [],
            logFloor: column?.logFloor ?? 0, residuals: rests.map { $0 - mean }, modifier: nil,
            walk: [])
    }

    private func weighed(_ scored: [ScoredLaw]) -> [FittedLaw] {
        var fits: [(law: Int, fit: NoiseFit)] = []
        var known: [Grouping: Discrepancy] = [:]
        for (place, law) in scored.enumerated() {
            let column = law.column.map { columns[$0] }
            let modifier = law.modifier.map { modifiers[$0] }
            let discrepancy =
                known[law.grouping]
                ?? Discrepancy(
                    metric, bins: bins(column, modifier), values: values, weights: weights,
                    logSizes: column?.logSizes ?? [], modifier: modifier?.values)
            known[law.grouping] = discrepancy
            for var fit in discrepancy.fits(residuals: rests(of: law), weights: weights) {
                fit.score += .log(law.prior)
                fits.append((place, fit))
            }
        }
        fits.sort { ($1.fit.score, $0.law) < ($0.fit.score, $1.law) }
        let top = fits.first?.fit.score ?? 0
        let kept = fits.prefix(Self.fitLimit).prefix {
            $0.fit.score >= top + .log(Self.leastFitShare)
        }
        let total = kept.reduce(0) { $0 + .exp($1.fit.score - top) }
        return kept.map { place, fit in
            let discrepancy = known[scored[place].grouping]
            let walk = discrepancy.map { zip($0.sizes, $0.walk(of: fit)).map { ($0, $1) } }
            return fitted(
                scored[place], fit, walk: walk ?? [], weight: .exp(fit.score - top) / total)
        }
    }

    /// Groups of runs of about one size and one modifier.
    private func bins(_ column: SizeColumn?, _ modifier: ModifierColumn?) -> [[Int]] {
        let bins = column?.bins ?? [Array(values.indices)]
        guard let modifier else { return bins }
        return bins.flatMap { bin -> [[Int]] in
            let order = bin.sorted { (modifier.values[$0], $0) < (modifier.values[$1], $1) }
            var parts: [[Int]] = []
            for run in order {
                if let first = parts.last?[0], modifier.values[run] - modifier.values[first] < 0.05
                {
                    parts[parts.count - 1].append(run)
                } else {
                    parts.append([run])
                }
            }
            return parts
        }
    }

    /// Every law with how well it fits; the constant one comes first.
    private func scoredLaws() -> [ScoredLaw] {
        var scored: [ScoredLaw] = []
        var logLaw = Array(repeating: 0.0, count: values.count)
        // A law stands beside the same with each modifier.
        let step = 1 + modifiers.count
        func isHopeless() -> Bool {
            guard (0..<step).allSatisfy({ hopeless.contains(scored.count + $0) }) else {
                return false
            }
            scored += repeatElement(.hopeless, count: step)
            return true
        }
        let isApart = columns.map { column in modifiers.map { $0.isApart(from: column) } }
        func consider(_ law: GrowthLaw, column: Int?, prior: Double) {
            let squares = squares(logLaw: logLaw)
            let isUsable = squares.isFinite
            scored.append(
                isUsable
                    ? ScoredLaw(
                        law: law, column: column, modifier: nil, prior: prior,
                        score: .log(prior) + score(squares))
                    : .hopeless)
            for (place, modifier) in modifiers.enumerated() {
                guard isUsable, column.map({ isApart[$0][place] }) ?? true else {
                    scored.append(.hopeless)
                    continue
                }
                let squares = self.squares(logLaw: logLaw, modifier: modifier.values)
                let prior = prior * ModifierColumn.priorWeight
                scored.append(
                    ScoredLaw(
                        law: law, column: column, modifier: place, prior: prior,
                        score: .log(prior) + score(squares) - 1))
            }
        }
        consider(.constant, column: nil, prior: constantPrior)
        let share = columns.reduce(0) { $0 + $1.predictor.priorWeight }
        for (index, column) in columns.enumerated() {
            let reference = column.logLargest
            let shapes =
                column.isCount ? GrowthShape.all + GrowthShape.exponentials : GrowthShape.all
            for shape in constraint == .all ? shapes : [.linear] {
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

    /// Weighed sum of squares around the law.
    private func squares(logLaw: [Double]) -> Double {
        var sum = 0.0
        for run in logLaw.indices { sum += weights[run] * (values[run] - logLaw[run]) }
        let mean = sum / count
        var squares = 0.0
        for run in logLaw.indices {
            let residual = values[run] - logLaw[run] - mean
            squares += weights[run] * residual * residual
        }
        return squares
    }

    /// The same with the best power of the modifier.
    private func squares(logLaw: [Double], modifier: [Double]) -> Double {
        var (sum, sumModifier) = (0.0, 0.0)
        for run in logLaw.indices {
            sum += weights[run] * (values[run] - logLaw[run])
            sumModifier += weights[run] * modifier[run]
        }
        let (mean, middle) = (sum / count, sumModifier / count)
        var (squares, cross, own) = (0.0, 0.0, 0.0)
        for run in logLaw.indices {
            let rest = values[run] - logLaw[run] - mean
            let place = modifier[run] - middle
            squares += weights[run] * rest * rest
            cross += weights[run] * rest * place
            own += weights[run] * place * place
        }
        return own > 0 ? max(0, squares - cross * cross / own) : squares
    }

    /// ln of the probability of the runs without drift, the scale integrated out, by the noise that
    /// fits best, up to what is the same for all.
    private func score(_ squares: Double) -> Double {
        let freedom = Self.freedom
        var best = -Double.infinity
        for squaresOfNoise in Self.noiseSquares {
            let prior = freedom * squaresOfNoise
            let score =
                0.5 * freedom * .log(prior)
                - 0.5 * (freedom + count - 1) * .log(prior + squares)
            best = max(best, score)
        }
        return best
    }

    /// Noises of that first look, squared: 1.5, 6 and 30 %.
    private static let noiseSquares = [0.000_225, usualNoiseSquare, 0.09]
    private static let usualNoiseSquare = 0.003_6
    /// Runs that a noise counts for in that first look.
    private static let freedom = 3.0

    private func residuals(_ scored: ScoredLaw, _ fit: NoiseFit) -> [Double] {
        let column = scored.column.map { columns[$0] }
        return values.indices.map { run in
            let logSize = column?.logSizes[run] ?? 0
            let factor = scored.modifier.map { fit.power * modifiers[$0].values[run] } ?? 0
            return values[run] - fit.logScale - factor - scored.law.logValue(logSize: logSize)
        }
    }

    private func fitted(
        _ scored: ScoredLaw, _ fit: NoiseFit, walk: [(logSize: Double, off: Double)],
        weight: Double
    ) -> FittedLaw {
        let column = scored.column.map { columns[$0] }
        let modifier = scored.modifier.map { place in
            let column = modifiers[place]
            return FittedModifier(
                feature: column.feature, middle: column.middle, power: fit.power,
                powerVariance: fit.powerVariance,
                seen: (column.values.min() ?? 0)...(column.values.max() ?? 0))
        }
        return FittedLaw(
            law: scored.law, weight: weight, logScale: fit.logScale,
            scaleVariance: fit.scaleVariance, variance: fit.deviation * fit.deviation,
            drift: fit.drift, logSizes: column?.logSizes ?? [], logFloor: column?.logFloor ?? 0,
            residuals: residuals(scored, fit), modifier: modifier,
            walk: walk)
    }
}

/// What the runs are grouped by.
private struct Grouping: Hashable {
    var column: Int?
    var modifier: Int?
}

/// A law and how well it fits.
private struct ScoredLaw {
    var law: GrowthLaw
    /// The predictor's place among the columns.
    var column: Int?
    /// The modifier's place among those.
    var modifier: Int?
    var prior: Double
    /// ln of the weight, up to a constant.
    var score: Double

    var grouping: Grouping { Grouping(column: column, modifier: modifier) }

    static let hopeless = ScoredLaw(
        law: .constant, column: nil, modifier: nil, prior: 0, score: -.infinity)
}
