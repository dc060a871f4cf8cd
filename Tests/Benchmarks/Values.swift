// values: the values of many tasks that are finished, asked for one by one and all at once, and
// what a task takes in the memory of this process, client and coordinator together.

import Glibc
import Swoop

enum Values {
    static func run() async throws {
        let count = variable("SWOOP_BENCH_TASKS").flatMap(Int.init) ?? 1_000_000
        try await withCluster(.local) { cluster in
            _ = try await Throughput.batch(20_000, on: cluster)
            let before = MemoryWatch.bytes(of: getpid())
            var results: [Proxy<Int>] = []
            let whole = try await timed {
                results = try await cluster.remotely { remote in
                    (0..<count).map { remote.call(noop, $0) }
                }
                try await results.wait()
            }
            let during = MemoryWatch.bytes(of: getpid())
            emit(
                "values", "swoop:tasks", n: count, seconds: [whole],
                extra: [("bytes_per_task", Double(during - before) / Double(count))])
            var all: [Double] = []
            for _ in 0..<repetitions {
                all.append(
                    try await timed {
                        let sum = try await results.values.reduce(0, +)
                        guard sum == count * (count - 1) / 2 else { throw WrongAnswer() }
                    })
            }
            emit("values", "swoop:all at once", n: count, seconds: all)
            let single = try await timed {
                var sum = 0
                for result in results { sum += try await result.value }
                guard sum == count * (count - 1) / 2 else { throw WrongAnswer() }
            }
            emit("values", "swoop:one by one", n: count, seconds: [single])
            results = []
            // What handles gave back is freed within two seconds.
            try await Task.sleep(for: .seconds(2))
            let after = MemoryWatch.bytes(of: getpid())
            let sizes = [before, during, after].map { "\($0 >> 20)" }.joined(separator: ", ")
            say("MiB before, with handles, and two seconds after them: \(sizes)")
        }
    }
}
