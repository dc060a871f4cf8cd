// The spill file as a worker sees it: exactly the bytes that a run reads, mapped as long as it
// does.

import CSwoopSystem
import Glibc
package import SwoopModel
import Synchronization

/// A worker's end of its agent's spill file.
///
/// Any thread may use it.
package final class SpillView: Sendable {
    private let descriptor: Int32
    /// What was found right already: places of pages and what their bytes are.
    private let verified = Mutex<Set<VerifiedRange>>([])

    private struct VerifiedRange: Hashable {
        var offset: Int64
        var pages: StoredPages
    }

    /// So many are remembered; then all are forgotten and found right again.
    private static let verifiedMax = 65_536

    /// The file behind an inherited descriptor, which this object owns from then on.
    package init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { _ = close(descriptor) }

    /// Maps bytes of a spilled page, and verifies them, unless this process has before; nil: they
    /// are not what was written.
    package func map(_ extent: PageExtent) throws(StorageError) -> SpillMapping? {
        let mapping = try SpillMapping(
            descriptor, offset: Int(extent.offset), count: Int(extent.byteCount))
        let range = VerifiedRange(offset: extent.offset, pages: extent.pages)
        if verified.withLock({ $0.contains(range) }) { return mapping }
        guard unsafe extent.pages.isRight(mapping.bytes) else { return nil }
        verified.withLock { known in
            if known.count >= Self.verifiedMax { known.removeAll() }
            known.insert(range)
        }
        return mapping
    }
}

/// Bytes of the spill file in memory, as long as this object lives.
@safe package final class SpillMapping: @unchecked Sendable {
    // Unchecked: the fields never change; pages are immutable once they are named to a worker.

    /// The bytes that were asked for.
    package let bytes: UnsafeRawBufferPointer
    private let base: UnsafeMutableRawPointer?
    private let size: Int

    init(_ descriptor: Int32, offset: Int, count: Int) throws(StorageError) {
        let end = Int(swoop_memory_size(descriptor))
        guard offset >= 0, count >= 0, count <= end, offset <= end - count else {
            throw .system(call: "mmap", subject: "\(count) spilled bytes", errno: ERANGE)
        }
        guard count > 0 else {
            unsafe base = nil
            unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            size = 0
            return
        }
        let start = offset / ExtentAllocator.smallUnit * ExtentAllocator.smallUnit
        size = offset + count - start
        var code: Int32 = 0
        guard let base = unsafe swoop_file_map(descriptor, UInt64(start), size, &code) else {
            throw .system(call: "mmap", subject: "\(count) spilled bytes", errno: code)
        }
        unsafe self.base = unsafe base
        unsafe bytes = UnsafeRawBufferPointer(start: base + (offset - start), count: count)
    }

    deinit { if let base = unsafe base { unsafe swoop_memory_unmap(base, size) } }
}
