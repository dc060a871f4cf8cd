// What a plan will cost, as people are told it: ranges with their evidence, never a bare number.
// SwoopForecast makes the predictions, the simulation adds them up; EstimateComparison holds them
// against what came of it, EstimateText prints.

/// How a prediction is known, from best to worst.
public enum Evidence: Hashable, Sendable {
    /// Runs of the same size were measured.
    case measured
    /// Smaller and larger runs were measured.
    case interpolated
    /// The size asked for is `factor` times beyond what was measured (larger or smaller); above 1.
    case extrapolated(factor: Double)
    /// Little is known: runs of one size only, or of another version of the function.
    case guess
    /// Nothing was ever recorded: there is no number.
    case unknown

    /// The worse of two: what a sum of both is known by.
    package func weaker(_ other: Evidence) -> Evidence {
        if case .extrapolated(let mine) = self, case .extrapolated(let theirs) = other {
            return mine < theirs ? other : self
        }
        return rank < other.rank ? other : self
    }

    private var rank: Int {
        switch self {
        case .measured: 0
        case .interpolated: 1
        case .extrapolated: 2
        case .guess: 3
        case .unknown: 4
        }
    }
}

/// A predicted quantity: nine times in ten the outcome lies between `low` and `high`.
///
/// Unit: that of the property that holds it.
public struct EstimateRange: Hashable, Sendable {
    /// One outcome in twenty is below.
    public var low: Double
    /// As many outcomes are below as above.
    public var median: Double
    /// One outcome in twenty is above.
    public var high: Double

    /// Makes a range; the three are put in order, and what is not a number counts as 0.
    package init(low: Double, median: Double, high: Double) {
        let sorted = [low, median, high].map { $0.isNaN ? 0 : $0 }.sorted()
        self.low = sorted[0]
        self.median = sorted[1]
        self.high = sorted[2]
    }

    /// The range of what draws from the models gave; nil when there are none.
    ///
    /// Quantiles at 5, 50 and 95 %, between draws by a straight line: of n draws the one at place k
    /// has k / (n + 1) below it on average, so few draws give no range that is too narrow.
    package init?(draws: [Double]) {
        guard !draws.isEmpty else { return nil }
        let sorted = draws.map { $0.isNaN ? 0 : $0 }.sorted()
        func quantile(_ share: Double) -> Double {
            let place = min(
                Double(sorted.count - 1), max(0, share * Double(sorted.count + 1) - 1))
            let below = Int(place)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
        }
        self.init(low: quantile(0.05), median: quantile(0.5), high: quantile(0.95))
    }

    /// Whether `value` lies in the range, ends included.
    public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// A predicted time: nine times in ten the outcome lies between `low` and `high`.
public struct DurationRange: Hashable, Sendable {
    /// One outcome in twenty is below.
    public var low: Duration
    /// As many outcomes are below as above.
    public var median: Duration
    /// One outcome in twenty is above.
    public var high: Duration

    /// The range of seconds; what no duration holds counts as the longest one.
    package init(seconds range: EstimateRange) {
        func duration(_ seconds: Double) -> Duration { .seconds(min(max(0, seconds), 1e15)) }
        (low, median, high) = (duration(range.low), duration(range.median), duration(range.high))
    }

    /// Whether `time` lies in the range, ends included.
    public func contains(_ time: Duration) -> Bool { low <= time && time <= high }
}

/// What a plan will cost, predicted without running it.
///
/// Where a function never ran there is no number: `coreTime` is nil, `wallTime` is empty, and
/// `unknownFunctions` names it.
public struct Estimate: Hashable, Sendable {
    /// CPU time of all tasks together, in seconds.
    package var coreSeconds: EstimateRange?
    /// Wall time in seconds, by number of cores.
    package var wall: [Int: EstimateRange]
    /// Number of cores after which more hardly help.
    public var usefulCores: EstimateRange?
    /// Short names of functions that never ran, in order of first use.
    public var unknownFunctions: [String]
    /// The weakest evidence that any of the numbers rests on.
    public var evidence: Evidence
    /// Tasks of the plan, as far as they can be told before running it.
    public var tasks: Int

    /// Makes an estimate of its parts.
    package init(
        coreSeconds: EstimateRange?, wall: [Int: EstimateRange], usefulCores: EstimateRange?,
        unknownFunctions: [String], evidence: Evidence, tasks: Int
    ) {
        self.coreSeconds = coreSeconds
        self.wall = wall
        self.usefulCores = usefulCores
        self.unknownFunctions = unknownFunctions
        self.evidence = evidence
        self.tasks = tasks
    }

    /// CPU time of all tasks together.
    public var coreTime: DurationRange? { coreSeconds.map(DurationRange.init(seconds:)) }

    /// Wall time, by number of cores.
    public var wallTime: [Int: DurationRange] { wall.mapValues(DurationRange.init(seconds:)) }

    /// The estimate of a plan of which `functions` never ran.
    package static func unknown(functions: [String], tasks: Int) -> Estimate {
        Estimate(
            coreSeconds: nil, wall: [:], usefulCores: nil, unknownFunctions: functions,
            evidence: .unknown, tasks: tasks)
    }
}

/// An estimate held against what came of it.
public struct EstimateComparison: Hashable, Sendable {
    /// What was estimated before the run.
    public var estimate: Estimate
    /// CPU time that the tasks took, in seconds.
    package var actualCoreSeconds: Double
    /// Wall time that the run took, in seconds.
    package var actualWall: Double
    /// Cores that the run had.
    public var cores: Int

    /// Holds `estimate` against a run on `cores` cores.
    package init(
        estimate: Estimate, actualCoreSeconds: Double, actualWall: Double, cores: Int
    ) {
        self.estimate = estimate
        self.actualCoreSeconds = actualCoreSeconds
        self.actualWall = actualWall
        self.cores = cores
    }

    /// Holds `estimate` against a run on `cores` cores, which took so much CPU time and wall time.
    public init(estimate: Estimate, coreTime: Duration, wallTime: Duration, cores: Int) {
        self.init(
            estimate: estimate, actualCoreSeconds: coreTime / .seconds(1),
            actualWall: wallTime / .seconds(1), cores: cores)
    }

    /// CPU time that the tasks took.
    public var coreTime: Duration { .seconds(actualCoreSeconds) }
    /// Wall time that the run took.
    public var wallTime: Duration { .seconds(actualWall) }

    /// Whether the CPU time was inside its range; nil when it was not estimated.
    public var isCoreTimeInside: Bool? { areCoreSecondsInside }

    /// Whether the wall time was inside its range; nil when it was not estimated for these cores.
    public var isWallTimeInside: Bool? { isWallInside }

    /// Whether the CPU time was inside its range; nil when it was not estimated.
    package var areCoreSecondsInside: Bool? { estimate.coreSeconds?.contains(actualCoreSeconds) }

    /// Whether the wall time was inside its range; nil when it was not estimated for these cores.
    package var isWallInside: Bool? { estimate.wall[cores]?.contains(actualWall) }

    /// Actual over estimated (median) CPU time; nil when it was not estimated.
    public var coreTimeRatio: Double? {
        guard let median = estimate.coreSeconds?.median, median > 0 else { return nil }
        return actualCoreSeconds / median
    }

    /// Actual over estimated (median) wall time; nil when it was not estimated for these cores.
    public var wallTimeRatio: Double? {
        guard let median = estimate.wall[cores]?.median, median > 0 else { return nil }
        return actualWall / median
    }
}
