// One possible future of a plan: a duration for every task, and what follows from them without a
// scheduler.

import SwoopForecast
import SwoopModel

/// Durations of all tasks of a plan by one truth about each function.
struct PlanDraw {
    /// Nanoseconds on a slot, by the task's place.
    private(set) var wall: [Double] = []
    /// Nanoseconds on cores of all tasks together.
    private(set) var cpu = 0.0
    /// Nanoseconds of the longest path.
    private(set) var criticalPath = 0.0
    private(set) var work = 0.0
    /// Bytes that each task reads, by its place.
    private(set) var bytesIn: [Double] = []

    /// - Parameters:
    ///   - samplers: one truth about each function; nil where it is not known.
    ///   - overhead: nanoseconds that each run takes beside itself.
    init(
        _ graph: PlanGraph, _ models: PlanModels, _ samplers: [FunctionSampler?],
        overhead: Double, using generator: inout SeededGenerator
    ) {
        var bytesOut: [Double] = []
        var path: [Double] = []
        var isWarm: Set<Int> = []
        wall.reserveCapacity(graph.tasks.count)
        for (place, task) in graph.tasks.enumerated() {
            let index = Int(task.function.rawValue)
            let read = graph.reads[place].reduce(graph.knownBytes[place]) {
                $0 + bytesOut[$1.place] * $1.share
            }
            bytesIn.append(read)
            guard let function = models.functions[index], let sampler = samplers[index] else {
                wall.append(0)
                bytesOut.append(0)
                path.append(0)
                continue
            }
            let features = function.features(of: task, bytesIn: read)
            let elements = function.elements(of: task, bytesIn: read)
            // The same noise for both times: what ran longer also waited longer.
            var copy = generator
            var nanoseconds = sampler.nanoseconds(
                features: features, elements: elements, using: &generator)
            let runs = graph.runs[place]
            nanoseconds = nanoseconds * runs + overhead * (runs - 1)
            cpu +=
                runs * sampler.cpuNanoseconds(features: features, elements: elements, using: &copy)
            bytesOut.append(
                sampler.outputBytes(features: features, elements: elements, using: &generator))
            if isWarm.insert(index).inserted { nanoseconds += sampler.coldExtraNanoseconds }
            wall.append(nanoseconds)
            let before = graph.inputs[place].reduce(0) { max($0, path[$1]) }
            path.append(before + nanoseconds + overhead)
            work += nanoseconds + overhead
            criticalPath = max(criticalPath, path[place])
        }
    }

    /// No schedule on so many cores is shorter, and a greedy one is not much longer.
    func bound(cores: Int) -> Double { max(criticalPath, work / Double(max(1, cores))) }
}
