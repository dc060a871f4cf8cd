// What can go wrong between the wish for a process and the process, and around the files by which
// processes of one user find one another.

import SwoopTransport

/// A failure to start, hand over to, or find a process.
package enum LaunchError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `code` is its errno.
    case systemCall(String, code: Int32)
    /// The program could not be started; `code` is the errno of the step that failed.
    case cannotStart(program: String, code: Int32)
    /// A descriptor that the role needs was not handed over.
    case missingDescriptor(String)
    /// The environment names a role in a form that no launcher writes.
    case malformedRole(String)
    /// The configuration of an agent is not what a launcher writes.
    case malformedConfiguration(String)
    /// The user's runtime folder belongs to somebody else or is open to others.
    case unsafeFolder(path: String, reason: String)
    /// Nothing can be written in the user's runtime folder; `code` is the errno.
    case closedFolder(path: String, code: Int32)
    /// A name that cannot be part of a file name.
    case unusableName(String)

    /// Another process keeps a cluster of that name, or may: its namespace is another.
    case clusterRuns(String, pid: Int32, file: String)

    package var description: String {
        switch self {
        case .systemCall(let name, let code): "\(name) failed: \(SystemWords.of(code))"
        case .cannotStart(let program, let code): "cannot start \(program): \(SystemWords.of(code))"
        case .missingDescriptor(let name): "the launcher handed over no descriptor \"\(name)\""
        case .malformedRole(let text): "the role \"\(text)\" in the environment is none of ours"
        case .malformedConfiguration(let what):
            "the agent's configuration is not complete: \(what)"
        case .unsafeFolder(let path, let reason):
            "\(path) cannot be trusted: \(reason); mend that, or set XDG_RUNTIME_DIR to a folder of "
                + "yours with mode 700 below folders that only you and root can change"
        case .closedFolder(let path, let code):
            "nothing can be written at \(path), where the processes of a user find one another "
                + "(\(SystemWords.of(code))): make that possible, or set XDG_RUNTIME_DIR to a "
                + "folder of yours with mode 700 that can be written to"
        case .unusableName(let name):
            "\"\(name)\" cannot name a cluster: use letters, digits, - and _"
        case .clusterRuns(let name, let pid, let file):
            "process \(pid) keeps a cluster named \(name); if it has ended, remove \(file)"
        }
    }
}
