// Files that are not what a plan takes them for: missing, denied, changed or cut off while they are
// read, and texts that are hard to divide. Told as the whole error that a user sees.

import Glibc
import Swoop

/// Tells what came out, or the whole error; its task and attempt, which are others in every run, as
/// `N`, and of its file the name.
func tellWhole<Value>(_ name: String, _ make: () async throws -> Value) async {
    do {
        tell(name, try await make())
    } catch let error as SwoopError {
        var told = error
        told.file = String(error.file.split(separator: "/").last ?? "")
        told.attempt = 0
        told.node = ""
        let text = "\(told)"
        tell(name, told.task.map { text.replacing("task \($0)", with: "task N") } ?? text)
    } catch {
        tell(name, "other error \(error)")
    }
}

/// Writes a file.
func write(_ bytes: [UInt8], to path: String, flags: Int32 = O_TRUNC) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | flags | O_CLOEXEC, 0o600)
    defer { _ = close(file) }
    var done = 0
    while file >= 0, done < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe write(file, bytes.baseAddress! + done, bytes.count - done)
        }
        guard count > 0 else { return }
        done += count
    }
}

@Remote func lineBytes(_ line: TextSlice) -> Int { line.byteCount }
@Remote func isUnicode(_ line: TextSlice) -> Bool { !String(line).utf8.contains(0xef) }
@Remote func nulCount(_ line: TextSlice) -> Int {
    line.withSpan { span in
        var count = 0
        for index in 0..<span.count where span[index] == 0 { count += 1 }
        return count
    }
}

/// Takes its time over every line that says so, once somebody was told of it by a file.
@Remote func lingering(_ line: TextSlice) -> Int {
    guard line.hasPrefix("stay ") else { return line.byteCount }
    let path = String(line[5..<line.byteCount])
    write([1], to: path + ".begun")
    while unsafe access(path + ".go", F_OK) != 0 { _ = spin(1) }
    return line.byteCount
}

/// What is told of files in a folder; `way`: "here" where nodes read them, "sent" as if they were
/// other machines, "agents" for two of them.
func tellWrongFiles(_ arguments: [String]) async throws {
    let (folder, way) = (arguments[0], arguments[1])
    @Sendable func all(_ cluster: Cluster) async throws {
        try await tellUnreadable(cluster, folder)
        try await tellWritten(cluster, folder)
        try await tellHardText(cluster, folder)
        await tell("afterwards") { try await cluster.remotely { $0.call(one, 1) }.value }
    }
    if way == "agents" {
        try await withAgents(2, pageBudget: 64 << 20) { cluster, _ in try await all(cluster) }
    } else {
        try await withTestCluster(sendsFiles: way == "sent") { try await all($0) }
    }
}

private func tellUnreadable(_ cluster: Cluster, _ folder: String) async throws {
    write(Array("a\nb\n".utf8), to: folder + "/locked")
    _ = unsafe chmod(folder + "/locked", 0)
    _ = unsafe mkfifo(folder + "/pipe", 0o600)
    for name in ["absent", "locked", ".", "pipe", "locked/below"] {
        await tellWhole("lines of \(name)") {
            try await cluster.remotely { $0.lines("\(folder)/\(name)").count }.value
        }
    }
    await tellWhole("stanzas of absent") {
        try await cluster.remotely { $0.stanzas("\(folder)/absent").count }.value
    }
    await tellWhole("records of absent") {
        try await cluster.remotely { $0.records("\(folder)/absent", as: Int.self).count }.value
    }
    await tellWhole("records of locked") {
        try await cluster.remotely { $0.records("\(folder)/locked", as: Int.self).count }.value
    }
    await tellWhole("one of two") {
        try await cluster.remotely { $0.lines("\(folder)/pipe", "\(folder)/absent").count }.value
    }
    await tellWhole("shared absent") {
        try await cluster.remotely { $0.lines(shared: "\(folder)/absent").count }.value
    }
    await tellWhole("no files") {
        try await cluster.remotely { $0.lines(of: TextFiles([])).count }.value
    }
    for separator in ["", "aa"] {
        await tellWhole("separator '\(separator)'") {
            try await cluster.remotely {
                $0.text("\(folder)/absent", separator: separator).count
            }.value
        }
    }
}

/// Files that somebody writes to between a plan and its reading, and while they are read.
private func tellWritten(_ cluster: Cluster, _ folder: String) async throws {
    func change(_ name: String) {
        let path = "\(folder)/\(name)"
        switch name.split(separator: " ").last {
        case "grown": write(Array("more\n".utf8), to: path, flags: O_APPEND)
        case "shrunk": _ = unsafe truncate(path, 5)
        case "removed": _ = unsafe unlink(path)
        default: _ = unsafe chmod(path, 0)
        }
    }
    for name in ["grown", "shrunk", "removed", "locked later"] {
        let path = "\(folder)/\(name)"
        write(Array("first\nsecond\n".utf8), to: path)
        await tellWhole("before: \(name)") {
            let plan = cluster.plan { $0.lines(path).map(lineBytes).sum }
            change(name)
            return try await plan.run().value
        }
    }
    for name in ["while read, grown", "while read, shrunk"] {
        let path = "\(folder)/\(name)"
        // More than a run reads at once; the first line is waited for, the rest comes later.
        var rest = [UInt8](repeating: 0x79, count: 24 << 20)
        for index in stride(from: 0, to: rest.count, by: 997) { rest[index] = 0x0a }
        write(Array("stay \(path)".utf8) + rest, to: path)
        await tellWhole(name) {
            let proxy = try await cluster.remotely { $0.lines(path).map(lingering).sum }
            // No task of its own: it might wait behind the run that lingers.
            while unsafe access(path + ".begun", F_OK) != 0 { _ = spin(1) }
            change(name)
            write([1], to: path + ".go")
            return try await proxy.value
        }
        // The word to go on stays: the plan may fail before the run that waits for it looks.
        for end in ["", ".begun"] { _ = unsafe unlink(path + end) }
    }
}

/// Texts that are what they are: every line is one, whatever is in it.
private func tellHardText(_ cluster: Cluster, _ folder: String) async throws {
    func lines(_ name: String, _ bytes: [UInt8]) async {
        let path = "\(folder)/\(name)"
        write(bytes, to: path)
        await tellWhole(name) {
            let (count, length, longest) = try await cluster.remotely { remote in
                let lines = remote.lines(path)
                return (lines.count, lines.map(lineBytes).sum, lines.map(lineBytes).max)
            }
            return "\(try await count.value) \(try await length.value) "
                + "\(try await longest.value ?? -1)"
        }
    }
    await lines("empty", [])
    await lines("one byte", [0x61])
    await lines("no end", Array("ab\ncd".utf8))
    await lines("line feed alone", [0x0a])
    await lines("carriage returns", Array("ab\r\ncd\r\n\r\nef\r".utf8))
    await lines("zeros", [0, 0x0a, 0x61, 0, 0, 0x0a])
    await lines("no text", [0xff, 0xf8, 0x0a, 0xc3, 0x0a, 0x80])
    await tell("no text as text") {
        try await cluster.remotely { $0.lines("\(folder)/no text").map(lineText).collected() }
            .value
    }
    await tell("zeros counted") {
        try await cluster.remotely { $0.lines("\(folder)/zeros").map(nulCount).sum }.value
    }
    // Lines of more than a leaf, and of more than a part.
    let long = [UInt8](repeating: 0x78, count: 5 << 20)
    await lines("long lines", Array("a\n".utf8) + long + [0x0a] + long + Array("\nb".utf8))
    await lines("one long line", long + long + long)
    for name in ["long lines", "one long line"] { _ = unsafe unlink("\(folder)/\(name)") }
    await tell("empty as stanzas, records and pieces") {
        let counts = try await cluster.remotely { remote in
            [
                remote.stanzas("\(folder)/empty").count,
                remote.records("\(folder)/empty", as: Int.self).count,
                remote.text("\(folder)/empty", separator: ";").count,
            ]
        }
        return [try await counts[0].value, try await counts[1].value, try await counts[2].value]
    }
    await tell("mean of an empty file") {
        try await cluster.remotely { $0.lines("\(folder)/empty").map(lineBytes).mean }.value
    }
}

/// Starts this program again without the right to read and write what it likes, which root has:
/// `unprivileged COMMAND ARGUMENTS…`.
func runUnprivileged(_ arguments: [String]) {
    var path = [UInt8](repeating: 0, count: 4_096)
    let length = unsafe readlink("/proc/self/exe", &path, path.count)
    let own = String(decoding: path.prefix(max(0, length)), as: UTF8.self)
    let rights = "-dac_override,-dac_read_search,-fowner,-sys_ptrace"
    let words = ["setpriv", "--inh-caps=\(rights)", "--bounding-set=\(rights)", own] + arguments
    let pointers = unsafe words.map { unsafe strdup($0) } + [nil]
    _ = unsafe execvp("setpriv", pointers)
    tell("setpriv", "cannot be started")
    exit(70)
}
