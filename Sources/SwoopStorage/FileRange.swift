// Parts of files, read at an offset: how loops over files get their bytes. A version is a number
// that changes when the file does, so that nobody mixes the bytes of two.

import Glibc

/// What a file is before it is read.
package struct FileFacts: Equatable, Sendable {
    package var byteCount: Int
    /// Made of its size, its inode and the time of its last change; never 0.
    package var version: UInt64

    package init(byteCount: Int, version: UInt64) {
        self.byteCount = byteCount
        self.version = version
    }
}

/// Reads parts of files.
package enum FileRange {
    /// Reads exactly `count` bytes at `offset` into memory of the caller's.
    ///
    /// - Parameter version: the file's own when the plan was made; 0: any.
    /// - Throws: `StorageError.missing`, `.denied`, `.changed` or `.file`.
    package static func read(
        _ path: String, at offset: Int, into target: UnsafeMutableRawBufferPointer, count: Int,
        version: UInt64 = 0
    ) throws(StorageError) {
        precondition(count <= target.count, "the memory takes what is read")
        // It may be a pipe by now, which would be waited for.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { throw failure(path, errno) }
        defer { _ = close(file) }
        try check(path, file, version)
        var done = 0
        while done < count {
            let result = unsafe pread(
                file, target.baseAddress! + done, count - done, off_t(offset + done))
            if result < 0 && errno == EINTR { continue }
            guard result >= 0 else { throw failure(path, errno) }
            guard result > 0 else { throw .changed(path: path) }
            done += result
        }
        // What was read belongs together only if nobody wrote meanwhile.
        try check(path, file, version)
    }

    private static func check(
        _ path: String, _ file: Int32, _ version: UInt64
    ) throws(StorageError) {
        guard version != 0 else { return }
        var status = stat()
        guard unsafe fstat(file, &status) == 0 else { throw failure(path, errno) }
        guard facts(of: status).version == version else { throw .changed(path: path) }
    }

    /// The size and the version of a file that may be read.
    package static func facts(of path: String) throws(StorageError) -> FileFacts {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .file(path: path, reason: reason(notRegular: status.st_mode & S_IFMT))
        }
        guard unsafe access(path, R_OK) == 0 else { throw failure(path, errno) }
        return facts(of: status)
    }

    /// Why something that is no regular file cannot be read in parts.
    private static func reason(notRegular kind: mode_t) -> String {
        switch kind {
        case S_IFDIR: "it is a folder"
        case S_IFIFO:
            "it is a pipe, which one process can read once: write what comes of it to a file first"
        case S_IFSOCK: "it is a socket: write what comes of it to a file first"
        case S_IFCHR: "it is a device, such as a terminal"
        case S_IFBLK: "it is a disk"
        default: "it is no regular file"
        }
    }

    /// Bytes of a file.
    package static func byteCount(of path: String) throws(StorageError) -> Int {
        try facts(of: path).byteCount
    }

    private static func facts(of status: stat) -> FileFacts {
        let parts = [
            UInt64(bitPattern: Int64(status.st_size)), UInt64(status.st_ino),
            UInt64(bitPattern: Int64(status.st_mtim.tv_sec)),
            UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
        ]
        // FNV-1a over words.
        let hash = parts.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
        return FileFacts(byteCount: Int(status.st_size), version: hash == 0 ? 1 : hash)
    }

    private static func failure(_ path: String, _ code: Int32) -> StorageError {
        switch code {
        case ENOENT, ENOTDIR: .missing(path: path)
        case EACCES, EPERM: .denied(path: path)
        default: .file(path: path, reason: unsafe String(cString: strerror(code)))
        }
    }
}
