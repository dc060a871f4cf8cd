// Memory of a slot that its runs use one after the other for what they collect: fresh memory for
// each would cost more to fill than the rows cost to copy.

import CSwoopSystem
import Glibc
import SwoopModel

/// One slot's memory for rows; used by the slot's thread alone.
@safe final class ScratchBuffer {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0

    /// More than this is the system's if it needs memory.
    private static let ownMax = 64 << 20
    /// More than this is not kept for the next run.
    private static let keptMax = 512 << 20

    init() {}

    deinit { unsafe free(base) }

    /// At least so many bytes, with what they held before.
    ///
    /// - Throws: `InputError` when the machine has none.
    func region(byteCount: Int) throws(InputError) -> UnsafeMutableRawBufferPointer {
        if byteCount > capacity {
            guard let larger = unsafe realloc(base, byteCount) else {
                throw InputError(
                    kind: .noMemory,
                    message: "the machine has no memory for the \(byteCount) bytes that a run "
                        + "collects")
            }
            unsafe base = larger
            unsafe swoop_memory_prefer_huge(larger, byteCount)
            capacity = byteCount
        }
        return unsafe UnsafeMutableRawBufferPointer(start: base, count: capacity)
    }

    /// A run ended: very much memory goes back.
    func runEnded() {
        guard capacity > Self.ownMax, let memory = unsafe base else { return }
        guard capacity > Self.keptMax else {
            return unsafe swoop_memory_unneeded(memory, capacity)
        }
        unsafe free(memory)
        unsafe base = nil
        capacity = 0
    }
}
