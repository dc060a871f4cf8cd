// What is known of the functions of a plan: their models, and how the sizes that a run sees follow
// from the bytes of its inputs.

import SwoopForecast
import SwoopModel

/// What is known of one function of a plan.
struct PlanFunction {
    let model: FunctionModel
    let durationModel: DurationModel?
    /// What the features are by the bytes read, one by one.
    private let features: [SizeByBytes]
    private let elements: SizeByBytes
    /// Whether all runs went over as many elements as their one feature says, as loops do.
    private let isElementsFeature: Bool

    init?(_ function: FunctionSpec, _ forecaster: Forecaster, records: [RunRecord]) {
        guard
            let model = forecaster.model(
                for: ForecastKey(function), fingerprint: function.fingerprint)
        else { return nil }
        self.model = model
        durationModel = forecaster.durationModel(
            for: ForecastKey(function), fingerprint: function.fingerprint)
        let count = records.map(\.features.count).max() ?? 0
        features = (0..<count).map { place in
            SizeByBytes(records) { $0.features.count > place ? $0.features[place] : .nan }
        }
        elements = SizeByBytes(records) { Double($0.elements) }
        isElementsFeature = records.allSatisfy {
            $0.features.count == 1 && max(1, $0.features[0]) == Double($0.elements)
        }
    }

    /// The features of a run that reads so many bytes, with what follows from those filled in.
    func features(of spec: TaskSpec, bytesIn: Double) -> [Double] {
        guard spec.features.contains(where: \.isNaN) else { return spec.features }
        return spec.features.enumerated().map { place, feature in
            guard feature.isNaN, place < features.count else { return feature }
            return features[place].size(bytesIn: bytesIn)
        }
    }

    /// The elements that a run goes over which reads so many bytes, NaN where nothing says how
    /// many: then as many as in one of the runs that were seen.
    func elements(of spec: TaskSpec, bytesIn: Double) -> Double {
        if spec.upper > spec.lower { return Double(spec.upper - spec.lower) }
        if spec.pages.isEmpty { return 1 }
        if isElementsFeature, let feature = features(of: spec, bytesIn: bytesIn).first {
            return feature.isFinite ? max(1, feature) : .nan
        }
        let size = elements.size(bytesIn: bytesIn)
        return size.isFinite ? max(1, size) : .nan
    }
}

/// The functions of a plan by their place in its table.
struct PlanModels {
    let functions: [PlanFunction?]
    /// Short names of those that the tasks use and that never ran, in order of first use.
    let unknown: [String]

    init(_ table: [FunctionSpec], usedBy graph: PlanGraph, histories: [FunctionHistory]) {
        var forecaster = Forecaster()
        forecaster.load(histories)
        functions = table.map { function in
            PlanFunction(function, forecaster, records: forecaster.records(of: function))
        }
        var seen: Set<Int> = []
        var names: [String] = []
        for task in graph.tasks {
            let place = Int(task.function.rawValue)
            guard seen.insert(place).inserted else { continue }
            guard place < table.count else {
                names.append("function \(place)")
                continue
            }
            if functions[place] == nil { names.append(table[place].name) }
        }
        unknown = names
    }

    /// The weakest evidence that the tasks' times rest on; of many tasks of a function some are
    /// asked.
    ///
    /// - Parameter bytesIn: what each task is expected to read, by its place.
    func evidence(of graph: PlanGraph, bytesIn: [Double]) -> Evidence {
        var weakest: Evidence = graph.isBound ? .guess : .measured
        var asked: [Int: Int] = [:]
        for (place, task) in graph.tasks.enumerated() {
            let index = Int(task.function.rawValue)
            guard asked[index, default: 0] < 256, let function = functions[index] else { continue }
            asked[index, default: 0] += 1
            let bytes = bytesIn[place]
            weakest = weakest.weaker(
                function.model.evidence(
                    features: function.features(of: task, bytesIn: bytes),
                    elements: function.elements(of: task, bytesIn: bytes),
                    known: task.features, bytesIn: bytes,
                    isMade: !graph.inputs[place].isEmpty))
        }
        return weakest
    }
}
