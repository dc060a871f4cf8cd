// Local arrays brought into the cluster: more than it has memory for, given up in the middle, and
// how much of this program's memory that takes.

import Glibc
import Swoop
import SwoopTransport
import Synchronization

private func withPages(
    _ pageBudget: Int, _ body: (Cluster) async throws -> sending Void
) async throws {
    var options = LocalOptions()
    options.cores = 2
    options.learns = false
    options.pageBudget = pageBudget
    try await withCluster(.local(options), body)
}

@Remote func textLength(_ text: String) -> Int { text.utf8.count }

func tellPuts() async throws {
    let numbers = (0..<6_000_000).map { $0 &* 7 & 0xffff }
    let texts = (0..<60_000).map { "number \($0) " + String(repeating: "x", count: $0 % 200) }
    tell("numbers", numbers.reduce(0, +))
    tell("bytes of texts", texts.reduce(0) { $0 + $1.utf8.count })
    try await withPages(16 << 20) { cluster in
        await tell("sum beyond memory") {
            let array = try await cluster.remotely { $0.array(numbers) }
            let sum = try await cluster.remotely { _ in array.chain.sum }
            return try await sum.value
        }
        await tell("length of texts") {
            try await cluster.remotely { $0.array(texts).chain.map(textLength).sum }.value
        }
        await tell("first and last") {
            let array = try await cluster.remotely { $0.array(texts) }
            let all = try await array.collect()
            return all == texts
        }
        for _ in 0..<10 {
            // Given up while it is on its way.
            _ = try await cluster.remotely { $0.array(numbers) }
        }
        await tell("sum afterwards") {
            try await cluster.remotely { $0.array(numbers).chain.sum }.value
        }
        tell("memory returned", try await isMemoryReturned(cluster))
    }
    var left = 0
    for _ in 0..<5 {
        // The scope ends in the middle.
        try await withPages(1 << 30) { cluster in
            _ = try await cluster.remotely { $0.array(numbers) }
            left += 1
        }
    }
    tell("left", left)
}

/// How much private memory of this program a put of 256 MiB takes at most, beside the array.
func tellPutMemory() async throws {
    try await withPages(512 << 20) { cluster in
        let numbers = [Int](repeating: 3, count: 32 << 20)
        _ = try await cluster.remotely { $0.call(one, 1) }.value
        let before = privateMemory()
        let watch = try PrivateMemoryWatch()
        let array = try await cluster.remotely { $0.array(numbers) }
        try await array.wait()
        tell("growth", (watch.end() - before) >> 20)
        tell("sum", try await cluster.remotely { _ in array.chain.sum }.value)
    }
}

/// Puts until it is killed; says when the first one is done.
func putForever(into name: String) async throws {
    let numbers = [Int](repeating: 3, count: 8 << 20)
    try await withCluster(.connected(name)) { cluster in
        while true {
            let array = try await cluster.remotely { $0.array(numbers) }
            try await array.wait()
            tell("put", numbers.count)
        }
    }
}

/// What a cluster's nodes hold, once that is nothing.
func tellWhenEmpty(_ name: String) async throws {
    try await withCluster(.connected(name)) { cluster in
        tell("memory returned", try await isMemoryReturned(cluster))
        await tell("sum") {
            try await cluster.remotely { $0.array([Int](repeating: 1, count: 1 << 20)).chain.sum }
                .value
        }
    }
}

/// Private memory of this process, in bytes.
private func privateMemory() -> Int {
    let file = unsafe open("/proc/self/status", O_RDONLY)
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = max(0, unsafe read(file, &bytes, bytes.count))
    for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("RssAnon:") {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
    }
    return 0
}

/// Looks at it every millisecond.
private final class PrivateMemoryWatch: Sendable {
    private let peak = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)

    init() throws {
        let thread = try LoopThread(named: "watch") { [self] in
            while !isOver.load(ordering: .relaxed) {
                peak.max(privateMemory(), ordering: .relaxed)
                _ = poll(nil, 0, 1)
            }
        }
        thread.detach()
    }

    /// The most bytes that were seen.
    func end() -> Int {
        isOver.store(true, ordering: .relaxed)
        return peak.max(privateMemory(), ordering: .relaxed).newValue
    }
}
