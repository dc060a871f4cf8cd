// Runs as numbers: logarithms of one metric and of every size that it may depend on.

internal import RealModule
internal import SwoopModel

/// One predictor's values in all runs.
struct SizeColumn {
    var predictor: Predictor
    /// ln of the sizes, by run.
    var logSizes: [Double]
    /// ln of what stands for size 0: next to nothing beside the smallest size that was seen, so
    /// that such a run tells what a law's fixed part is.
    var logFloor: Double
    /// Whether every size is a small whole number: a depth, say.
    let isCount: Bool
    /// The runs in groups of about one size, ascending.
    let bins: [[Int]]

    var logLargest: Double { logSizes.max() ?? 0 }

    /// nil when most runs' sizes are not known, or all are 0.
    ///
    /// A run whose size is not known counts as one of the middle size.
    init?(_ predictor: Predictor, runs: [NodeRun]) {
        let sizes = runs.map { run -> Double? in
            let size = predictor.value(
                features: run.record.features, elements: Double(run.record.elements))
            return size.flatMap { $0.isFinite ? $0 : nil }
        }
        let known = sizes.compactMap { $0 }.sorted()
        guard 2 * known.count > sizes.count, let smallest = known.first(where: { $0 > 0 }) else {
            return nil
        }
        let floor = Double.log(smallest) - Self.floorDepth
        let middle = known[known.count / 2]
        self.predictor = predictor
        logFloor = floor
        let logSizes = sizes.map { ($0 ?? middle) > 0 ? Double.log($0 ?? middle) : floor }
        self.logSizes = logSizes
        isCount =
            predictor.isFeature
            && known.allSatisfy { $0 <= Self.countMax && $0 == $0.rounded() }
        bins = Self.bins(of: logSizes)
    }

    private static let floorDepth = 7.0
    private static let countMax = 256.0
    /// Groups of sizes at most: a law's fit costs their cube.
    private static let binLimit = 10

    private static func bins(of logSizes: [Double]) -> [[Int]] {
        let order = logSizes.indices.sorted { (logSizes[$0], $0) < (logSizes[$1], $1) }
        var width = 1e-6
        while true {
            var bins: [[Int]] = []
            var start = -Double.infinity
            for index in order {
                if logSizes[index] - start > width {
                    bins.append([])
                    start = logSizes[index]
                }
                bins[bins.count - 1].append(index)
            }
            if bins.count <= binLimit { return bins }
            width = max(0.01, 1.5 * width)
        }
    }
}

/// The runs that one model is fitted to.
struct Observations {
    /// Runs at most: of more, those that the window keeps.
    private static let limit = 256

    let runs: [NodeRun]
    let columns: [SizeColumn]
    let modifiers: [ModifierColumn]

    init(_ all: [NodeRun]) {
        runs =
            all.count <= Self.limit
            ? all
            : RecordWindow.indicesToKeep(of: all.map(\.record), limit: Self.limit).map { all[$0] }
        let runs = runs
        columns = Predictor.candidates(for: runs.map(\.record)).compactMap {
            SizeColumn($0, runs: runs)
        }
        let count = min(Self.modifierLimit, runs.map(\.record.features.count).max() ?? 0)
        modifiers = (0..<count).compactMap { ModifierColumn($0, runs: runs) }
    }

    /// Features that are tried as modifiers.
    private static let modifierLimit = 4

    /// ln of the metric by run; what took nothing counts as 1 (nanosecond, byte).
    func logValues(of metric: Metric) -> [Double] {
        runs.map { .log(max(1, metric.value(of: $0.record))) }
    }
}
