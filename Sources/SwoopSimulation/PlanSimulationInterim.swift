// Interim: replaced by the simulation engineer's PlanSimulation.
package import SwoopModel
package enum PlanSimulation {
    package static func estimate(
        _ graph: GraphPart, histories: [FunctionHistory], cores: [Int], draws: Int, seed: UInt64
    ) -> Estimate { .unknown(functions: [], tasks: graph.tasks.count) }
}
