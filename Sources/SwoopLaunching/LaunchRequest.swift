// What a child process is to be: a value, so that it can be looked at before anything happens.

import Glibc

/// A process to start.
package struct LaunchRequest: Sendable {
    /// What runs.
    package enum Program: Sendable, Equatable {
        /// The executable of this process, in the role given; of a process that runs from a
        /// bundle, that bundle's.
        case thisExecutable
        /// The program whose bundle lies in this folder, in the role given: `PlacedProgram.folder`.
        case bundle(folder: String)
        /// The program at a path; PATH is not searched.
        case path(String)
    }

    /// Where the child's standard output and error go.
    ///
    /// Its standard input is empty.
    package enum Output: Sendable, Equatable {
        /// Where this process's go.
        case inherited
        /// Nowhere.
        case discarded
        /// Into pipes that this process reads: `ChildProcess.standardOutput` and `standardError`.
        case piped
    }

    /// What runs.
    package var program: Program
    /// Arguments, the program's name first.
    ///
    /// The default shows in `ps` whose child it is.
    package var arguments: [String] = CommandLine.arguments
    /// The name that `InheritedRole.take()` finds in the child; nil for a program that knows no
    /// roles.
    package var role: String?
    /// Added to (or put over) this process's environment.
    ///
    /// No secrets: they go by `descriptors`.
    package var environment: [String: String] = [:]
    /// Open descriptors of this process by the name under which the child takes them.
    ///
    /// The caller keeps, and closes, its own.
    package var descriptors: [String: Int32] = [:]
    /// Whether the child may leave a word behind of why it ends: `ChildProcess.lastWords`.
    package var hearsLastWords = false
    /// Where its output goes.
    package var output: Output = .inherited
    /// The child's working folder; nil for this process's.
    package var folder: String?
    /// The signal that the child gets when this process ends, however it ends.
    package var deathSignal: Int32 = SIGKILL

    /// A child of this executable in a role.
    package init(role: String) {
        program = .thisExecutable
        self.role = role
    }

    /// A child of the program whose bundle lies in a folder, in a role.
    package init(role: String, bundle folder: String) {
        program = .bundle(folder: folder)
        self.role = role
    }

    /// Another program.
    package init(program path: String, arguments: [String]) {
        program = .path(path)
        self.arguments = [path] + arguments
    }
}

/// The environment variables by which a launcher speaks to its child.
///
/// The child removes them before any code of the user's runs, so that no grandchild takes them for
/// its own.
enum RoleVariable {
    /// The descriptor that is written to, by its name.
    static let lastWords = "last-words"
    static let role = "SWOOP_ROLE"
    static let descriptors = "SWOOP_DESCRIPTORS"
    static let bundle = ShippedProgram.variable
    static let all = [role, descriptors, bundle]
}
