// The arena of an agent as a client on the same machine sees it: places that it was lent, to write
// a page in. It maps nothing: a mapping costs faults, and counts as memory of the client.

import CSwoopSystem
import Glibc
import Synchronization

/// Writes into an agent's arena.
///
/// Any thread may use it; who writes where was decided by the agent.
package final class ArenaWriter: Sendable {
    /// What the agent inherits.
    package let descriptor: Int32
    /// Bytes in all.
    package let count: Int
    // The kernel lets one thread at a time write to a descriptor, and others spin meanwhile.
    private let turn = Mutex(())

    /// The memory of an arena that is yet to be, of so many bytes.
    package init(budget: Int) throws(ArenaError) {
        descriptor = try Arena.makeDescriptor(budget: budget)
        count = Int(max(0, swoop_memory_size(descriptor)))
    }

    deinit { _ = close(descriptor) }

    /// Copies bytes to a place.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(ArenaError) {
        guard offset >= 0, offset <= count, bytes.count <= count - offset else {
            throw .outOfBounds(offset: offset, bytes: bytes.count)
        }
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        nonisolated(unsafe) let source = unsafe base
        let code = turn.withLock { _ in
            unsafe -swoop_memory_write(descriptor, UInt64(offset), source, bytes.count)
        }
        switch code {
        case 0: break
        case ENOSPC, ENOMEM: throw .memoryExhausted(code: code)
        default: throw .systemCall("pwrite", code: code)
        }
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
