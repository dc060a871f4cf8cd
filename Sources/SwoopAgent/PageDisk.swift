// The agent's spill file: which part of it each page has, and what is being written and read there.
// When a page goes there is decided in SwoopExecution; the bytes are moved by SpillThread.swift.

import SwoopModel
package import SwoopStorage
package import SwoopTransport

/// Pages on the disk of a node. Belongs to the agent's thread.
package final class PageDisk {
    /// What is read, and for whom.
    enum Reading {
        /// A range, for the node that asked under this token.
        case range(token: UInt64, TaskID, PageExtent, offset: Int64, count: Int64)
        /// All of it, for the coordinator.
        case output(TaskID, PageExtent)
    }

    /// What happened.
    enum News {
        case spilled(TaskID, from: PageExtent, to: PageExtent)
        case failed(TaskID, PageExtent, reason: String)
        case read(Reading, [UInt8])
        /// The disk does not give the bytes back, or others.
        case unreadable(Reading)
    }

    private enum Job {
        case write(TaskID, from: PageExtent, to: Extent)
        case read(Reading)
    }

    package let file: SpillFile
    private let thread: SpillThread
    private var space = ExtentAllocator(capacity: SpillFile.capacity, placement: .lowest)
    /// Extents in use, by offset.
    private var extents: [Int64: Extent] = [:]
    /// Offsets of pages that were read whole and found right.
    private var verified: Set<Int64> = []
    private var jobs: [UInt64: Job] = [:]
    private var jobsBegun: UInt64 = 0

    /// Starts the thread of an empty file.
    package init(file: SpillFile) throws(TransportError) {
        self.file = file
        thread = try SpillThread(file: file)
    }

    /// Readable when there is news.
    var descriptor: Int32 { thread.news.wakeup.descriptor }

    /// Begins to write a page that lies in this extent of the arena; `spilled` or `failed` follows.
    func write(_ task: TaskID, _ page: PageExtent, in memory: Extent, of arena: Arena) -> Bool {
        let count = Int(page.byteCount)
        guard let extent = space.allocate(bytes: max(1, count)) else { return false }
        let job = begin(.write(task, from: page, to: extent))
        thread.write(job, memory, count: count, of: arena, at: extent.offset)
        return true
    }

    /// Begins to read; `read` or `unreadable` follows.
    ///
    /// Of a page that was not verified yet all is read: a range alone cannot be verified.
    func read(_ reading: Reading) {
        switch reading {
        case .range(_, _, let page, let offset, let count) where verified.contains(page.offset):
            thread.read(
                begin(.read(reading)), at: Int(page.offset + offset), count: Int(count))
        case .range(_, _, let page, _, _), .output(_, let page):
            thread.read(
                begin(.read(reading)), at: Int(page.offset), count: Int(page.byteCount))
        }
    }

    /// What a reading gets of the bytes that came; nil: they are wrong.
    private func part(of bytes: [UInt8], for reading: Reading) -> [UInt8]? {
        switch reading {
        case .range(_, _, let page, let offset, let count):
            if bytes.count == Int(count), count < page.byteCount { return bytes }
            guard page.pages.isRight(bytes) else { return nil }
            verified.insert(page.offset)
            return Array(bytes[Int(offset)..<Int(offset + count)])
        case .output(_, let page): return page.pages.isRight(bytes) ? bytes : nil
        }
    }

    /// Gives a page's part of the file back.
    func free(_ page: PageExtent) {
        guard let extent = extents.removeValue(forKey: page.offset) else { return }
        verified.remove(page.offset)
        release(extent)
    }

    /// What happened since, in order.
    func takeNews() -> [News] {
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
                return part(of: bytes, for: reading).map { .read(reading, $0) }
                    ?? .unreadable(reading)
            case .unreadable(let id, _):
                guard case .read(let reading)? = end(id) else { return nil }
                return .unreadable(reading)
            }
        }
    }

    /// Ends the thread: memory that was to be written is not touched any more.
    func stop() { thread.stop() }

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
