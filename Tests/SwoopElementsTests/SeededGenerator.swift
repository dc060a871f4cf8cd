// Random numbers that are the same in every run, and the bytes that tests make of them.

import SwoopElements

/// SplitMix64: small, and every seed is a good one.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func text() -> String {
        let letters = ["a", "é", "字", "\u{1f600}", " ", "\0", "z"]
        return (0..<below(9)).map { _ in letters[below(letters.count)] }.joined()
    }

    /// Cuts `0..<count` at random places.
    mutating func cuts(of count: Int, at most: Int) -> [Range<Int>] {
        let inner = (0..<below(most + 1)).map { _ in below(count + 1) }
        let bounds = ([0, count] + inner).sorted()
        return zip(bounds, bounds.dropFirst()).map { $0..<$1 }.filter { !$0.isEmpty }
    }

    /// Truncates the bytes or flips some of their bits.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if below(2) == 0 { return Array(bytes.prefix(below(bytes.count + 1))) }
        for _ in 0...below(4) where !bytes.isEmpty {
            bytes[below(bytes.count)] ^= 1 << UInt8(below(8))
        }
        return bytes
    }
}
