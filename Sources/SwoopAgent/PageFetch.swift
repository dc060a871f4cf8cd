// One page on its way here, in ranges.

import SwoopModel
import SwoopStorage

/// Which ranges of a page were asked for, and which came.
struct PageFetch {
    let task: TaskID
    let byteCount: Int
    /// Where it is put together.
    let extent: Extent
    let rangeBytes: Int
    private var nextOffset = 0
    /// Offsets of ranges that were asked for and did not come yet.
    private var onTheWay: Set<Int> = []
    private var isBegun = false

    init(task: TaskID, byteCount: Int, extent: Extent, rangeBytes: Int) {
        self.task = task
        self.byteCount = byteCount
        self.extent = extent
        self.rangeBytes = rangeBytes
    }

    /// Ranges that were asked for and did not come yet.
    var pending: Int { onTheWay.count }

    /// The next range to ask for; nil when all were. A page without bytes has one range.
    mutating func nextRange() -> (offset: Int, count: Int)? {
        guard nextOffset < byteCount || !isBegun else { return nil }
        isBegun = true
        let offset = nextOffset
        let count = min(rangeBytes, byteCount - offset)
        nextOffset += max(1, count)
        onTheWay.insert(offset)
        return (offset, count)
    }

    /// Takes note of a range that came; false when it was not asked for, or is not whole.
    mutating func arrived(offset: Int, count: Int) -> Bool {
        guard count == min(rangeBytes, byteCount - offset), onTheWay.remove(offset) != nil else {
            return false
        }
        return true
    }

    /// Whether every range is here.
    var isComplete: Bool { isBegun && onTheWay.isEmpty && nextOffset >= byteCount }
}
