// A program that runs from a folder of files that were sent: how it is started, and how it knows.
// The folder has the executable, its libraries and the loader of the machine that they were built
// on; the machine's own are not used.

import Glibc
import SwoopModel
import Synchronization

/// Starting a program from its folder.
package enum ShippedProgram {
    /// Names the folder to a process that is started in a role; `InheritedRole.take` removes it, so
    /// that programs which the user's code starts do not see it.
    package static let variable = "SWOOP_BUNDLE"

    private static let taken = Mutex<String?>(nil)

    /// The folder that this process runs from; nil for a program that was started as usual.
    ///
    /// Known once `InheritedRole.take` has been called.
    package static var folder: String? { taken.withLock { $0 } }

    /// What to execute, and its arguments, to start the program of a folder of this machine.
    package static func command(
        folder: String, arguments: [String]
    ) -> (path: String, arguments: [String]) {
        let hasLoader = unsafe access("\(folder)/\(ProgramManifest.loaderName)", F_OK) == 0
        return command(folder: folder, arguments: arguments, hasLoader: hasLoader)
    }

    /// The same for a folder of any machine.
    ///
    /// `arguments` are what the program will see as its own, its name first; the name is also the
    /// first word that `ps` shows. A program that was linked without a loader (`hasLoader` of its
    /// manifest) is started itself.
    package static func command(
        folder: String, arguments: [String], hasLoader: Bool
    ) -> (path: String, arguments: [String]) {
        let loader = "\(folder)/\(ProgramManifest.loaderName)"
        let program = "\(folder)/\(ProgramManifest.programName)"
        guard hasLoader else { return (program, arguments) }
        let name = arguments.first ?? program
        return (
            loader,
            [name, "--library-path", folder, "--argv0", name, program] + arguments.dropFirst()
        )
    }

    /// Remembers the folder that the environment names.
    static func take(_ value: String?) {
        guard let value, value.hasPrefix("/") else { return }
        taken.withLock { $0 = value }
    }
}
