// Everything that can be predicted of one function: a model per metric, and what a first run costs
// more.

internal import RealModule
package import SwoopModel

/// The fitted models of one function.
package struct FunctionModel: Sendable {
    private let cpuTime: MetricModel
    private let wallTime: MetricModel
    private let outputBytes: MetricModel
    private let nodeNames: [String]
    /// Only runs of another version are known: the code has changed since.
    package let isChanged: Bool
    /// Runs that the models are made of.
    package let runCount: Int
    /// What a function's first run in a worker process takes more than later ones, in nanoseconds
    /// of wall time; 0 where that was not seen.
    package let coldExtraNanoseconds: Double

    /// What all runs of this version went over, cold ones included.
    private let seen: [SeenSize]

    /// From this many warm runs on, cold ones are not needed.
    private static let warmEnough = 8

    init?(_ records: FunctionRecords, fingerprint: UInt64?) {
        let (runs, isChanged) = records.relevantRuns(fingerprint: fingerprint)
        self.isChanged = isChanged
        let (used, extra) = Self.withoutColdOnes(runs)
        let observations = Observations(used)
        guard let cpuTime = MetricModel(.cpuTime, observations: observations),
            let wallTime = MetricModel(.wallTime, observations: observations),
            let outputBytes = MetricModel(.outputBytes, observations: observations)
        else { return nil }
        self.cpuTime = cpuTime
        self.wallTime = wallTime
        self.outputBytes = outputBytes
        nodeNames = records.nodes.map(\.name)
        runCount = observations.runs.count
        seen = runs.map { SeenSize($0.record) }
        coldExtraNanoseconds = extra
    }

    /// The runs to learn from, and the median of what cold ones took more.
    ///
    /// A cold run counts where its processor time is hardly more than what warm ones say, and where
    /// nothing else was seen of its size; where there are no warm ones, the cold ones are all there
    /// is.
    fileprivate static func withoutColdOnes(_ runs: [NodeRun]) -> ([NodeRun], Double) {
        let warm = runs.filter { !$0.record.isCold }
        let cold = runs.filter(\.record.isCold)
        guard !cold.isEmpty else { return (runs, 0) }
        let observations = Observations(warm)
        guard
            let wallModel = MetricModel(
                .wallTime, observations: observations, constraint: .affine),
            let cpuModel = MetricModel(.cpuTime, observations: observations, constraint: .affine)
        else { return (runs, 0) }
        var used = warm
        var extras: [Double] = []
        for run in cold {
            func predicted(_ model: MetricModel) -> EstimateRange {
                model.prediction(
                    features: run.record.features, elements: Double(run.record.elements),
                    isChanged: false
                ).range
            }
            let isUsual =
                warm.count < warmEnough
                && Double(run.record.cpuNanoseconds) <= 1.05 * predicted(cpuModel).median
            if isUsual || isLargest(run, of: warm) { used.append(run) }
            extras.append(max(0, Double(run.record.wallNanoseconds) - predicted(wallModel).median))
        }
        return (used, MetricModel.median(extras))
    }

    /// Whether a size of the run is well beyond those of all others: the only one that tells of it.
    private static func isLargest(_ run: NodeRun, of others: [NodeRun]) -> Bool {
        func isBeyond(_ size: Double?, _ sizes: [Double]) -> Bool {
            guard let size, size.isFinite, let most = sizes.max() else { return false }
            return size > 1.1 * most
        }
        let elements = others.map { Double($0.record.elements) }
        if isBeyond(Double(run.record.elements), elements) { return true }
        return run.record.features.indices.contains { place in
            isBeyond(
                run.record.features[place],
                others.compactMap {
                    place < $0.record.features.count ? $0.record.features[place] : nil
                }.filter(\.isFinite))
        }
    }

    func model(of metric: Metric) -> MetricModel {
        switch metric {
        case .cpuTime: cpuTime
        case .wallTime: wallTime
        case .outputBytes: outputBytes
        }
    }

    /// What one more run would show, on a node like those seen and not its first in the process.
    ///
    /// - Parameter features: as in `TaskSpec.features`, NaN where not known: then as in the runs
    ///   seen.
    package func prediction(
        of metric: Metric, features: [Double], elements: Double = 1
    ) -> Prediction {
        model(of: metric).prediction(
            features: features, elements: elements, isChanged: isChanged)
    }

    /// How a prediction of the time of such a run is known.
    ///
    /// A size of which only a cold run was seen is measured all the same, and so is one that is not
    /// known before the run where all runs had the same. And functions are pure: a run of which
    /// everything is as in one that was seen, as far as it can be known before, is that one, if
    /// what makes its inputs is measured too (of a plan the weakest evidence counts).
    ///
    /// - Parameters:
    ///   - features: as for `prediction`, with what follows from the bytes read filled in.
    ///   - known: the features without what was filled in; nil: the same.
    ///   - bytesIn: bytes that the run reads, 0 where that is not known.
    ///   - isMade: whether tasks of the same plan make some of them: then they are expected, not
    ///     known.
    package func evidence(
        features: [Double], elements: Double = 1, known: [Double]? = nil, bytesIn: Double = 0,
        isMade: Bool = false
    ) -> Evidence {
        let modelled = wallTime.evidence(
            features: features, elements: elements, isChanged: isChanged)
        guard !isChanged, modelled != .measured else { return modelled }
        if isSeen(features: features, elements: elements) { return .measured }
        let known = known ?? features
        guard known.contains(where: \.isNaN) else { return modelled }
        let alike = seen.filter { run in
            known.indices.allSatisfy { known[$0].isNaN || run.isSame(known, at: $0) }
        }
        let isRead = alike.contains { SeenSize.isSame($0.bytesIn, bytesIn) }
        guard isMade, !isRead, let least = alike.map(\.bytesIn).min(),
            let most = alike.map(\.bytesIn).max()
        else { return isRead ? .measured : modelled }
        // Parts that are divided by key are expected to be of one size, and are not.
        return least <= 2 * bytesIn && bytesIn <= 2 * most ? .measured : modelled
    }

    private func isSeen(features: [Double], elements: Double) -> Bool {
        let isOne = features.indices.map { place in
            seen.allSatisfy { $0.isSame(seen[0].features, at: place) }
        }
        let isElementsOne = seen.allSatisfy { SeenSize.isSame($0.elements, seen[0].elements) }
        let hasUnknown = elements.isNaN || features.contains(where: \.isNaN)
        return seen.contains { run in
            let areSame = features.indices.allSatisfy { place in
                features[place].isNaN ? isOne[place] : run.isSame(features, at: place)
            }
            return areSame
                && (SeenSize.isSame(run.elements, elements) || hasUnknown && isElementsOne)
        }
    }

    /// One possible truth about the function: a law of each metric with its scale, drawn once for
    /// all tasks of a plan, since what is wrong for one of them is wrong for all.
    ///
    /// - Parameter node: name of the node that the runs will be on; nil, or a node not seen: an
    ///   average one.
    package func sampler(
        on node: String? = nil, using generator: inout some RandomNumberGenerator
    ) -> FunctionSampler {
        sampler(on: node, ModelDraw(using: &generator))
    }

    /// Several possible truths that stand for all: each of so many equal parts of what may be has
    /// one, so that few of them tell a range.
    package func samplers(
        _ count: Int, using generator: inout some RandomNumberGenerator
    ) -> [FunctionSampler] {
        ModelDraw.spread(over: count, using: &generator).map { sampler(on: nil, $0) }
    }

    private func sampler(on node: String?, _ draw: ModelDraw) -> FunctionSampler {
        let place = node.flatMap { nodeNames.firstIndex(of: $0) }
        func drawn(_ model: MetricModel) -> DrawnLaw {
            DrawnLaw(
                model, draw: draw, offset: place.flatMap { model.nodeOffsets[$0] } ?? 0,
                isChanged: isChanged)
        }
        return FunctionSampler(
            cpuTime: drawn(cpuTime), wallTime: drawn(wallTime), outputBytes: drawn(outputBytes),
            coldExtraNanoseconds: coldExtraNanoseconds)
    }
}

/// What one run went over.
private struct SeenSize: Sendable {
    let features: [Double]
    let elements: Double
    let bytesIn: Double

    init(_ record: RunRecord) {
        features = record.features
        elements = Double(record.elements)
        bytesIn = Double(record.bytesIn)
    }

    func isSame(_ others: [Double], at place: Int) -> Bool {
        place < features.count && place < others.count
            && Self.isSame(features[place], others[place])
    }

    /// Within a tenth of a size that was seen is that size.
    static func isSame(_ left: Double, _ right: Double) -> Bool {
        if left == right { return true }
        guard left > 0, right > 0 else { return false }
        return abs(Double.log(left) - Double.log(right)) < 0.1
    }
}

extension DurationModel {
    /// The compact form for the scheduler: the best law of wall time that is constant or linear in
    /// one feature.
    ///
    /// A tenth of the work of a whole FunctionModel, and asked for ten times a second.
    init?(_ records: FunctionRecords, fingerprint: UInt64?) {
        let (runs, isChanged) = records.relevantRuns(fingerprint: fingerprint)
        let used = FunctionModel.withoutColdOnes(runs).0
        guard
            let best = MetricModel(
                .wallTime, observations: Observations(used), constraint: .affine)?.laws.first
        else { return nil }
        let scale = Double.exp(best.logScale)
        let version = isChanged ? ForecastPrior.versionSpread : 0
        let spread = (best.variance + best.scaleVariance + version * version).squareRoot()
        guard case .feature(let index)? = best.law.predictor else {
            self.init(fixedNanoseconds: scale, slope: 0, feature: -1, logSpread: spread)
            return
        }
        self.init(
            fixedNanoseconds: scale * best.law.fixedShare,
            slope: scale * (1 - best.law.fixedShare) / .exp(best.law.logReference),
            feature: index, logSpread: spread)
    }
}

extension OutputModel {
    /// The best law of output bytes that is constant or linear in one feature.
    init?(_ records: FunctionRecords, fingerprint: UInt64?) {
        let (runs, _) = records.relevantRuns(fingerprint: fingerprint)
        guard
            let best = MetricModel(
                .outputBytes, observations: Observations(runs), constraint: .affine)?.laws.first
        else { return nil }
        let scale = Double.exp(best.logScale)
        guard case .feature(let index)? = best.law.predictor else {
            self.init(fixedBytes: scale)
            return
        }
        self.init(
            fixedBytes: scale * best.law.fixedShare,
            slope: scale * (1 - best.law.fixedShare) / .exp(best.law.logReference), feature: index)
    }
}
