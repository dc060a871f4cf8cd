// What handles say and do: readiness, downloads, the end of the last one, use at the wrong time.

import Glibc
import Swoop

/// Appends a byte to a file: the trace of a run.
@Remote func leaveTrace(_ path: String, _ i: Int) -> Int {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    _ = unsafe write(file, "x", 1)
    _ = close(file)
    return i
}

/// Spins under a name that nothing else has.
@Remote func spinLong(_ milliseconds: Int) -> Int { spin(milliseconds) }

/// Computes for so many milliseconds, and never looks up.
@Remote func spin(_ milliseconds: Int) -> Int {
    let end = milliseconds + millisecondsNow()
    var rounds = 0
    while millisecondsNow() < end { rounds &+= 1 }
    return rounds > 0 ? milliseconds : 0
}

@Remote func large(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }

@Remote func slowIdentity(_ i: Int) -> Int {
    if i % 1_000 == 0 { _ = spin(10) }
    return i
}

func millisecondsNow() -> Int {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

func fileSize(_ path: String) -> Int {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// How long it takes until the cluster's usage is as wanted, in milliseconds; -1 after the limit.
func waitForUsage(
    _ cluster: Cluster, limit: Int = 10_000, _ isWanted: @Sendable (ClusterUsage) -> Bool
) async throws -> Int {
    let began = millisecondsNow()
    for try await usage in cluster.usage {
        if isWanted(usage) { return millisecondsNow() - began }
        if millisecondsNow() - began > limit { return -1 }
    }
    return -2
}

extension ClusterUsage {
    /// Whether a function is on some core.
    fileprivate func shows(_ function: String) -> Bool {
        nodes.contains { $0.slots.contains { $0.function == function } }
    }
}

func tellHandles() async throws {
    var escaped: Proxy<Int>?
    var unread: Proxy<Int>?
    try await withTestCluster { cluster in
        await tell("nothing downloaded") {
            let proxy = try await cluster.remotely { $0.call(large, 100_000) }
            try await proxy.wait()
            return "\(proxy.isReady) \(proxy.description)"
        }
        await tell("small downloaded") {
            let (small, big) = try await cluster.remotely(download: .small) { remote in
                (remote.call(one, 1), remote.call(large, 100_000))
            }
            return "\(small.isReady) \(big.isReady) \(small.description)"
        }
        await tell("everything downloaded") {
            let proxy = try await cluster.remotely(download: .everything) {
                $0.call(large, 100_000)
            }
            return proxy.isReady
        }
        await tell("planned") {
            let box = Holder<Proxy<Int>>()
            let plan = cluster.plan { remote in
                let proxy = remote.call(one, 1)
                box.value = proxy
                return proxy
            }
            let before = box.value.map { "\($0.description)" } ?? ""
            _ = try await plan.run()
            return before
        }
        await tell("never run") {
            let box = Holder<Proxy<Int>>()
            let plan = cluster.plan { remote in
                let proxy = remote.call(one, 1)
                box.value = proxy
                return proxy
            }
            defer { withExtendedLifetime(plan) {} }
            return try await box.value?.value as Any
        }
        await tell("run twice") {
            let plan = cluster.plan { $0.call(one, 1) }
            let first = try await plan.run()
            _ = try await first.value
            return try await plan.run().value
        }
        try await tellCancellation(cluster)
        escaped = try await cluster.remotely { $0.call(one, 1) }
        _ = try await escaped?.value
        unread = try await cluster.remotely { $0.call(one, 1) }
    }
    await tell("after the scope") { try await escaped?.value as Any }
    await tell("after the scope, unread") { try await unread?.value as Any }
    await tell("waiting after the scope") { try await unread?.wait() as Any }
}

/// Holds a handle that the plan's block made.
final class Holder<Value>: @unchecked Sendable {
    // Unchecked: one task uses it.
    var value: Value?
}

private func tellCancellation(_ cluster: Cluster) async throws {
    await tell("queued tasks dropped") {
        let path = "/tmp/swoop-trace-\(getpid())"
        defer { _ = unsafe unlink(path) }
        var running: [Proxy<Int>] = try await cluster.remotely { remote in
            (0..<2).map { _ in remote.call(spin, 400) }
        }
        _ = try await waitForUsage(cluster) { $0.busyCores == 2 }
        var queued: [Proxy<Int>] = try await cluster.remotely { remote in
            (0..<50).map { remote.call(leaveTrace, path, $0) }
        }
        queued = []
        for proxy in running { _ = try await proxy.value }
        running = []
        _ = try await cluster.remotely { $0.call(one, 1) }.value
        return "\(fileSize(path)) runs, \(queued.count + running.count) handles"
    }
    await tell("running task dropped") {
        var proxy: Proxy<Int>? = try await cluster.remotely { $0.call(spinLong, 60_000) }
        let shown = try await waitForUsage(cluster) { $0.shows("spinLong") }
        _ = proxy
        proxy = nil
        let free = try await waitForUsage(cluster) { $0.busyCores == 0 }
        let after = try await cluster.remotely { $0.call(one, 1) }.value
        guard shown >= 0, (0...1_000).contains(free) else {
            return "shown after \(shown) ms, free after \(free) ms"
        }
        return "free, then \(after)"
    }
    await tell("running chain dropped") {
        var proxy: Proxy<Int>? = try await cluster.remotely {
            $0.range(0..<1_000_000_000).map(slowIdentity).count
        }
        let shown = try await waitForUsage(cluster) { $0.shows("range.map(slowIdentity).count") }
        _ = proxy
        proxy = nil
        let free = try await waitForUsage(cluster) { $0.busyCores == 0 }
        return shown < 0
            ? "never shown" : (0...1_000).contains(free) ? "free" : "not free after \(free) ms"
    }
    await tell("cancelled") {
        let proxy = try await cluster.remotely { $0.call(spinLong, 60_000) }
        _ = try await waitForUsage(cluster) { $0.shows("spinLong") }
        proxy.cancel()
        do {
            return "\(try await proxy.value)"
        } catch let error as SwoopError {
            return "\(error.code)"
        }
    }
    await tell("waiting task cancelled") {
        let proxy = try await cluster.remotely { $0.call(spin, 300) }
        let waiting = Task { try await proxy.value }
        waiting.cancel()
        do {
            return "\(try await waiting.value)"
        } catch {
            return "\(error), then \(try await proxy.value)"
        }
    }
}
