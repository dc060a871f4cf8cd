// Random numbers from a generator that is handed in.

internal import RealModule

extension RandomNumberGenerator {
    /// Uniform in [0, 1).
    mutating func nextUniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normal with mean 0 and deviation 1 (Box and Muller's way).
    mutating func nextNormal() -> Double {
        let radius = Double.sqrt(-2 * .log(1 - nextUniform()))
        return radius * .cos(2 * .pi * nextUniform())
    }
}

/// Student's t and chi-squared through the normal distribution: good to a percent or two, which is
/// finer than any of the assumptions behind them.
enum Distribution {
    /// The normal deviate that is as extreme as `value` of Student's t (Wallace 1959).
    static func normalDeviate(ofStudent value: Double, freedom: Double) -> Double {
        let size = Double.sqrt(freedom * .log(onePlus: value * value / freedom))
        let deviate = size * (8 * freedom + 1) / (8 * freedom + 3)
        return value < 0 ? -deviate : deviate
    }

    /// Probability that a normal deviate is below `deviate`.
    static func normalShare(below deviate: Double) -> Double {
        0.5 * Double.erfc(-deviate / 2.squareRoot())
    }

    /// Chi-squared over its freedom, by a normal deviate (Wilson and Hilferty 1931).
    static func chiSquaredOverFreedom(_ freedom: Double, deviate: Double) -> Double {
        let part = 2 / (9 * freedom)
        let root = 1 - part + deviate * part.squareRoot()
        return max(0.01, root * root * root)
    }
}
