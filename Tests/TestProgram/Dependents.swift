// A local sort and many tasks that depend on one another, for tests that stop the program or kill
// its agent in the midst of them.

import Glibc
import Swoop

@Remote func advanced(_ value: Int, _ i: Int, _ milliseconds: Int) -> Int {
    _ = spin(milliseconds)
    return (value &* 31 &+ i) % 1_000_003
}

/// Sorts, and makes 100 chains of 15 tasks each beside it, and what needs all of them. Tells how
/// many answers are right: `dependents CORES MILLISECONDS`.
func tellDependents(_ arguments: [String]) async throws {
    var options = LocalOptions()
    options.cores = arguments.first.flatMap { Int($0) } ?? 2
    options.learns = false
    let milliseconds = arguments.count > 1 ? Int(arguments[1]) ?? 1 : 1
    try await withCluster(.local(options)) { cluster in
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<200_000).map(scrambled).sorted().stored()
        }
        var ends: [Proxy<Int>] = []
        var sums: [Proxy<Int>] = []
        try await cluster.remotely { remote in
            for chain in 0..<100 {
                var value = remote.call(advanced, chain, 0, milliseconds)
                for step in 1..<15 { value = advanced(value, step, milliseconds) }
                ends.append(value)
            }
            for chain in 0..<99 { sums.append(ends[chain] + ends[chain + 1]) }
        }
        var expected = (0..<100).map { $0 }
        for chain in expected.indices {
            for step in 0..<15 {
                expected[chain] = (expected[chain] &* 31 &+ step) % 1_000_003
            }
        }
        var right = 0
        for (chain, end) in ends.enumerated() {
            if try await end.value == expected[chain] { right += 1 }
            if chain == 0 { tell("first", 1) }
        }
        for (chain, sum) in sums.enumerated()
        where try await sum.value == expected[chain] + expected[chain + 1] { right += 1 }
        tell("right", right)
        let numbers = (0..<200_000).map { scrambled($0) }
        tell("sorted", try await sorted.collect() == numbers.sorted())
    }
    tell("ended", 1)
}
