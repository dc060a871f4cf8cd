// How well a function's larger runs would have been foretold by its smaller ones: what `swoop
// models evaluate` prints of anybody's own measurements.

package import SwoopModel

/// Predictions of runs that were not learned from, beside what they took.
package struct ForecastTrial: Sendable {
    /// What became of the predictions for sizes at about the same distance.
    package struct Distance: Equatable, Sendable {
        /// Times the largest cost that was learned from: up to this; infinite for the farthest.
        package var upTo: Double
        package var runCount: Int
        /// Median of how far predictions were off, as a share of what runs took.
        package var medianError: Double
        /// The share of runs within the 90 % range.
        package var coverage: Double
    }

    /// Nearest first; distances without runs are left out.
    package let distances: [Distance]
    /// All of them together.
    package let all: Distance
    package let learnedCount: Int
    package let law: LawWords

    /// How many runs there must be to learn from.
    package static let learnedMin = 3
    private static let limits = [1.0, 2, 4, 16, 64, .infinity]

    /// Learns the smaller runs and predicts the larger ones; nil: there are too few.
    ///
    /// - Parameters:
    ///   - runs: their features and CPU times.
    ///   - share: of the runs, that are learned from; those of one size stay together.
    ///   - sizes: what the features are called.
    package init?(_ runs: [RunRecord], learning share: Double, sizes: [String]) {
        let ordered = runs.sorted { Self.size($0) < Self.size($1) }
        let wanted = max(Self.learnedMin, Int((Double(ordered.count) * share).rounded()))
        guard wanted < ordered.count else { return nil }
        let limit = Self.size(ordered[wanted - 1])
        let learned = ordered.filter { Self.size($0) <= limit }
        let rest = ordered.filter { Self.size($0) > limit }
        guard !rest.isEmpty else { return nil }

        let function = FunctionSpec(
            identity: "trial", name: "trial", fingerprint: 0, code: .remote(identity: "trial"),
            isOptimised: true, isAsync: false)
        var forecaster = Forecaster()
        for run in learned { forecaster.record(run, of: function, node: "") }
        guard let model = forecaster.model(for: ForecastKey(function)) else { return nil }
        let most = Double(learned.map(\.cpuNanoseconds).max() ?? 1)
        let outcomes = rest.map { run in
            let range = model.prediction(
                of: .cpuTime, features: run.features, elements: Double(run.elements)
            ).range
            let actual = Double(run.cpuNanoseconds)
            return Outcome(
                distance: range.median / most, error: abs(range.median / actual - 1),
                isInside: (range.low...range.high).contains(actual))
        }
        var nearest = 0.0
        distances = Self.limits.compactMap { limit in
            defer { nearest = limit }
            let here = outcomes.filter { $0.distance > nearest && $0.distance <= limit }
            return here.isEmpty ? nil : Self.distance(here, upTo: limit)
        }
        all = Self.distance(outcomes, upTo: .infinity)
        learnedCount = learned.count
        law = model.words(of: .cpuTime, sizes: sizes)
    }

    private struct Outcome {
        var distance: Double
        var error: Double
        var isInside: Bool
    }

    private static func distance(_ outcomes: [Outcome], upTo limit: Double) -> Distance {
        Distance(
            upTo: limit, runCount: outcomes.count,
            medianError: MetricModel.median(outcomes.map(\.error)),
            coverage: Double(outcomes.count(where: \.isInside)) / Double(outcomes.count))
    }

    /// What orders runs of several features: a product would be nothing where one is 0.
    private static func size(_ run: RunRecord) -> Double {
        run.features.reduce(1) { $0 * (1 + abs($1.isFinite ? $1 : 0)) }
    }
}
