// Who may look into this process: processes of ours that hold keys and run none of the user's code.
// And which file another one runs.

import CSwoopSystem
import Glibc

/// The file that a process runs.
package struct ProcessImage: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    /// Looks at a process; nil: there is none, or its memory is closed to this one.
    package init?(of pid: Int32) {
        var status = stat()
        guard unsafe stat("/proc/\(pid)/exe", &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

/// The memory of this process, as others may see it.
package enum ProcessMemory {
    /// Closes it to debuggers and other processes of the user, and to core dumps.
    ///
    /// What it costs: `perf` and `gdb` need root for this process, and files of its own in /proc
    /// that belong to the owner (`environ`, `mem`) are root's. `SWOOP_DUMPABLE=1` leaves it open,
    /// for whoever works on Swoop. Processes that it starts are open again.
    package static func close() {
        if let value = unsafe getenv("SWOOP_DUMPABLE"), unsafe String(cString: value) == "1" {
            return
        }
        // Every Linux has it: there is nothing to be done without.
        _ = swoop_close_memory()
    }

    /// Whether it is closed.
    package static var isClosed: Bool { swoop_is_memory_closed() == 1 }
}
