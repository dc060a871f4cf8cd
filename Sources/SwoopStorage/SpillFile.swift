// Where pages go that memory has no room for: one file on a disk, without a name, so that it is
// gone with its last holder however that ends. Which part of it a page gets is decided in
// ArenaExtentAllocator.swift, when one goes there in SwoopExecution.

import CSwoopSystem
import Glibc
import SwoopTransport

/// A file of spilled pages.
///
/// Any thread may use it; who writes where is its users' agreement.
@safe package final class SpillFile: Sendable {
    /// What workers inherit, for `SpillView`.
    package let descriptor: Int32
    /// The folder on whose disk it lies, for people.
    package let folder: String

    /// The most that it can be as far as addresses go: 8 TiB. Disks are full before that.
    package static let capacity = 1 << 43

    /// An empty file in this folder.
    package init(in folder: String) throws(StorageError) {
        let made = unsafe swoop_file_unnamed(folder)
        guard made >= 0 else { throw .spill(folder: folder, reason: Self.reason(-made)) }
        descriptor = made
        self.folder = folder
    }

    deinit { _ = close(descriptor) }

    /// A file in the folder that is named, or else in the first of the usual ones that lies on a
    /// disk and takes it.
    package static func open(named: String?, home: String?) throws(StorageError) -> SpillFile {
        if let named, !named.isEmpty { return try SpillFile(in: named) }
        var trouble: StorageError?
        for folder in ["/var/tmp", home, "/tmp"].compactMap({ $0 }) where !folder.isEmpty {
            // A file in memory would take what it is to give.
            guard unsafe swoop_file_is_in_memory(folder) == 0 else { continue }
            do throws(StorageError) {
                return try SpillFile(in: folder)
            } catch {
                trouble = trouble ?? error
            }
        }
        throw trouble
            ?? .spill(folder: "/var/tmp", reason: "it lies in memory; SWOOP_SPILL names another")
    }

    /// A file of this process's: in the folder that is named, else in $SWOOP_SPILL, else where it
    /// finds a disk.
    package static func ofThisNode(named folder: String) throws(StorageError) -> SpillFile {
        var named = folder.isEmpty ? variable("SWOOP_SPILL") : folder
        let home = variable("HOME")
        if let home, let text = named, text.hasPrefix("~/") { named = home + text.dropFirst() }
        return try open(named: named, home: home)
    }

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    /// Writes all of these bytes.
    package func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(StorageError) {
        let code = unsafe Self.write(bytes, to: descriptor, at: offset)
        guard code == 0 else { throw failure(code) }
    }

    /// Writes all of these bytes; 0, or why they could not be.
    static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int
    ) -> Int32 {
        var done = 0
        while done < bytes.count {
            let result = unsafe pwrite(
                descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            if result < 0 && errno == EINTR { continue }
            guard result > 0 else { return result < 0 ? errno : EIO }
            done += result
        }
        return 0
    }

    /// Reads bytes that were written.
    package func read(at offset: Int, count: Int) throws(StorageError) -> [UInt8] {
        var done = 0
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while done < count {
                let result = unsafe pread(
                    descriptor, target.baseAddress! + done, count - done, off_t(offset + done))
                if result < 0 && errno == EINTR { continue }
                guard result > 0 else {
                    code = result < 0 ? errno : EIO
                    break
                }
                done += result
            }
            filled = done
        }
        guard code == 0 else { throw failure(code) }
        return bytes
    }

    /// Gives the blocks of an extent back to the disk, where the file system can.
    package func release(_ extent: Extent) {
        _ = swoop_file_release(descriptor, UInt64(extent.offset), UInt64(extent.size))
    }

    private func failure(_ code: Int32) -> StorageError {
        .spill(folder: folder, reason: Self.reason(code))
    }

    /// The words of the system for an error.
    package static func reason(_ code: Int32) -> String { SystemWords.of(code) }
}
