// Files that cannot be written: where they should be is something else, or may not be written to,
// or has no room. Told as the whole error that a user sees.

import Glibc
import Swoop

@Remote func longLine(_ i: Int) -> String { String(repeating: "\(i % 10)", count: 99) }
@Remote func readsPast(_ path: String) -> Int {
    // A file of the user's own that becomes shorter while it is mapped.
    let file = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    _ = ftruncate(file, 1 << 16)
    let bytes = unsafe mmap(nil, 1 << 16, PROT_READ, MAP_SHARED, file, 0)
    _ = ftruncate(file, 0)
    return unsafe Int(bytes!.load(fromByteOffset: 8_192, as: UInt8.self))
}

/// Saves into a folder, in which "full" is a file system of one MiB where the test could make one;
/// `sent`: as if the nodes were other machines.
func tellWrongOutputs(in folder: String, sent: String) async throws {
    try await withTestCluster(sendsFiles: sent == "sent") { cluster in
        await save(cluster, "folders made", "\(folder)/new/of/it/part")
        write([1], to: "\(folder)/file")
        await save(cluster, "in a file", "\(folder)/file/part")
        await save(cluster, "below a file", "\(folder)/file/below/part")
        await save(cluster, "in /proc", "/proc/self/part")
        _ = unsafe mkdir("\(folder)/part-00001.txt", 0o700)
        await save(cluster, "a folder of that name", "\(folder)/part")
        await save(cluster, "a folder of that name, replaced", "\(folder)/part", replacing: true)
        await save(cluster, "no name", "\(folder)/new/")
        await save(cluster, "nothing", "")
        await save(cluster, "earlier", "\(folder)/early")
        await save(cluster, "earlier again", "\(folder)/early")
        await save(cluster, "earlier replaced", "\(folder)/early", replacing: true)
        _ = unsafe mkdir("\(folder)/locked", 0o500)
        await save(cluster, "may not be written", "\(folder)/locked/part")
        await save(cluster, "may not be made", "\(folder)/locked/below/part")
        _ = unsafe chmod("\(folder)/locked", 0)
        await save(cluster, "may not be looked at", "\(folder)/locked/part")
        await save(cluster, "long name", folder + "/" + String(repeating: "n", count: 300))
        let full = "\(folder)/full"
        if unsafe access(full, F_OK) == 0 {
            await save(cluster, "full", full + "/part", count: 400_000)
            tell("left on the full disk", names(in: full).filter { $0.hasSuffix("~") })
            // Runs of the plan that failed may be about to end, and hold what they wrote.
            var looks = 0
            repeat {
                for name in names(in: full) { _ = unsafe unlink("\(full)/\(name)") }
                _ = spin(5)
                looks += 1
            } while isFull(full) && looks < 2_000
            await save(cluster, "fits now", full + "/part", count: 1_000)
        }
        await tellWhole("records of no width") {
            try await cluster.remotely { remote in
                remote.range(0..<2).map(longLine).saved(asRecords: "\(folder)/unfit")
            }.files.count
        }
        await tellWhole("header of another width") {
            try await cluster.remotely { remote in
                remote.range(0..<2).map(tradeOf).saved(asCSV: "\(folder)/wrong", header: ["a"])
            }.files.count
        }
        await tellWhole("separator that separates nothing") {
            try await cluster.remotely { remote in
                remote.range(0..<2).map(tradeOf).saved(asCSV: "\(folder)/wrong", separator: "\n")
            }.files.count
        }
        await tellWhole("thrown while it was written") {
            try await cluster.remotely { remote in
                remote.range(0..<50_000).map(failsLate).saved(asText: "\(folder)/late/part")
            }.files.count
        }
        await tellWhole("shorter while mapped") {
            try await cluster.remotely { $0.call(readsPast, "\(folder)/mapped") }.value
        }
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
}

private func save(
    _ cluster: Cluster, _ name: String, _ path: String, count: Int = 20_000,
    replacing: Bool = false
) async {
    await tellWhole(name) {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<count).map(longLine).saved(asText: path, replacing: replacing)
        }
        let files = try await saved.files
        return "\(files.map(\.count).reduce(0, +)) in \(files.first?.path ?? "nothing")"
    }
}

/// Whether a tenth of the file system or more is taken.
private func isFull(_ folder: String) -> Bool {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return false }
    return status.f_bfree * 10 < status.f_blocks * 9
}
