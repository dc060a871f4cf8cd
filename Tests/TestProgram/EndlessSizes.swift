// Sizes up to the largest number: ranges, counts, windows, files that say they are endless. Each is
// an answer or an error in words, and the cluster goes on.

import Glibc
import Swoop

/// `endless FOLDER`, of a file system that has files of any size.
func tellEndless(in folder: String) async throws {
    try await withTestCluster { cluster in
        try await tellEndlessRanges(cluster)
        try await tellEndlessCounts(cluster)
        try await tellEndlessFiles(cluster, folder)
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
    for (name, cores, budget) in [
        ("cores", Int.max, 1 << 30), ("budget", 1, Int.max), ("budget below 0", 1, -1),
        ("no cores", 0, 1 << 30), ("cores below 0", -1, 1 << 30),
    ] {
        await tellWhole(name) {
            var options = LocalOptions()
            options.learns = false
            options.cores = cores
            options.pageBudget = budget
            return try await withCluster(.local(options)) { cluster in cluster.cores }
        }
    }
}

private func tellEndlessRanges(_ cluster: Cluster) async throws {
    for (name, range) in [
        ("from 0", 0..<Int.max), ("to 0", -Int.max..<0), ("near the end", Int.max - 5..<Int.max),
        ("near the beginning", Int.min..<Int.min + 5), ("half", -(1 << 62)..<(1 << 62) - 1),
    ] {
        await tellWhole("first, \(name)") {
            try await cluster.remotely { $0.range(range).prefix(2) }.value
        }
        if range.count < 10 {
            await tellWhole("kept, \(name)") {
                try await cluster.remotely { $0.range(range).stored() }.collect()
            }
            await tellWhole("count, \(name)") {
                try await cluster.remotely { $0.range(range).count }.value
            }
            await tellWhole("sum, \(name)") {
                try await cluster.remotely { $0.range(range).map(widened).sum }.value
            }
            continue
        }
        await tellWhole("kept, \(name)") {
            try await cluster.remotely { $0.range(range).stored() }.wait()
        }
        await tellWhole("grouped, \(name)") {
            try await cluster.remotely { $0.range(range).grouped(by: oddOrEven, .counting()) }
                .collect().count
        }
        await tellWhole("sorted, \(name)") {
            try await cluster.remotely { $0.range(range).sorted().stored() }.wait()
        }
    }
    // What a count of five takes is known by now: what this one takes is beyond any clock.
    await tellWhole("cancelled") {
        let count = try await cluster.remotely { $0.range(0..<Int.max).count }
        for try await usage in cluster.usage where usage.busyCores > 0 { break }
        let waiting = Task { try await count.value }
        waiting.cancel()
        do { return "\(try await waiting.value)" } catch { return "ended" }
    }
}

private func tellEndlessCounts(_ cluster: Cluster) async throws {
    let array = try await cluster.remotely { $0.array([3, 1, 2]) }
    await tellWhole("windows") {
        try await cluster.remotely { _ in array.windows(of: .max).map(countOfWindow).sum }.value
    }
    await tellWhole("windows of two less") {
        try await cluster.remotely { _ in array.windows(of: .max - 2).map(countOfWindow).sum }.value
    }
    await tellWhole("slice") {
        try await cluster.remotely { _ in array[1..<Int.max].collected() }.value
    }
    await tellWhole("slice of nothing") {
        try await cluster.remotely { _ in array[Int.max - 1..<Int.max].collected() }.value
    }
    await tellWhole("lists") {
        let lists = try await cluster.remotely { _ in
            [
                array.chain.top(.max), array.chain.bottom(.max), array.chain.prefix(.max),
                array.sample(count: .max, seed: 1), array.chain.collected(cap: .max),
            ]
        }
        var all: [[Int]] = []
        for list in lists { all.append(try await list.value) }
        return all
    }
    await tellWhole("collect") { try await array.collect(cap: .max) }
    await tellWhole("rounds") {
        try await cluster.remotely { $0.iterate(from: 1, count: .max) { one($0) } }.value
    }
}

private func tellEndlessFiles(_ cluster: Cluster, _ folder: String) async throws {
    let few = "\(folder)/few"
    let file = unsafe open(few, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    _ = unsafe write(file, "abcdefgh\n", 9)
    _ = close(file)
    for width in [Int.max, Int.max - 1, 1 << 62] {
        await tellWhole("records of \(width)") {
            try await cluster.remotely { $0.records(few, byteCount: width).count }.value
        }
    }
    let endless = "\(folder)/endless"
    let empty = unsafe open(endless, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    let isMade = ftruncate(empty, .max) == 0
    _ = close(empty)
    guard isMade else { return tell("endless file", "not here") }
    await tellWhole("lines") {
        try await cluster.remotely { $0.lines(endless).count }.value
    }
    await tellWhole("records") {
        try await cluster.remotely { $0.records(endless, byteCount: 7).count }.value
    }
    await tellWhole("one record") {
        try await cluster.remotely { $0.records(endless, byteCount: .max).count }.value
    }
    await tellWhole("table") {
        try await cluster.remotely { remote in
            remote.csv(endless, as: Trade.self, hasHeader: false).count
        }.value
    }
    await tellWhole("two of them") {
        try await cluster.remotely { $0.lines(endless, endless).count }.value
    }
    _ = unsafe unlink(endless)
}
