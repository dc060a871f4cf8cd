// The spill file as a worker sees it: exactly the bytes that a run reads, mapped as long as it
// does, and pages that it writes there itself, since memory had no room.

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
    /// are not what was written, or cannot be read.
    ///
    /// Whoever runs as the same user can cut the file: what was verified counts no more then.
    package func map(_ extent: PageExtent) throws(StorageError) -> SpillMapping? {
        let (offset, count) = (Int(extent.offset), Int(extent.byteCount))
        guard
            let mapping = try SpillMapping(descriptor, offset: offset, count: count)
        else { return nil }
        let range = VerifiedRange(offset: extent.offset, pages: extent.pages)
        if verified.withLock({ $0.contains(range) }),
            swoop_file_is_whole(descriptor, UInt64(offset), UInt64(count)) != 0
        {
            return mapping
        }
        guard unsafe extent.pages.isRight(mapping.bytes) else { return nil }
        verified.withLock { known in
            if known.count >= Self.verifiedMax { known.removeAll() }
            known.insert(range)
        }
        return mapping
    }

    /// Memory for a page that goes to this place of the file when it is finished.
    package func openWindow(_ extent: PageExtent) throws(StorageError) -> SpillWindow {
        try SpillWindow(
            descriptor, offset: Int(extent.offset), count: max(1, Int(extent.byteCount)))
    }
}

/// A page that is being written, on its way to the spill file.
///
/// One thread at a time. The memory is this process's own: a disk that is full is an error of the
/// write, and no signal.
@safe package struct SpillWindow: ~Copyable, @unchecked Sendable {
    // Unchecked: memory of this value's own, which one owner at a time can reach.
    private let base: UnsafeMutableRawPointer
    private let descriptor: Int32
    private let offset: Int
    private let count: Int

    init(_ descriptor: Int32, offset: Int, count: Int) throws(StorageError) {
        let base = unsafe mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base = unsafe base, unsafe base != MAP_FAILED else {
            throw .system(call: "mmap", subject: "\(count) bytes of a page", errno: errno)
        }
        unsafe self.base = unsafe base
        self.descriptor = descriptor
        self.offset = offset
        self.count = count
    }

    deinit { unsafe swoop_memory_unmap(base, count) }

    /// The bytes to fill, valid while this value lives.
    package var bytes: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    /// Writes the first `count` bytes to the file; 0, or the error's number.
    package func write(count: Int) -> Int32 {
        unsafe SpillFile.write(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]),
            to: descriptor, at: offset)
    }
}

/// Bytes of the spill file in memory, as long as this object lives.
@safe package final class SpillMapping: @unchecked Sendable {
    // Unchecked: the fields never change; pages are immutable once they are named to a worker.

    /// The bytes that were asked for.
    package let bytes: UnsafeRawBufferPointer
    private let base: UnsafeMutableRawPointer?
    private let size: Int

    /// Nil: the file has no such bytes, or its disk does not give them.
    init?(_ descriptor: Int32, offset: Int, count: Int) throws(StorageError) {
        guard (0...SpillFile.capacity).contains(offset), (0...SpillFile.capacity).contains(count)
        else {
            throw .system(call: "mmap", subject: "\(count) spilled bytes", errno: ERANGE)
        }
        // Beyond the end a page that is touched is a signal.
        guard offset + count <= Int(swoop_memory_size(descriptor)) else { return nil }
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
            // It was cut meanwhile, or it is damaged.
            if code == EIO { return nil }
            throw .system(call: "mmap", subject: "\(count) spilled bytes", errno: code)
        }
        unsafe self.base = unsafe base
        unsafe bytes = UnsafeRawBufferPointer(start: base + (offset - start), count: count)
    }

    deinit { if let base = unsafe base { unsafe swoop_memory_unmap(base, size) } }
}
