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
        case read(Reading, Cover)
    }

    /// Bytes of a page that are read for a range of it.
    private struct Cover: Equatable {
        var offset: Int64
        var byteCount: Int64
        /// What they must be; nil: they were found right before.
        var pages: StoredPages?
    }

    package let file: SpillFile
    private let thread: SpillThread
    private var space = ExtentAllocator(capacity: SpillFile.capacity, placement: .lowest)
    /// Extents in use, by offset.
    private var extents: [Int64: Extent] = [:]
    /// Offsets of parts of pages that were read and found right.
    private var verified: Set<Int64> = []
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

    /// Begins to read; `read` or `unreadable` follows.
    package func read(_ reading: Reading) {
        let (page, cover) =
            switch reading {
            case .range(_, _, let page, let offset, let count):
                (page, self.cover(of: page, offset, count))
            case .output(_, let page):
                (page, Cover(offset: 0, byteCount: page.byteCount, pages: page.pages))
            }
        thread.read(
            begin(.read(reading, cover)), at: Int(page.offset + cover.offset),
            count: Int(cover.byteCount))
    }

    /// A range alone cannot be verified: all parts that it touches are read, unless they were found
    /// right before. In a shuffle a part is one of hundreds, and all of it is wanted.
    private func cover(of page: PageExtent, _ offset: Int64, _ count: Int64) -> Cover {
        var touched: [OutputPart] = []
        var start: Int64 = 0
        var begin: Int64 = 0
        var isKnown = true
        for part in page.pages.parts {
            let end = start + part.byteCount
            if part.byteCount > 0, end > offset, start < offset + count {
                if touched.isEmpty { begin = start }
                touched.append(part)
                isKnown = isKnown && verified.contains(page.offset + start)
            }
            start = end
        }
        if isKnown { return Cover(offset: offset, byteCount: count) }
        let pages = StoredPages(touched)
        return Cover(offset: begin, byteCount: pages.byteCount, pages: pages)
    }

    /// What a reading gets of the bytes that came; nil: they are wrong.
    private func part(of bytes: [UInt8], for reading: Reading, _ cover: Cover) -> [UInt8]? {
        guard let pages = cover.pages else { return bytes }
        guard pages.isRight(bytes) else { return nil }
        guard case .range(_, _, let page, let offset, let count) = reading,
            offset != cover.offset || count != cover.byteCount
        else { return bytes }
        // Others will ask for the rest of it.
        var start = page.offset + cover.offset
        for part in pages.parts {
            verified.insert(start)
            start += part.byteCount
        }
        return Array(bytes[Int(offset - cover.offset)..<Int(offset - cover.offset + count)])
    }

    /// Gives a page's part of the file back.
    package func free(_ page: PageExtent) {
        guard let extent = extents.removeValue(forKey: page.offset) else { return }
        if !verified.isEmpty {
            var start = page.offset
            for part in page.pages.parts {
                verified.remove(start)
                start += part.byteCount
            }
        }
        release(extent)
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
                guard case .read(let reading, let cover)? = end(id) else { return nil }
                return part(of: bytes, for: reading, cover).map { .read(reading, $0) }
                    ?? .unreadable(reading)
            case .unreadable(let id, _):
                guard case .read(let reading, _)? = end(id) else { return nil }
                return .unreadable(reading)
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

    private func release(_ extent: Extent) {
        _ = space.free(extent)
        thread.release(extent)
    }
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
