// Which build of which program this process runs: clients, coordinators and agents must agree on
// it, since code is found by its place in the program.

import Glibc

/// The name of this build of this program.
package enum ProgramIdentity {
    /// A name that changes with every build of this executable.
    ///
    /// Device, inode, size and time of change: on one machine nothing else can have the same.
    /// Programs that travelled are named by the hash of their content instead: a process that runs
    /// from a bundle answers with the bundle's.
    package static func current() -> String {
        if let folder = ShippedProgram.folder { return lastComponent(of: folder) }
        var status = stat()
        guard unsafe stat("/proc/self/exe", &status) == 0 else { return "unknown" }
        return [
            Int64(status.st_dev), Int64(status.st_ino), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
        ].map { String($0, radix: 36) }.joined(separator: "-")
    }
}
