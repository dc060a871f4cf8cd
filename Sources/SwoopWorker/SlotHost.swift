// What stands behind a call on a slot: the clock of its strides, its cancellation flag, pages for
// its output, more of its text.

import CSwoopSystem
import SwoopElements
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport

/// The host of one run. Used by the slot's thread alone while the run is on it.
final class SlotHost: _CallHost {
    private let core: WorkerCore
    private let attempt: AttemptID
    private let cancellation: CancellationFlag
    private let slot: Int
    private var pacer = StridePacer()
    private var strideBegan: Int64
    private(set) var elements: Int64 = 0
    /// Where the last stride ended; nil before.
    private(set) var position: Int?
    /// The page that is being written, or was.
    private(set) var page: PageExtent?
    private var window: PageWindow?
    private let path: String?
    /// Where in the file the text ends that was read.
    private var textEnd = 0
    private let version: UInt64
    /// The text that was sent for the run.
    private let sent: _TextWindow?
    private let textBuffer: TextBuffer
    private let rows: ScratchBuffer

    init(
        core: WorkerCore, attempt: AttemptID, cancellation: CancellationFlag, slot: Int,
        inputs: borrowing RunInputs, textBuffer: TextBuffer, rows: ScratchBuffer,
        now: Int64
    ) {
        self.core = core
        self.attempt = attempt
        self.cancellation = cancellation
        self.slot = slot
        path = inputs.path
        version = inputs.version
        sent = inputs.text
        self.textBuffer = textBuffer
        self.rows = rows
        strideBegan = now
    }

    func throwSite() -> [UInt64] { RunningThread.takeThrowSite() }

    func strideEnded(at position: Int, elements: Int, end: inout Int) throws -> Int {
        self.elements += Int64(elements)
        self.position = position
        try checkCancellation()
        let now = MonotonicClock.nanoseconds()
        let next = pacer.next(elements: elements, nanoseconds: Int(now - strideBegan))
        strideBegan = now
        return next
    }

    func checkCancellation() throws {
        if cancellation.isRaised { throw RunCancelled() }
    }

    func willScatter(over region: UnsafeMutableRawBufferPointer) {
        guard let base = region.baseAddress else { return }
        unsafe swoop_memory_prefer_huge(base, region.count)
    }

    func pageRegion(parts: [_PageSize]) throws -> UnsafeMutableRawBufferPointer {
        guard page == nil, !parts.isEmpty else { throw InputError.secondPage }
        let byteCount = parts.reduce(0) { $0 + $1.byteCount }
        let extent = try core.allocate(byteCount: max(1, byteCount), slot: slot)
        let pages = StoredPages(sizes: parts)
        page = PageExtent(offset: extent.offset, pages: pages, medium: extent.medium)
        let opened = try core.store.openWindow(extent)
        let bytes = unsafe opened.bytes
        window = consume opened
        return unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[0..<byteCount])
    }

    func scratch(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
        unsafe try rows.region(byteCount: byteCount)
    }

    func text(from start: Int, to end: Int) throws -> _TextWindow {
        if let sent { return sent }
        guard let path else { throw InputError.noText }
        let window = try textBuffer.window(
            of: path, version: version, from: start, to: end, for: attempt)
        textEnd = max(textEnd, window.end)
        return window
    }

    /// Bytes of its own text that a run has left behind its end: it needed no more.
    func unreadBytes(of range: Range<Int>) -> Int {
        path == nil ? 0 : max(0, range.upperBound - max(range.lowerBound, textEnd))
    }

    /// Stores an encoded value that is too large to travel in a report.
    func store(_ value: [UInt8]) throws {
        let region = unsafe try pageRegion(byteCount: value.count, count: 1)
        unsafe region.copyBytes(from: value)
    }

    /// The page is written: nobody changes it any more, and its checksums are made while it is in
    /// the cache. Throws where it should go to the disk and cannot.
    func closePage() throws {
        guard let extent = page, window != nil else { return }
        var offset = 0
        var parts = extent.pages.parts
        for index in parts.indices {
            let end = offset + Int(parts[index].byteCount)
            parts[index].checksum = checksum(of: offset..<end)
            offset = end
        }
        let code = window?.finish(count: offset) ?? 0
        window = nil
        guard code == 0 else {
            let text =
                "memory for pages is full, and its page of \(offset) bytes cannot be written to "
                + "the node's spill folder: \(SpillFile.reason(code))"
            throw InputError(kind: .noMemory, message: text)
        }
        page = PageExtent(
            offset: extent.offset, pages: StoredPages(parts), medium: extent.medium)
    }

    /// The page will not be finished.
    func leavePage() { window = nil }

    private func checksum(of range: Range<Int>) -> UInt64 {
        guard let bytes = unsafe window?.bytes else { return 0 }
        return unsafe PageChecksum.of(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
}
