// A file that is seen under its name only when it is complete: it has none while it is written, so
// that nothing is left behind by whoever dies meanwhile; where the file system knows no files
// without names, it has another one until then.

import Glibc
import SwoopModel
import SwoopTransport
import Synchronization

/// A file under construction.
package struct PartFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    /// The name that it has meanwhile; empty: none.
    private let interim: String
    /// Bytes written so far.
    package private(set) var byteCount = 0

    /// Begins a file that will be at `path`; folders that are missing are made.
    ///
    /// - Throws: `StorageError.unwritable` or `.writeDenied`.
    package init(at path: String) throws(StorageError) {
        let folder = Self.folder(of: path)
        try Self.makeFolder(folder)
        // O_TMPFILE, which Swift does not import.
        let unnamed = unsafe open(folder, O_WRONLY | O_CLOEXEC | 0o20_200_000, 0o666)
        if unnamed >= 0 {
            self.init(descriptor: unnamed, path: path, interim: "")
            return
        }
        let refusal = errno
        guard [EOPNOTSUPP, EISDIR, ENOENT, EINVAL].contains(refusal) else {
            throw Self.failure(path, refusal)
        }
        let interim = Self.interimName(of: path)
        let named = unsafe open(interim, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard named >= 0 else { throw Self.failure(path, errno) }
        self.init(descriptor: named, path: path, interim: interim)
    }

    private init(descriptor: Int32, path: String, interim: String) {
        self.descriptor = descriptor
        self.path = path
        self.interim = interim
    }

    deinit {
        if !interim.isEmpty { _ = unsafe unlink(interim) }
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// Appends bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        var done = 0
        while done < bytes.count {
            let result = unsafe Glibc.write(
                descriptor, bytes.baseAddress! + done, bytes.count - done)
            if result < 0 && errno == EINTR { continue }
            guard result >= 0 else { throw Self.failure(path, errno) }
            done += result
        }
        byteCount += bytes.count
    }

    /// Gives the file its name, in place of a file that has it.
    package consuming func publish() throws(StorageError) {
        var source = interim
        if source.isEmpty {
            source = Self.interimName(of: path)
            let own = "/proc/self/fd/\(descriptor)"
            guard unsafe linkat(AT_FDCWD, own, AT_FDCWD, source, AT_SYMLINK_FOLLOW) == 0 else {
                throw Self.failure(path, errno)
            }
        }
        guard unsafe rename(source, path) == 0 else {
            let refusal = errno
            _ = unsafe unlink(source)
            throw Self.failure(path, refusal)
        }
    }

    private static let made = Atomic<UInt64>(0)

    /// No two processes, and no two files of one, have the same.
    private static func interimName(of path: String) -> String {
        "\(path).\(getpid())-\(made.add(1, ordering: .relaxed).newValue)~"
    }

    /// The folder that a path names a file in.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes a folder and those above it.
    private static func makeFolder(_ folder: String) throws(StorageError) {
        if unsafe access(folder, F_OK) == 0 { return }
        let above = self.folder(of: folder)
        if above != folder, above != "." { try makeFolder(above) }
        if unsafe mkdir(folder, 0o777) != 0, errno != EEXIST { throw failure(folder, errno) }
    }

    /// Names in a folder that begin and end so, sorted; none where there is no such folder.
    package static func names(
        in folder: String, prefix: String, suffix: String
    ) throws(StorageError) -> [String] {
        guard let listing = unsafe opendir(folder) else {
            if errno == ENOENT { return [] }
            throw failure(folder, errno)
        }
        defer { unsafe closedir(listing) }
        var names: [String] = []
        while let entry = unsafe readdir(listing) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(prefix), name.hasSuffix(suffix) { names.append(name) }
        }
        return names.ordered()
    }

    /// Whether there is a file, or anything else, of this name.
    package static func exists(at path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Removes a file, if it is there.
    package static func remove(_ path: String) throws(StorageError) {
        if unsafe unlink(path) != 0, errno != ENOENT { throw failure(path, errno) }
    }

    /// The path from the root on.
    package static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        return unsafe String(cString: here) + "/" + path
    }

    private static func failure(_ path: String, _ code: Int32) -> StorageError {
        switch code {
        case EACCES, EPERM, EROFS: .writeDenied(path: path, reason: reason(code))
        default: .unwritable(path: path, reason: reason(code))
        }
    }

    private static func reason(_ code: Int32) -> String { SystemWords.of(code) }
}
