// estimate: plans that ran three times, estimated, then run: the core-seconds that it took against
// the estimate's median and range.

import Glibc
import Swoop

/// Keeps a core busy for so many milliseconds of its own time; answers with the turns that it made.
@Remote func keepBusy(_ milliseconds: Double) -> Int {
    var turns = 0
    let began = cpuSeconds()
    while cpuSeconds() - began < milliseconds / 1e3 { turns += 1 }
    return turns
}

private func cpuSeconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

enum Estimates {
    static func run() async throws {
        try await withCluster(.local) { cluster in try await heavyTail(on: cluster) }
        try ranking()
    }

    /// The example that `make run` runs, as a user runs it: three times with a memory of its own,
    /// then once more.
    private static func ranking() throws {
        let folder = executable().split(separator: "/").dropLast().joined(separator: "/")
        let memory = "/tmp/swoop-bench-\(getpid())"
        defer { _ = try? output(of: "rm -rf \(memory)") }
        let command = "XDG_STATE_HOME=\(memory) '/\(folder)/DebianRank' --json"
        for _ in 0..<3 { _ = try output(of: command) }
        let report = try output(of: command)
        guard let actual = number("coreSeconds", in: report),
            let range = report.components(after: "\"estimatedCoreSeconds\": "),
            let median = number("median", in: range), let low = number("low", in: range),
            let high = number("high", in: range), let wall = number("wallSeconds", in: report)
        else { throw WrongAnswer() }
        emit(
            "estimate", "swoop:DebianRank", n: 1, seconds: [wall],
            extra: [
                ("estimated_core_s", median), ("actual_core_s", actual), ("low", low),
                ("high", high),
            ])
    }

    /// The number behind a key of a JSON object.
    private static func number(_ key: String, in text: String) -> Double? {
        text.components(after: "\"\(key)\": ").flatMap { rest in
            Double(rest.prefix { $0.isNumber || "+-.e".contains($0) })
        }
    }

    /// 500 tasks whose argument tells their length: lognormal, the longest some hundred times the
    /// median.
    private static func heavyTail(on cluster: Cluster) async throws {
        let lengths = heavyTailed(500)
        for _ in 0..<3 {
            let runs = try await cluster.remotely { remote in
                lengths.map { remote.call(keepBusy, $0) }
            }
            for run in runs { _ = try await run.value }
        }
        let plan = cluster.plan { remote in lengths.map { remote.call(keepBusy, $0) } }
        let estimate = try await plan.estimate()
        let before = try await cpu(of: cluster)
        let wall = try await timed {
            for run in try await plan.run() { _ = try await run.value }
        }
        let actual = try await cpu(of: cluster) - before
        guard let range = estimate.coreSeconds else { throw WrongAnswer() }
        let wallRange = estimate.wall[cluster.cores]
        emit(
            "estimate", "swoop:heavy tail", n: lengths.count, seconds: [wall],
            extra: [
                ("estimated_core_s", range.median), ("actual_core_s", actual),
                ("low", range.low), ("high", range.high),
                ("estimated_wall_s", wallRange?.median ?? .nan),
            ])
    }

    /// CPU seconds of the cluster's workers, from a snapshot taken after this call.
    private static func cpu(of cluster: Cluster) async throws -> Double {
        var seen = 0
        for try await usage in cluster.usage {
            seen += 1
            // The first snapshot may be of before; samples are a tenth of a second apart.
            if seen > 2 { return Double(usage.nodes.reduce(0) { $0 + $1.cpuNanoseconds }) / 1e9 }
        }
        return .nan
    }

    /// Seeded, so that every run has the same: exp of a sum of twelve uniforms (Irwin and Hall),
    /// times 2 ms.
    private static func heavyTailed(_ count: Int) -> [Double] {
        var state: UInt64 = 42
        func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
        return (0..<count).map { _ in
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + uniform() }
            return 2 * exp(1.3 * normal)
        }
    }
}

extension String {
    /// What stands behind the first place of a text; nil if it is nowhere.
    fileprivate func components(after text: String) -> String? {
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(text) { return String(rest.dropFirst(text.count)) }
            rest = rest.dropFirst()
        }
        return nil
    }
}
