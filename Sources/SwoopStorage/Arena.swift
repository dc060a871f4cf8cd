// The memory that an agent's pages live in: one anonymous descriptor that workers map. What is in
// it is really there (a full machine is an error at allocation, not a dead process later), and is
// used again without going back to the system. Which part a page gets is decided in
// ArenaExtentAllocator.swift.

import CSwoopSystem
import Glibc

/// The agent's arena.
///
/// Owned by the agent's loop; the bytes of a page may be read from other threads while the page is
/// in use.
@safe package final class Arena {
    /// What workers inherit, for `ArenaView`.
    package let descriptor: Int32
    /// The byte budget, in whole large units.
    package let budget: Int

    private let base: UnsafeMutableRawPointer
    private var allocator: ExtentAllocator
    // One for each large unit: true when the system has given its memory.
    private var isCommitted: [Bool]
    private var committedCount = 0

    // Bytes that the machine keeps for everything else.
    private let reserve: Int

    /// An arena that takes memory as it is needed, up to `budget` bytes (at least one large unit),
    /// and none that would leave the machine less than `reserve` bytes.
    ///
    /// The default leaves a sixteenth of the machine, at least 256 MiB.
    package convenience init(budget: Int, reserve: Int? = nil) throws(ArenaError) {
        try self.init(owning: Self.makeDescriptor(budget: budget), reserve: reserve)
    }

    /// A descriptor for `init(owning:)`, or for `ArenaWriter`: no memory is taken yet.
    package static func makeDescriptor(budget: Int) throws(ArenaError) -> Int32 {
        let allocator = ExtentAllocator(capacity: max(budget, ExtentAllocator.largeUnit))
        let descriptor = unsafe swoop_memory_create("swoop-pages", UInt64(allocator.capacity))
        guard descriptor >= 0 else { throw .systemCall("memfd_create", code: -descriptor) }
        let code = -swoop_memory_seal_size(descriptor)
        guard code == 0 else {
            _ = close(descriptor)
            throw .systemCall("fcntl", code: code)
        }
        return descriptor
    }

    /// An arena as large as the descriptor of `makeDescriptor`, which this object owns from then
    /// on.
    package init(owning descriptor: Int32, reserve: Int? = nil) throws(ArenaError) {
        let length = swoop_memory_size(descriptor)
        let allocator = ExtentAllocator(capacity: Int(max(0, length)))
        let size = allocator.capacity
        var code: Int32 = length < 0 ? Int32(-length) : EINVAL
        guard size > 0, let base = unsafe swoop_memory_map(descriptor, 0, size, 1, 0, &code) else {
            _ = close(descriptor)
            throw .systemCall("mmap", code: code)
        }
        self.descriptor = descriptor
        self.budget = size
        let total = MachineMemory.totalBytes() ?? 0
        self.reserve = reserve ?? max(total / 16, min(256 << 20, total / 4))
        unsafe self.base = unsafe base
        self.allocator = allocator
        isCommitted = [Bool](repeating: false, count: size / ExtentAllocator.largeUnit)
    }

    deinit {
        unsafe swoop_memory_unmap(base, budget)
        _ = close(descriptor)
    }

    /// Bytes of the extents in use.
    package var usedBytes: Int { allocator.usedBytes }

    /// Bytes that the system has given and not got back, used or not.
    package var committedBytes: Int { committedCount * ExtentAllocator.largeUnit }

    /// The largest extent that could be had now.
    package var largestHole: Int { allocator.largestHole }

    /// Takes an extent of at least `bytes`.
    ///
    /// Its bytes are those of a page that was there before, or zeros.
    ///
    /// - Parameter isForWindow: a window of an `ArenaView` takes the memory of a large one, in the
    ///   thread that writes there, so that several take theirs at the same time. (A writer that
    ///   ends before leaves it to be taken at the first touch.)
    package func allocate(
        bytes: Int, isForWindow: Bool = false
    ) throws(ArenaError) -> Extent {
        guard bytes > 0, bytes <= budget else { throw .outOfBounds(offset: 0, bytes: bytes) }
        guard let extent = allocator.allocate(bytes: bytes) else {
            throw .full(bytes: bytes, largestHole: allocator.largestHole)
        }
        do throws(ArenaError) {
            // Small ones share their units with others.
            try commit(extent, isLater: isForWindow && extent.size >= ExtentAllocator.largeUnit)
        } catch {
            _ = allocator.free(extent)
            throw error
        }
        return extent
    }

    /// Gives an extent back.
    ///
    /// Nobody may write to it any more: a run that could still do so must have ended, with its
    /// worker if need be.
    package func free(_ extent: Extent) {
        precondition(allocator.free(extent), "An extent is freed once: \(extent).")
    }

    /// Gives memory that no extent uses back to the system, up to `bytes`; how many it were.
    @discardableResult
    package func releaseToSystem(upTo bytes: Int = .max) throws(ArenaError) -> Int {
        let unit = ExtentAllocator.largeUnit
        var released = 0
        for hole in allocator.freeUnits {
            for index in (hole.offset / unit)..<(hole.end / unit) where isCommitted[index] {
                guard released < bytes else { return released }
                let code = -swoop_memory_release(descriptor, UInt64(index * unit), UInt64(unit))
                guard code == 0 else { throw .systemCall("fallocate", code: code) }
                isCommitted[index] = false
                committedCount -= 1
                released += unit
            }
        }
        return released
    }

    /// Lends the first `count` bytes of an extent to read.
    package func withBytes<R, E: Error>(
        of extent: Extent, count: Int, _ body: (Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        try body(unsafe Span(_unsafeBytes: pointer(to: extent, count: count)))
    }

    /// The first `count` bytes of an extent, valid until it is freed; for sends that copy nothing.
    package func pointer(to extent: Extent, count: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(mutablePointer(to: extent, count: count))
    }

    /// The first `count` bytes of an extent to fill, valid until it is freed.
    package func mutablePointer(
        to extent: Extent, count: Int
    ) -> UnsafeMutableRawBufferPointer {
        precondition(
            extent.offset >= 0 && extent.size >= 0 && extent.end <= budget && count >= 0
                && count <= extent.size, "\(count) bytes of \(extent) lie in the arena.")
        return unsafe UnsafeMutableRawBufferPointer(start: base + extent.offset, count: count)
    }

    private func commit(_ extent: Extent, isLater: Bool) throws(ArenaError) {
        let unit = ExtentAllocator.largeUnit
        let last = (extent.end - 1) / unit
        var index = extent.offset / unit
        while index <= last {
            guard !isCommitted[index] else {
                index += 1
                continue
            }
            var end = index
            while end <= last, !isCommitted[end] { end += 1 }
            // Out of memory the kernel would kill somebody rather than refuse.
            if let available = MachineMemory.availableBytes(),
                available < reserve || available - reserve < (end - index) * unit
            {
                throw .memoryExhausted(code: ENOMEM)
            }
            let code =
                isLater
                ? 0
                : unsafe -swoop_memory_reserve_mapped(
                    descriptor, UInt64(index * unit), (end - index) * unit, base + index * unit)
            switch code {
            case 0: break
            case ENOSPC, ENOMEM: throw .memoryExhausted(code: code)
            default: throw .systemCall("fallocate", code: code)
            }
            for unit in index..<end { isCommitted[unit] = true }
            committedCount += end - index
            index = end
        }
    }
}
