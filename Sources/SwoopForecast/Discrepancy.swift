// How well the runs agree with a law that is nearly right: noise of each run, and a random walk
// over the doublings of the cost, which the law leaves out. Both are weighed, not estimated.

internal import RealModule

/// One noise and one drift with what they make of a law's scale.
struct NoiseFit {
    var deviation: Double
    var drift: Double
    /// ln of the prior times the probability of the runs.
    var score: Double
    var logScale: Double
    var scaleVariance: Double
    /// The power of the modifier and its variance; 0 without one.
    var power: Double
    var powerVariance: Double
    /// The place of the factor that it comes of, and the groups' residuals solved by it.
    fileprivate var factor: Int
    fileprivate var rests: [Double]
}

/// Runs in groups of about one size, for all laws of that size.
///
/// Residuals of the groups are normal with a covariance that no law changes: noise of each group,
/// the walk, and what a modifier's unknown power makes of its values. So it is factored once.
struct Discrepancy {
    private let bins: [[Int]]
    private var counts: [Double] = []
    /// ln of the sizes of the groups, ascending; 0 where nothing changes with a size.
    let sizes: [Double]
    private let distances: [Double]
    private var factors: [Factor] = []
    private var runCount = 0.0
    /// So that runs in one group weigh as they would one by one.
    private var logCounts = 0.0

    /// The covariance for one noise and one drift, factored (Cholesky), and what follows from it
    /// without any law.
    private struct Factor {
        var deviation: Double
        var drift: Double
        var logPrior: Double
        /// Rows of the lower triangle.
        var rows: [Double]
        /// The triangle's inverse times ones, and times the modifier.
        var ones: [Double]
        var slopes: [Double]
        var logDeterminant = 0.0
        var information = 0.0
        var slopeSquares = 0.0
        var slopeOnes = 0.0
    }

    /// - Parameters:
    ///   - bins: the runs by size, ascending.
    ///   - values: ln of the metric by run.
    ///   - logSizes: by run; empty: nothing changes with a size.
    ///   - modifier: by run; nil: none.
    init(
        _ metric: Metric, bins: [[Int]], values: [Double], weights: [Double],
        logSizes: [Double], modifier: [Double]?
    ) {
        let bins = bins.filter { bin in bin.contains { weights[$0] > 0 } }
        self.bins = bins
        counts = bins.map { bin in bin.reduce(0) { $0 + weights[$1] } }
        runCount = counts.reduce(0, +)
        logCounts = counts.reduce(0) { $0 + .log($1) }
        func mean(_ numbers: [Double], _ bin: [Int]) -> Double {
            bin.reduce(0) { $0 + numbers[$1] } / Double(bin.count)
        }
        let modifiers = modifier.map { modifier in bins.map { mean(modifier, $0) } } ?? []
        let costs = bins.map { mean(values, $0) }
        let sizes = logSizes.isEmpty ? costs.map { _ in 0 } : bins.map { mean(logSizes, $0) }
        self.sizes = sizes
        let slope = Self.slope(of: costs, over: sizes, counts: counts, beside: modifiers)
        // As the costs rise on the whole: what single runs are off is noise. Far ones count more:
        // what small runs do (caches, fixed parts) tells little of large ones. The walk is pinned
        // at the largest size.
        let distances = sizes.map { size in
            let rise = slope * ((sizes.last ?? 0) - size) / .log(2)
            let doublings = min(ForecastPrior.doublingsMax, max(0, rise))
            return doublings * (1 + doublings / 4)
        }
        self.distances = distances
        for noise in ForecastPrior.noises(of: metric) {
            for drift in ForecastPrior.drifts(of: metric) {
                let factor = Self.factor(
                    deviation: noise.deviation, drift: drift.perDoubling,
                    logPrior: .log(noise.prior * drift.prior), counts: counts,
                    distances: distances, modifiers: modifiers)
                if let factor { factors.append(factor) }
            }
        }
    }

    /// By how much the costs rise with the sizes: the straight line that fits best, with another
    /// for what is beside.
    private static func slope(
        of costs: [Double], over sizes: [Double], counts: [Double], beside: [Double]
    ) -> Double {
        let total = counts.reduce(0, +)
        func middle(_ numbers: [Double]) -> [Double] {
            let mean = zip(numbers, counts).reduce(0) { $0 + $1.0 * $1.1 } / total
            return numbers.map { $0 - mean }
        }
        func product(_ left: [Double], _ right: [Double]) -> Double {
            zip(zip(left, right), counts).reduce(0) { $0 + $1.0.0 * $1.0.1 * $1.1 }
        }
        let (y, x) = (middle(costs), middle(sizes))
        let own = product(x, x)
        guard own > 1e-9 else { return 0 }
        guard !beside.isEmpty else { return product(x, y) / own }
        let z = middle(beside)
        let (other, both) = (product(z, z), product(x, z))
        let determinant = own * other - both * both
        guard determinant > 1e-6 * own * other else { return product(x, y) / own }
        return (product(x, y) * other - product(z, y) * both) / determinant
    }

    private static func factor(
        deviation: Double, drift: Double, logPrior: Double, counts: [Double],
        distances: [Double], modifiers: [Double]
    ) -> Factor? {
        let size = counts.count
        let hasModifier = !modifiers.isEmpty
        let spread = ModifierColumn.spread * ModifierColumn.spread
        var found = Factor(
            deviation: deviation, drift: drift, logPrior: logPrior,
            rows: Array(repeating: 0, count: size * size),
            ones: Array(repeating: 0, count: size),
            slopes: Array(repeating: 0, count: modifiers.count))
        for row in 0..<size {
            var (one, slope) = (1.0, hasModifier ? modifiers[row] : 0)
            for column in 0...row {
                var sum = drift * drift * min(distances[row], distances[column])
                if hasModifier { sum += spread * modifiers[row] * modifiers[column] }
                if row == column { sum += deviation * deviation / counts[row] }
                for inner in 0..<column {
                    sum -= found.rows[row * size + inner] * found.rows[column * size + inner]
                }
                guard row == column else {
                    let value = sum / found.rows[column * size + column]
                    found.rows[row * size + column] = value
                    one -= value * found.ones[column]
                    if hasModifier { slope -= value * found.slopes[column] }
                    continue
                }
                guard sum > 0 else { return nil }
                found.rows[row * size + row] = sum.squareRoot()
                found.logDeterminant += .log(sum)
            }
            let pivot = found.rows[row * size + row]
            found.ones[row] = one / pivot
            found.information += found.ones[row] * found.ones[row]
            guard hasModifier else { continue }
            found.slopes[row] = slope / pivot
            found.slopeSquares += found.slopes[row] * found.slopes[row]
            found.slopeOnes += found.slopes[row] * found.ones[row]
        }
        return found
    }

    /// What every noise and drift makes of a law.
    ///
    /// - Parameter residuals: ln of the metric minus ln of the law, by run.
    func fits(residuals: [Double], weights: [Double]) -> [NoiseFit] {
        var means: [Double] = []
        var within = 0.0
        for (bin, count) in zip(bins, counts) {
            let mean = bin.reduce(0) { $0 + weights[$1] * residuals[$1] } / count
            for run in bin {
                let rest = residuals[run] - mean
                within += weights[run] * rest * rest
            }
            means.append(mean)
        }
        var rests = means
        return factors.indices.map { fit(means, within, $0, into: &rests) }
    }

    private func fit(
        _ means: [Double], _ within: Double, _ place: Int, into rests: inout [Double]
    ) -> NoiseFit {
        let factor = factors[place]
        let size = means.count
        var (cross, squares, slopeRests) = (0.0, 0.0, 0.0)
        for row in 0..<size {
            var rest = means[row]
            for column in 0..<row { rest -= factor.rows[row * size + column] * rests[column] }
            rest /= factor.rows[row * size + row]
            rests[row] = rest
            cross += factor.ones[row] * rest
            squares += rest * rest
            if !factor.slopes.isEmpty { slopeRests += factor.slopes[row] * rest }
        }
        let logScale = cross / factor.information
        let beside = squares - cross * logScale
        let repeated = max(0, runCount - Double(size))
        let variance = factor.deviation * factor.deviation
        let score =
            factor.logPrior
            - 0.5 * (factor.logDeterminant + .log(factor.information) + beside)
            - repeated * .log(factor.deviation) - 0.5 * within / variance - 0.5 * logCounts
        let spread = ModifierColumn.spread * ModifierColumn.spread
        let seen =
            factor.slopeSquares - factor.slopeOnes * factor.slopeOnes / factor.information
        return NoiseFit(
            deviation: factor.deviation, drift: factor.drift, score: score, logScale: logScale,
            scaleVariance: 1 / factor.information,
            power: spread * (slopeRests - logScale * factor.slopeOnes),
            powerVariance: factor.slopes.isEmpty ? 0 : max(0, spread - spread * spread * seen),
            factor: place, rests: rests)
    }

    /// By how much the runs are off the law at the sizes of the groups, as far as that is no noise.
    ///
    /// The walk's expected place: its covariance with the residuals times what these are beyond the
    /// scale, by the factor's transpose.
    func walk(of fit: NoiseFit) -> [Double] {
        let factor = factors[fit.factor]
        let size = fit.rests.count
        var solved = Array(repeating: 0.0, count: size)
        for row in (0..<size).reversed() {
            var rest = fit.rests[row] - fit.logScale * factor.ones[row]
            for below in (row + 1)..<max(row + 1, size) {
                rest -= factor.rows[below * size + row] * solved[below]
            }
            solved[row] = rest / factor.rows[row * size + row]
        }
        return distances.map { distance in
            zip(distances, solved).reduce(0) { sum, other in
                sum + factor.drift * factor.drift * min(distance, other.0) * other.1
            }
        }
    }
}
