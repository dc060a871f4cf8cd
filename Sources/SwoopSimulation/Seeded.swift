// Random numbers of the simulation, and of every test that draws: ours, so that a seed means the
// same on every machine and in every version.

import SwoopModel

/// SplitMix64 (Steele, Lea and Flood 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Generators of different seeds are independent.
    package init(seed: some BinaryInteger) {
        var mixer = Mixer(seed: UInt64(truncatingIfNeeded: seed))
        mixer.mix(0x5eed)
        state = mixer.value
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Uniform in 0 ..< `bound`; 0 when `bound` is not positive.
    package mutating func below(_ bound: Int) -> Int {
        bound > 0 ? Int(next().multipliedFullWidth(by: UInt64(bound)).high) : 0
    }

    /// Uniform in 0 ..< 1.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True `share` of the time.
    package mutating func chance(_ share: Double) -> Bool { uniform() < share }
}
