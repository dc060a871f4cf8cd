// A runtime folder for one test, so that clusters of other tests, and of the person at this
// machine, are neither seen nor disturbed; and what /proc says of the processes started in it.

import Glibc
import SwoopLaunching
import SwoopTransport
import Testing

/// An empty folder that is gone with its last user.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/swoop-integration-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw ProgramRun.Problem.noFolder(errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in Self.names(in: path + "/swoop") { _ = unsafe unlink("\(path)/swoop/\(name)") }
        _ = unsafe rmdir(path + "/swoop")
        for name in Self.names(in: path) { _ = unsafe unlink("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }

    /// Files by which clusters are found.
    var addresses: [String] { Self.names(in: path + "/swoop") }

    /// The address of a cluster, as any client finds it.
    func address(of cluster: String) throws -> CoordinatorAddress? {
        try RuntimeFolder(at: path + "/swoop").coordinator(of: cluster)
    }

    /// Processes, zombies left out, that were started with this folder as their runtime folder.
    var processes: [Int32] {
        let mark = Array("XDG_RUNTIME_DIR=\(path)".utf8)
        return Self.names(in: "/proc").compactMap { Int32($0) }.filter { pid in
            guard contents(of: "/proc/\(pid)/environ").split(separator: 0).contains(mark[...])
            else { return false }
            let state = contents(of: "/proc/\(pid)/stat").split(separator: UInt8(ascii: ")")).last
            return state?.dropFirst().first != UInt8(ascii: "Z")
        }
    }

    /// Children of a process, zombies left out.
    func children(of parent: Int32) -> [Int32] {
        processes.filter { parentOf($0) == parent }
    }

    /// Waits until none of its processes is left; the rest after the limit.
    func processes(leftAfter seconds: Double) throws -> [Int32] {
        let limit = MonotonicClock.nanoseconds() + Int64(seconds * 1e9)
        var poll = PollLoop()
        while !processes.isEmpty, MonotonicClock.nanoseconds() < limit {
            try poll.wait(until: MonotonicClock.nanoseconds() + 5_000_000)
        }
        return processes
    }

    static func names(in folder: String) -> [String] {
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
}

private func parentOf(_ pid: Int32) -> Int32? {
    let stat = String(decoding: contents(of: "/proc/\(pid)/stat"), as: UTF8.self)
    let fields = (stat.split(separator: ")").last ?? "").split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
}

/// A file's bytes, at most a megabyte; none when it cannot be read.
func contents(of path: String) -> [UInt8] {
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
