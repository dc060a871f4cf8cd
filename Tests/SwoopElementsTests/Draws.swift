// Texts, cuts and damaged bytes that tests draw: the same in every run.

import SwoopSimulation

extension SeededGenerator {
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
