// Laws as people read them, and what is foretold of larger runs by smaller ones.

import RealModule
import SwoopForecast
import SwoopModel
import SwoopSimulation
import Testing

@Suite struct LawWordsTests {
    /// The words of runs over these sizes, with some noise.
    private func words(
        _ sizes: [[Double]], names: [String], _ law: ([Double]) -> Double
    ) throws -> LawWords {
        var generator = SeededGenerator(seed: 7)
        let runs = sizes.map { run($0, nanoseconds: law($0) * generator.lognormal(0.02)) }
        return try #require(forecaster(runs).model(for: key)).words(of: .cpuTime, sizes: names)
    }

    private let sizes = (0..<24).map { [Double.exp(Double($0) / 3) * 40] }

    @Test func `what grows is named with its size`() throws {
        #expect(try words(sizes, names: ["rows"]) { 50 * $0[0] }.law == "rows")
        #expect(try words(sizes, names: ["n"]) { 3 * $0[0] * $0[0] }.law == "n²")
        #expect(try words(sizes, names: []) { 90 * $0[0].squareRoot() }.law == "√x1")
        #expect(try words(sizes, names: ["n"]) { $0[0] * $0[0] * $0[0] }.law == "n³")
        let small = (1..<26).map { [Double($0)] }
        #expect(try words(small, names: ["depth"]) { 9 * .exp(.log(2) * $0[0]) }.law == "2^depth")
    }

    @Test func `sizes that go together stand together`() throws {
        var generator = SeededGenerator(seed: 3)
        let pairs = (0..<40).map { _ in
            [
                (generator.uniform() * 5).exponential * 10,
                (generator.uniform() * 4).exponential * 10,
            ]
        }
        #expect(try words(pairs, names: ["rows", "cols"]) { $0[0] * $0[1] }.law == "rows·cols")
        let merged = try words(pairs, names: ["a", "b"]) { 80 * ($0[0] + $0[1]) }
        #expect(merged.law == "(a + b)" && merged.share > 0.5)
    }

    @Test func `what does not grow is the same, and a fixed part is told`() throws {
        let same = try words(sizes, names: ["n"]) { _ in 5_000 }
        #expect(same.law == "the same" && same.fixedShare == 1 && same.share > 0.5)
        let largest = sizes[23][0]
        let half = try words(sizes, names: ["n"]) { 1e6 + 1e6 * $0[0] / largest }
        #expect(half.law == "n" && (0.3...0.7).contains(half.fixedShare), "\(half)")
    }

    @Test func `larger runs are foretold by smaller ones`() throws {
        var generator = SeededGenerator(seed: 5)
        let runs = (0..<60).map { place -> RunRecord in
            let size = Double.exp(Double(place) / 6) * 10
            return run([size], nanoseconds: 700 * size * generator.lognormal(0.03))
        }
        let trial = try #require(ForecastTrial(runs, learning: 0.5, sizes: ["n"]))
        #expect(trial.learnedCount == 30 && trial.all.runCount == 30 && trial.law.law == "n")
        #expect(trial.all.medianError < 0.1 && trial.all.coverage > 0.8)
        #expect(trial.distances.map(\.runCount).reduce(0, +) == 30)
        #expect(trial.distances.map(\.upTo) == trial.distances.map(\.upTo).sorted())
    }

    @Test func `runs of one size, and too few of them, foretell nothing`() {
        let same = (0..<20).map { _ in run([8], nanoseconds: 900) }
        #expect(ForecastTrial(same, learning: 0.5, sizes: ["n"]) == nil)
        let few = (1...3).map { run([Double($0)], nanoseconds: 900) }
        #expect(ForecastTrial(few, learning: 0.5, sizes: ["n"]) == nil)
        #expect(ForecastTrial([], learning: 0.5, sizes: []) == nil)
    }
}

extension Double {
    fileprivate var exponential: Double { .exp(self) }
}
