// One page that tasks on every node read: which node gave it to how many.

import Glibc
import Swoop
import SwoopTransport

/// The page's number, and the process that read it.
@Remote func placeOfPage(_ page: [UInt8], _ milliseconds: Int, _ i: Int) -> Int {
    _ = spin(milliseconds)
    guard let first = page.first, page[page.count / 2] == first, page.last == first else {
        return -1
    }
    return Int(first) << 32 | Int(getpid())
}

/// Has many agents of this machine read one page: `broadcast AGENTS BYTES`.
func tellBroadcast(_ arguments: [String]) async throws {
    guard arguments.count == 2, let count = Int(arguments[0]), let bytes = Int(arguments[1])
    else { return tell("usage", "broadcast AGENTS BYTES") }
    try await withAgents(count, pageBudget: 4 * bytes + (64 << 20)) { cluster, _ in
        try await tellReaders(count, bytes, of: cluster)
    }
}

/// Has the nodes of a cluster read one page, three tasks a core.
func tellReaders(_ cores: Int, _ bytes: Int, of cluster: Cluster) async throws {
    // Everyone is ready, and how long a task takes is known.
    let warm = try await cluster.remotely { remote in
        (0..<2 * cores).map { remote.call(placeOfPage, [1], 20, $0) }
    }
    for proxy in warm { _ = try await proxy.value }
    let before = try await settledUsage(of: cluster)
    let page = try await cluster.remotely { $0.call(load, 7, bytes) }
    try await page.wait()
    let began = MonotonicClock.nanoseconds()
    let read = try await cluster.remotely { _ in
        (0..<3 * cores).map { placeOfPage(page, 20, $0) }
    }
    var processes: Set<Int> = []
    var right = 0
    for proxy in read {
        let found = try await proxy.value
        if found >> 32 == 7 { right += 1 }
        processes.insert(found & 0xffff_ffff)
    }
    tell("milliseconds", (MonotonicClock.nanoseconds() - began) / 1_000_000)
    let after = try await settledUsage(of: cluster)
    var copies = 0
    var gifts: [Double] = []
    for node in after.nodes {
        let old = before.nodes.first { $0.node == node.node }
        let given = node.givenBytes - (old?.givenBytes ?? 0)
        let fetched = node.fetchedBytes - (old?.fetchedBytes ?? 0)
        if fetched >= bytes { copies += 1 }
        if given > 0 { gifts.append((Double(given) / Double(bytes) * 100).rounded() / 100) }
        if fetched == 0 && given > 0 { tell("given by its node", gifts[gifts.count - 1]) }
    }
    tell("right", right)
    tell("readers", processes.count)
    tell("copies", copies)
    tell("given", gifts.sorted(by: >))
}

/// What is told once three samples in a row say the same: they come ten times a second.
private func settledUsage(of cluster: Cluster) async throws -> ClusterUsage {
    var same = 0
    var last: (ClusterUsage, Int64)?
    for try await usage in cluster.usage {
        let moved = usage.nodes.reduce(usage.fetchedBytes) { $0 &+ $1.givenBytes }
        same = last?.1 == moved ? same + 1 : 0
        last = (usage, moved)
        if same > 3 { break }
    }
    guard let last else { throw CancellationError() }
    return last.0
}
