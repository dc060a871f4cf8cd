// What the forecaster knows, forgets and admits not to know.

import SwoopForecast
import SwoopModel
import SwoopSimulation
import Testing

@Suite struct ForecasterTests {
    @Test func whatNeverRanStaysUnknown() {
        var generator = SeededGenerator(seed: 1)
        let known = forecaster([run([1], nanoseconds: 5)])
        let other = ForecastKey(function("g"))
        #expect(known.model(for: other) == nil)
        #expect(known.durationModel(for: other) == nil)
        #expect(known.sampler(for: other, using: &generator) == nil)
        // A debug build tells nothing about an optimised one.
        #expect(known.durationModel(for: ForecastKey(function(isOptimised: false))) == nil)
        #expect(known.histories(for: [other.identity]).isEmpty)
    }

    @Test func rangesWidenWithTheDistanceFromWhatWasSeen() throws {
        let runs = [1_000.0, 2_000, 4_000, 8_000].map { run([$0], nanoseconds: 100 * $0) }
        let model = try #require(forecaster(runs).model(for: key))
        let widths = [4_000.0, 32_000, 512_000, 8_192_000].map {
            model.prediction(of: .wallTime, features: [$0]).logSpread
        }
        #expect(widths == widths.sorted())
        #expect(widths[3] > 1.5 * widths[0])
    }

    @Test func everyPredictionSaysHowItIsKnown() throws {
        let one = try #require(
            forecaster([run([1_000], nanoseconds: 1e6)]).model(for: key))
        #expect(one.evidence(features: [1_000]) == .measured)
        #expect(one.evidence(features: [5_000]) == .guess)
        let runs = [1_000.0, 2_000, 16_000].map { run([$0], nanoseconds: 100 * $0) }
        let model = try #require(forecaster(runs).model(for: key))
        #expect(model.evidence(features: [2_000]) == .measured)
        #expect(model.evidence(features: [6_000]) == .interpolated)
        guard case .extrapolated(let factor) = model.evidence(features: [160_000]) else {
            Issue.record("no extrapolation")
            return
        }
        #expect(abs(factor - 10) < 1e-9)
    }

    @Test func aChangedFunctionIsAGuessUntilItRan() throws {
        let runs = (0..<10).map { run([Double(1 + $0)], nanoseconds: 1e6) }
        var forecaster = forecaster(runs, fingerprint: 1)
        let same = try #require(forecaster.model(for: key, fingerprint: 1))
        let changed = try #require(forecaster.model(for: key, fingerprint: 2))
        #expect(changed.isChanged && !same.isChanged)
        #expect(changed.evidence(features: [3]) == .guess)
        let range = changed.prediction(of: .wallTime, features: [3]).range
        #expect(range.high / range.low > 6)
        forecaster.record(run([3], nanoseconds: 4e6), of: function(fingerprint: 2), node: "a")
        let ran = try #require(forecaster.model(for: key, fingerprint: 2))
        #expect(!ran.isChanged)
        #expect(ran.runCount == 1)
    }

    @Test func theSameCodeInAnotherFileIsKnownByItsRunsThere() throws {
        func placed(_ place: String, fingerprint: UInt64 = 1) -> FunctionSpec {
            let identity = "\(place):f(_:Int)->Int"
            return FunctionSpec(
                identity: identity, name: "f", fingerprint: fingerprint,
                code: .remote(identity: identity), isOptimised: true, isAsync: false)
        }
        let (cell, program) = (placed("notebook/cells"), placed("App/main.swift"))
        var forecaster = Forecaster()
        for size in 1...9 {
            forecaster.record(run([Double(size)], nanoseconds: 1e6), of: cell, node: "a")
        }
        let model = try #require(forecaster.model(for: ForecastKey(program), fingerprint: 1))
        #expect(model.runCount == 9 && !model.isChanged)
        #expect(forecaster.records(of: program).count == 9)
        #expect(forecaster.durationModel(for: ForecastKey(program), fingerprint: 1) != nil)
        // Other code under that name tells nothing, nor does it without its version.
        #expect(forecaster.model(for: ForecastKey(program), fingerprint: 2) == nil)
        #expect(forecaster.model(for: ForecastKey(program)) == nil)
        // They travel with it, to whoever asks for either.
        var client = Forecaster()
        client.load(forecaster.histories(for: [program.identity, cell.identity]))
        #expect(client.model(for: ForecastKey(program), fingerprint: 1)?.runCount == 9)
        #expect(client.records(of: cell).count == 9)
        // Its own runs go first, an older version of it does not.
        let older = placed("App/main.swift", fingerprint: 7)
        client.record(run([1], nanoseconds: 5e6), of: older, node: "a")
        #expect(client.model(for: ForecastKey(program), fingerprint: 1)?.runCount == 9)
        client.record(run([1], nanoseconds: 5e6), of: program, node: "a")
        #expect(client.model(for: ForecastKey(program), fingerprint: 1)?.runCount == 1)
    }

    @Test func theSameChainInAnotherProgramIsKnownByItsRunsThere() throws {
        func chain(of program: String, fingerprint: UInt64) -> FunctionSpec {
            FunctionSpec(
                identity: "\(program):range.map(f).sum", name: "range.map(f).sum",
                fingerprint: fingerprint, code: .remote(identity: ""), isOptimised: true,
                isAsync: false)
        }
        var forecaster = Forecaster()
        for fingerprint in 1...9 as ClosedRange<UInt64> {
            let chain = chain(of: "notebook", fingerprint: fingerprint)
            forecaster.record(run([5], nanoseconds: 1e6), of: chain, node: "a")
        }
        let program = ForecastKey(chain(of: "App", fingerprint: 1))
        // Closures have no names: chains of equal steps do not displace each other.
        for fingerprint in 1...9 as ClosedRange<UInt64> {
            let model = try #require(forecaster.model(for: program, fingerprint: fingerprint))
            #expect(model.runCount == 1 && !model.isChanged)
        }
        #expect(forecaster.model(for: program, fingerprint: 10) == nil)
        // What calls no function of anybody's tells nothing of other programs.
        forecaster.record(
            run([5], nanoseconds: 1e6), of: chain(of: "notebook", fingerprint: 0), node: "a")
        #expect(forecaster.model(for: program, fingerprint: 0) == nil)
    }

    @Test func aFirstRunInAProcessCountsApart() throws {
        let warm = (1...6).map { run([Double($0) * 1_000], nanoseconds: 100_000 * Double($0)) }
        let cold = run([1_000], nanoseconds: 5_100_000, isCold: true)
        let model = try #require(forecaster([cold] + warm).model(for: key))
        let range = model.prediction(of: .wallTime, features: [1_000]).range
        #expect(abs(range.median / 100_000 - 1) < 0.05)
        #expect(abs(model.coldExtraNanoseconds / 5_000_000 - 1) < 0.05)
        // Where there is nothing else, a cold run is what is known.
        let only = try #require(forecaster([cold]).model(for: key))
        #expect(only.prediction(of: .wallTime, features: [1_000]).range.contains(5_100_000))
        // A long run is hardly longer for being the first.
        let long = try #require(
            forecaster([
                run([1], nanoseconds: 1e9, isCold: true), run([2], nanoseconds: 2e9),
                run([4], nanoseconds: 4e9),
            ]).model(for: key))
        #expect(long.runCount == 3)
    }

    @Test func aSlowNodeIsSlowAndTheLawIsStillFound() throws {
        var forecaster = Forecaster()
        var generator = SeededGenerator(seed: 3)
        for index in 0..<30 {
            let size = Double(1 << (index % 5)) * 1_000
            let time = 100 * size * generator.lognormal(0.02)
            forecaster.record(run([size], nanoseconds: time), of: function(), node: "fast")
            forecaster.record(run([size], nanoseconds: 2 * time), of: function(), node: "slow")
        }
        let model = try #require(forecaster.model(for: key))
        func mean(on node: String) -> Double {
            (0..<200).reduce(0) { sum, _ in
                let sampler = model.sampler(on: node, using: &generator)
                return sum + sampler.nanoseconds(features: [4_000], using: &generator) / 200
            }
        }
        let ratio = mean(on: "slow") / mean(on: "fast")
        #expect(abs(ratio - 2) < 0.15)
    }

    @Test func theSchedulerGetsALineOrAConstant() throws {
        let linear = try #require(
            forecaster([1.0, 2, 4, 8].map { run([7, $0], nanoseconds: 1e6 + 1e6 * $0) })
                .durationModel(for: key))
        #expect(linear.feature == 1)
        #expect(abs(linear.nanoseconds(features: [7, 6]) / 7e6 - 1) < 0.08)
        let constant = try #require(
            forecaster((1...9).map { run([Double($0 * $0)], nanoseconds: 3e6) })
                .durationModel(for: key))
        #expect(constant.feature == -1)
        #expect(abs(constant.fixedNanoseconds / 3e6 - 1) < 0.01)
        #expect(constant.logSpread < 0.1)
    }

    @Test func memoryIsBoundedAndTheRareLargeRunSurvives() throws {
        var forecaster = Forecaster(functionLimit: 20)
        forecaster.record(run([1e6], nanoseconds: 1e9), of: function(), node: "a")
        for _ in 0..<1_000 {
            forecaster.record(run([10], nanoseconds: 1e4), of: function(), node: "a")
        }
        let history = try #require(forecaster.histories(for: [key.identity]).first)
        #expect(history.records.count == RecordWindow.limit)
        #expect(history.records.first?.features == [1e6])
        for index in 0..<200 {
            forecaster.record(run([1], nanoseconds: 1), of: function("f\(index)"), node: "a")
            let other = function(fingerprint: UInt64(index))
            forecaster.record(run([1], nanoseconds: 1), of: other, node: "node \(index)")
            #expect(forecaster.functionCount <= 20)
        }
        let kept = forecaster.histories(for: [key.identity])
        #expect(kept.count <= 2 * Forecaster.nodeLimit)
        #expect(forecaster.model(for: ForecastKey(function("f0"))) == nil)
        #expect(forecaster.model(for: ForecastKey(function("f199"))) != nil)
    }

    @Test func historiesTravelAndTellTheSame() throws {
        var generator = SeededGenerator(seed: 8)
        let runs = (0..<50).map { _ in
            let size = 1_000 * generator.lognormal(1)
            return run([size], nanoseconds: 50 * size * generator.lognormal(0.1))
        }
        let first = forecaster(runs)
        var second = Forecaster()
        second.load(first.histories(for: [key.identity]))
        #expect(first.histories(for: [key.identity]) == second.histories(for: [key.identity]))
        let (one, two) = (first.model(for: key), second.model(for: key))
        #expect(
            one?.prediction(of: .cpuTime, features: [9_000])
                == two?.prediction(of: .cpuTime, features: [9_000]))
    }

    @Test func strangeRecordsDoNoHarm() throws {
        let strange = [
            run([.nan, .infinity], nanoseconds: 0), run([], nanoseconds: 1e18),
            run([0, -1e300, 5], nanoseconds: 3, elements: .max, bytesOut: 0),
            RunRecord(elements: .min, bytesOut: -5, cpuNanoseconds: -1, wallNanoseconds: .min),
        ]
        for count in 1...4 {
            let model = try #require(forecaster(Array(strange.prefix(count))).model(for: key))
            for features in [[], [.nan], [1, 2, 3], [0, -.infinity]] as [[Double]] {
                for metric in Metric.allCases {
                    let range = model.prediction(
                        of: metric, features: features, elements: 1e18
                    ).range
                    #expect(!range.median.isNaN && range.low >= 0)
                }
            }
        }
    }
}
