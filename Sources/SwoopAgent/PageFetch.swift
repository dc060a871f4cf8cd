// One page on its way here, in ranges.

import SwoopModel
import SwoopStorage

/// Which ranges of a page were asked for, and which came.
struct PageFetch {
    let task: TaskID
    /// What is to come.
    let pages: StoredPages
    /// Set where that is a part of what a task made.
    let slice: OutputSlice?
    /// Where it is put together.
    let extent: Extent
    let rangeBytes: Int
    private var nextOffset = 0
    /// Offsets of ranges that were asked for and did not come yet.
    private var onTheWay: Set<Int> = []
    /// Whether any range was asked for.
    private(set) var isBegun = false
    private var toldBytes = 0

    init(
        task: TaskID, pages: StoredPages, slice: OutputSlice?, extent: Extent, rangeBytes: Int
    ) {
        self.task = task
        self.pages = pages
        self.slice = slice
        self.extent = extent
        self.rangeBytes = rangeBytes
    }

    var byteCount: Int { Int(pages.byteCount) }
    /// The task under whose name its node keeps the bytes.
    var source: TaskID { slice?.task ?? task }
    /// Where in what its node keeps it begins.
    var base: Int { Int(slice?.offset ?? 0) }
    /// Bytes of all that its node keeps.
    var wholeByteCount: Int64 { slice?.wholeByteCount ?? pages.byteCount }

    /// Whether a range of its node's output, at this offset, may be one of this fetch.
    func covers(_ offset: Int64) -> Bool {
        offset >= Int64(base) && offset <= Int64(base + byteCount)
            && (offset == Int64(base) || onTheWay.contains(Int(offset) - base))
    }

    /// Ranges that were asked for and did not come yet.
    var pending: Int { onTheWay.count }
    /// Their bytes, at most.
    var pendingBytes: Int { min(byteCount, onTheWay.count * rangeBytes) }

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

    /// Bytes that are here, from the first one on.
    var arrivedBytes: Int { onTheWay.min() ?? min(nextOffset, byteCount) }

    /// Those, if there are more than when this was asked last; nil for slices, of which nobody
    /// asks.
    mutating func growth() -> Int64? {
        let arrived = arrivedBytes
        guard slice == nil, arrived > toldBytes else { return nil }
        toldBytes = arrived
        return Int64(arrived)
    }

    /// Whether every range is here.
    var isComplete: Bool { isBegun && onTheWay.isEmpty && nextOffset >= byteCount }
}
