// The few file operations that the model database needs before SQLite may see the file.

internal import Glibc

/// A file that only its owner may read.
enum PrivateFile {
    /// Makes the folders (0700) and the file (0600, empty) where absent, and closes an existing
    /// file to readers.
    ///
    /// SQLite gives its side files the same mode.
    ///
    /// - Parameter objection: what lets others change a file of that name, there or not, as a
    ///   clause.
    static func prepare(
        _ path: String, objection: (String) -> String?
    ) throws(StorageError) {
        try makeFolders(of: path)
        // What SQLite finds beside the file it believes as it does the file.
        for name in [path] + ["-wal", "-shm", "-journal"].map({ path + $0 }) {
            if let objection = objection(name) { throw .unwritable(path: name, reason: objection) }
            var status = stat()
            guard unsafe lstat(name, &status) == 0 else { continue }
            try checkOwner(status, name)
        }
        let descriptor = unsafe open(
            path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .system(call: "open as a file", subject: path, errno: EINVAL)
        }
        try checkOwner(status, path)
        guard fchmod(descriptor, 0o600) == 0 else { throw failure("fchmod", path) }
    }

    private static func checkOwner(_ status: stat, _ path: String) throws(StorageError) {
        guard status.st_uid != geteuid() else { return }
        throw .unwritable(path: path, reason: "it belongs to another user (\(status.st_uid))")
    }

    /// Renames a damaged file, and drops what SQLite wrote beside it: of a damaged file it is of no
    /// use, and a new file must not meet it.
    static func moveAside(_ path: String, to aside: String) throws(StorageError) {
        guard unsafe rename(path, aside) == 0 else { throw failure("rename", path) }
        for suffix in ["-wal", "-shm"] { _ = unsafe unlink(path + suffix) }
    }

    private static func makeFolders(of path: String) throws(StorageError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        var folder = path.hasPrefix("/") ? "" : "."
        for part in parts {
            folder += "/" + part
            guard unsafe mkdir(folder, 0o700) != 0, errno != EEXIST else { continue }
            // A folder that is there but not ours to make (read-only parents) is no failure yet.
            if unsafe access(folder, F_OK) != 0 { throw failure("mkdir", folder) }
        }
    }

    private static func failure(_ call: String, _ subject: String) -> StorageError {
        .system(call: call, subject: subject, errno: errno)
    }
}
