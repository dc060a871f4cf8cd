// Many handles at once: all values, each as it ends, the first, waits that are cancelled.

import Swoop

/// So many bytes that say which they are.
@Remote func marked(_ number: Int, _ count: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(number & 255), count: count)
}

@Remote func refuseOdd(_ i: Int) throws -> Int {
    guard i % 2 == 0 else { throw Refused(number: i) }
    return i
}

func tellGatherings() async throws {
    var escaped: [Proxy<Int>] = []
    try await withTestCluster { cluster in
        try await tellAllValues(cluster)
        try await tellFinished(cluster)
        try await tellFirst(cluster)
        try await tellLeaving(cluster)
        escaped = try await cluster.remotely { remote in (0..<3).map { remote.call(one, $0) } }
    }
    await tell("after the scope") { [escaped] in try await escaped.values }
    await tell("finished after the scope") { [escaped] in
        for try await (index, _) in escaped.finished { return "\(index)" }
        return "nothing"
    }
}

private func tellAllValues(_ cluster: Cluster) async throws {
    await tell("many values") {
        let results = try await cluster.remotely { remote in
            (0..<20_000).map { remote.call(one, $0) }
        }
        let values = try await results.values
        return "\(values == Array(1...20_000)) \(results.allSatisfy(\.isReady))"
    }
    await tell("values of a slice, backwards, twice") {
        let results = try await cluster.remotely { remote in
            (0..<10).map { remote.call(one, $0) }
        }
        return try await (results[3..<6].reversed() + results[4...5]).values
    }
    await tell("large values") {
        let results = try await cluster.remotely { remote in
            (0..<40).map { remote.call(marked, $0, 100_000 + $0) }
        }
        let values = try await results.values
        let areRight = values.enumerated().allSatisfy { place, bytes in
            bytes.count == 100_000 + place && bytes.allSatisfy { $0 == UInt8(place) }
        }
        // They are not kept, and come again when they are asked for.
        let isReady = results[0].isReady
        return "\(areRight) \(isReady) \(try await results[0].value.count)"
    }
    await tell("values of arithmetic") {
        let (sums, plain) = try await cluster.remotely { remote in
            let a = remote.call(one, 1)
            let b = remote.call(one, 10)
            return ([a + b, a * a, b], remote.value(5))
        }
        return try await (sums + [plain, plain + 1]).values
    }
    await tell("no values") { try await [Proxy<Int>]().values }
    await tell("optional values") {
        try await cluster.remotely { remote in
            [remote.value(Int?.none), remote.value(Int?.some(3))]
        }.values
    }
    await tell("a value that fails") {
        let results = try await cluster.remotely { remote in
            [remote.call(spin, 60_000)] + (1...3).map { remote.call(refuseOdd, $0 * 2 + 1) }
        }
        defer { results.cancel() }
        return try await results.values
    }
    await tell("values that were never run") {
        let box = Holder<[Proxy<Int>]>()
        let plan = cluster.plan { remote in
            let proxies = [remote.call(one, 1), remote.call(one, 2)]
            box.value = proxies
            return proxies
        }
        defer { withExtendedLifetime(plan) {} }
        return try await (box.value ?? []).values
    }
    await tell("waiting for all") {
        let results = try await cluster.remotely { remote in
            (0..<3).map { remote.call(marked, $0, 100_000) }
        }
        try await results.wait()
        return "\(results.map(\.isReady)) \(results[1].description)"
    }
}

private func tellFinished(_ cluster: Cluster) async throws {
    await tell("in the order of the ends") {
        let results = try await cluster.remotely { remote in
            let first = remote.call(one, 1)
            let second = one(first)
            return [one(second), second, first]
        }
        var order: [Int] = []
        for try await (index, value) in results.finished { order += [index, value] }
        return order
    }
    await tell("each once") {
        let results = try await cluster.remotely { remote in
            (0..<5_000).map { remote.call(one, $0) }
        }
        var seen = [Int](repeating: 0, count: 5_000)
        var areRight = true
        for try await (index, value) in results.finished {
            seen[index] += 1
            areRight = areRight && value == index + 1
        }
        return "\(areRight) \(seen.allSatisfy { $0 == 1 })"
    }
    await tell("failures end the loop") {
        let results = try await cluster.remotely { remote in
            (0..<2).map { remote.call(refuseOdd, $0) }
        }
        var values: [Int] = []
        do {
            for try await (_, value) in results.finished { values.append(value) }
            return "no error"
        } catch let error as SwoopError {
            return "\(error.code) \(values.count <= 1)"
        }
    }
    await tell("outcomes go on") {
        let results = try await cluster.remotely { remote in
            (0..<6).map { remote.call(refuseOdd, $0) }
        }
        var outcomes = [String](repeating: "", count: 6)
        for try await (index, outcome) in results.outcomes {
            switch outcome {
            case .success(let value): outcomes[index] = "\(value)"
            case .failure(let error): outcomes[index] = "\(error.code)"
            }
        }
        return outcomes.joined(separator: " ")
    }
}

private func tellFirst(_ cluster: Cluster) async throws {
    await tell("the first") {
        let results = try await cluster.remotely { remote in
            [remote.call(spinLong, 60_000), remote.call(refuseOdd, 1), remote.call(one, 6)]
        }
        let first = try await results.firstFinished()
        results.cancel()
        let others = try await waitForUsage(cluster) { $0.busyCores == 0 }
        return "\(first) \(others >= 0)"
    }
    await tell("the first of failures") {
        try await cluster.remotely { remote in
            [remote.call(refuseOdd, 1), remote.call(refuseOdd, 3)]
        }.firstFinished()
    }
    await tell("the first of none") { try await [Proxy<Int>]().firstFinished() }
}

/// Cancels whoever waits, and says how long the wait went on.
private func cancelled(
    _ wait: @escaping @Sendable () async throws -> Int
) async -> String {
    let waiting = Task { try await wait() }
    // The wait has begun, or begins cancelled: both must end.
    for _ in 0..<100 { await Task.yield() }
    let began = millisecondsNow()
    waiting.cancel()
    do {
        return "\(try await waiting.value)"
    } catch {
        let time = millisecondsNow() - began
        return time < 200 ? "\(error)" : "\(error) after \(time) ms"
    }
}

private func tellLeaving(_ cluster: Cluster) async throws {
    let done = try await cluster.remotely { $0.call(one, 1) }
    try await done.wait()
    let slow = try await cluster.remotely { remote in
        (0..<50).map { _ in remote.call(spin, 60_000) }
    }
    let results = slow + [done]
    tell("values cancelled", await cancelled { try await results.values.count })
    tell(
        "loop cancelled",
        await cancelled {
            var count = 0
            for try await _ in results.finished { count += 1 }
            return count
        })
    tell(
        "wait cancelled",
        await cancelled {
            try await results.wait()
            return 0
        })
    var taken: [Int] = []
    for try await (index, _) in results.finished {
        taken.append(index)
        break
    }
    tell("loop left", taken)
    results.cancel()
    let after = try await cluster.remotely { $0.call(one, 1) }.value
    tell("after leaving", after)
}
