// Runs as numbers: logarithms of one metric and of every size that it may depend on.

internal import RealModule
internal import SwoopModel

/// One predictor's values in all runs.
struct SizeColumn {
    var predictor: Predictor
    /// ln of the sizes, by run.
    var logSizes: [Double]
    /// ln of what stands for size 0: half the smallest size that was seen.
    var logFloor: Double

    var logSmallest: Double { logSizes.min() ?? 0 }
    var logLargest: Double { logSizes.max() ?? 0 }

    /// nil when a run's size is not known, or all are 0.
    init?(_ predictor: Predictor, runs: [NodeRun]) {
        var sizes: [Double] = []
        for run in runs {
            guard
                let size = predictor.value(
                    features: run.record.features, elements: Double(run.record.elements)),
                size.isFinite
            else { return nil }
            sizes.append(size)
        }
        guard let smallest = sizes.filter({ $0 > 0 }).min() else { return nil }
        let floor = Double.log(max(smallest / 2, .leastNormalMagnitude))
        self.predictor = predictor
        logFloor = floor
        logSizes = sizes.map { $0 > 0 ? .log($0) : floor }
    }
}

/// The runs that one model is fitted to.
struct Observations {
    /// Runs at most: of more, those that the window keeps.
    private static let limit = 256

    let runs: [NodeRun]
    let columns: [SizeColumn]

    init(_ all: [NodeRun]) {
        runs =
            all.count <= Self.limit
            ? all
            : RecordWindow.indicesToKeep(of: all.map(\.record), limit: Self.limit).map { all[$0] }
        let runs = runs
        columns = Predictor.candidates(for: runs.map(\.record)).compactMap {
            SizeColumn($0, runs: runs)
        }
    }

    /// ln of the metric by run; what took nothing counts as 1 (nanosecond, byte).
    func logValues(of metric: Metric) -> [Double] {
        runs.map { .log(max(1, metric.value(of: $0.record))) }
    }
}
