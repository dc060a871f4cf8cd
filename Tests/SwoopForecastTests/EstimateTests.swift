// Estimates as people read them.

import SwoopModel
import Testing

@Suite struct EstimateTests {
    @Test func everyNumberIsPrintedWithItsRangeAndEvidence() {
        let estimate = Estimate(
            coreSeconds: EstimateRange(low: 36.2, median: 41.04, high: 55),
            wall: [
                2: EstimateRange(low: 18, median: 20.6, high: 28),
                1: EstimateRange(low: 36.3, median: 41.2, high: 4_000),
            ],
            usefulCores: EstimateRange(low: 6.1, median: 8, high: 11), unknownFunctions: [],
            evidence: .extrapolated(factor: 12.3), tasks: 1_234)
        #expect(
            estimate.description == """
                estimate: 1,234 tasks, extrapolated ×12, 90 % ranges
                  core-seconds  41.0 (36.2 … 55.0)
                  wall, 1 core  41.2 s (36.3 s … 66 min 40 s)
                  wall, 2 cores 20.6 s (18.0 s … 28.0 s)
                  useful cores  8 (6 … 11)
                """)
    }

    @Test func theUnknownIsNamedAndOffered() {
        let text = Estimate.unknown(functions: ["f", "g"], tasks: 3).description
        #expect(text.contains("unknown: f, g (never ran)"))
        #expect(text.contains("Run the plan"))
        #expect(!text.contains("core-seconds"))
    }

    @Test func anEstimateIsHeldAgainstWhatHappened() {
        var estimate = Estimate.unknown(functions: [], tasks: 3)
        let unknown = EstimateComparison(
            estimate: estimate, actualCoreSeconds: 4, actualWall: 2, cores: 2)
        #expect(unknown.isWallInside == nil && unknown.areCoreSecondsInside == nil)
        #expect(unknown.description.contains("estimated unknown, actual 2.00 s"))
        estimate.coreSeconds = EstimateRange(low: 3, median: 4, high: 5)
        estimate.wall[2] = EstimateRange(low: 1, median: 1.5, high: 1.8)
        let known = EstimateComparison(
            estimate: estimate, actualCoreSeconds: 4.4, actualWall: 2, cores: 2)
        #expect(known.areCoreSecondsInside == true && known.isWallInside == false)
        #expect(
            known.description == """
                estimated and actual, 2 cores
                  core-seconds  estimated 4.00 (3.00 … 5.00), actual 4.40 (+10 %), inside the range
                  wall          estimated 1.50 s (1.00 s … 1.80 s), actual 2.00 s (+33 %), \
                outside the range
                """)
    }

    @Test func theWeakerEvidenceStands() {
        #expect(Evidence.measured.weaker(.guess) == .guess)
        #expect(Evidence.unknown.weaker(.interpolated) == .unknown)
        #expect(
            Evidence.extrapolated(factor: 3).weaker(.extrapolated(factor: 9))
                == .extrapolated(factor: 9))
    }

    @Test func rangesComeFromDrawsInOrder() throws {
        let range = try #require(EstimateRange(draws: (0...100).reversed().map(Double.init)))
        #expect(abs(range.low - 4.1) < 1e-9 && range.median == 50 && abs(range.high - 95.9) < 1e-9)
        #expect(EstimateRange(draws: [1, 2]) == EstimateRange(low: 1, median: 1.5, high: 2))
        #expect(EstimateRange(draws: []) == nil)
    }

    @Test(arguments: [
        (0.0, "0 s"), (3.2e-8, "32.0 ns"), (0.000_999_9, "1.00 ms"), (0.5, "500 ms"), (1, "1.00 s"),
        (119, "119 s"), (600, "10 min 0 s"), (12_000, "3 h 20 min"), (1e6, "11.6 days"),
        (1e300, "1.16e295 days"),
    ])
    func timesReadWell(seconds: Double, text: String) {
        let estimate = Estimate(
            coreSeconds: nil,
            wall: [1: EstimateRange(low: seconds, median: seconds, high: seconds)],
            usefulCores: nil, unknownFunctions: [], evidence: .measured, tasks: 1)
        #expect(estimate.description.contains("wall, 1 core  \(text) (\(text) … \(text))"))
    }
}
