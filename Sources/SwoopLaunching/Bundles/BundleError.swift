// What can go wrong with a program as files: reading its own, being sent somebody's, keeping them.

import Glibc

/// A failure around bundles; its description is a sentence for people.
package enum BundleError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `code` is its errno.
    case systemCall(String, path: String, code: Int32)
    /// A folder that others could change.
    case unsafeFolder(FolderFault, path: String)
    /// The file system has less room than a program needs.
    case noRoom(folder: String, free: Int64, needed: Int64)
    /// A file that this process runs is another one on disk by now.
    case replaced(path: String)
    /// A manifest that nobody may act on.
    case refusedManifest(String)
    /// A file that the bundle does not name.
    case unknownFile(digest: String)
    /// Bytes that are not those which the manifest names.
    case damaged(name: String, reason: String)
    /// The files of a program that are not in the cache, by name.
    case incomplete(program: String, missing: [String])

    package var description: String {
        switch self {
        case .systemCall(let name, let path, let code):
            "\(name) of \(path) failed: \(unsafe String(cString: strerror(code)))"
        case .unsafeFolder(let fault, let path): fault.words(of: path)
        case .noRoom(let folder, let free, let needed):
            "\(folder) has \(free >> 20) MiB free and the program needs \(needed >> 20) MiB:"
                + " make room there, or name another folder"
        case .replaced(let path):
            "\(path) was replaced since this program started: start the program again"
        case .refusedManifest(let reason): "the program's manifest is refused: \(reason)"
        case .unknownFile(let digest): "the program has no file \(digest)"
        case .damaged(let name, let reason): "the file \(name) is damaged: \(reason)"
        case .incomplete(let program, let missing):
            "the program \(program) lacks \(missing.joined(separator: ", "))"
        }
    }

    /// The system's number, where a system call failed: ENOSPC, EACCES and the like.
    package var code: Int32? {
        if case .systemCall(_, _, let code) = self { code } else { nil }
    }
}
