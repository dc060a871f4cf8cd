// Whole plans from draws: what many tasks of one function take together.

import SwoopForecast
import SwoopModel
import SwoopSimulation
import Testing

@Suite struct PlanSamplingTests {
    /// The total of `tasks` by 100 draws of the model.
    private func total(_ forecaster: Forecaster, of tasks: [Double], seed: Int) -> EstimateRange? {
        var generator = SeededGenerator(seed: seed)
        guard let model = forecaster.model(for: key) else { return nil }
        return EstimateRange(
            draws: (0..<60).map { _ in
                let sampler = model.sampler(using: &generator)
                return tasks.reduce(0) {
                    $0 + sampler.nanoseconds(features: [$1], using: &generator)
                }
            })
    }

    @Test func fiveHundredHeavyTailedTasksAreEstimatedAfterThreeRuns() throws {
        var errors: [Double] = []
        var hits = 0
        let seeds = 40
        for seed in 0..<seeds {
            var generator = SeededGenerator(seed: seed)
            let noise = 0.05 + 0.05 * generator.uniform()
            // Seconds, told to the task as its argument.
            let tasks = (0..<500).map { _ in 0.05 * generator.lognormal(1.2) }
            let actual = tasks.map { 1e9 * $0 * generator.lognormal(noise) }
            let runs = (0..<3).map { run([tasks[$0]], nanoseconds: actual[$0]) }
            let range = try #require(total(forecaster(runs), of: tasks, seed: seed))
            let truth = actual.reduce(0, +)
            errors.append(abs(range.median / truth - 1))
            hits += range.contains(truth) ? 1 : 0
        }
        let sorted = errors.sorted()
        #expect(median(errors) <= 0.25)
        #expect(sorted[seeds * 9 / 10] <= 0.5)
        #expect(hits >= seeds * 8 / 10)
    }

    @Test func tasksWhoseLengthNothingTellsAreEstimatedByTheirMean() throws {
        var errors: [Double] = []
        for seed in 0..<20 {
            var generator = SeededGenerator(seed: seed)
            // The argument is a mere number: nothing depends on it.
            let runs = (0..<40).map {
                run([Double($0)], nanoseconds: 1e7 * generator.lognormal(0.8))
            }
            let tasks = (0..<400).map { Double($0) }
            let range = try #require(total(forecaster(runs), of: tasks, seed: seed))
            let truth = 400 * 1e7 * 1.377_127_764  // exp(0.8² / 2)
            errors.append(abs(range.median / truth - 1))
        }
        #expect(median(errors) < 0.25)
    }

    @Test func theErrorsOfOneFunctionGoTogether() throws {
        let few = forecaster([run([1_000], nanoseconds: 1e6), run([1_100], nanoseconds: 1.2e6)])
        let range = try #require(total(few, of: Array(repeating: 1_000, count: 2_000), seed: 1))
        // Independent errors would leave a range of one percent around a sum of 2,000.
        #expect(range.high / range.low > 1.1)
    }

    @Test func theSameSeedGivesTheSameDraws() {
        let runs = [1.0, 5, 9].map { run([$0], nanoseconds: 1e6 * $0) }
        let first = total(forecaster(runs), of: [1, 2, 3], seed: 4)
        let second = total(forecaster(runs), of: [1, 2, 3], seed: 4)
        #expect(first == second)
    }

    @Test func aSizeThatIsNotKnownYetIsDrawnFromThoseSeen() throws {
        let runs = [10.0, 20, 40, 80].map { run([$0], nanoseconds: 1e5 * $0) }
        let range = try #require(
            total(forecaster(runs), of: Array(repeating: .nan, count: 400), seed: 2))
        #expect(abs(range.median / (400 * 37.5e5) - 1) < 0.2)
        let cut = try #require(total(forecaster(runs), of: [0, 1e300, -5], seed: 2))
        #expect(cut.median.isFinite)
    }
}
