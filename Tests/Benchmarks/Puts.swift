// W10: a GiB of the client's memory brought into the cluster's pages, and a task for each page that
// sums it where it lies. The first put fills fresh memory, the others what it left.

import Glibc
import Swoop

enum Puts {
    private static let count = 1 << 27
    private static let byteCount = count * MemoryLayout<Int>.size

    static func run() async throws {
        var options = LocalOptions()
        options.pageBudget = 2 << 30
        let numbers = (0..<count).map { $0 & 0xffff }
        let expected = numbers.reduce(0, &+)
        var puts: [Double] = []
        var sums: [Double] = []
        try await withCluster(.local(options)) { cluster in
            for _ in 0...repetitions {
                let (put, sum) = try await round(numbers, expected, on: cluster)
                puts.append(put)
                sums.append(sum)
            }
        }
        let first = puts.removeFirst()
        sums.removeFirst()
        emit(
            "W10", "swoop:put", n: byteCount, seconds: puts,
            extra: [("first", first), ("first_rate", Double(byteCount) / first)])
        emit("W10", "swoop:sum", n: byteCount, seconds: sums)
        let local = try await memorySpeed(numbers, expected)
        emit("W10", "swift:one thread", n: byteCount, seconds: local)
    }

    /// Seconds to bring the array, and to sum it there.
    private static func round(
        _ numbers: [Int], _ expected: Int, on cluster: Cluster
    ) async throws -> (Double, Double) {
        let began = seconds()
        let array = try await cluster.remotely { $0.array(numbers) }
        try await array.wait()
        let put = seconds() - began
        let sum = try await timed {
            let value = try await cluster.remotely { _ in array.chain.sum }.value
            guard value == expected else { throw WrongAnswer() }
        }
        return (put, sum)
    }

    /// What one thread of this process takes to read as much.
    private static func memorySpeed(_ numbers: [Int], _ expected: Int) async throws -> [Double] {
        var all: [Double] = []
        for _ in 0..<repetitions {
            all.append(
                try await timed {
                    guard numbers.reduce(0, &+) == expected else { throw WrongAnswer() }
                })
        }
        return all
    }
}
