// Draws from a function's models: the law once per draw of a plan, the noise once per task.

internal import RealModule

/// One possible truth about a function.
///
/// Sums over tasks of one sampler are as uncertain as the model is: their errors go together. Sums
/// over several samplers of one function would be far too sure.
package struct FunctionSampler: Sendable {
    private let cpuTime: DrawnLaw
    private let wallTime: DrawnLaw
    private let outputLaw: DrawnLaw
    /// What the first run in a worker process takes more, in nanoseconds of wall time.
    package let coldExtraNanoseconds: Double

    init(
        cpuTime: DrawnLaw, wallTime: DrawnLaw, outputBytes: DrawnLaw, coldExtraNanoseconds: Double
    ) {
        self.cpuTime = cpuTime
        self.wallTime = wallTime
        outputLaw = outputBytes
        self.coldExtraNanoseconds = coldExtraNanoseconds
    }

    /// Nanoseconds from start to end of one run: how long it holds its slot.
    ///
    /// - Parameter features: as in `TaskSpec.features`; one that is not known (NaN) is taken from a
    ///   run that was seen.
    package func nanoseconds(
        features: [Double], elements: Double = 1,
        using generator: inout some RandomNumberGenerator
    ) -> Double {
        wallTime.value(features: features, elements: elements, using: &generator)
    }

    /// Nanoseconds on a core of one run.
    package func cpuNanoseconds(
        features: [Double], elements: Double = 1,
        using generator: inout some RandomNumberGenerator
    ) -> Double {
        cpuTime.value(features: features, elements: elements, using: &generator)
    }

    /// Bytes that one run leaves.
    package func outputBytes(
        features: [Double], elements: Double = 1,
        using generator: inout some RandomNumberGenerator
    ) -> Double {
        outputLaw.value(features: features, elements: elements, using: &generator).rounded()
    }
}

/// The random numbers of one draw of a function: the same for all its metrics, so that a draw that
/// is slow in one is slow in the others.
struct ModelDraw {
    var law: Double
    var scale: Double
    var noise: Double
    var tilt: Double
    var session: Double
    var version: Double

    init(using generator: inout some RandomNumberGenerator) {
        law = generator.nextUniform()
        scale = generator.nextNormal()
        noise = generator.nextNormal()
        tilt = generator.nextNormal()
        session = generator.nextNormal()
        version = generator.nextNormal()
    }
}

/// One law of one metric, with scale and noise drawn.
struct DrawnLaw: Sendable {
    /// From this many runs on, noise is drawn from what the runs showed instead of a bell curve:
    /// then long tails stay long.
    private static let residualCount = 16

    private let fitted: FittedLaw
    private let logScale: Double
    private let deviation: Double
    /// How far the law is off per root of a doubling beyond the sizes seen.
    private let tilt: Double

    init(_ model: MetricModel, draw: ModelDraw, offset: Double, isChanged: Bool) {
        var rest = draw.law
        fitted =
            model.laws.first {
                rest -= $0.weight
                return rest < 0
            } ?? model.laws[0]
        let variance =
            fitted.variance
            / Distribution.chiSquaredOverFreedom(fitted.freedom, deviate: draw.noise)
        deviation = variance.squareRoot()
        logScale =
            fitted.logScale + offset + draw.scale * (variance / fitted.count).squareRoot()
            + draw.session * model.metric.sessionSpread
            + (isChanged ? draw.version * ForecastPrior.versionSpread : 0)
        tilt = draw.tilt * ForecastPrior.spreadPerDoubling
    }

    func value(
        features: [Double], elements: Double, using generator: inout some RandomNumberGenerator
    ) -> Double {
        let seen = fitted.logSizes
        let logSize =
            fitted.logSize(features: features, elements: elements)
            ?? seen[Int(generator.nextUniform() * Double(seen.count))]
        let noise: Double
        if fitted.residuals.count >= Self.residualCount {
            let place = Int(generator.nextUniform() * Double(fitted.residuals.count))
            noise = fitted.residuals[place]
        } else {
            noise = deviation * generator.nextNormal()
        }
        let logValue =
            logScale + fitted.law.logValue(logSize: logSize) + noise
            + tilt * fitted.doublingsBeyond(logSize).squareRoot()
        // Beyond any use, but a number: 10^300 would make sums infinite.
        return .exp(min(600, logValue))
    }
}
