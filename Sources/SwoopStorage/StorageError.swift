// What can go wrong with files and memory, as the loops see it.

import SwoopTransport

/// A failure of a file, a mapping or a database.
package enum StorageError: Error, Equatable, Sendable {
    /// A system call failed: its name, what it was for, and its `errno`.
    case system(call: String, subject: String, errno: Int32)
    /// SQLite refused: its extended result code and its own words. Busy (5) and full (13) may pass:
    /// try again later.
    case database(code: Int32, message: String)
    /// A file of the user's cannot be read; the reason is the system's, or says what changed.
    case file(path: String, reason: String)
    /// The folder does not take pages, or does not give them back; the reason is the system's.
    case spill(folder: String, reason: String)
    /// There is no such file.
    case missing(path: String)
    /// The file may not be read by this user.
    case denied(path: String)
    /// The file is not the one that it was when the plan was made.
    case changed(path: String)
    /// A file cannot be written, for the system's reason: a full disk, say.
    case unwritable(path: String, reason: String)
    /// A file may not be written by this user, or to this file system.
    case writeDenied(path: String, reason: String)
}

extension StorageError: CustomStringConvertible {
    /// What happened, in a sentence.
    package var description: String {
        switch self {
        case .system(let call, let subject, let code):
            "\(call) failed on \(subject): \(SystemWords.of(code))"
        case .database(let code, let message): "the database answered \(code): \(message)"
        case .file(let path, let reason): "\(path) cannot be read: \(reason)"
        case .spill(let folder, let reason): "pages cannot be kept in \(folder): \(reason)"
        case .missing(let path): "\(path) cannot be read: no such file"
        case .denied(let path): "\(path) cannot be read: permission denied"
        case .changed(let path): "\(path) has changed since the plan was made"
        case .unwritable(let path, let reason), .writeDenied(let path, let reason):
            "\(path) cannot be written: \(reason)"
        }
    }
}
