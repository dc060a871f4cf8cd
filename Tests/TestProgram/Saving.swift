// Results as files: text, tables and records, written by the nodes or here; what is there already,
// and places that cannot be written to.

import Glibc
import Swoop

@Remote func lineOf(_ i: Int) -> String { "line \(i)" }
@Remote func tradeOf(_ i: Int) -> Trade {
    Trade(
        id: i, person: i % 4 == 0 ? "a \"b\",\n\(i)" : "p\(i % 10)",
        amount: i % 3 == 0 ? nil : Double(i) / 8, isPaid: i % 2 == 0)
}
@Remote func sampleOf(_ i: Int) -> Sample {
    Sample(time: UInt64(i), value: Float(i) / 2, flags: UInt16(i % 9), isGood: i % 2 == 1)
}
@Remote func failsLate(_ i: Int) throws -> String {
    if i == 30_000 { throw Refused(number: i) }
    return "line \(i)"
}

/// Saves into a folder; `sent`: as if the nodes were other machines.
func tellSaving(in folder: String, sent: String) async throws {
    try await withTestCluster(sendsFiles: sent == "sent") { cluster in
        try await tellSavedText(cluster, folder)
        try await tellSavedTables(cluster, folder)
        try await tellUnsaved(cluster, folder)
    }
}

private func told(_ files: [SavedFile], _ folder: String) -> String {
    let names = files.map { String($0.path.split(separator: "/").last ?? "?") }
    let count = files.map(\.count).reduce(0, +)
    let byteCount = files.map(\.byteCount).reduce(0, +)
    let isInPlace = files.allSatisfy { $0.path.hasPrefix(folder + "/") }
    return "\(names.first ?? "none") \(names == names.sorted()) \(count) \(byteCount) \(isInPlace)"
}

private func tellSavedText(_ cluster: Cluster, _ folder: String) async throws {
    await tell("text") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<50_000).map(lineOf).saved(asText: "\(folder)/new/out/part")
        }
        return told(try await saved.files, folder)
    }
    await tell("stored text") {
        let texts = try await cluster.remotely { $0.range(0..<1_000).map(lineOf).stored() }
        let saved = try await cluster.remotely { _ in
            texts.chain.saved(asText: "\(folder)/texts")
        }
        return told(try await saved.files, folder)
    }
    await tell("copied lines") {
        let saved = try await cluster.remotely { remote in
            remote.lines("\(folder)/texts-00000.txt").saved(asText: "\(folder)/copy")
        }
        return told(try await saved.files, folder)
    }
    await tell("bytes") {
        let saved = try await cluster.remotely { remote in
            remote.records("\(folder)/texts-00000.txt", byteCount: 1).saved(
                asBytes: "\(folder)/bytes")
        }
        return told(try await saved.files, folder)
    }
    await tell("there already") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<5).map(lineOf).saved(asText: "\(folder)/texts")
        }
        return told(try await saved.files, folder)
    }
    await tell("replaced") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<1).map(lineOf).saved(
                asText: "\(folder)/new/out/part", replacing: true)
        }
        return told(try await saved.files, folder)
    }
}

private func tellSavedTables(_ cluster: Cluster, _ folder: String) async throws {
    await tell("table") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<20_000).map(tradeOf).saved(asCSV: "\(folder)/trades", separator: ";")
        }
        let files = try await saved.files
        let back = try await cluster.remotely { remote in
            remote.csv(of: TextFiles(files.map(\.path)), as: Trade.self, separator: ";")
                .map(tradeText).collected()
        }.value
        return "\(told(files, folder)) \(back == (0..<20_000).map { tradeText(tradeOf($0)) })"
    }
    await tell("another header") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<2).map(tradeOf).saved(
                asCSV: "\(folder)/named", header: ["a", "b", "c d", "e,f"])
        }
        return told(try await saved.files, folder)
    }
    await tell("wrong header") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<2).map(tradeOf).saved(asCSV: "\(folder)/wrong", header: ["a"])
        }
        return told(try await saved.files, folder)
    }
    await tell("records") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<10_000).map(sampleOf).saved(asRecords: "\(folder)/samples")
        }
        let files = try await saved.files
        let back = try await cluster.remotely { remote in
            remote.records(of: TextFiles(files.map(\.path)), as: Sample.self).collected()
        }.value
        return "\(told(files, folder)) \(back == (0..<10_000).map { sampleOf($0) })"
    }
    await tell("records of no width") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<2).map(lineOf).saved(asRecords: "\(folder)/unfit")
        }
        return told(try await saved.files, folder)
    }
}

private func tellUnsaved(_ cluster: Cluster, _ folder: String) async throws {
    await tell("no folder") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<5).map(lineOf).saved(asText: "\(folder)/texts-00000.txt/part")
        }
        return told(try await saved.files, folder)
    }
    await tell("read-only") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<5).map(lineOf).saved(asText: "/proc/self/task/part")
        }
        return told(try await saved.files, folder)
    }
    await tell("fails late") {
        let saved = try await cluster.remotely { remote in
            remote.range(0..<50_000).map(failsLate).saved(asText: "\(folder)/late/part")
        }
        return told(try await saved.files, folder)
    }
}
