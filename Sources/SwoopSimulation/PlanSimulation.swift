// The estimate of a plan: its tasks' times drawn from the forecasts, and the real machines in
// virtual time to see what a schedule makes of them.

import SwoopExecution
import SwoopForecast
package import SwoopModel
import SwoopScheduling
import SwoopSession

/// Predicts what a plan will cost, without running it.
package enum PlanSimulation {
    // Tasks that are scheduled in virtual time for one estimate; beyond that draws are told by
    // their bounds. 20,000: some tenths of a second.
    #if DEBUG
        // Unoptimised machines are fifty times slower: one draw for each number of cores then.
        static let simulatedMax = 2_000
    #else
        static let simulatedMax = 20_000
    #endif
    /// Plans with more tasks are told by bounds alone: longest path and total work.
    static let tasksMax = 20_000
    /// What a run takes beside itself: ring, wake-up, report. 2 µs, measured while a worker is
    /// busy.
    static let overhead: Int64 = 2_000

    /// The estimate of `graph` on one node of each of `cores`.
    ///
    /// - Parameters:
    ///   - histories: what was recorded of the graph's functions.
    ///   - draws: possible futures; 32 give useful ranges.
    ///   - seed: the same seed gives the same estimate.
    ///   - pageBytes: bytes of pages of earlier plans that the graph reads, where known.
    package static func estimate(
        _ graph: GraphPart, histories: [FunctionHistory], cores: [Int], draws: Int, seed: UInt64,
        pageBytes: [TaskID: Int] = [:]
    ) -> Estimate {
        let plan = PlanGraph(graph, pageBytes: pageBytes)
        let models = PlanModels(graph.functions, usedBy: plan, histories: histories)
        guard models.unknown.isEmpty else {
            return .unknown(functions: models.unknown, tasks: plan.runCount)
        }
        var generator = SeededGenerator(seed: seed)
        let draws = max(1, draws)
        let samplers = models.functions.map { $0?.model.samplers(draws, using: &generator) }
        let futures = (0..<draws).map { draw in
            PlanDraw(
                plan, models, samplers.map { $0?[draw] }, overhead: Double(overhead),
                using: &generator)
        }
        var wall: [Int: EstimateRange] = [:]
        for count in cores where count > 0 {
            let times = self.wall(
                of: futures, plan, graph.functions, models, cores: count, among: cores.count)
            wall[count] = EstimateRange(draws: times.map { $0 / 1e9 })
        }
        return Estimate(
            coreSeconds: EstimateRange(draws: futures.map { $0.cpu / 1e9 }), wall: wall,
            usefulCores: EstimateRange(draws: futures.map(usefulCores)), unknownFunctions: [],
            evidence: models.evidence(of: plan, bytesIn: bytesIn(of: plan, in: futures)),
            tasks: plan.runCount)
    }

    /// What each task reads: the median of the draws, where it is not known from the start.
    private static func bytesIn(of plan: PlanGraph, in futures: [PlanDraw]) -> [Double] {
        plan.tasks.indices.map { place in
            guard plan.tasks[place].features.contains(where: \.isNaN) else {
                return futures[0].bytesIn[place]
            }
            let sorted = futures.map { $0.bytesIn[place] }.sorted()
            return sorted[sorted.count / 2]
        }
    }

    /// Beyond this many cores a tenth of the time at most can be gained.
    private static func usefulCores(_ draw: PlanDraw) -> Double {
        guard draw.criticalPath > 0 else { return 1 }
        return max(1, (draw.work / draw.criticalPath / 1.1).rounded(.up))
    }

    /// Wall nanoseconds of every draw: some by the machines, the others by their bounds, which are
    /// off by the same factor.
    private static func wall(
        of futures: [PlanDraw], _ plan: PlanGraph, _ functions: [FunctionSpec],
        _ models: PlanModels, cores: Int, among coreCounts: Int
    ) -> [Double] {
        let bounds = futures.map { $0.bound(cores: cores) }
        guard !plan.tasks.isEmpty, plan.tasks.count <= tasksMax else { return bounds }
        let affordable = max(1, simulatedMax / (plan.tasks.count * max(1, coreCounts)))
        let simulated = futures.prefix(affordable).map {
            makespan(plan, functions, models, $0, cores: cores)
        }
        let factors = zip(simulated, bounds).map { $1 > 0 ? $0 / $1 : 1 }
        let factor = factors.reduce(0, +) / Double(max(1, factors.count))
        return simulated + bounds.dropFirst(simulated.count).map { $0 * factor }
    }

    /// One draw on one node, by the real scheduler, agent and worker.
    static func makespan(
        _ plan: PlanGraph, _ functions: [FunctionSpec], _ models: PlanModels, _ draw: PlanDraw,
        cores: Int
    ) -> Double {
        var configuration = VirtualCluster.Configuration()
        configuration.scheduler.silenceMax = .max / 4
        configuration.agent.grace = .max / 4
        configuration.heartbeat = 0
        configuration.workerStart = 0
        configuration.encodes = false
        configuration.keepsTrace = false
        configuration.overhead = overhead
        var durations: [TaskID: Int64] = [:]
        durations.reserveCapacity(plan.tasks.count)
        for (task, nanoseconds) in zip(plan.tasks, draw.wall) {
            durations[task.id] = Int64(min(nanoseconds, 9e17))
        }
        var cluster = VirtualCluster(configuration) { order, _ in
            VirtualRun(nanoseconds: durations[order.spec.id] ?? 0, end: .value([]))
        }
        for (function, known) in zip(functions, models.functions) {
            if let model = known?.durationModel { cluster.revise(function, model) }
            // Runs leave nothing here: one machine's memory is not what is asked for.
            cluster.revise(function, OutputModel(fixedBytes: 0))
        }
        cluster.open()
        cluster.join(slots: UInt32(cores))
        let used = Set(plan.inputs.joined())
        let held = plan.tasks.indices.filter { !used.contains($0) }.map { plan.tasks[$0].id }
        // Only what decides the schedule: constants and client data are at hand from the start.
        let lean = plan.tasks.indices.map { place in
            TaskSpec(
                id: plan.tasks[place].id, function: plan.tasks[place].function,
                arguments: plan.inputs[place].map { .output(plan.tasks[$0].id) },
                features: plan.tasks[place].features)
        }
        cluster.act(
            .submitted(GraphPart(functions: functions, tasks: lean, held: held), data: []))
        let count = UInt64(plan.tasks.count)
        // Far more than any schedule takes: an estimate must end, whatever is wrong with the plan.
        var stepsLeft = 10_000 + 200 * plan.tasks.count
        while cluster.scheduler.progress.done < count {
            stepsLeft -= 1
            guard stepsLeft > 0, cluster.scheduler.progress.failed == 0, cluster.step() != .idle
            else { return draw.bound(cores: cores) }
        }
        return Double(cluster.now)
    }
}
