// W3: a tree of additions, to its root at the client. chain: tasks of which each needs the one
// before. Both tell what dependencies cost.

import Swoop

/// Adds two numbers.
@Remote func add(_ a: Int, _ b: Int) -> Int { a + b }

/// The next number.
@Remote func successor(_ a: Int) -> Int { a + 1 }

enum Graphs {
    /// Additions of neighbours until one number is left: 2¹⁴ and 2¹⁷ leaves.
    static func tree() async throws {
        try await withCluster(.local) { cluster in
            _ = try await sum(of: 1 << 6, on: cluster)
            for leaves in [1 << 14, 1 << 17] {
                _ = try await sum(of: leaves, on: cluster)
                var all: [Double] = []
                for _ in 0..<repetitions {
                    all.append(
                        try await timed {
                            let sum = try await sum(of: leaves, on: cluster)
                            guard sum == leaves / 2 * (leaves - 1) else { throw WrongAnswer() }
                        })
                }
                emit("W3", "swoop", n: leaves - 1, seconds: all)
            }
        }
    }

    private static func sum(of leaves: Int, on cluster: Cluster) async throws -> Int {
        let root = try await cluster.remotely { remote in
            var level: [Proxy<Int>] = []
            for pair in 0..<leaves / 2 { level.append(remote.call(add, 2 * pair, 2 * pair + 1)) }
            while level.count > 1 {
                var next: [Proxy<Int>] = []
                for pair in 0..<level.count / 2 {
                    next.append(add(level[2 * pair], level[2 * pair + 1]))
                }
                level = next
            }
            return level[0]
        }
        return try await root.value
    }

    /// 2,000 and 50,000 tasks one after the other.
    static func chain() async throws {
        try await withCluster(.local) { cluster in
            _ = try await last(of: 100, on: cluster)
            for length in [2_000, 50_000] {
                _ = try await last(of: length, on: cluster)
                var all: [Double] = []
                for _ in 0..<repetitions {
                    all.append(
                        try await timed {
                            guard try await last(of: length, on: cluster) == length else {
                                throw WrongAnswer()
                            }
                        })
                }
                let median = all.sorted()[all.count / 2]
                emit(
                    "chain", "swoop", n: length, seconds: all,
                    extra: [("us_per_task", median / Double(length) * 1e6)])
            }
        }
    }

    private static func last(of length: Int, on cluster: Cluster) async throws -> Int {
        let end = try await cluster.remotely { remote in
            var value = remote.call(successor, 0)
            for _ in 1..<length { value = successor(value) }
            return value
        }
        return try await end.value
    }
}
