// Entries in the order of their numbers, whether these are spread evenly, as hashes are, or not.

import SwoopElements
import SwoopSimulation
import Testing

@Suite struct SortEntriesTests {
    /// Numbers of some kind, with equal ones among them.
    private func numbers(_ kind: Int, count: Int, _ random: inout SeededGenerator) -> [UInt64] {
        let few = (0..<3).map { _ in random.next() }
        return (0..<count).map { index in
            switch kind {
            case 0: random.next()
            case 1: random.next() >> 40 | 0xabcd << 48
            case 2: few[random.below(few.count)]
            case 3: index % 7 == 0 ? random.next() : UInt64(index / 3)
            case 4: UInt64.max - UInt64(random.below(5))
            default: 42
            }
        }
    }

    @Test(arguments: 0...5)
    func `entries come in the order of their numbers, equal ones as they were`(kind: Int) {
        var random = SeededGenerator(seed: UInt64(kind))
        for count in [0, 1, 2, 64, 65, 66, 500, 5_000] {
            let numbers = numbers(kind, count: count, &random)
            var entries = numbers.enumerated().map { _SortEntry(number: $1, row: $0) }
            _sortByHash(&entries)
            let expected = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
            #expect(entries.map(\.row) == expected, "\(count) of kind \(kind)")
            #expect(entries.map(\.number) == expected.map { numbers[$0] })
        }
    }
}
