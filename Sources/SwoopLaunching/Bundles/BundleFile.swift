// One file of a bundle, read as it travels: cut behind its last segment, without a section table,
// and without the names of libraries that do not travel with it.

import Glibc
import SwoopTransport

/// Where the bytes of a file come from.
final class BundleFile: Sendable {
    /// What tells this file from another of the same path, and from itself before a change.
    struct Identity: Equatable, Sendable {
        var device: UInt64
        var inode: UInt64
        var byteCount: Int64
        var modified: Int64
        var changed: Int64
    }

    let path: String
    let identity: Identity
    private let descriptor: OwnedDescriptor
    private let isPatched: Bool
    /// What makes it go without libraries that the bundle does not have.
    private let edits: [ELFEdit]

    /// Opens a file and keeps it open: what is on disk under its name later does not matter.
    ///
    /// - Parameter names: of the files that travel with it.
    init(opening path: String, among names: Set<String>) throws(BundleError) {
        self.path = path
        descriptor = OwnedDescriptor(
            owning: try opened(path, O_RDONLY))
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
            throw .systemCall("fstat", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw .systemCall("open as a file", path: path, code: EINVAL)
        }
        identity = Identity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
            byteCount: Int64(status.st_size), modified: nanoseconds(status.st_mtim),
            changed: nanoseconds(status.st_ctim))
        isPatched = ELFExtent.isPatched(
            try bytes(of: descriptor, path, offset: 0, count: ELFExtent.headerBytes))
        let number = descriptor.rawValue
        edits =
            try OmissibleLibraries.edits(among: names) { (offset, count) throws(BundleError) in
                try bytes(of: number, path, offset: offset, count: count)
            } ?? []
    }

    /// What tells its digest from that of the same file in another bundle.
    var digestKey: String {
        if edits.isEmpty { return path }
        let changes = edits.map { "\($0.place) \($0.bytes)" }.joined(separator: " ")
        return "\(path) changed by \(ContentDigest.of(changes).prefix(16))"
    }

    /// Bytes that travel.
    func travellingByteCount() throws(BundleError) -> Int64 {
        let header = try bytes(of: descriptor, path, offset: 0, count: ELFExtent.headerBytes)
        guard let table = ELFExtent.programHeaders(in: header) else { return identity.byteCount }
        let size = table.count * ELFExtent.entryBytes
        let entries = try bytes(of: descriptor, path, offset: table.offset, count: size)
        guard entries.count == size else { return identity.byteCount }
        return ELFExtent.byteCount(
            programHeaders: entries, at: table.offset, fileBytes: identity.byteCount)
    }

    /// Bytes as they travel; fewer than asked for at the end.
    func read(offset: Int64, count: Int) throws(BundleError) -> [UInt8] {
        var found = try bytes(of: descriptor, path, offset: offset, count: count)
        if isPatched { ELFExtent.patch(&found, from: offset) }
        for edit in edits {
            for (index, byte) in edit.bytes.enumerated() {
                let target = edit.place + Int64(index) - offset
                if target >= 0, target < Int64(found.count) { found[Int(target)] = byte }
            }
        }
        return found
    }

    /// The hash of the first bytes, as they travel.
    func digest(of byteCount: Int64) throws(BundleError) -> String {
        var digest = ContentDigest()
        var offset: Int64 = 0
        while offset < byteCount {
            let part = try read(offset: offset, count: Int(min(256 << 10, byteCount - offset)))
            guard !part.isEmpty else {
                throw .damaged(name: path, reason: "it ends after \(offset) bytes")
            }
            digest.add(part)
            offset += Int64(part.count)
        }
        return digest.finish()
    }
}

/// A close-on-exec descriptor; what is no file but a pipe keeps nobody waiting.
func opened(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(BundleError) -> Int32 {
    while true {
        let descriptor = unsafe open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode)
        if descriptor >= 0 { return descriptor }
        guard errno == EINTR else { throw .systemCall("open", path: path, code: errno) }
    }
}

/// Up to `count` bytes at a place of a file; fewer at its end.
func bytes(
    of descriptor: borrowing OwnedDescriptor, _ path: String, offset: Int64, count: Int
) throws(BundleError) -> [UInt8] {
    try bytes(of: descriptor.rawValue, path, offset: offset, count: count)
}

/// The same of a descriptor that somebody else keeps open.
func bytes(
    of number: Int32, _ path: String, offset: Int64, count: Int
) throws(BundleError) -> [UInt8] {
    var failure: Int32 = 0
    let found = unsafe [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
        while filled < count {
            let result = unsafe pread(
                number, buffer.baseAddress! + filled, count - filled, off_t(offset) + off_t(filled))
            if result < 0, errno == EINTR { continue }
            if result < 0 { failure = errno }
            if result <= 0 { return }
            filled += result
        }
    }
    guard failure == 0 else { throw .systemCall("read", path: path, code: failure) }
    return found
}

private func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}
