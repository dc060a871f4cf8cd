// Which process is meant, told so that a later one with the same number is not mistaken for it.

import Glibc

/// A process id together with when that process started.
package struct ProcessIdentity: Sendable, Equatable {
    /// The number, which the system gives again to others.
    package let pid: Int32
    /// Clock ticks from the machine's start to the process's.
    package let startTicks: UInt64
    /// This start of the machine.
    package let bootID: String

    /// This process.
    package static func current() -> ProcessIdentity {
        let pid = getpid()
        return ProcessIdentity(
            pid: pid, startTicks: startTicks(of: pid) ?? 0, bootID: currentBootID())
    }

    package init(pid: Int32, startTicks: UInt64, bootID: String) {
        self.pid = pid
        self.startTicks = startTicks
        self.bootID = bootID
    }

    /// True while that very process runs; a zombie does not.
    package var isAlive: Bool {
        bootID == ProcessIdentity.currentBootID()
            && ProcessIdentity.startTicks(of: pid) == startTicks
    }

    private static func currentBootID() -> String {
        let bytes = smallFile("/proc/sys/kernel/random/boot_id") ?? []
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Field 22 of /proc/PID/stat.
    ///
    /// The program's name, field 2, may hold spaces and brackets: what follows its last bracket is
    /// field 3 (the state), 4, ...
    private static func startTicks(of pid: Int32) -> UInt64? {
        let fields = fields(of: pid)
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return UInt64(fields[19])
    }

    /// Who is told of the end of a process; a zombie has a parent too.
    static func parent(of pid: Int32) -> Int32? {
        let fields = fields(of: pid)
        return fields.count > 1 ? Int32(fields[1]) : nil
    }

    /// The fields of /proc/PID/stat from the state on; none when there is no such process.
    private static func fields(of pid: Int32) -> [String] {
        guard let bytes = smallFile("/proc/\(pid)/stat"),
            let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return [] }
        return bytes[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A file of at most 64 KiB, or nil.
func smallFile(_ path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var count = 0
    while count < bytes.count {
        let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe read(descriptor, buffer.baseAddress! + count, buffer.count - count)
        }
        if result < 0 { return nil }
        if result == 0 { break }
        count += result
    }
    return Array(bytes[..<count])
}
