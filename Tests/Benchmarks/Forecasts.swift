// forecast: what the models say of runs that are 4, 16 and 64 times as dear as any that they
// learned from. Twenty families of functions (ForecastFamilies): of each a few small runs are
// learned, larger ones are predicted, then run. Processor time of one thread. A line for each
// family, one for each simpler way of predicting, the last for all: extra.median_error_16x is the
// share by which the median is off, extra.coverage90_16x how many lie in the 90 % range.

import ForecastFamilies
import Glibc
import SwoopForecast
import SwoopModel

enum Forecasts {
    /// Inputs of each family; SWOOP_FORECAST_SEEDS sets another number.
    private static let usualSeeds = 5

    /// What came of predicting some runs.
    private struct Score {
        var errors: [Double] = []
        var hits = 0.0
        var count = 0.0
        var widths: [Double] = []

        mutating func add(_ range: EstimateRange, actual: Double) {
            errors.append(abs(range.median / actual - 1))
            count += 1
            hits += range.contains(actual) ? 1 : 0
            widths.append(range.high / max(1, range.low))
        }

        static func + (one: Score, other: Score) -> Score {
            Score(
                errors: one.errors + other.errors, hits: one.hits + other.hits,
                count: one.count + other.count, widths: one.widths + other.widths)
        }

        var coverage: Double { hits / max(1, count) }
        static func median(_ values: [Double]) -> Double {
            values.isEmpty ? .nan : values.sorted()[values.count / 2]
        }
    }

    private typealias Scores = [Family.Distance: Score]

    static func run() async throws {
        let seeds = variable("SWOOP_FORECAST_SEEDS").flatMap { Int($0) } ?? usualSeeds
        var all: Scores = [:]
        var baselines: [Scores] = Baseline.all.map { _ in [:] }
        var heldOut = 0
        for family in Family.all {
            var own: Scores = [:]
            for seed in 0..<max(1, seeds) {
                let pilots = family.pilots.shuffled().map { features in
                    Run(features: features, nanoseconds: measured(family, features, seed))
                }
                let model = try learned(pilots)
                for (distance, features) in family.heldOut {
                    let range = model.prediction(of: .cpuTime, features: features).range
                    let others = Baseline.all.map { $0.prediction(pilots, features) }
                    let actual = measured(family, features, seed + 1_000)
                    own[distance, default: Score()].add(range, actual: actual)
                    guard !family.isHidden else { continue }
                    for (place, other) in others.enumerated() {
                        baselines[place][distance, default: Score()].add(
                            EstimateRange(low: other, median: other, high: other), actual: actual)
                    }
                }
            }
            let count = own.values.reduce(0) { $0 + $1.errors.count }
            emitScores("swoop:\(family.name)", own, n: count)
            heldOut += count
            // Where something hidden decides, only ranges can be right.
            for (distance, var score) in own {
                if family.isHidden { (score.errors, score.widths) = ([], []) }
                all[distance] = (all[distance] ?? Score()) + score
            }
        }
        for (baseline, scores) in zip(Baseline.all, baselines) {
            emitScores(baseline.name, scores, n: heldOut, hasRange: false)
        }
        emitScores(
            "swoop", all, n: heldOut,
            extra: [("families", Double(Family.all.count)), ("held_out", Double(heldOut))])
    }

    private static func learned(_ pilots: [Run]) throws -> FunctionModel {
        let function = FunctionSpec(
            identity: "family", name: "family", fingerprint: 1, code: .remote(identity: "family"),
            isOptimised: true, isAsync: false)
        var forecaster = Forecaster()
        for pilot in pilots {
            let record = RunRecord(
                features: pilot.features, cpuNanoseconds: Int64(pilot.nanoseconds),
                wallNanoseconds: Int64(pilot.nanoseconds))
            forecaster.record(record, of: function, node: "here")
        }
        guard let model = forecaster.model(for: ForecastKey(function)) else { throw WrongAnswer() }
        return model
    }

    /// Nanoseconds of processor time of one run.
    private static func measured(_ family: Family, _ features: [Double], _ seed: Int) -> Double {
        let call = family.call(features, seed: UInt64(seed))
        let began = processorTime()
        keep(call())
        return max(1, processorTime() - began)
    }

    private static func processorTime() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// Uses a value, so that the work that made it is not left out.
    @inline(never) private static func keep(_ value: UInt64) {}

    private static func emitScores(
        _ peer: String, _ scores: Scores, n: Int, hasRange: Bool = true,
        extra: [(String, Double)] = []
    ) {
        var figures: [(String, Double)] = []
        for distance in Family.Distance.allCases {
            guard let score = scores[distance] else { continue }
            figures.append(("median_error_\(distance.rawValue)x", Score.median(score.errors)))
            guard hasRange else { continue }
            figures.append(("coverage90_\(distance.rawValue)x", score.coverage))
            figures.append(("high_over_low_\(distance.rawValue)x", Score.median(score.widths)))
        }
        emit("forecast", peer, n: n, seconds: [0], rate: 0, extra: figures + extra)
    }
}

/// One run that is learned from.
private struct Run {
    var features: [Double]
    var nanoseconds: Double
}

/// A simpler way of predicting, on the same runs.
private struct Baseline: Sendable {
    let name: String
    let prediction: @Sendable ([Run], [Double]) -> Double

    static let all: [Baseline] = [
        Baseline(name: "last value") { runs, _ in runs[runs.count - 1].nanoseconds },
        Baseline(name: "mean") { runs, _ in
            runs.reduce(0) { $0 + $1.nanoseconds } / Double(runs.count)
        },
        Baseline(name: "linear") { runs, features in
            // Relative errors count: each run is divided by what it took.
            let weights = runs.map { 1 / $0.nanoseconds }
            let rows = zip(runs, weights).map { run, weight in
                ([1] + run.features).map { $0 * weight }
            }
            let solution = solved(rows, runs.map { _ in 1 })
            return max(1, zip([1] + features, solution).reduce(0) { $0 + $1.0 * $1.1 })
        },
        Baseline(name: "power law") { runs, features in
            let logs = { (sizes: [Double]) in [1] + sizes.map { log(1 + $0) } }
            let solution = solved(
                runs.map { logs($0.features) }, runs.map { log($0.nanoseconds) })
            let value = zip(logs(features), solution).reduce(0) { $0 + $1.0 * $1.1 }
            return exp(min(100, value))
        },
        Baseline(name: "power law and constant") { runs, features in
            // The constant by trial, the rest by logarithms.
            let least = runs.map(\.nanoseconds).min() ?? 1
            let logs = { (sizes: [Double]) in [1] + sizes.map { log(1 + $0) } }
            var best = (squares: Double.infinity, value: 1.0)
            for share in [0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8] {
                let values = runs.map { log($0.nanoseconds - share * least) }
                let rows = runs.map { logs($0.features) }
                let solution = solved(rows, values)
                func predicted(_ row: [Double]) -> Double {
                    share * least + exp(min(100, zip(row, solution).reduce(0) { $0 + $1.0 * $1.1 }))
                }
                let squares = zip(rows, runs).reduce(0) { sum, pair in
                    let rest = log(predicted(pair.0) / pair.1.nanoseconds)
                    return sum + rest * rest
                }
                if squares < best.squares { best = (squares, predicted(logs(features))) }
            }
            return best.value
        },
    ]

    /// Least squares by the normal equations, a little held back so that there is always an answer.
    private static func solved(_ rows: [[Double]], _ values: [Double]) -> [Double] {
        let size = rows[0].count
        var matrix = (0..<size).map { row in
            (0..<size).map { column in rows.reduce(0) { $0 + $1[row] * $1[column] } }
        }
        var right = (0..<size).map { row in
            zip(rows, values).reduce(0) { $0 + $1.0[row] * $1.1 }
        }
        for place in 0..<size { matrix[place][place] *= 1 + 1e-9 }
        for pivot in 0..<size {
            for row in 0..<size where row != pivot && matrix[pivot][pivot] != 0 {
                let factor = matrix[row][pivot] / matrix[pivot][pivot]
                for column in 0..<size { matrix[row][column] -= factor * matrix[pivot][column] }
                right[row] -= factor * right[pivot]
            }
        }
        return (0..<size).map { matrix[$0][$0] == 0 ? 0 : right[$0] / matrix[$0][$0] }
    }
}
