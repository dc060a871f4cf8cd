// Work of every kind that a program asks of its cluster, again and again, for tests that kill, stop
// and starve what runs it.

import Glibc
import Swoop

@Remote func crawled(_ i: Int, _ milliseconds: Int) -> Int {
    _ = spin(milliseconds)
    return i
}
@Remote func sumOfTwo(_ left: Int, _ right: Int) -> Int { left + right }
@Remote func stepped(_ part: Int, _ state: [Int]) -> [Int] {
    _ = spin(5)
    return state.map { ($0 &* 31 &+ part) % 1_000_003 }
}
@Remote func mingled(_ parts: [[Int]]) -> [Int] {
    guard let first = parts.first else { return [] }
    return first.indices.map { i in parts.reduce(0) { ($0 + $1[i]) % 1_000_003 } }
}
@Remote func largeValue(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 7, count: count)
    bytes[count / 2] = 9
    return bytes
}

/// One kind of work and what must come of it.
private struct ChaosWork: Sendable {
    var name: String
    /// Runs it; whether the answer was right.
    var isRight: @Sendable (Cluster, Int) async throws -> Bool
}

private let everyKind: [ChaosWork] = [
    ChaosWork(name: "tree") { cluster, size in
        // Tasks that depend on one another, as a tree, beside a sort.
        let sorted = try await cluster.remotely { remote in
            remote.range(0..<20_000 * size).map(scrambled).sorted().stored()
        }
        let count = 64 * size
        let sum = try await cluster.remotely { remote in
            var level = (0..<count).map { remote.call(crawled, $0, 1) }
            while level.count > 1 {
                level = stride(from: 0, to: level.count, by: 2).map { i in
                    i + 1 < level.count ? sumOfTwo(level[i], level[i + 1]) : level[i]
                }
            }
            return level[0]
        }
        let isSumRight = try await sum.value == count * (count - 1) / 2
        let expected = (0..<20_000 * size).map { scrambled($0) }.sorted()
        return try await sorted.collect() == expected && isSumRight
    },
    ChaosWork(name: "loop") { cluster, size in
        let rounds = 4 * size
        let state = try await cluster.remotely { remote -> Proxy<[Int]> in
            remote.iterate(from: [1, 2, 3], count: rounds) { old in
                mingled((0..<4).map { stepped($0, old) })
            }
        }
        var expected = [1, 2, 3]
        for _ in 0..<rounds {
            let old = expected
            expected = old.indices.map { i in
                (0..<4).reduce(0) { ($0 + (old[i] &* 31 &+ $1) % 1_000_003) % 1_000_003 }
            }
        }
        return try await state.value == expected
    },
    ChaosWork(name: "children") { cluster, size in
        let depth = size > 1 ? 16 : 12
        var numbers = [0, 1]
        while numbers.count <= depth { numbers.append(numbers.suffix(2).reduce(0, +)) }
        let proxies = try await cluster.remotely { remote in
            (0..<4).map { remote.call(fib, depth - $0) }
        }
        for (i, proxy) in proxies.enumerated() {
            guard try await proxy.value == numbers[depth - i] else { return false }
        }
        return true
    },
    ChaosWork(name: "pages") { cluster, size in
        let pages = try await cluster.remotely { remote in
            remote.range(0..<200_000 * size).map(scrambled).stored()
        }
        let odd = try await cluster.remotely { _ in pages.chain.filter(isOdd).count }
        let expected = (0..<200_000 * size).count { isOdd(scrambled($0)) }
        return try await odd.value == expected
    },
    ChaosWork(name: "bulk") { cluster, size in
        let count = (24 << 20) * size
        let value = try await cluster.remotely { $0.call(largeValue, count) }
        let bytes = try await value.value
        return bytes.count == count && bytes[count / 2] == 9 && bytes[count - 1] == 7
    },
]

/// Runs every kind of work in turn until a file is there, or so many rounds are over: `chaos
/// CLUSTER SIZE ROUNDS [STOP-FILE]`; `local` is this machine, `environment` what SWOOP_CONNECT or
/// SWOOP_HOSTS names. It tells when each round ends, what was wrong, and how many were right.
func tellChaos(_ arguments: [String]) async throws {
    guard arguments.count >= 3, let size = Int(arguments[1]), let rounds = Int(arguments[2])
    else { return tell("usage", "chaos CLUSTER SIZE ROUNDS [STOP-FILE]") }
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.pageBudget = 1 << 30
    let local = ClusterSpec.local(options)
    let spec = arguments[0] == "environment" ? ClusterSpec.ofTest ?? local : local
    let stopFile = arguments.count > 3 ? arguments[3] : nil
    try await withCluster(spec) { cluster in
        tell("began", getpid())
        var right = 0
        var round = 0
        while round < rounds {
            if let stopFile, unsafe access(stopFile, F_OK) == 0 { break }
            let work = everyKind[round % everyKind.count]
            if try await work.isRight(cluster, size) {
                right += 1
            } else {
                tell("wrong", "\(work.name) in round \(round)")
            }
            tell("round", round)
            round += 1
        }
        tell("rounds", round)
        tell("right", right)
    }
    tell("ended", 1)
}
