// System calls on folders and small files, with their errors as BundleError.

import Glibc
import SwoopModel
import SwoopTransport

/// Makes a folder and those above it.
///
/// One that is there is left as it is; whose it is, OwnFolder tells.
func makeFolder(_ path: String, mode: mode_t) throws(BundleError) {
    if unsafe mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
        throw .systemCall("mkdir", path: path, code: errno)
    }
    try makeFolder(String(path[..<slash]), mode: mode)
    guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else {
        throw .systemCall("mkdir", path: path, code: errno)
    }
}

/// Writes a new file; whoever finds it half written finds a name that nobody reads.
func writeFile(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(BundleError) {
    let descriptor = OwnedDescriptor(
        owning: try opened(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode))
    try write(bytes, to: descriptor, path, at: 0)
}

/// Writes all bytes at a place of a file.
func write(
    _ bytes: [UInt8], to descriptor: borrowing OwnedDescriptor, _ path: String, at offset: Int64
) throws(BundleError) {
    var written = 0
    let number = descriptor.rawValue
    while written < bytes.count {
        let result = unsafe bytes.withUnsafeBytes { bytes in
            unsafe pwrite(
                number, bytes.baseAddress! + written, bytes.count - written,
                off_t(offset) + off_t(written))
        }
        if result < 0, errno == EINTR { continue }
        guard result > 0 else { throw .systemCall("write", path: path, code: errno) }
        written += result
    }
}

func renameFile(_ path: String, to final: String) throws(BundleError) {
    guard unsafe rename(path, final) == 0 else {
        throw .systemCall("rename", path: final, code: errno)
    }
}

/// Names in a folder, in order; none when it cannot be read.
func names(in path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var found: [String] = []
    while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { found.append(name) }
    }
    return found.ordered()
}

/// Removes a file, or a folder with what is in it; links are not followed.
func removeAll(_ path: String) {
    if unsafe unlink(path) == 0 || errno == ENOENT { return }
    for name in names(in: path) { removeAll("\(path)/\(name)") }
    _ = unsafe rmdir(path)
}

/// What the system says of a path itself; nil where nothing is there.
func status(of path: String) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
}

/// Sets a file's times to now.
func touch(_ path: String) {
    _ = unsafe utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW)
}
