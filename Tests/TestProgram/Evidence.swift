// How well plans are known that ran once, whatever they read.

import Swoop

@Remote func doubledOnce(_ i: Int) -> Int { i &* 2 }
@Remote func tripledOnce(_ i: Int) -> Int { i &* 3 }
@Remote func isThird(_ i: Int) -> Bool { i % 3 == 0 }
@Remote func firstOfTwo(_ pair: Pair<Int, Int>) -> Int { pair.first }
@Remote func windowLength(_ window: [Int]) -> Int { window.count }

/// Runs a plan once, and tells what an estimate of the same plan rests on then, and whether its low
/// end is a number that one could mean.
private func tellSecond<Result: Sendable>(
    _ name: String, on cluster: Cluster, _ make: (RemoteScope) throws -> Result,
    wait: (Result) async throws -> Void
) async {
    await tell(name) {
        try await wait(try await cluster.remotely(make))
        let estimate = try await cluster.plan(make).estimate()
        guard let seconds = estimate.coreSeconds else { return "unknown" }
        return "\(estimate.evidence) \(seconds.low > seconds.median / 10)"
    }
}

func tellEvidence(of file: String) async throws {
    try await withTestCluster { cluster in
        let numbers = Array(0..<100_000)
        let stored = try await cluster.remotely { $0.range(0..<90_001).map(doubledOnce).stored() }
        try await stored.wait()
        await tellSecond("range", on: cluster, { $0.range(0..<100_000).map(doubledOnce).sum }) {
            _ = try await $0.value
        }
        await tellSecond("array", on: cluster, { $0.array(numbers).map(doubledOnce).sum }) {
            _ = try await $0.value
        }
        await tellSecond("three", on: cluster, { $0.array([3, 1, 2]).map(tripledOnce).sum }) {
            _ = try await $0.value
        }
        await tellSecond("stored", on: cluster, { _ in stored.map(doubledOnce).max }) {
            _ = try await $0.value
        }
        await tellSecond(
            "stored in it", on: cluster,
            { $0.range(0..<80_000).filter(isThird).stored().map(tripledOnce).min }
        ) { _ = try await $0.value }
        await tellSecond("text", on: cluster, { $0.lines(file).count }) {
            _ = try await $0.value
        }
        try await tellShuffledEvidence(cluster, numbers, stored)
    }
}

private func tellShuffledEvidence(
    _ cluster: Cluster, _ numbers: [Int], _ stored: ProxyArray<Int>
) async throws {
    await tellSecond(
        "grouped", on: cluster, { $0.array(numbers).chain.grouped(by: halved, .counting()) }
    ) { try await $0.wait() }
    await tellSecond("sorted", on: cluster, { $0.array(numbers).chain.sorted().stored() }) {
        try await $0.wait()
    }
    await tellSecond("sorted, stored", on: cluster, { _ in stored.chain.sorted().stored() }) {
        try await $0.wait()
    }
    await tellSecond("prefix sums", on: cluster, { _ in stored.prefixSums }) {
        try await $0.wait()
    }
    await tellSecond(
        "zip", on: cluster, { _ in stored.zip(stored).map(firstOfTwo).sum }
    ) { _ = try await $0.value }
    await tellSecond(
        "windows", on: cluster, { _ in stored.windows(of: 3).map(windowLength).sum }
    ) { _ = try await $0.value }
    await tellSecond("calls", on: cluster, { remote in one(remote.call(one, 7)) }) {
        _ = try await $0.value
    }
}
