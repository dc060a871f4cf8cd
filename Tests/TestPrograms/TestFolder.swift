// A runtime folder for one test, so that clusters of other tests, and of the person at this
// machine, are neither seen nor disturbed; and what /proc says of the processes started in it.

import Glibc
package import SwoopLaunching
import SwoopTransport

/// An empty folder that is gone with its last user.
package final class TestFolder: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/swoop-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ProgramRun.Problem.noFolder(errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    /// What programs that belong here are told: where they find one another, and where they keep
    /// what lasts.
    package var environment: [String: String] {
        [
            "XDG_RUNTIME_DIR": path, "XDG_STATE_HOME": path + "/state",
            "XDG_CACHE_HOME": path + "/cache",
        ]
    }

    /// Files by which clusters are found; the lock of their folder stays.
    package var addresses: [String] { Self.names(in: path + "/swoop").filter { $0 != ".lock" } }

    /// The address of a cluster, as any client finds it.
    package func address(of cluster: String) throws -> CoordinatorAddress? {
        try RuntimeFolder(at: path + "/swoop").coordinator(of: cluster)
    }

    /// Waits until a cluster of that name is published; not longer than the patience of a run.
    package func waitForAddress(of cluster: String) throws {
        var poll = PollLoop()
        let limit = MonotonicClock.nanoseconds() + ProgramRun.patience * 1_000_000_000
        while try address(of: cluster) == nil, MonotonicClock.nanoseconds() < limit {
            try poll.wait(until: MonotonicClock.nanoseconds() + 5_000_000)
        }
    }

    /// Processes, zombies left out, that were started with this folder as their runtime folder.
    package var processes: [Int32] {
        let mark = Array("XDG_RUNTIME_DIR=\(path)".utf8)
        return Self.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard contents(of: "/proc/\(pid)/environ").split(separator: 0).contains(mark[...])
            else { return false }
            let state = contents(of: "/proc/\(pid)/stat").split(separator: UInt8(ascii: ")")).last
            return state?.dropFirst().first != UInt8(ascii: "Z")
        }
    }

    /// Children of a process, zombies left out.
    package func children(of parent: Int32) -> [Int32] {
        processes.filter { parentOf($0) == parent }
    }

    /// Waits until none of its processes is left; the rest after the limit.
    package func processes(leftAfter seconds: Double) throws -> [Int32] {
        _ = try holds(within: seconds) { processes.isEmpty }
        return processes
    }

    /// The names in a folder, sorted; none if it cannot be read.
    package static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, or a folder with all that is in it.
    package static func remove(_ path: String) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            _ = unsafe unlink(path)
            return
        }
        for name in names(in: path) { remove("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }
}

private func parentOf(_ pid: Int32) -> Int32? {
    let stat = String(decoding: contents(of: "/proc/\(pid)/stat"), as: UTF8.self)
    let fields = (stat.split(separator: ")").last ?? "").split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
}

/// A file's bytes, at most a megabyte; none when it cannot be read.
package func contents(of path: String) -> [UInt8] {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { _ = close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    var count = 0
    while count < bytes.count {
        let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe read(file, buffer.baseAddress! + count, buffer.count - count)
        }
        guard result > 0 else { break }
        count += result
    }
    return Array(bytes.prefix(count))
}

extension TestFolder {
    /// A copy of `SwoopTestProgram` in this folder with a byte more: the same program as another
    /// build; nil where it cannot be made.
    package func otherBuild() -> String? {
        let other = path + "/other"
        guard let own = ProgramRun.programPath else { return nil }
        let source = unsafe open(own, O_RDONLY | O_CLOEXEC)
        let target = unsafe open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0o700)
        defer {
            _ = close(source)
            _ = close(target)
        }
        var status = stat()
        guard unsafe fstat(source, &status) == 0 else { return nil }
        var left = Int(status.st_size)
        while left > 0 {
            let sent = sendfile(target, source, nil, left)
            guard sent > 0 else { return nil }
            left -= sent
        }
        return unsafe write(target, "x", 1) == 1 ? other : nil
    }
}
