// Reduction trees: the same bits however the work is split and in whatever order parts are merged.

import SwoopElements
import SwoopSimulation
import Testing

/// A sum of doubles, which rounding makes sensitive to every change of order.
struct TestSum: Reduction {
    var identity: Double { 0 }
    func lift(_ element: Double) -> Double { element }
    func fold(_ raw: Double, into partial: inout Double) { partial += raw }
    func combine(_ right: Double, into left: inout Double) { left += right }
    func answer(_ partial: Double) -> Double { partial }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "sum" }
}

@Suite struct TreeTests {
    /// The tree written down directly: a node is the combination of its halves.
    func serial(_ elements: [Double], leafWidth: Int) -> Double {
        let leaves = stride(from: 0, to: elements.count, by: leafWidth).map { start in
            elements[start..<min(start + leafWidth, elements.count)].reduce(0, +)
        }
        func node(_ range: Range<Int>) -> Double? {
            let range = range.clamped(to: 0..<leaves.count)
            guard !range.isEmpty else { return nil }
            return range.count == 1 ? leaves[range.lowerBound] : nil
        }
        func tree(_ start: Int, _ width: Int) -> Double? {
            if width == 1 { return node(start..<start + 1) }
            guard let left = tree(start, width / 2) else { return nil }
            guard let right = tree(start + width / 2, width / 2) else { return left }
            return left + right
        }
        var width = 1
        while width < max(1, leaves.count) { width *= 2 }
        return tree(0, width) ?? 0
    }

    func part(
        _ elements: [Double], _ range: Range<Int>, leafWidth: Int, random: inout SeededGenerator
    ) throws -> TreePartial<TestSum> {
        let context = unsafe _CallContext(range: range, sourceEnd: elements.count, host: FakeHost())
        var folding = TreeFolding(TestSum(), leafWidth: leafWidth, context)
        var position = range.lowerBound
        while position < range.upperBound {
            let leafRest = leafWidth - position % leafWidth
            let end = min(position + 1 + random.below(leafRest), range.upperBound)
            for element in elements[position..<end] {
                if folding.isFolding {
                    folding.accumulator += element
                } else {
                    folding.raws.append(element)
                }
            }
            try folding.strideEnded(at: end)
            position = end
        }
        let tree = try folding.finish()
        return try TreePartial(encodedBytes: tree.encodedBytes)
    }

    @Test func `any split and any order of merging gives the bits of the serial tree`() throws {
        for seed in 0..<2_000 {
            var random = SeededGenerator(seed: seed)
            let leafWidth = 1 + random.below(16)
            let elements = (0..<random.below(400)).map { _ in
                Double.random(in: -1e6...1e6, using: &random) * (random.below(2) == 0 ? 1 : 1e-9)
            }
            var parts = try random.cuts(of: elements.count, at: 12).map {
                try part(elements, $0, leafWidth: leafWidth, random: &random)
            }
            parts.shuffle(using: &random)
            while parts.count > 1 {
                let other = parts.remove(at: random.below(parts.count))
                let index = random.below(parts.count)
                try parts[index].merge(other, by: TestSum())
            }
            let sum = try (parts.first ?? TreePartial(leafWidth: leafWidth)).finish(by: TestSum())
            let expected = serial(elements, leafWidth: leafWidth)
            #expect(sum.bitPattern == expected.bitPattern, "seed \(seed)")
        }
    }

    @Test func `missing and doubled parts are errors`() throws {
        var random = SeededGenerator(seed: 1)
        let elements = (0..<40).map(Double.init)
        var first = try part(elements, 0..<13, leafWidth: 4, random: &random)
        let last = try part(elements, 20..<40, leafWidth: 4, random: &random)
        #expect(throws: ReductionError.overlap) { try first.merge(first, by: TestSum()) }
        first = try part(elements, 0..<13, leafWidth: 4, random: &random)
        try first.merge(last, by: TestSum())
        #expect(throws: ReductionError.gap) { try first.finish(by: TestSum()) }
    }

    @Test func `damaged trees never trap`() throws {
        var random = SeededGenerator(seed: 2)
        let elements = (0..<100).map(Double.init)
        let left = try part(elements, 0..<43, leafWidth: 8, random: &random)
        let right = try part(elements, 43..<100, leafWidth: 8, random: &random)
        for seed in 0..<5_000 {
            var random = SeededGenerator(seed: seed)
            let bytes = random.damaged(right.encodedBytes)
            guard let other = try? TreePartial<TestSum>(encodedBytes: bytes) else { continue }
            var sum = left
            try? sum.merge(other, by: TestSum())
            _ = try? sum.finish(by: TestSum())
        }
    }
}
