// What the fuzzers try, tried a little without them: what they begin with, changed by a seeded
// hand. What they find becomes a test in the room of its decoder.

import Fuzzing
import Testing

/// Numbers that follow from a seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

@Suite struct FuzzTests {
    @Test func `every decoder has something to begin with, and takes it in`() {
        #expect(FuzzGroup.all.map(\.name) == ["messages", "memory", "values", "files"])
        for group in FuzzGroup.all {
            for entry in group.entries {
                let seeds = entry.seeds()
                #expect(!seeds.isEmpty, "\(entry.name)")
                for seed in seeds { entry.attempt(seed) }
            }
            #expect(group.entries.count < 256)
            for seed in group.seeds { group.attempt(seed) }
        }
    }

    @Test(arguments: FuzzGroup.all.indices)
    func `bytes that are changed a little trap no decoder`(place: Int) {
        var random = SplitMix(state: UInt64(place))
        for entry in FuzzGroup.all[place].entries {
            for seed in entry.seeds() {
                for _ in 0..<200 {
                    var bytes = seed
                    for _ in 0...Int.random(in: 0..<4, using: &random) where !bytes.isEmpty {
                        let at = Int.random(in: bytes.indices, using: &random)
                        switch random.next() % 4 {
                        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                        case 1: bytes[at] ^= 1 << UInt8(random.next() % 8)
                        case 2: bytes.removeSubrange(at...)
                        default: bytes.insert(contentsOf: bytes[at...].prefix(8), at: at)
                        }
                    }
                    entry.attempt(bytes)
                }
            }
        }
    }
}
