// The thread that writes pages to the spill file and reads them for those who do not map it: the
// agent's loop waits for no disk. Reads go first, writes go in pieces between them.

import CSwoopSystem
package import SwoopTransport
import Synchronization

/// Writes and reads a spill file.
///
/// Its jobs are numbered by whoever gives them.
package final class SpillThread: Sendable {
    /// What came of a job.
    package enum News: Sendable {
        /// All bytes are in the file: their memory is not touched any more.
        case written(UInt64)
        /// They are not; their memory is not touched any more.
        case failed(UInt64, StorageError)
        case read(UInt64, [UInt8])
        case unreadable(UInt64, StorageError)
        /// The extent's blocks are given back: nothing that is written there from now on is lost.
        case released(UInt64)
    }

    private enum Job: Sendable {
        case write(UInt64, LentMemory, offset: Int)
        case read(UInt64, offset: Int, count: Int, parts: [SpilledPart])
        case release(UInt64, Extent)
    }

    /// Memory of the agent's arena, as long as the job is not done.
    @safe private struct LentMemory: @unchecked Sendable {
        // Unchecked: immutable bytes that their owner keeps until the job is reported.
        var bytes: UnsafeRawBufferPointer
        var owner: Arena
    }

    package let file: SpillFile
    package let news: Inbox<News>
    private let jobs: Inbox<Job>
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<LoopThread?>(nil)
    /// Bytes written at a time, a few milliseconds: so long a read waits at most.
    private static let pieceBytes = 4 << 20

    /// A thread that waits for jobs.
    package init(file: SpillFile) throws(TransportError) {
        self.file = file
        news = try Inbox()
        jobs = try Inbox()
        try thread.withLock { thread throws(TransportError) in
            thread = try LoopThread(named: "spill") { [self] in serve() }
        }
    }

    /// Writes the first `count` bytes of an extent of the arena at this offset; nobody may change
    /// or free them until `written` or `failed` names the job.
    package func write(
        _ job: UInt64, _ extent: Extent, count: Int, of arena: Arena, at offset: Int
    ) {
        let memory = unsafe LentMemory(
            bytes: arena.pointer(to: extent, count: count), owner: arena)
        jobs.put(.write(job, memory, offset: offset))
    }

    /// Reads bytes that were written; `read` or `unreadable` names the job.
    ///
    /// - Parameter parts: what the bytes lie in, in order. Parts that are not what was written are
    ///   unreadable; each is looked at once.
    package func read(
        _ job: UInt64, at offset: Int, count: Int, of parts: [SpilledPart] = []
    ) {
        jobs.put(.read(job, offset: offset, count: count, parts: parts))
    }

    /// Gives an extent's blocks back to the disk; `released` names the job.
    package func release(_ job: UInt64, _ extent: Extent) { jobs.put(.release(job, extent)) }

    /// Ends the thread; what it was to do and has not done is not done, and not reported.
    package func stop() {
        // Relaxed: the inbox's lock orders it, and a late look costs one piece.
        isStopping.store(true, ordering: .relaxed)
        jobs.wakeup.raise()
        thread.withLock { $0.take()?.join() }
    }

    // MARK: On its thread

    private func serve() {
        var poll = PollLoop()
        _ = poll.watch(descriptor: jobs.wakeup.descriptor)
        var writes: [Job] = []
        var written = 0
        var verified: Set<Int> = []
        while !isStopping.load(ordering: .relaxed) {
            guard (try? poll.wait(until: writes.isEmpty ? nil : 0)) != nil else { return }
            for job in jobs.take() {
                switch job {
                case .write: writes.append(job)
                case .read(let id, let offset, let count, let parts):
                    read(id, offset, count, of: parts, &verified)
                case .release(let id, let extent):
                    verified = verified.filter { $0 < extent.offset || $0 >= extent.end }
                    file.release(extent)
                    news.put(.released(id))
                }
            }
            guard case .write(let id, let memory, let offset)? = writes.first else { continue }
            let end = unsafe min(memory.bytes.count, written + Self.pieceBytes)
            do throws(StorageError) {
                try unsafe file.write(
                    UnsafeRawBufferPointer(rebasing: memory.bytes[written..<end]),
                    at: offset + written)
                written = end
                guard unsafe written == memory.bytes.count else { continue }
                news.put(.written(id))
            } catch {
                news.put(.failed(id, error))
            }
            writes.removeFirst()
            written = 0
        }
    }

    /// - Parameter verified: where parts begin that were found right.
    private func read(
        _ id: UInt64, _ offset: Int, _ count: Int, of parts: [SpilledPart],
        _ verified: inout Set<Int>
    ) {
        do throws(StorageError) {
            // A part that is read whole is looked at when it is here: most are small, and nobody
            // asks for them again. What a range alone does not tell is read in pieces, once.
            let isWhole =
                parts.first?.offset == offset
                && parts.reduce(0) { $0 + $1.byteCount } == count
            for part in parts where !isWhole {
                if verified.contains(part.offset), file.holds(part) { continue }
                guard try file.isRight(part) else { throw wrong }
                verified.insert(part.offset)
            }
            let bytes = try file.read(at: offset, count: count)
            for part in parts where isWhole {
                let isRight = unsafe bytes.withUnsafeBytes { bytes in
                    let start = part.offset - offset
                    return unsafe part.isRight(
                        UnsafeRawBufferPointer(
                            rebasing: bytes[start..<(start + part.byteCount)]))
                }
                guard isRight else { throw wrong }
            }
            news.put(.read(id, bytes))
        } catch {
            news.put(.unreadable(id, error))
        }
    }

    private var wrong: StorageError {
        .spill(folder: file.folder, reason: "a page came back wrong")
    }
}

/// A part of an output as it lies in a spill file.
package struct SpilledPart: Equatable, Sendable {
    package var offset: Int
    package var byteCount: Int
    /// 0: not known, and believed.
    package var checksum: UInt64

    package init(offset: Int, byteCount: Int, checksum: UInt64) {
        self.offset = offset
        self.byteCount = byteCount
        self.checksum = checksum
    }

    fileprivate func isRight(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if checksum == 0 { return true }
        return unsafe PageChecksum.of(bytes) == checksum
    }
}

extension SpillFile {
    private static let pieceBytes = 1 << 20

    /// Whether nobody has cut the file since the part was written.
    fileprivate func holds(_ part: SpilledPart) -> Bool {
        swoop_file_is_whole(descriptor, UInt64(part.offset), UInt64(part.byteCount)) != 0
    }

    /// Whether a part is what was written, in pieces: it may be larger than memory should hold.
    fileprivate func isRight(_ part: SpilledPart) throws(StorageError) -> Bool {
        guard part.checksum != 0 else { return true }
        let stream = ChecksumStream()
        var done = 0
        while done < part.byteCount {
            let count = min(Self.pieceBytes, part.byteCount - done)
            let piece = try read(at: part.offset + done, count: count)
            unsafe piece.withUnsafeBytes { unsafe stream.add($0) }
            done += count
        }
        return stream.value == part.checksum
    }
}
