// The agent's spill file: which part of it each page has, and what is being written and read there.
// When a page goes there is decided in SwoopExecution; the bytes are moved by SpillThread.swift.

package import SwoopModel
package import SwoopStorage
package import SwoopTransport

/// Pages on the disk of a node. Belongs to the agent's thread.
package final class PageDisk {
    /// What is read, and for whom.
    package enum Reading {
        /// A range, for the node that asked under this token.
        case range(token: UInt64, TaskID, PageExtent, offset: Int64, count: Int64)
        /// All of it, for the coordinator.
        case output(TaskID, PageExtent)
    }

    /// What happened.
    package enum News {
        case spilled(TaskID, from: PageExtent, to: PageExtent)
        case failed(TaskID, PageExtent, reason: String)
        case read(Reading, [UInt8])
        /// The disk does not give the bytes back, or others.
        case unreadable(Reading)
    }

    private enum Job {
        case write(TaskID, from: PageExtent, to: Extent)
        case read(Reading)
        case release(Extent)
    }

    package let file: SpillFile
    private let thread: SpillThread
    private var space = ExtentAllocator(capacity: SpillFile.capacity, placement: .lowest)
    /// Extents in use, by offset.
    private var extents: [Int64: Extent] = [:]
    private var jobs: [UInt64: Job] = [:]
    private var jobsBegun: UInt64 = 0

    /// Starts the thread of an empty file.
    package init(file: SpillFile) throws(TransportError) {
        self.file = file
        thread = try SpillThread(file: file)
    }

    /// Readable when there is news.
    package var descriptor: Int32 { thread.news.wakeup.descriptor }

    /// Begins to write a page that lies in this extent of the arena; `spilled` or `failed` follows.
    package func write(_ task: TaskID, _ page: PageExtent, in memory: Extent, of arena: Arena)
        -> Bool
    {
        let count = Int(page.byteCount)
        guard let extent = space.allocate(bytes: max(1, count)) else { return false }
        let job = begin(.write(task, from: page, to: extent))
        thread.write(job, memory, count: count, of: arena, at: extent.offset)
        return true
    }

    /// A part of the file for a page that somebody else writes there; nil: there is none.
    package func lend(_ byteCount: Int64) -> PageExtent? {
        guard byteCount < SpillFile.capacity,
            let extent = space.allocate(bytes: max(1, Int(byteCount)))
        else { return nil }
        let page = PageExtent(
            offset: Int64(extent.offset),
            pages: StoredPages(byteCount: Int64(extent.size), elementCount: 0), medium: .disk)
        extents[page.offset] = extent
        return page
    }

    /// Begins to read; `read` or `unreadable` follows.
    ///
    /// A range alone cannot be verified: all parts that it touches are looked at, unless they were
    /// found right before.
    package func read(_ reading: Reading) {
        let (page, offset, count) =
            switch reading {
            case .range(_, _, let page, let offset, let count): (page, offset, count)
            case .output(_, let page): (page, 0, page.byteCount)
            }
        var touched: [SpilledPart] = []
        var start: Int64 = 0
        for part in page.pages.parts {
            let end = start + part.byteCount
            if part.byteCount > 0, end > offset, start < offset + count {
                touched.append(
                    SpilledPart(
                        offset: Int(page.offset + start), byteCount: Int(part.byteCount),
                        checksum: part.checksum))
            }
            start = end
        }
        thread.read(
            begin(.read(reading)), at: Int(page.offset + offset), count: Int(count), of: touched)
    }

    /// Gives a page's part of the file back.
    package func free(_ page: PageExtent) {
        if let extent = extents.removeValue(forKey: page.offset) { release(extent) }
    }

    /// What happened since, in order.
    package func takeNews() -> [News] {
        thread.news.take().compactMap { news in
            switch news {
            case .written(let id):
                guard case .write(let task, let from, let extent)? = end(id) else { return nil }
                let to = PageExtent(
                    offset: Int64(extent.offset), pages: from.pages, medium: .disk)
                extents[to.offset] = extent
                return .spilled(task, from: from, to: to)
            case .failed(let id, let error):
                guard case .write(let task, let from, let extent)? = end(id) else { return nil }
                release(extent)
                return .failed(task, from, reason: error.description)
            case .read(let id, let bytes):
                guard case .read(let reading)? = end(id) else { return nil }
                return .read(reading, bytes)
            case .unreadable(let id, _):
                guard case .read(let reading)? = end(id) else { return nil }
                return .unreadable(reading)
            case .released(let id):
                guard case .release(let extent)? = end(id) else { return nil }
                _ = space.free(extent)
                return nil
            }
        }
    }

    /// Ends the thread: memory that was to be written is not touched any more.
    package func stop() { thread.stop() }

    private func begin(_ job: Job) -> UInt64 {
        jobsBegun += 1
        jobs[jobsBegun] = job
        return jobsBegun
    }

    private func end(_ id: UInt64) -> Job? { jobs.removeValue(forKey: id) }

    /// The place is free for others when its blocks are gone: not everybody who writes to the file
    /// waits for the thread.
    private func release(_ extent: Extent) { thread.release(begin(.release(extent)), extent) }
}

/// The spill file of a node, or why it has none.
struct OpenedSpill {
    private(set) var file: SpillFile?
    private(set) var trouble: String?

    init(folder: String) {
        do throws(StorageError) {
            file = try SpillFile.ofThisNode(named: folder)
        } catch {
            trouble = error.description
        }
    }
}
