// A second feature that multiplies what a law says, by a power of its own that is learned: a
// radius, a level, a table's size, the number of a pattern.

internal import RealModule
internal import SwoopModel

/// One feature's values in all runs, as what a power is taken of.
struct ModifierColumn {
    let feature: Int
    /// ln of one more than the magnitude, minus the middle of all runs, by run.
    let values: [Double]
    let middle: Double

    /// The deviation of the power that is expected before any evidence.
    static let spread = 1.0
    /// How likely a law with one is beside the same without.
    static let priorWeight = 0.15

    /// nil where it is not known in every run, or always the same.
    init?(_ feature: Int, runs: [NodeRun]) {
        let logs = runs.map { Self.log($0.record.features, feature) }
        let known = logs.compactMap { $0 }
        guard known.count == runs.count, let least = known.min(), let most = known.max(),
            most - least > 0.1
        else { return nil }
        let middle = known.reduce(0, +) / Double(known.count)
        self.feature = feature
        self.middle = middle
        values = known.map { $0 - middle }
    }

    /// Whether it is another thing than the sizes of the column: what goes with them in all runs
    /// would take back what a law says too much, and be wrong where the two part.
    func isApart(from column: SizeColumn) -> Bool {
        guard !column.predictor.features.contains(feature) else { return false }
        let sizes = column.logSizes.map { Double.log(onePlus: .exp(min(600, $0))) }
        let middle = sizes.reduce(0, +) / Double(sizes.count)
        var (own, other, both) = (0.0, 0.0, 0.0)
        for (size, value) in zip(sizes, values) {
            own += (size - middle) * (size - middle)
            other += value * value
            both += (size - middle) * value
        }
        return both * both < 0.98 * own * other
    }

    static func log(_ features: [Double], _ feature: Int) -> Double? {
        guard feature < features.count, features[feature].isFinite else { return nil }
        return .log(onePlus: abs(features[feature]))
    }
}

/// A feature with the power that was learned for it.
struct FittedModifier: Sendable {
    let feature: Int
    let middle: Double
    let power: Double
    let powerVariance: Double
    /// The values seen, less the middle.
    let seen: ClosedRange<Double>

    /// What it makes of one run.
    struct Factor {
        var logFactor: Double
        var variance: Double
        /// Doublings of the cost beyond what was seen.
        var beyond: Double

        static let none = Factor(logFactor: 0, variance: 0, beyond: 0)
    }

    /// The factor where the feature has its value here; in the middle where that is not known.
    func factor(_ features: [Double]) -> Factor {
        guard let value = ModifierColumn.log(features, feature) else {
            let width = seen.upperBound - seen.lowerBound
            return Factor(
                logFactor: 0, variance: power * power * width * width / 12, beyond: 0)
        }
        let place = value - middle
        let beyond = max(0, place - seen.upperBound, seen.lowerBound - place)
        return Factor(
            logFactor: power * place, variance: powerVariance * place * place,
            beyond: abs(power) * beyond / .log(2))
    }
}
