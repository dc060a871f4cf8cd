// W1: tasks that do nothing, one by one through the public call, to the last result at the client.
// W2: one such task at a time, submitted and waited for.

import Swoop

/// Does nothing.
@Remote func noop(_ i: Int) -> Int { i }

enum Throughput {
    static let count = variable("SWOOP_BENCH_TASKS").flatMap(Int.init) ?? 20_000

    static func run() async throws {
        try await withCluster(.local) { cluster in
            _ = try await batch(200, on: cluster)
            _ = try await batch(count, on: cluster)
            var all: [Double] = []
            for _ in 0..<repetitions {
                all.append(
                    try await timed {
                        let sum = try await batch(count, on: cluster)
                        guard sum == count * (count - 1) / 2 else { throw WrongAnswer() }
                    })
            }
            emit("W1", "swoop", n: count, seconds: all)
        }
    }

    static func batch(_ count: Int, on cluster: Cluster) async throws -> Int {
        let results = try await cluster.remotely { remote in
            (0..<count).map { remote.call(noop, $0) }
        }
        return try await results.values.reduce(0, +)
    }
}

/// A result that is not what it must be.
struct WrongAnswer: Error {}

enum RoundTrip {
    static let count = 1_000

    static func run() async throws {
        try await withCluster(.local) { cluster in
            for i in 0..<20 { try await one(i, on: cluster) }
            var totals: [Double] = []
            var medians: [Double] = []
            var tails: [Double] = []
            for _ in 0..<repetitions {
                var each: [Double] = []
                totals.append(
                    try await timed {
                        for i in 0..<count {
                            each.append(try await timed { try await one(i, on: cluster) })
                        }
                    })
                each.sort()
                medians.append(each[count / 2] * 1e6)
                tails.append(each[count * 99 / 100] * 1e6)
            }
            emit(
                "W2", "swoop", n: count, seconds: totals,
                extra: [
                    ("median_us", medians.sorted()[repetitions / 2]),
                    ("p99_us", tails.sorted()[repetitions / 2]),
                ])
        }
    }

    private static func one(_ i: Int, on cluster: Cluster) async throws {
        let result = try await cluster.remotely { remote in remote.call(noop, i) }.value
        guard result == i else { throw WrongAnswer() }
    }
}
