// The words that this program was started with, also where /proc is hidden: Swift reads them there,
// and has none then.

import CSwoopSystem
import Glibc

/// Arguments of this process.
package enum ProgramArguments {
    /// The arguments without the program's own name.
    package static func ofThisProcess() -> [String] {
        var count: Int32 = 0
        guard let words = unsafe swoop_arguments(&count) else { return [] }
        return (0..<Int(count)).dropFirst().map { unsafe String(cString: words[$0]) }
    }

    /// Whether /proc shows the processes of this machine.
    package static var seesProcesses: Bool { unsafe access("/proc/self/stat", R_OK) == 0 }
}
