// Shuffles that are larger than a node's memory come to an end, whatever the sizes and whatever
// comes first: many small worlds by chance.

import SwoopModel
import Testing

@Suite struct BusyNodeTests {
    /// Loads by chance, in which each page by itself has room.
    static func load(_ seed: UInt64) -> BusyLoad {
        func number(_ place: UInt64, _ range: ClosedRange<Int>) -> Int {
            let task = TaskID(high: seed, low: place).derived(site: 1, ordinal: place)
            return range.lowerBound + Int(task.low % UInt64(range.count))
        }
        var load = BusyLoad()
        load.budget = Int64([4, 6, 8, 12, 16, 32, 64][number(1, 0...6)]) << 20
        load.slots = number(2, 1...4)
        load.rounds = number(3, 1...3)
        load.ownMaps = number(4, 1...12)
        load.otherMaps = number(5, 0...12)
        load.merges = number(6, 1...12)
        load.pageBytes = load.budget / Int64(number(7, 1...16))
        load.ahead = number(8, 0...8)
        load.cores = UInt32(number(9, 0...3) == 0 ? min(load.slots, 2) : 1)
        load.questionsOneOf = number(10, 0...2) == 0 ? 2 : 16
        return load
    }

    @Test(arguments: 0..<8)
    func `every run of a shuffle beyond memory ends well`(_ group: Int) {
        for seed in 0..<3 {
            let seed = UInt64(group * 1_000 + seed)
            let load = Self.load(seed)
            var node = BusyNode(load, seed: seed)
            node.run()
            #expect(node.faults.isEmpty, "seed \(seed), \(load)")
        }
    }
}
