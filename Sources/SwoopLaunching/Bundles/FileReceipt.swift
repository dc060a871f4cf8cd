// A file that is being received: under a name that nobody reads until its digest is the right one.

import Glibc
package import SwoopModel
import SwoopTransport

/// A file on its way into a cache.
///
/// Used by one thread. What is dropped unfinished is removed.
package final class FileReceipt {
    /// What is expected.
    package let file: ProgramFile
    /// Bytes written so far, counted once for each call.
    package private(set) var bytesWritten: Int64 = 0

    private let temporary: String
    private let final: String
    private let cache: BundleCache
    private let descriptor: OwnedDescriptor
    /// The hash of the first bytes, as far as they came in order.
    private var digest: ContentDigest? = ContentDigest()
    private var digestedBytes: Int64 = 0
    private var isPlaced = false

    init(
        _ file: ProgramFile, temporary: String, final: String, in cache: BundleCache
    ) throws(BundleError) {
        self.file = file
        self.cache = cache
        self.temporary = temporary
        self.final = final
        descriptor = OwnedDescriptor(
            owning: try opened(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o700))
    }

    deinit {
        if !isPlaced { _ = unsafe unlink(temporary) }
    }

    /// Takes bytes of the file; those that come in order are hashed on the way.
    package func write(_ bytes: [UInt8], at offset: Int64) throws(BundleError) {
        guard offset >= 0, offset <= file.byteCount - Int64(bytes.count) else {
            throw damaged("\(bytes.count) bytes at \(offset) lie outside of it")
        }
        try SwoopLaunching.write(bytes, to: descriptor, temporary, at: offset)
        bytesWritten += Int64(bytes.count)
        if offset == digestedBytes {
            digest?.add(bytes)
            digestedBytes += Int64(bytes.count)
        } else if offset < digestedBytes {
            // Bytes came twice: only the file itself says which ones count.
            digest = nil
        }
    }

    /// Takes a piece as `BundleArchive.member` makes it.
    package func write(member: [UInt8], index: Int) throws(BundleError) {
        guard (0..<file.pieceCount).contains(index),
            let bytes = Gzip.bytes(of: member, byteCount: Int(file.pieceByteCount(index)))
        else { throw damaged("piece \(index) is not what was compressed") }
        try write(bytes, at: Int64(index) * Int64(Bundle.pieceBytes))
    }

    /// Checks size and digest, and gives the file its name.
    package func finish() throws(BundleError) {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
            throw .systemCall("fstat", path: temporary, code: errno)
        }
        guard Int64(status.st_size) == file.byteCount else {
            throw damaged("\(status.st_size) of \(file.byteCount) bytes came")
        }
        let found = try wholeDigest()
        guard found == file.digest else { throw damaged("its digest is \(found)") }
        guard fchmod(descriptor.rawValue, 0o755) == 0 else {
            throw .systemCall("chmod", path: temporary, code: errno)
        }
        try renameFile(temporary, to: final)
        isPlaced = true
        cache.noteChecked(digest: file.digest)
    }

    private func wholeDigest() throws(BundleError) -> String {
        if digestedBytes == file.byteCount, let digest = digest.take() { return digest.finish() }
        var again = ContentDigest()
        var offset: Int64 = 0
        while offset < file.byteCount {
            let part = try bytes(of: descriptor, temporary, offset: offset, count: 256 << 10)
            guard !part.isEmpty else { break }
            again.add(part)
            offset += Int64(part.count)
        }
        return again.finish()
    }

    private func damaged(_ reason: String) -> BundleError {
        .damaged(name: file.name, reason: reason)
    }
}
