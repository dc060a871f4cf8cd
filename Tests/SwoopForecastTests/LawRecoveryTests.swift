// Laws that are known must be found again from few noisy runs, and the ranges must tell the truth.

import RealModule
import SwoopForecast
import SwoopModel
import SwoopSimulation
import Testing

/// A law of one or two sizes, in nanoseconds.
struct KnownLaw: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sizes: [Double] = [4_096, 8_192, 16_384, 32_768, 65_536]
    var value: @Sendable (Double) -> Double

    static let all: [KnownLaw] = [
        KnownLaw(testDescription: "constant") { _ in 3e6 },
        KnownLaw(testDescription: "linear") { 120 * $0 },
        KnownLaw(testDescription: "fixed and linear") { 2e6 + 100 * $0 },
        KnownLaw(testDescription: "n log n") { 20 * $0 * .log($0) },
        KnownLaw(testDescription: "n^1.5") { 3 * $0 * $0.squareRoot() },
        KnownLaw(testDescription: "square") { 0.1 * $0 * $0 },
        KnownLaw(testDescription: "cube", sizes: [32, 64, 128, 256, 512]) { 2 * $0 * $0 * $0 },
        KnownLaw(testDescription: "root") { 1e5 * $0.squareRoot() },
    ]
}

@Suite struct LawRecoveryTests {
    /// Errors and hits at a multiple of the largest pilot: five pilots of one run each, 3 % noise.
    private func score(_ law: KnownLaw, multiple: Double, seeds: Int = 30) -> (Double, Double) {
        var errors: [Double] = []
        var hits = 0.0
        for seed in 0..<seeds {
            var generator = SeededGenerator(seed: seed)
            let runs = law.sizes.map {
                run([$0], nanoseconds: law.value($0) * generator.lognormal(0.03))
            }
            let target = law.sizes[law.sizes.count - 1] * multiple
            guard let model = forecaster(runs).model(for: key) else { continue }
            let prediction = model.prediction(of: .wallTime, features: [target])
            let truth = law.value(target)
            errors.append(abs(prediction.range.median / truth - 1))
            hits += prediction.range.contains(truth * generator.lognormal(0.03)) ? 1 : 0
        }
        return (median(errors), hits / Double(seeds))
    }

    @Test(arguments: KnownLaw.all) func aKnownLawIsFoundAgain(law: KnownLaw) {
        for (multiple, limit) in [(1.0, 0.03), (4, 0.08), (16, 0.12)] {
            let (error, hits) = score(law, multiple: multiple)
            #expect(error <= limit, "at \(multiple) times the largest size")
            #expect(hits >= 0.8, "at \(multiple) times the largest size")
        }
    }

    /// Laws that are not in the family: the medians are off, but the ranges must know it.
    ///
    /// A bend beyond the sizes seen (the third) is hardly to be seen in them.
    @Test(arguments: [
        KnownLaw(testDescription: "n^1.2") { 9 * .pow($0, 1.2) },
        KnownLaw(testDescription: "n^0.85") { 900 * .pow($0, 0.85) },
        KnownLaw(testDescription: "linear turning square") { 100 * $0 * (1 + $0 / 400_000) },
        KnownLaw(testDescription: "slower beyond a cache") { $0 * ($0 > 40_000 ? 70 : 50) },
    ])
    func aLawOutsideTheFamilyIsCoveredByTheRange(law: KnownLaw) {
        for (multiple, least) in [(1.0, 0.8), (4, 0.6), (16, 0.25)] {
            let (_, hits) = score(law, multiple: multiple)
            #expect(hits >= least, "at \(multiple) times the largest size")
        }
    }

    @Test func aProductOfTwoSizesIsFound() throws {
        var generator = SeededGenerator(seed: 5)
        let runs = [(10, 40), (20, 10), (40, 80), (80, 20), (15, 15), (60, 90)].map {
            let (rows, columns) = (Double($0.0), Double($0.1))
            return run(
                [rows, columns], nanoseconds: 900 * rows * columns * generator.lognormal(0.03))
        }
        let model = try #require(forecaster(runs).model(for: key))
        let range = model.prediction(of: .wallTime, features: [200, 200]).range
        #expect(abs(range.median / (900 * 200 * 200) - 1) < 0.1)
    }

    @Test func theElementsOfALoopAreASize() throws {
        var generator = SeededGenerator(seed: 6)
        let runs = [1_000, 4_000, 16_000, 64_000].map {
            run([], nanoseconds: 7 * Double($0) * generator.lognormal(0.02), elements: $0)
        }
        let model = try #require(forecaster(runs).model(for: key))
        let prediction = model.prediction(of: .wallTime, features: [], elements: 1e6)
        #expect(abs(prediction.range.median / 7e6 - 1) < 0.1)
        #expect(prediction.evidence != .measured)
    }

    @Test func oneRunInTwentyThatHungDoesNotSpoilTheLaw() throws {
        var generator = SeededGenerator(seed: 7)
        let runs = (0..<40).map { index in
            let size = Double(1 << (index % 5)) * 1_000
            let factor = index % 20 == 3 ? 30.0 : generator.lognormal(0.03)
            return run([size], nanoseconds: 50 * size * factor)
        }
        let model = try #require(forecaster(runs).model(for: key))
        let range = model.prediction(of: .wallTime, features: [64_000]).range
        #expect(abs(range.median / (50 * 64_000) - 1) < 0.08)
    }

    @Test func sizesOfResultsAreLearnedToo() throws {
        let fixed = try #require(
            forecaster([run([10], nanoseconds: 1e6, bytesOut: 8)]).model(for: key))
        #expect(fixed.prediction(of: .outputBytes, features: [1_000]).range.median.rounded() == 8)
        let growing = try #require(
            forecaster(
                [10.0, 20, 40, 80].map { run([$0], nanoseconds: 1e6, bytesOut: 8 + 100 * $0) }
            )
            .model(for: key))
        let range = growing.prediction(of: .outputBytes, features: [1_000]).range
        #expect(abs(range.median / 100_008 - 1) < 0.03)
    }
}
