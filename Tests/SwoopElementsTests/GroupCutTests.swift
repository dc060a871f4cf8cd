// Groups divided by key: however the keys are cut, the answers are those of one table, bit by bit,
// and stretches are about as large as one another; damaged cuts and parts.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing

@Suite struct GroupCutTests {
    typealias Keys = IntegerKeys<Int>

    /// Cuts of the keys of some elements, as samples of their parts give them.
    private func cuts(_ samples: [[Int]], stretches: Int, given: Int = 128) throws -> [Int] {
        var bytes = ValueWriter()
        for sample in samples {
            var keys = Keys()
            for key in sample { _ = keys.number(of: key) }
            keys.encodeSample(given, into: &bytes)
        }
        var writer = ValueWriter()
        try unsafe bytes.bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            try Keys.encodeCuts(of: &reader, stretches: stretches, into: &writer)
        }
        return try unsafe writer.bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            var cuts: [Int] = []
            while !reader.isAtEnd { cuts.append(try Int(decoding: &reader)) }
            return cuts
        }
    }

    /// Pages of each part, a page for each stretch.
    private func pages<Inner: Reduction>(
        _ example: inout GroupTests.Case, _ ranges: [Range<Int>], _ inner: Inner, cuts: [Int],
        stretches: Int
    ) throws -> [FakeHost] where Inner.Element == Keyed {
        let bytes = cuts.flatMap(\.encodedBytes)
        return try ranges.map { range in
            let host = FakeHost()
            var folding = try example.folded(range, inner)
            try unsafe bytes.withUnsafeBytes { bytes in
                var reader = unsafe ValueReader(bytes)
                try folding.emit(cutAt: &reader, stretches: stretches, to: host)
            }
            return host
        }
    }

    @Test func `however keys are cut, the answers have the bits of one table`() throws {
        for seed in 0..<500 {
            var example = GroupTests.Case(seed: seed)
            let stretches = 1 + example.random.below(6)
            let cuts = (0..<example.random.below(stretches)).map { _ in example.random.below(20) }
            let ranges = example.random.cuts(of: example.elements.count, at: 8)
            var hosts = try pages(
                &example, ranges, KeyedSum(), cuts: Set(cuts).sorted(), stretches: stretches)
            hosts.shuffle(using: &example.random)
            var sums: [(key: Int, answer: Double)] = []
            for stretch in 0..<stretches {
                let inputs = hosts.map { $0.inputs()[stretch] }
                let sizes = inputs.map { unsafe $0.bytes.count }
                #expect(sizes.allSatisfy { $0 % 64 == 0 })
                try _GroupFolding<Keys, KeyedSum>.join(pages: inputs, by: KeyedSum()) {
                    try $0.answers { sums.append(($0, $1)) }
                }
            }
            let expected = example.serial()
            #expect(sums.map(\.key) == expected.keys.sorted(), "seed \(seed)")
            for sum in sums {
                #expect(sum.answer.bitPattern == expected[sum.key]?.bitPattern, "seed \(seed)")
            }
        }
    }

    @Test func `stretches have about as many keys as one another`() throws {
        var random = SeededGenerator(seed: 11)
        let parts = (0..<50).map { _ in (0..<2_000).map { _ in random.below(1_000_000) } }
        let cuts = try cuts(parts, stretches: 40)
        #expect(cuts.count == 39)
        #expect(cuts == cuts.sorted())
        let keys = parts.flatMap { $0 }
        for (low, high) in zip([0] + cuts, cuts + [1_000_000]) {
            let count = keys.count { $0 >= low && $0 < high }
            #expect(count > 1_500 && count < 4_000, "\(low)..<\(high)")
        }
    }

    @Test func `few keys have few cuts, and each is a key that was met`() throws {
        #expect(try cuts([], stretches: 7).isEmpty)
        #expect(try cuts([[], []], stretches: 7).isEmpty)
        #expect(try cuts([[5], [5]], stretches: 7).isEmpty)
        #expect(try cuts([[1, 2, 3], [1, 2]], stretches: 7) == [2, 3])
        #expect(try cuts([[9, 4], [9, 4]], stretches: 1).isEmpty)
        // One that most parts have stands alone.
        #expect(try cuts((0..<90).map { [50, $0] }, stretches: 3) == [50, 51])
    }

    @Test func `samples are spread over all keys`() throws {
        let cuts = try cuts([Array((0..<10_000).reversed())], stretches: 11, given: 10)
        #expect(cuts.count == 9)
        #expect(zip(cuts, cuts.dropFirst()).allSatisfy { $1 - $0 == 1_000 })
    }

    @Test func `more cuts than stretches, damaged cuts and damaged pages are errors`() throws {
        var example = GroupTests.Case(seed: 3)
        let all = 0..<example.elements.count
        #expect(throws: ValueDecodingError.self) {
            _ = try pages(&example, [all], KeyedSum(), cuts: [1, 2, 3], stretches: 3)
        }
        let bytes: [UInt8] = [1, 2, 3]
        var folding = try example.folded(all, KeyedSum())
        var isRefused = false
        try unsafe bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            do {
                try folding.emit(cutAt: &reader, stretches: 3, to: FakeHost())
            } catch is ValueDecodingError {
                isRefused = true
            }
            let page = unsafe _InputPage(bytes: bytes, firstElement: 0)
            #expect(throws: ValueDecodingError.self) {
                try _GroupFolding<Keys, KeyedSum>.join(pages: [page], by: KeyedSum()) { _ in }
            }
        }
        #expect(isRefused)
    }
}
