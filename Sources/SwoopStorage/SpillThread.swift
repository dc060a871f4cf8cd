// The thread that writes pages to the spill file and reads them for those who do not map it: the
// agent's loop waits for no disk. Reads go first, writes go in pieces between them.

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
    }

    private enum Job: Sendable {
        case write(UInt64, LentMemory, offset: Int)
        case read(UInt64, offset: Int, count: Int)
        case release(Extent)
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
    package func read(_ job: UInt64, at offset: Int, count: Int) {
        jobs.put(.read(job, offset: offset, count: count))
    }

    /// Gives an extent's blocks back to the disk.
    package func release(_ extent: Extent) { jobs.put(.release(extent)) }

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
        while !isStopping.load(ordering: .relaxed) {
            guard (try? poll.wait(until: writes.isEmpty ? nil : 0)) != nil else { return }
            for job in jobs.take() {
                switch job {
                case .write: writes.append(job)
                case .read(let id, let offset, let count): read(id, offset, count)
                case .release(let extent): file.release(extent)
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

    private func read(_ id: UInt64, _ offset: Int, _ count: Int) {
        do throws(StorageError) {
            news.put(.read(id, try file.read(at: offset, count: count)))
        } catch {
            news.put(.unreadable(id, error))
        }
    }
}
