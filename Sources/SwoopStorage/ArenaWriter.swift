// The arena of an agent as a client on the same machine sees it: places that it was lent, to write
// a page in.

import CSwoopSystem
import Glibc

/// Writes into an agent's arena.
///
/// Any thread may use it; who writes where was decided by the agent.
@safe package final class ArenaWriter: @unchecked Sendable {
    // Unchecked: the fields never change.
    private let base: UnsafeMutableRawPointer
    /// What the agent inherits.
    package let descriptor: Int32
    /// Bytes in all.
    package let count: Int

    /// The memory of an arena that is yet to be, of so many bytes.
    package init(budget: Int) throws(ArenaError) {
        let descriptor = try Arena.makeDescriptor(budget: budget)
        let size = swoop_memory_size(descriptor)
        var code: Int32 = size < 0 ? Int32(-size) : EINVAL
        guard size > 0, let base = unsafe swoop_memory_map(descriptor, 0, Int(size), 1, 0, &code)
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

    /// Copies bytes to a place.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ArenaError) {
        guard offset >= 0, offset <= count, bytes.count <= count - offset else {
            throw .outOfBounds(offset: offset, bytes: bytes.count)
        }
        guard let source = bytes.baseAddress else { return }
        unsafe (base + offset).copyMemory(from: source, byteCount: bytes.count)
    }
}

/// A page on its way into a lent place, in pieces: each is copied and then added to the checksum
/// while it is in the cache. One thread at a time.
package final class ArenaPageWriting {
    private let writer: ArenaWriter
    private let offset: Int
    private let limit: Int
    private let sum = ChecksumStream()
    /// Bytes so far.
    package private(set) var byteCount = 0
    /// The first thing that went wrong; nothing is written afterwards.
    package private(set) var error: ArenaError?

    /// Bytes of a piece: they stay in the cache of a core.
    private static let pieceBytes = 512 << 10

    /// A page of at most `limit` bytes at `offset`.
    package init(_ writer: ArenaWriter, at offset: Int, limit: Int) {
        self.writer = writer
        self.offset = offset
        self.limit = limit
    }

    /// The next bytes.
    package func add(_ bytes: UnsafeRawBufferPointer) {
        guard error == nil else { return }
        guard bytes.count <= limit - byteCount else {
            error = .outOfBounds(offset: offset + byteCount, bytes: bytes.count)
            return
        }
        do throws(ArenaError) {
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Self.pieceBytes)
                let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                try unsafe writer.write(piece, at: offset + byteCount)
                unsafe sum.add(piece)
                byteCount += piece.count
                start = end
            }
        } catch {
            self.error = error
        }
    }

    /// The checksum of what was written.
    package var checksum: UInt64 { sum.value }
}
