// The window through which a slot's runs see their files: the same memory over and over, since
// fresh memory costs more to fill than text costs to read. A mapping would be as fast, and a file
// that shrinks would end the process; read, it is an error that names the file.

import Glibc
import SwoopElements
import SwoopModel
import SwoopStorage

/// One slot's window; used by the slot's thread alone.
@safe final class TextBuffer {
    private var memory: UnsafeMutableRawBufferPointer
    /// What the memory holds, and for whom.
    private var attempt: AttemptID?
    private var start = 0
    private var count = 0

    /// Room for a leaf of text and what is read beside it.
    private static let usual = (1 << 20) + (1 << 16)
    /// A record that is larger than this does not keep its memory for the runs after it.
    private static let keptMax = 8 << 20

    init() { unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0) }

    deinit { unsafe free(memory.baseAddress) }

    /// A window over `[start, end)` of a file; what was lent before is void.
    ///
    /// - Throws: `InputError` when the file cannot be read so far.
    func window(
        of path: String, version: UInt64, from start: Int, to end: Int, for attempt: AttemptID
    ) throws -> _TextWindow {
        let wanted = max(0, end - start)
        // A window that only grows has its first bytes already.
        let isLonger = self.attempt == attempt && self.start == start && wanted >= count
        let known = isLonger ? count : 0
        try makeRoom(for: wanted, keeping: known)
        self.attempt = attempt
        self.start = start
        count = known
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[known..<wanted])
        do throws(StorageError) {
            try unsafe FileRange.read(
                path, at: start + known, into: rest, count: rest.count, version: version)
        } catch {
            throw InputError(error)
        }
        count = wanted
        return unsafe _TextWindow(
            bytes: UnsafeRawBufferPointer(rebasing: memory[0..<wanted]), start: start)
    }

    private func makeRoom(for wanted: Int, keeping known: Int) throws {
        let isTooLarge = unsafe memory.count > Self.keptMax && wanted <= Self.usual
        guard unsafe memory.count < wanted || isTooLarge else { return }
        if known == 0 { forget() }
        let size = max(wanted, Self.usual)
        guard let larger = unsafe realloc(memory.baseAddress, size) else {
            let text = "the machine has no memory for a record of \(wanted) bytes"
            throw InputError(kind: .noMemory, message: text)
        }
        unsafe memory = UnsafeMutableRawBufferPointer(start: larger, count: size)
    }

    private func forget() {
        unsafe free(memory.baseAddress)
        unsafe memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        attempt = nil
        count = 0
    }

    /// A run ended: the memory of a long record goes back.
    func runEnded() {
        if unsafe memory.count > Self.keptMax { forget() }
    }
}
