// More than 32 bits count, from one agent to another, with little memory.

import Glibc
import Swoop

@Remote(cores: 2) func spinWide(_ milliseconds: Int) -> Int { spin(milliseconds) }
@Remote(cores: 2) func weightWide(_ bytes: [UInt8]) -> Int {
    Int(bytes[0]) + Int(bytes[bytes.count - 1]) * bytes.count
}

/// Makes so many pages on one agent and reads each on another: `huge PAGES BYTES BUDGET`.
func tellHuge(_ arguments: [String]) async throws {
    let numbers = arguments.compactMap { Int($0) }
    guard numbers.count == 3 else { return tell("usage", "huge PAGES BYTES BUDGET") }
    let (count, bytes) = (numbers[0], numbers[1])
    try await withAgents(2, slots: [1, 2], pageBudget: numbers[2]) { cluster, _ in
        // The wide node has something to do until everything lies on the other one.
        let blocker = try await cluster.remotely { $0.call(spinWide, 600_000) }
        let isBlocked = try await waitForUsage(cluster) { usage in
            usage.nodes.contains { $0.slots.contains { $0.function == "spinWide" } }
        }
        tell("blocked", isBlocked >= 0)
        let pages = try await cluster.remotely { remote in
            (0..<count).map { remote.call(load, $0 + 1, bytes) }
        }
        var most = 0
        for page in pages {
            try await page.wait()
            most = max(most, familyBytes())
        }
        blocker.cancel()
        let weights = try await cluster.remotely { _ in pages.map { weightWide($0) } }
        var right = 0
        for (i, weight) in weights.enumerated() {
            let byte = (i + 1) & 255
            if try await weight.value == byte + byte * bytes { right += 1 }
            most = max(most, familyBytes())
        }
        tell("right", right)
        tell("most bytes", most)
        for try await usage in cluster.usage where usage.fetchedBytes >= count * bytes {
            tell("moved", usage.fetchedBytes)
            break
        }
    }
}

/// Makes one value of so many bytes, has another task read it, and brings it here:
/// `giant BYTES BUDGET`.
func tellGiant(_ arguments: [String]) async throws {
    let numbers = arguments.compactMap { Int($0) }
    guard numbers.count == 2 else { return tell("usage", "giant BYTES BUDGET") }
    var options = LocalOptions()
    options.cores = 1
    options.learns = false
    options.pageBudget = numbers[1]
    try await withCluster(.local(options)) { cluster in
        let bytes = numbers[0]
        do {
            let value = try await cluster.remotely { $0.call(load, 3, bytes) }
            await tellWhole("made") {
                try await value.wait()
                return "\(value.description)"
            }
            tell("bytes once made", familyBytes())
            await tellWhole("read") {
                try await cluster.remotely { _ in weight(value) }.value == 3 * bytes
            }
            await tellWhole("brought") {
                let all = try await value.value
                return all.count == bytes && all[bytes - 1] == 3 && all[1 << 20] == 3
            }
        }
        await tellWhole("sent") {
            let all = [UInt8](repeating: 5, count: bytes)
            return try await cluster.remotely { $0.call(weight, all) }.value == 5 * bytes
        }
        await tellWhole("one element") {
            let text = String(repeating: "a", count: bytes)
            let array = try await cluster.remotely { $0.array(["short", text]) }
            return try await cluster.remotely { _ in array.map(textLength).sum }.value == bytes + 5
        }
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
}

/// Bytes of memory of this process and its children and theirs: shared pages are divided.
private func familyBytes(of process: Int32 = getpid()) -> Int {
    var bytes = 0
    for line in text(of: "/proc/\(process)/smaps_rollup").split(separator: "\n")
    where line.hasPrefix("Pss:") {
        bytes = (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
    // Children of all of its threads.
    guard let folder = unsafe opendir("/proc/\(process)/task") else { return bytes }
    defer { _ = unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
        let thread = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
            unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard Int32(thread) != nil else { continue }
        let children = text(of: "/proc/\(process)/task/\(thread)/children")
        for child in children.split(separator: " ") {
            if let child = Int32(child) { bytes += familyBytes(of: child) }
        }
    }
    return bytes
}

private func text(of path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
}
