// The arena as a worker sees it: all of it to read, and a window to write for each page that it
// makes.

import CSwoopSystem
import Glibc

/// A worker's mapping of its agent's arena, read-only.
///
/// Any thread may use it.
@safe package final class ArenaView: @unchecked Sendable {
    // Unchecked: the fields never change; pages are immutable once they are named to a worker.
    private let base: UnsafeMutableRawPointer
    private let descriptor: Int32
    /// Bytes in all.
    package let count: Int

    /// Maps the arena behind an inherited descriptor, which this object owns from then on.
    package init(owning descriptor: Int32) throws(ArenaError) {
        let size = swoop_memory_size(descriptor)
        var code: Int32 = size < 0 ? Int32(-size) : EINVAL
        guard size > 0, let base = unsafe swoop_memory_map(descriptor, 0, Int(size), 0, 0, &code)
        else {
            _ = close(descriptor)
            throw .systemCall("mmap", code: code)
        }
        unsafe self.base = unsafe base
        self.descriptor = descriptor
        count = Int(size)
    }

    deinit {
        unsafe swoop_memory_unmap(base, count)
        _ = close(descriptor)
    }

    /// The bytes of a page, valid while the agent keeps it for this worker.
    package func pointer(
        offset: Int, count: Int
    ) throws(ArenaError) -> UnsafeRawBufferPointer {
        guard offset >= 0, count >= 0, count <= self.count, offset <= self.count - count else {
            throw .outOfBounds(offset: offset, bytes: count)
        }
        return unsafe UnsafeRawBufferPointer(start: base + offset, count: count)
    }

    /// Lends the bytes of a page.
    package func withBytes<R>(
        offset: Int, count: Int, _ body: (Span<UInt8>) -> R
    ) throws(ArenaError) -> R {
        body(unsafe Span(_unsafeBytes: try pointer(offset: offset, count: count)))
    }

    /// Maps one extent to write, and takes its memory where the agent left that to the writer.
    ///
    /// Close it when the page is finished: it is immutable from then on.
    package func openWindow(_ extent: Extent) throws(ArenaError) -> ArenaWindow {
        guard extent.offset >= 0, extent.size > 0, extent.size <= count,
            extent.offset <= count - extent.size, extent.offset % ExtentAllocator.smallUnit == 0
        else { throw .outOfBounds(offset: extent.offset, bytes: extent.size) }
        let isTaken = extent.size < ExtentAllocator.largeUnit
        var code: Int32 = 0
        guard
            let base = unsafe swoop_memory_map(
                descriptor, UInt64(extent.offset), extent.size, 1, isTaken ? 1 : 0, &code)
        else { throw .systemCall("mmap", code: code) }
        let window = unsafe ArenaWindow(base: base, extent: extent)
        if !isTaken {
            code = unsafe -swoop_memory_take(descriptor, UInt64(extent.offset), extent.size, base)
            guard code == 0 else { throw .memoryExhausted(code: code) }
        }
        return window
    }
}

/// One extent, writable while this value lives.
///
/// One thread at a time.
@safe package struct ArenaWindow: ~Copyable, @unchecked Sendable {
    // Unchecked: a mapping of this value's own, which one owner at a time can reach.

    /// Where in the arena it is.
    package let extent: Extent
    private let base: UnsafeMutableRawPointer

    init(base: UnsafeMutableRawPointer, extent: Extent) {
        unsafe self.base = unsafe base
        self.extent = extent
    }

    deinit {
        unsafe swoop_memory_unmap(base, extent.size)
    }

    /// The bytes to fill, valid while this value lives.
    package var bytes: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: extent.size)
    }
}
