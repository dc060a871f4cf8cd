// What is told on clusters whose nodes come and go: which answers must be the same bits wherever
// and however often they were made, and who is there.

import Glibc
import Swoop

@Remote func harmonic(_ i: Int, _ scale: Double) -> Double { scale / Double(i + 1) }
@Remote func bucket(_ x: Double) -> Int { Int(x * 1e6) % 89 }
@Remote func squared(_ x: Double) -> Double { x * x }

/// A tenth of the next state of a vector: every element from all of a stretch around it.
@Remote func relaxed(_ part: Int, _ old: [Double]) -> [Double] {
    _ = spin(20)
    let width = old.count / 10
    return (part * width..<(part + 1) * width).map { i in
        (0..<7).reduce(1e-3) { sum, k in sum + old[(i + k * 131) % old.count] / Double(k + 7) }
    }
}
@Remote func together(_ parts: [[Double]]) -> [Double] { parts.flatMap(\.self) }
@Remote func start(_ count: Int) -> [Double] { (0..<count).map { 1 / Double($0 + 3) } }

/// Bytes of which each knows which value it belongs to.
@Remote func filled(_ i: Int, _ count: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(truncatingIfNeeded: i), count: count)
}
@Remote func allSums(_ values: [[UInt8]]) -> [Int] {
    values.map { $0.isEmpty ? 0 : $0.count * Int($0[$0.count / 2]) + Int($0[$0.count - 1]) }
}

/// The name of the machine that runs this.
@Remote func hostName(_ milliseconds: Int) -> String {
    _ = spin(milliseconds)
    return text(ofFile: "/proc/sys/kernel/hostname").split(separator: "\n").first.map(String.init)
        ?? ""
}

/// Starts two programs that outlive the task, the second in a session of its own, and computes.
@Remote func startPrograms(_ seconds: Int, _ milliseconds: Int) -> Int {
    for flags in [0, 0x80] as [Int16] {
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setflags(&attributes, flags)
        let words = ["sleep", "\(seconds)"]
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        var pid: pid_t = 0
        _ = unsafe posix_spawn(&pid, "/bin/sleep", nil, &attributes, &arguments, nil)
    }
    return spin(milliseconds)
}

/// Starts programs in tasks that do not end: `programs`.
func runPrograms() async throws {
    try await withTestCluster { cluster in
        let proxies = try await cluster.remotely { remote in
            (0..<cluster.cores).map { _ in remote.call(startPrograms, 1_000, 600_000) }
        }
        tell("began", getpid())
        for proxy in proxies { _ = try await proxy.value }
    }
}

/// Stores data of every kind, waits until the cluster has as many nodes as named (0: as it has),
/// and tells sums over what was stored, bit by bit: `sums NODES ROUNDS`.
func tellSums(_ arguments: [String]) async throws {
    let nodes = arguments.first.flatMap { Int($0) } ?? 0
    let rounds = arguments.count > 1 ? Int(arguments[1]) ?? 1 : 1
    try await withTestCluster { cluster in
        let pages = try await cluster.remotely { remote in
            remote.range(0..<200_000).map(harmonic.with(2.5)).stored()
        }
        let groups = try await cluster.remotely { _ in
            pages.chain.grouped(by: bucket, .summing(of: squared))
        }
        let numbers: [Double] = (0..<60_000).map { 1 / Double($0 + 1) }
        let others: [Double] = (0..<20_000).map { 1 / Double($0 + 2) }
        let data = try await cluster.remotely { $0.array(numbers) }
        let value = try await cluster.remotely { $0.value(others) }
        try await pages.wait()
        try await groups.wait()
        try await data.wait()
        try await value.wait()
        tell("stored", pages.pageCount)
        if nodes > 0 { tell("nodes", try await waitForNodes(cluster, nodes)) }
        let sum = try await cluster.remotely { _ in pages.chain.sum }
        let dataSum = try await cluster.remotely { _ in data.chain.sum }
        let valueSum = try await cluster.remotely { _ in total(value) }
        let squares = try await cluster.remotely { _ in
            pages.chain.grouped(by: bucket, .mean(of: squared))
        }
        let loop = try await cluster.remotely { remote -> Proxy<[Double]> in
            remote.iterate(from: remote.call(start, 4_000), count: rounds) { old in
                together((0..<10).map { relaxed($0, old) })
            }
        }
        tell("looping", rounds)
        await tell("sum") { bits([try await sum.value]) }
        await tell("data") { bits([try await dataSum.value]) }
        await tell("value") { bits([try await valueSum.value]) }
        await tell("groups") { bits(try await groups.collect().map(\.second)) }
        await tell("means") { bits(try await squares.collect().map(\.second)) }
        await tell("loop") { bits(try await loop.value) }
        await tell("collected") { bits(try await data.collect()) }
    }
}

/// Numbers as one: equal when every bit of them is.
private func bits(_ values: [Double]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for value in values { hash = (hash ^ value.bitPattern) &* 0x100_0000_01b3 }
    return "\(values.count) " + String(hash, radix: 16)
}

/// How long it takes until the cluster has so many nodes, in milliseconds.
private func waitForNodes(_ cluster: Cluster, _ count: Int) async throws -> Int {
    try await waitForUsage(cluster, limit: 60_000) { usage in
        usage.nodes.count == count && !usage.nodes.contains { $0.isSilent }
    }
}

/// Tasks before, while and after the cluster has one node less: `absence TASKS MILLISECONDS`.
func tellAbsence(_ arguments: [String]) async throws {
    let numbers = arguments.compactMap { Int($0) }
    guard numbers.count == 2 else { return tell("usage", "absence TASKS MILLISECONDS") }
    let (tasks, milliseconds) = (numbers[0], numbers[1])
    try await withTestCluster { cluster in
        let all = cluster.nodes.count
        tell("began", getpid())
        tell("right", try await countRight(cluster, tasks, milliseconds))
        tell("lost after", try await waitForNodes(cluster, all - 1))
        tell("right without it", try await countRight(cluster, tasks, milliseconds))
        tell("returned after", try await waitForNodes(cluster, all))
        let proxies = try await cluster.remotely { remote in
            (0..<tasks).map { _ in remote.call(hostName, milliseconds) }
        }
        var names: [String: Int] = [:]
        for proxy in proxies { names[try await proxy.value, default: 0] += 1 }
        tell("hosts", names.keys.sorted().joined(separator: " "))
        tell("right with it", try await countRight(cluster, tasks, milliseconds))
    }
}

private func countRight(
    _ cluster: Cluster, _ tasks: Int, _ milliseconds: Int
) async throws -> Int {
    let proxies = try await cluster.remotely { remote in
        (0..<tasks).map { remote.call(work, $0, milliseconds) }
    }
    var right = 0
    for (i, proxy) in proxies.enumerated() where try await proxy.value == i * i { right += 1 }
    return right
}

/// Pages made everywhere and wanted in one place: `exchange PAGES BYTES`.
func tellExchange(_ arguments: [String]) async throws {
    let numbers = arguments.compactMap { Int($0) }
    guard numbers.count == 2 else { return tell("usage", "exchange PAGES BYTES") }
    let (count, bytes) = (numbers[0], numbers[1])
    try await withTestCluster { cluster in
        let pages = try await cluster.remotely { remote in
            (0..<count).map { remote.call(filled, $0, bytes) }
        }
        for page in pages { try await page.wait() }
        let before = millisecondsNow()
        let sums = try await cluster.remotely { _ in allSums(pages) }.value
        tell("milliseconds", millisecondsNow() - before)
        let expected = (0..<count).map { (bytes + 1) * ($0 & 255) }
        tell("right", sums == expected)
        let again = millisecondsNow()
        let values = try await countRightPages(pages, bytes)
        tell("download milliseconds", millisecondsNow() - again)
        tell("pages", values)
    }
}

private func countRightPages(_ pages: [Proxy<[UInt8]>], _ bytes: Int) async throws -> Int {
    var right = 0
    for (i, page) in pages.enumerated() {
        let value = try await page.value
        if value.count == bytes, value.last == UInt8(truncatingIfNeeded: i) { right += 1 }
    }
    return right
}
