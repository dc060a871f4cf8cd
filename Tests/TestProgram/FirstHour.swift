// What a newcomer does in the first hour: waits for too long, cancels, computes in the block, looks
// at a plan, catches an error of one's own.

import Glibc
import Swoop

/// An error of the user's that travels.
struct LabError: Error, Codable, Equatable {
    var sample: Int
    var reason: String
}

@Remote func examineLate(_ sample: Int) throws -> Int {
    if sample == 77_777 { throw LabError(sample: sample, reason: "late") }
    return sample
}

/// Throws again what it caught.
@Remote func examineAgain(_ sample: Int) throws -> Int {
    do {
        return try examineLate(sample)
    } catch {
        throw error
    }
}

@Remote func examineLine(_ line: TextSlice) throws -> Int {
    if line.byteCount == 3 { throw LabError(sample: 3, reason: "short") }
    return line.byteCount
}

/// One with columns.
@Record struct LabFault: Error, Equatable {
    var sample: Int
}

@Remote func examine(_ sample: Int) throws -> Int {
    if sample > 2 { throw LabError(sample: sample, reason: "dirty") }
    return sample
}

@Remote func examineTyped(_ sample: Int) throws(LabError) -> Int {
    if sample > 2 {
        throw LabError(sample: sample, reason: "typed")
    }
    return sample
}

@Remote func examineRecord(_ sample: Int) throws -> Int { throw LabFault(sample: sample) }

/// Spins for a second on its first run in this folder, and not on its second.
@Remote(timeout: .milliseconds(300), retries: 1, backOff: .zero)
func hangOnce(_ path: String) -> Int {
    let before = fileSize(path)
    _ = leaveTrace(path, 0)
    return before > 0 ? before : spin(60_000)
}

@Remote(timeout: .milliseconds(200)) func hang(_ i: Int) -> Int { spin(60_000) }

@Remote(retries: 2, backOff: .milliseconds(1)) func failTwice(_ path: String) throws -> Int {
    let before = fileSize(path)
    _ = leaveTrace(path, 0)
    if before < 2 { throw LabError(sample: before, reason: "not yet") }
    return before
}

@Remote(retries: 2, backOff: .milliseconds(1))
func childFailsTwice(_ path: String) async throws -> Int { try failTwice(path) }

@Remote(timeout: .milliseconds(200)) func childWaits(_ i: Int) async throws -> Int {
    try await Task.sleep(for: .seconds(60))
    return i
}

@Remote(timeout: .milliseconds(200)) func childSpins(_ i: Int) async throws -> Int {
    spin(60_000 + i)
}

@Remote func callFailing(_ path: String) async throws -> Int { try await childFailsTwice(path) }
@Remote func callSpinning(_ i: Int) async throws -> Int { try await childSpins(i) }
@Remote func callWaiting(_ i: Int) async throws -> String {
    do { return "\(try await childWaits(i))" } catch { return "\(error)" }
}

@Remote func useTable(_ table: [Double], _ i: Int) -> Double { table[i] }
@Remote func useTableAt(_ i: Int, _ table: [Double]) -> Double { table[i] }
@Remote func countPoints(_ i: Int, _ points: [LabPoint]) -> Int { points.count + i }

/// A point that is merely Codable, and takes a debug build long to encode.
struct LabPoint: Codable, Sendable {
    var x: Double
    var y: Double
}
@Remote func drawn(_ seed: UInt64) -> UInt64 { seed &* 3 }

func tellFirstHour(in folder: String) async throws {
    try await withTestCluster { cluster in
        await tellTypedErrors(cluster)
        await tellWaits(cluster, in: folder)
        await tellLines(cluster, in: folder)
        await tellPlans(cluster)
    }
}

private func tellTypedErrors(_ cluster: Cluster) async {
    func tellUnderlying(_ name: String, _ make: @escaping () async throws -> Int) async {
        await tell(name) {
            do {
                return "\(try await make())"
            } catch let error as SwoopError {
                let cause = error.underlying(as: LabError.self)
                let fault = error.underlying(as: LabFault.self)
                return "\(error.code) \(cause.map { "\($0)" } ?? "-") "
                    + "\(fault.map { "\($0)" } ?? "-") \(error.file):\(error.line)"
            }
        }
    }
    await tellUnderlying("thrown") { try await cluster.remotely { $0.call(examine, 7) }.value }
    await tellUnderlying("typed") { try await cluster.remotely { $0.call(examineTyped, 7) }.value }
    await tellUnderlying("record") {
        try await cluster.remotely { $0.call(examineRecord, 7) }.value
    }
    await tellUnderlying("typed in a chain") {
        try await cluster.remotely { $0.range(0..<10).map(examineTyped).sum }.value
    }
    await tellUnderlying("chain") {
        try await cluster.remotely { $0.range(0..<10).map(examine).sum }.value
    }
    await tellError("place in a range") {
        try await cluster.remotely { $0.range(0..<100_000).map(examineLate).sum }.value
    }
    await tellError("place in an array") {
        try await cluster.remotely { remote in
            remote.array(Array(0..<100_000)).map(examineLate).filter(isOdd).stored()
        }.values
    }
    await tellError("place in a prefix") {
        try await cluster.remotely { $0.range(0..<100_000).map(examineLate).prefix(90_000) }.value
    }
    await tellError("place in a key") {
        try await cluster.remotely {
            $0.range(0..<100_000).grouped(by: examineLate, .counting()).count
        }.value
    }
    await tellError("place in an order") {
        try await cluster.remotely { remote in
            remote.array(Array(0..<100_000)).sorted(by: examineLate).stored()
        }.values
    }
    await tellError("place of an error thrown again") {
        try await cluster.remotely { $0.call(examineAgain, 77_777) }.value
    }
    await tellUnderlying("dependent") {
        try await cluster.remotely { examine($0.call(examine, 7)) }.value
    }
}

private func tellWaits(_ cluster: Cluster, in folder: String) async {
    await tellError("plan's time") {
        try await cluster.remotely(timeout: .seconds(1)) { $0.call(spinLong, 60_000) }.value
    }
    await tell("free after the plan's time") {
        try await waitForUsage(cluster) { $0.busyCores == 0 } >= 0 ? "free" : "busy"
    }
    await tellError("run's time") { try await cluster.remotely { $0.call(hang, 1) }.value }
    await tell("hung once") {
        "\(try await cluster.remotely { $0.call(hangOnce, folder + "/hang") }.value)"
    }
    await tell("failed twice") {
        "\(try await cluster.remotely { $0.call(failTwice, folder + "/fail") }.value)"
    }
    await tellLimitsInside(cluster, in: folder)
    await tell("plan cancelled") {
        let plan = cluster.plan { remote in remote.map([60_000, 60_000, 60_000], spinLong) }
        let runs = try await plan.run()
        plan.cancel()
        do {
            return "\(try await runs.values)"
        } catch let error as SwoopError {
            return "\(error.code)"
        }
    }
    await tell("counted") {
        for try await usage in cluster.usage {
            let count = usage.progress
            return "\(count.cancelled >= 3) \(count.failed)"
        }
        return "none"
    }
    await tell("cancelled task stops a download") {
        let task = Task {
            try await cluster.remotely(download: .everything) { $0.call(spinLong, 60_000) }.value
        }
        _ = try await waitForUsage(cluster) { $0.busyCores > 0 }
        task.cancel()
        let outcome = await task.result
        let freed = try await waitForUsage(cluster) { $0.busyCores == 0 }
        guard case .failure(let error) = outcome else { return "\(outcome)" }
        return "\(type(of: error)) \(freed >= 0)"
    }
}

/// Limits and retries of steps of chains, and of what a function calls.
private func tellLimitsInside(_ cluster: Cluster, in folder: String) async {
    await tell("a step failed twice") {
        let path = folder + "/step-fails"
        return "\(try await cluster.remotely { $0.array([path]).map(failTwice).sum }.value)"
    }
    await tell("a step hung once") {
        let path = folder + "/step-hangs"
        return "\(try await cluster.remotely { $0.array([path]).map(hangOnce).sum }.value)"
    }
    await tellError("a step hangs") {
        try await cluster.remotely { $0.range(0..<3).map(hang).sum }.value
    }
    await tell("a child failed twice") {
        let path = folder + "/child-fails"
        return "\(try await cluster.remotely { $0.call(callFailing, path) }.value)"
    }
    await tell("a child waits") {
        try await cluster.remotely { $0.call(callWaiting, 1) }.value
    }
    await tellError("a child spins") {
        try await cluster.remotely { $0.call(callSpinning, 1) }.value
    }
}

private func tellLines(_ cluster: Cluster, in folder: String) async {
    let path = folder + "/lines.txt"
    let text = (1...5_000).map { $0 == 4_321 ? "abc\n" : "line \($0)\n" }.joined()
    let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
    _ = unsafe write(file, text, text.utf8.count)
    _ = close(file)
    await tellError("place in a file") {
        try await cluster.remotely { $0.lines(path).map(examineLine).sum }.value
    }
}

private func tellPlans(_ cluster: Cluster) async {
    let constants = cluster.plan { _ in (0..<4).map { _ in spin(100) } }
    tell("constants in a block", constants.taskCount)
    await tell("integers beside literals") {
        let four = try await cluster.remotely { remote in
            let one = remote.value(9_007_199_254_740_993)
            return [one + 2, one - 2, one * 2, 2 * one, one / 2, 2 + one].map { $0 }
        }
        let values = try await four.values
        return "\(values)"
    }
    await tell("large constant") {
        let table = [Double](repeating: 1, count: 1 << 20)
        let sums = try await cluster.remotely { remote in
            remote.map((0..<8).map { ($0) }.map { _ in table }, useTable, 3)
        }
        return "\(try await sums.values.count)"
    }
    await tell("large constant beside what varies") {
        let (twelve, ten) = (
            [Double](repeating: 2, count: 3 << 19), [Double](repeating: 3, count: 5 << 18)
        )
        let mapped = try await cluster.remotely { $0.map(0..<8, useTableAt, twelve) }
        let called = try await cluster.remotely { remote in
            let one = remote.value(1)
            return (0..<8).map { _ in useTableAt(one, ten) }
        }
        let once = try await cluster.remotely { remote in
            remote.map(0..<8, useTableAt, remote.value(twelve + ten))
        }
        let all = try await (mapped.values, called.values, once.values)
        return "\(all.0.reduce(0, +)) \(all.1.reduce(0, +)) \(all.2.reduce(0, +))"
    }
    await tell("constants that take long to encode") {
        let points = (0..<100_000).map { LabPoint(x: Double($0), y: 1) }
        let counts = try await cluster.remotely { remote in  // encodes points
            countPoints(remote.value(1), points)
        }
        return "\(try await counts.value)"
    }
    let plan = cluster.plan("load") { remote in
        let list = remote.range(0..<1_000).map(examine).sum
        return (list, remote.map(0..<3, examine))
    }
    let text = "\(plan)".split(separator: "\n").joined(separator: " / ")
    let dot = plan.graph(as: .dot)
    let svg = plan.graph(as: .svg)
    tell(
        "plan in words",
        "\(text) | \(dot.hasPrefix("digraph \"load\" {")) \(dot.contains("examine")) "
            + "\(svg.hasPrefix("<svg")) \(svg.contains("</svg>"))")
    await tell("seeds") {
        let (once, twice) = try await cluster.remotely { remote in
            (remote.map(remote.seeds(3), drawn), remote.map(remote.seeds(1), drawn))
        }
        let again = try await cluster.remotely { remote in remote.map(remote.seeds(4), drawn) }
        let first = try await once.values + twice.values
        return "\(Set(first).count) \(try await again.values == first)"
    }
}
