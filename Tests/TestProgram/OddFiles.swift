// Files that are not what their reader takes them for, paths that mean something else to every
// process, rows that are left out: told as a user sees it.

import Glibc
import Swoop

@Remote func sameLine(_ line: TextSlice) -> String { String(line) }
@Remote func readingName(_ reading: Reading) -> String { reading.name }

/// What is told of odd files in a folder; `way`: "here" where nodes read them, "sent" as if they
/// were other machines.
func tellOddFiles(_ arguments: [String]) async throws {
    let (folder, way) = (arguments[0], arguments[1])
    try await withTestCluster(sendsFiles: way == "sent") { cluster in
        try await tellForms(cluster, folder)
        try await tellOddTables(cluster, folder)
        try await tellPaths(cluster, folder)
    }
}

private func lines(_ cluster: Cluster, _ name: String, of path: String) async {
    await tellWhole(name) {
        try await cluster.remotely { $0.lines(path).map(sameLine).collected() }.value
    }
}

private func tellForms(_ cluster: Cluster, _ folder: String) async throws {
    let text = "name,n\nGr\u{f6}\u{df}e,1\n"
    let wide = text.utf16.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    let zipped: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0]
    let long = [UInt8](repeating: 0x61, count: 200_000)
    write(long + Array("\rb\nc".utf8), to: "\(folder)/late feed")
    await tellWhole("late feed") {
        try await cluster.remotely { $0.lines("\(folder)/late feed").count }.value
    }
    for (name, bytes) in [
        ("small.gz", zipped), ("marked", [0xff, 0xfe] + wide), ("bare", wide),
        ("carriage", Array("a\rb\rc".utf8)),
        ("late carriage", long + Array("\rb\rc".utf8)), ("zeros", Array("a\0b c\0".utf8)),
        ("document in words", Array("%PDF-1.7\nis a mark\n".utf8)),
        ("mark", [0xef, 0xbb, 0xbf] + Array("ab\ncd\n".utf8)),
    ] {
        write(bytes, to: "\(folder)/\(name)")
        await lines(cluster, name, of: "\(folder)/\(name)")
    }
    await tellWhole("carriage by separator") {
        try await cluster.remotely {
            $0.text("\(folder)/carriage", separator: "\r").map(sameLine).collected()
        }.value
    }
    await tellWhole("records.gz") {
        write(zipped + [0, 0, 0], to: "\(folder)/records.gz")
        return try await cluster.remotely { $0.records("\(folder)/records.gz", as: Int.self).count }
            .value
    }
}

private func tellOddTables(_ cluster: Cluster, _ folder: String) async throws {
    func table(_ name: String, _ text: String) async {
        let path = "\(folder)/\(name).csv"
        write(Array(text.utf8), to: path)
        await tellWhole(name) {
            try await cluster.remotely {
                $0.csv(path, as: Reading.self).map(readingText).collected()
            }.value
        }
    }
    let head = "id,name,value,isGood\n"
    await table("empty first", "\n\r\n" + head + "1,a,1,true\n")
    await table("empty alone", "\n\n")
    await table("carriage table", "id,name,value,isGood\r1,a,1,true\r")
    await table("controls in the header", "\u{1b}[2Jid,na\u{7}me,value,isGood\n1,a,1,true\n")
    await table("controls in a field", head + "1,a,\u{1b}[31m\u{9b}2J,true\n")
    await tellWhole("zipped table") {
        try await cluster.remotely { $0.csv("\(folder)/small.gz", as: Reading.self).count }.value
    }
}

private func tellPaths(_ cluster: Cluster, _ folder: String) async throws {
    let path = "\(folder)/some text"
    write(Array("a\nb\nc\n".utf8), to: path)
    let file = unsafe open(path, O_RDONLY)
    await lines(cluster, "descriptor", of: "/dev/fd/\(file)")
    await lines(cluster, "descriptor of the process", of: "/proc/self/fd/\(file)")
    _ = unsafe symlink("/dev/fd/\(file)", "\(folder)/link")
    await lines(cluster, "link to a descriptor", of: "\(folder)/link")
    _ = dup2(file, 0)
    await lines(cluster, "standard input", of: "/dev/stdin")
    let cut = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? ""
    _ = unsafe chdir(folder)
    await lines(cluster, "folder of the process", of: "/proc/self/cwd/\(cut)")
    write(Array("gone\n".utf8), to: "\(folder)/gone")
    let gone = unsafe open("\(folder)/gone", O_RDONLY)
    _ = unsafe unlink("\(folder)/gone")
    await lines(cluster, "removed", of: "/dev/fd/\(gone)")
    var ends: [Int32] = [0, 0]
    _ = unsafe pipe(&ends)
    await lines(cluster, "pipe", of: "/dev/fd/\(ends[0])")
    _ = dup2(ends[0], 0)
    await lines(cluster, "piped input", of: "/dev/stdin")
    _ = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
    await lines(cluster, "socket", of: "/proc/self/fd/\(ends[0])")
    await lines(cluster, "device", of: "/dev/null")
    await tellWhole("made by the kernel") {
        let (lines, stanzas) = try await cluster.remotely { remote in
            (remote.lines("/proc/version").count, remote.stanzas("/proc/version").count)
        }
        return "\(try await lines.value) \(try await stanzas.value)"
    }
    await tellWhole("the same to both") {
        let (first, second) = try await cluster.remotely { remote in
            let lines = remote.lines("/proc/self/stat").map(sameLine)
            for _ in 0..<1_000 { _ = spin(1) }
            return (
                lines.collected(), remote.lines("/proc/self/stat").map(sameLine).collected()
            )
        }
        let (one, two) = (try await first.value, try await second.value)
        return "\(one == two) \(one.count) \(one.first?.hasPrefix("\(getpid()) ") == true)"
    }
    await tellWhole("own words") {
        try await cluster.remotely {
            $0.text("/proc/self/cmdline", separator: "\0").map(sameLine).collected()
        }.value[1]
    }
}

/// Rows that are left out, by chains that go over their table more than once.
func tellLeftOut(_ arguments: [String]) async throws {
    let folder = arguments[0]
    let rest = String(repeating: "3,c,3,true\n", count: 300)
    write(
        Array("id,name,value,isGood\n1,a,1,true\nx,b,2,true\n2,\"b,2,true\n\(rest)".utf8),
        to: "\(folder)/odd.csv")
    let rounds = { @Sendable (cluster: Cluster) async throws in
        for round in ["first", "second"] {
            let (names, count, groups, sizes, report) = try await cluster.remotely { remote in
                let rows = remote.csv(
                    "\(folder)/odd.csv", as: Reading.self, badRows: .leftOut)
                return (
                    rows.map(readingName).sorted().collected(), rows.count,
                    rows.grouped(by: readingName, .counting()), rows.map(readingName).distinct(),
                    rows.badRows()
                )
            }
            tell("\(round) names", try await names.value)
            tell("\(round) count", try await count.value)
            tell("\(round) groups", try await groups.collect().count)
            tell("\(round) distinct", try await sizes.collect())
            tell("\(round) report", try await report.value)
        }
    }
    guard arguments.contains("inline") else {
        return try await withTestCluster { try await rounds($0) }
    }
    try await withCluster(.inline) { try await rounds($0) }
}

/// Rows that are left out in every part of a table.
func tellLeftOutOften(in folder: String) async throws {
    var text = "id,name,value,isGood\n"
    for row in 0..<60_000 { text += row % 500 == 7 ? "x\(row),a,1,true\n" : "1,a,1,true\n" }
    write(Array(text.utf8), to: "\(folder)/often.csv")
    try await withTestCluster { cluster in
        let (count, report) = try await cluster.remotely { remote in
            let rows = remote.csv("\(folder)/often.csv", as: Reading.self, badRows: .leftOut)
            return (rows.count, rows.badRows())
        }
        tell("count", try await count.value)
        tell("left out", try await report.value.count)
    }
}
