// Which process is meant, told so that a later one with the same number is not mistaken for it.

import Glibc
import SwoopTransport

/// A process id together with when that process started, and where both numbers mean something.
package struct ProcessIdentity: Sendable, Equatable {
    /// What can be said of a process from here.
    package enum Standing: Sendable, Equatable {
        case running
        /// It has ended, for certain.
        case ended
        /// Its number means nothing here: it is of another namespace or machine or of another
        /// start of one, or there is no /proc to look into.
        case foreign
    }

    /// The number, which the system gives again to others.
    package let pid: Int32
    /// Clock ticks from the machine's start to the process's.
    package let startTicks: UInt64
    /// This start of the machine.
    package let bootID: String
    /// Which process ids and times are meant (`pid_namespaces(7)`, `time_namespaces(7)`); empty:
    /// nobody knows.
    package let namespace: String
    /// The machine, as long as it is installed.
    package let machine: String

    /// This process.
    package static func current() -> ProcessIdentity {
        // By its own name: /proc may show another namespace, in which the number is another's.
        ProcessIdentity(
            pid: getpid(), startTicks: startTicks(of: "self") ?? 0, bootID: currentBootID())
    }

    /// - Parameters:
    ///   - namespace: nil: that of this process.
    ///   - machine: nil: this one.
    package init(
        pid: Int32, startTicks: UInt64, bootID: String, namespace: String? = nil,
        machine: String? = nil
    ) {
        self.pid = pid
        self.startTicks = startTicks
        self.bootID = bootID
        self.namespace = namespace ?? Self.ownNamespace()
        self.machine = machine ?? Self.thisMachine()
    }

    /// What can be said of that very process now; a zombie has ended.
    package var standing: Standing {
        let boot = ProcessIdentity.currentBootID()
        // With another start of the system this machine may have started anew, or it is another
        // one that was copied together with its id, and shares a folder: nobody can tell.
        guard !boot.isEmpty, bootID == boot, machine == Self.thisMachine() else { return .foreign }
        guard !namespace.isEmpty, namespace == Self.ownNamespace(), Self.seesOwnNamespace else {
            return .foreign
        }
        return ProcessIdentity.startTicks(of: String(pid)) == startTicks ? .running : .ended
    }

    /// Whether it has ended, for certain.
    package var hasEnded: Bool { standing == .ended }

    private static func currentBootID() -> String { line(of: "/proc/sys/kernel/random/boot_id") }

    /// The machine's id; where it has none, as in many containers, its name.
    private static func thisMachine() -> String {
        let id = line(of: "/etc/machine-id")
        return id.isEmpty ? line(of: "/proc/sys/kernel/hostname") : id
    }

    private static func line(of path: String) -> String {
        let bytes = smallFile(path) ?? []
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    private static func ownNamespace() -> String {
        func number(_ kind: String) -> UInt64? {
            var status = stat()
            guard unsafe stat("/proc/self/ns/\(kind)", &status) == 0 else { return nil }
            return UInt64(status.st_ino)
        }
        // Kernels before 5.6 know no time namespaces: start times are the same for all.
        return number("pid").map { "\($0)-\(number("time") ?? 0)" } ?? ""
    }

    /// Whether /proc shows the processes of this process's own namespace.
    private static var seesOwnNamespace: Bool {
        let bytes = smallFile("/proc/self/stat") ?? []
        return words(bytes[...]).first.flatMap { Int32($0) } == getpid()
    }

    /// Field 22 of /proc/PID/stat.
    ///
    /// The program's name, field 2, may hold spaces and brackets: what follows its last bracket is
    /// field 3 (the state), 4, ...
    private static func startTicks(of process: String) -> UInt64? {
        let fields = fields(of: process)
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return UInt64(fields[19])
    }

    /// Who is told of the end of a process; a zombie has a parent too.
    static func parent(of pid: Int32) -> Int32? {
        let fields = fields(of: String(pid))
        return fields.count > 1 ? Int32(fields[1]) : nil
    }

    /// The fields of /proc/PID/stat from the state on; none when there is no such process.
    private static func fields(of process: String) -> [String] {
        guard let bytes = smallFile("/proc/\(process)/stat"),
            let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return [] }
        return words(bytes[(nameEnd + 1)...])
    }

    private static func words(_ bytes: ArraySlice<UInt8>) -> [String] {
        bytes.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A regular file's first 64 KiB, or nil. Keys may be in them: no other copy is left.
func smallFile(_ path: String) -> [UInt8]? {
    // Whoever can make a file can make a pipe, which nobody ever writes to.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        return nil
    }
    return SecretFile.prefix(64 << 10, of: descriptor)
}
