// Parts of files, read at an offset: how loops over text get their bytes.

import Glibc

/// Reads parts of files.
package enum FileRange {
    /// Reads exactly `count` bytes at `offset` into memory of the caller's.
    package static func read(
        _ path: String, at offset: Int, into target: UnsafeMutableRawBufferPointer, count: Int
    ) throws(StorageError) {
        precondition(count <= target.count, "the memory takes what is read")
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .file(path: path, reason: reason(errno)) }
        defer { _ = close(file) }
        var done = 0
        while done < count {
            let result = unsafe pread(
                file, target.baseAddress! + done, count - done, off_t(offset + done))
            if result < 0 && errno == EINTR { continue }
            guard result >= 0 else { throw .file(path: path, reason: reason(errno)) }
            guard result > 0 else {
                let text =
                    "it has become shorter than \(offset + count) bytes since the plan was made"
                throw .file(path: path, reason: text)
            }
            done += result
        }
    }

    /// Bytes of a file.
    package static func byteCount(of path: String) throws(StorageError) -> Int {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            throw .file(path: path, reason: reason(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .file(path: path, reason: "it is not a regular file")
        }
        return Int(status.st_size)
    }

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
