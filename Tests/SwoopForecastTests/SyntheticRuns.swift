// Runs made up from a law that is known, with noise from a seeded generator.

import RealModule
import SwoopForecast
import SwoopModel
import SwoopSimulation

extension SeededGenerator {
    /// Lognormal with median 1.
    mutating func lognormal(_ deviation: Double) -> Double {
        let radius = (-2 * Double.log(1 - uniform())).squareRoot()
        return .exp(deviation * radius * .cos(2 * .pi * uniform()))
    }
}

func function(_ name: String = "f", fingerprint: UInt64 = 1, isOptimised: Bool = true)
    -> FunctionSpec
{
    FunctionSpec(
        identity: "Program/Main.swift:\(name)(_:)", name: name, fingerprint: fingerprint,
        code: .remote(identity: name), isOptimised: isOptimised, isAsync: false)
}

func run(
    _ features: [Double], nanoseconds: Double, elements: Int64 = 1, bytesOut: Double = 8,
    isCold: Bool = false
) -> RunRecord {
    RunRecord(
        features: features, elements: elements, bytesOut: Int64(bytesOut),
        cpuNanoseconds: Int64(nanoseconds), wallNanoseconds: Int64(nanoseconds), isCold: isCold)
}

/// A forecaster that has seen these runs of `function()` on node `a`.
func forecaster(_ runs: [RunRecord], fingerprint: UInt64 = 1) -> Forecaster {
    var forecaster = Forecaster()
    for run in runs {
        forecaster.record(run, of: function(fingerprint: fingerprint), node: "a")
    }
    return forecaster
}

let key = ForecastKey(function())

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted[sorted.count / 2]
}
