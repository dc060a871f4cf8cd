// The memory of this process and all that descend from it, looked at ten times a second or as often
// as is asked: every page counted once, divided among those who share it (PSS).

import Glibc
import Synchronization

/// Looks at memory on a thread of its own until `end`.
final class MemoryWatch: Sendable {
    private let peak = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    /// Closed at the end, which wakes the thread.
    private let ends: (reading: Int32, writing: Int32)
    private let period: Int32
    private let processes: [Int32]?

    /// - Parameters:
    ///   - processes: whose memory; nil: this process's and that of all that descend from it.
    ///   - period: milliseconds between two looks.
    init(of processes: [Int32]? = nil, period: Int32 = 100) {
        self.period = period
        self.processes = processes
        var pair: [Int32] = [-1, -1]
        _ = unsafe pipe(&pair)
        for end in pair { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        ends = (pair[0], pair[1])
        let watch = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        _ = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let watch = unsafe Unmanaged<MemoryWatch>.fromOpaque(argument).takeRetainedValue()
                while !watch.isOver.load(ordering: .relaxed) {
                    watch.look()
                    var end = pollfd(fd: watch.ends.reading, events: Int16(POLLIN), revents: 0)
                    _ = unsafe poll(&end, 1, watch.period)
                }
                return nil
            }, unsafe watch.toOpaque())
    }

    /// The most bytes that were seen.
    func end() -> Int {
        look()
        isOver.store(true, ordering: .relaxed)
        _ = close(ends.writing)
        return peak.load(ordering: .relaxed)
    }

    private func look() {
        let bytes = (processes ?? Self.family(of: getpid())).reduce(0) { $0 + Self.bytes(of: $1) }
        if bytes > peak.load(ordering: .relaxed) { peak.store(bytes, ordering: .relaxed) }
    }

    /// A process and all that descend from it.
    static func family(of process: Int32) -> [Int32] {
        let tasks = "/proc/\(process)/task"
        let children = text(of: "\(tasks)/\(process)/children") + others(in: tasks, than: process)
        return [process]
            + children.split(separator: " ").compactMap { Int32($0) }.flatMap(family(of:))
    }

    /// Children that other threads of the process started.
    private static func others(in folder: String, than process: Int32) -> String {
        guard let directory = unsafe opendir(folder) else { return "" }
        defer { _ = unsafe closedir(directory) }
        var all = ""
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let thread = Int32(name), thread != process {
                all += " " + text(of: "\(folder)/\(thread)/children")
            }
        }
        return all
    }

    /// A process's share of memory.
    static func bytes(of process: Int32) -> Int {
        for line in text(of: "/proc/\(process)/smaps_rollup").split(separator: "\n")
        where line.hasPrefix("Pss:") {
            return (Int(line.filter(\.isNumber)) ?? 0) << 10
        }
        return 0
    }

    private static func text(of path: String) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(descriptor, &part, part.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part[..<count]
        }
    }
}
