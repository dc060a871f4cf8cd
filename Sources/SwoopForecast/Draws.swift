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

enum Distribution {
    /// Probability that a normal deviate is below `deviate`.
    static func normalShare(below deviate: Double) -> Double {
        0.5 * Double.erfc(-deviate / 2.squareRoot())
    }

    /// The normal deviate that so large a share is below, between -8 and 8.
    static func normalDeviate(below share: Double) -> Double {
        var (low, high) = (-8.0, 8.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if normalShare(below: middle) < share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}
