// More than a node has memory for: loaders of large pages, functions that declare what they take,
// and pages that go with the last handle.

import Glibc
import Swoop

@Remote func load(_ number: Int, _ byteCount: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: byteCount)
}

@Remote func weight(_ bytes: [UInt8]) -> Int { Int(bytes[bytes.count - 1]) * bytes.count }

@Remote func added(_ left: Int, _ right: Int) -> Int { left + right }

/// So many loaders of so many bytes that feed a tree, with room for four of their pages:
/// `loaders COUNT BYTES`.
func tellLoaders(_ arguments: [String]) async throws {
    guard arguments.count == 2, let count = Int(arguments[0]), let bytes = Int(arguments[1]) else {
        return tell("usage", "loaders COUNT BYTES")
    }
    // What a page takes: whole units of 2 MiB.
    let page = (bytes + (2 << 20)) / (2 << 20) * (2 << 20)
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.pageBudget = 4 * page
    try await withCluster(.local(options)) { cluster in
        let began = millisecondsNow()
        let sum = try await cluster.remotely { remote in
            var level = (0..<count).map { weight(remote.call(load, $0, bytes)) }
            while level.count > 1 {
                level = stride(from: 0, to: level.count, by: 2).map { place in
                    place + 1 < level.count ? added(level[place], level[place + 1]) : level[place]
                }
            }
            return level[0]
        }
        async let peak = peakBytes(of: cluster)
        tell("sum", try await sum.value)
        tell("milliseconds", millisecondsNow() - began)
        tell("peak pages", (try await peak + page - 1) / page)
    }
}

/// The most bytes of pages that a node showed until all tasks were done.
private func peakBytes(of cluster: Cluster) async throws -> Int {
    var peak: Int64 = 0
    for try await usage in cluster.usage {
        for node in usage.nodes { peak = max(peak, node.residentBytes) }
        if usage.progress.done > 0 && usage.progress.done == usage.progress.total { break }
    }
    return Int(peak)
}

// MARK: What functions declare

@Remote(memory: .megabytes(400)) func heavy(_ folder: String, _ number: Int) -> Int {
    seenTogether(folder, number)
}

@Remote(memory: .megabytes(400), cores: 2) func wide(_ folder: String, _ number: Int) -> Int {
    seenTogether(folder, number)
}

@Remote func light(_ folder: String, _ number: Int) -> Int { seenTogether(folder, number) }

@Remote(memory: .gigabytes(1_000)) func impossible(_ number: Int) -> Int { number }

/// How many runs there were at once, as this one saw it: each leaves a file while it runs.
private func seenTogether(_ folder: String, _ number: Int) -> Int {
    let path = "\(folder)/run-\(number)"
    let file = unsafe open(path, O_WRONLY | O_CREAT, 0o600)
    _ = spin(20)
    let count = names(in: folder).count { $0.hasPrefix("run-") }
    _ = spin(20)
    _ = close(file)
    _ = unsafe unlink(path)
    return count
}

/// Runs of functions with needs on a node of so many megabytes: `needs FOLDER MEGABYTES`.
func tellNeeds(_ arguments: [String]) async throws {
    guard arguments.count == 2, let megabytes = Int(arguments[1]) else {
        return tell("usage", "needs FOLDER MEGABYTES")
    }
    let folder = arguments[0]
    var options = LocalOptions()
    options.cores = 4
    options.learns = false
    options.pageBudget = megabytes * 1_000_000
    try await withCluster(.local(options)) { cluster in
        func most(_ make: @escaping (RemoteScope) -> [Proxy<Int>]) async throws -> Int {
            var most = 0
            for proxy in try await cluster.remotely(make) {
                most = max(most, try await proxy.value)
            }
            return most
        }
        tell("heavy", try await most { remote in (0..<8).map { remote.call(heavy, folder, $0) } })
        tell("wide", try await most { remote in (0..<4).map { remote.call(wide, folder, $0) } })
        tell("light", try await most { remote in (0..<12).map { remote.call(light, folder, $0) } })
        await tellError("impossible") {
            try await cluster.remotely { $0.call(impossible, 1) }.value
        }
    }
}
