// The agent's memory and disk for pages: the machine's orders about them performed, and what comes
// of it.

import SwoopExecution
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

/// Bytes that came whole and wait for their place.
struct HeldPage {
    var bytes: [UInt8]
    var elementCount: Int64
}

/// A page of another node that waits for its memory.
struct WantedPage {
    var node: NodeID
    var output: StoredPages
    var slice: OutputSlice?
}

extension AgentLoop {
    // MARK: Memory

    mutating func allocate(_ byteCount: Int64, for use: RoomUse) {
        let bytes = Int(max(1, min(byteCount, SizeBound.bytesMax)))
        do throws(ArenaError) {
            var isForWindow = false
            if case .output = use { isForWindow = true }
            let extent = try arena.allocate(bytes: bytes, isForWindow: isForWindow)
            handle(.roomGiven(use))
            give(extent, to: use)
        } catch {
            let free = Int64(arena.budget - arena.usedBytes)
            handle(.roomMissing(use, freeBytes: free, reason: reason(error)))
        }
    }

    /// A part of the spill file for a page that a worker writes there.
    mutating func allocateOnDisk(_ byteCount: Int64, for use: RoomUse) {
        guard case .output(let id, let token) = use, let page = disk?.lend(byteCount) else {
            return handle(
                .roomOnDiskMissing(
                    use, byteCount: byteCount, reason: "the node's spill file is full"))
        }
        handle(.extentLent(id, page))
        worker(id)?.send(.allocated(token: token, page))
    }

    private func reason(_ error: ArenaError) -> String {
        switch error {
        case .full: "all of its \(arena.budget) bytes are written or read"
        case .memoryExhausted, .outOfBounds, .systemCall: "\(error)"
        }
    }

    private mutating func give(_ extent: Extent, to use: RoomUse) {
        switch use {
        case .output(let id, let token):
            let page = PageExtent(
                offset: Int64(extent.offset), byteCount: Int64(extent.size), elementCount: 0)
            extents[page.offset] = extent
            handle(.extentLent(id, page))
            worker(id)?.send(.allocated(token: token, page))
        case .data(let task):
            guard let bytes = held.removeValue(forKey: task) else { return arena.free(extent) }
            handle(.dataStored(task, store(bytes, in: extent)))
        case .lend(let task):
            let page = PageExtent(
                offset: Int64(extent.offset), byteCount: Int64(extent.size), elementCount: 0)
            extents[page.offset] = extent
            lent[task] = extent
            handle(.extentLentToClient(task, page))
        case .copy(let task):
            if let bytes = held.removeValue(forKey: task) {
                handle(.pageFetched(task, store(bytes, in: extent)))
            } else if let page = wanted.removeValue(forKey: task) {
                fetch(task, page, into: extent)
            } else {
                // Nobody waits for it any more.
                arena.free(extent)
                handle(.fetchFailed(task, .noRoom))
            }
        }
    }

    mutating func refuse(_ use: RoomUse, _ reason: String) {
        switch use {
        case .output(let id, let token):
            worker(id)?.send(.refused(token: token, reason: reason))
        case .data(let task):
            held[task] = nil
            handle(.dataRefused(task, reason))
        case .lend(let task): handle(.dataRefused(task, reason))
        case .copy(let task):
            held[task] = nil
            wanted[task] = nil
            handle(.fetchFailed(task, .noRoom))
        }
    }

    mutating func free(_ page: PageExtent) {
        switch page.medium {
        case .memory:
            if let extent = extents.removeValue(forKey: page.offset) {
                if !lent.isEmpty { lent = lent.filter { $0.value != extent } }
                arena.free(extent)
            }
        case .disk: disk?.free(page)
        }
    }

    /// A client wrote a page where it was lent room. What it says of it is believed: it is the
    /// owner's own program, as workers are.
    mutating func takeWritten(_ task: TaskID, _ page: OutputPart) {
        lent[task] = nil
        handle(.dataWritten(task, page))
    }

    // MARK: Disk

    mutating func watchDisk() {
        if let disk { diskSource = poll.watch(descriptor: disk.descriptor) }
    }

    mutating func spill(_ task: TaskID, _ page: PageExtent) {
        guard let extent = extents[page.offset],
            disk?.write(task, page, in: extent, of: arena) ?? false
        else { return handle(.spillFailed(task, page, reason: "the node has no spill file")) }
    }

    mutating func readRange(_ token: UInt64, _ task: TaskID, _ page: PageExtent) {
        guard let (offset, count) = pages.range(token, of: page), let disk else {
            return handle(.rangeSent(task, .disk))
        }
        disk.read(.range(token: token, task, page, offset: offset, count: count))
    }

    mutating func readOutput(_ task: TaskID, _ page: PageExtent) {
        guard let disk else { return handle(.rangeSent(task, .disk)) }
        disk.read(.output(task, page))
    }

    mutating func takeFromDisk() {
        guard let disk, let diskSource, poll.isReady(diskSource) else { return }
        for news in disk.takeNews() {
            switch news {
            case .spilled(let task, let from, let to):
                handle(.pageSpilled(task, from: from, to: to))
            case .failed(let task, let page, let reason):
                handle(.spillFailed(task, page, reason: reason))
            case .read(.range(let token, let task, let page, _, _), let bytes):
                pages.give(token, of: page, bytes)
                handle(.rangeSent(task, .disk))
            case .read(.output(let task, _), let bytes):
                send(.page(task, bytes: bytes))
                handle(.rangeSent(task, .disk))
            case .unreadable(.range(let token, let task, _, _, _)):
                pages.refuse(token, task)
                handle(.pageDamaged(task, by: nil))
                handle(.rangeSent(task, .disk))
            case .unreadable(.output(let task, _)):
                handle(.pageDamaged(task, by: nil))
                send(.pageMissing(task))
                handle(.rangeSent(task, .disk))
            }
        }
    }

    /// The pages on the disk are of no use any more; what was being written is left.
    mutating func startDiskOver() {
        guard let old = disk else { return }
        if let diskSource { poll.remove(diskSource) }
        old.stop()
        diskSource = nil
        // A file that was there: its folder may be full, but it is not gone.
        let file = try? SpillFile(in: old.file.folder)
        disk = file.flatMap { try? PageDisk(file: $0) }
        watchDisk()
    }
}
