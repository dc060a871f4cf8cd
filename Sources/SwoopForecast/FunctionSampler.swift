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
    var tilt: Double
    var power: Double
    var session: Double
    var version: Double

    /// - Parameter uniform: numbers in [0, 1), one for each property.
    private init(_ uniform: [Double]) {
        law = uniform[0]
        scale = Distribution.normalDeviate(below: uniform[1])
        tilt = Distribution.normalDeviate(below: uniform[2])
        power = Distribution.normalDeviate(below: uniform[3])
        session = Distribution.normalDeviate(below: uniform[4])
        version = Distribution.normalDeviate(below: uniform[5])
    }

    private static let propertyCount = 6

    init(using generator: inout some RandomNumberGenerator) {
        self.init((0..<Self.propertyCount).map { _ in generator.nextUniform() })
    }

    /// Draws of which each property takes every part of its distribution once (a Latin hypercube).
    static func spread(
        over count: Int, using generator: inout some RandomNumberGenerator
    ) -> [ModelDraw] {
        let parts = (0..<propertyCount).map { _ in (0..<count).shuffled(using: &generator) }
        return (0..<count).map { draw in
            ModelDraw(
                parts.map { (Double($0[draw]) + generator.nextUniform()) / Double(count) })
        }
    }
}

/// One law of one metric, with scale and noise drawn.
struct DrawnLaw: Sendable {
    /// From this many runs on, noise is drawn from what the runs showed instead of a bell curve:
    /// then long tails stay long.
    private static let residualCount = 16

    private let fitted: FittedLaw
    /// What is added to ln of what the law says.
    private let shift: Double
    private let deviation: Double
    /// How far the law is off per root of a doubling beyond the sizes seen.
    private let tilt: Double
    /// By how many deviations the modifier's power is off.
    private let power: Double

    init(_ model: MetricModel, draw: ModelDraw, offset: Double, isChanged: Bool) {
        var rest = draw.law
        fitted =
            model.laws.first {
                rest -= $0.weight
                return rest < 0
            } ?? model.laws[0]
        deviation = fitted.variance.squareRoot()
        shift =
            offset + draw.scale * fitted.scaleVariance.squareRoot()
            + draw.session * model.metric.sessionSpread
            + (isChanged ? draw.version * ForecastPrior.versionSpread : 0)
        power = draw.power
        tilt = draw.tilt * fitted.drift
    }

    func value(
        features: [Double], elements: Double, using generator: inout some RandomNumberGenerator
    ) -> Double {
        let seen = fitted.logSizes
        let beside = fitted.modifier?.factor(features) ?? .none
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
        let beyond = fitted.doublingsBeyond(logSize) + beside.beyond
        let centre = shift + fitted.logValue(logSize: logSize) + beside.logFactor
        let off = tilt * beyond.squareRoot() + power * beside.variance.squareRoot()
        let logValue = centre + off + noise
        // Beyond any use, but a number: 10^300 would make sums infinite.
        return .exp(min(600, logValue))
    }
}
