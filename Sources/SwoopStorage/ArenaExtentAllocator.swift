// Which part of the arena, or of the spill file, the next page gets: the decisions alone, as a
// value without memory behind it. Arena.swift and SpillFile.swift carry them out.

internal import SwoopModel

/// A part of the arena or of the spill file.
package struct Extent: Equatable, Sendable {
    /// Bytes from the beginning; a multiple of 4 KiB, in the arena for large extents of 2 MiB.
    package let offset: Int
    /// Bytes; a multiple of the same.
    package let size: Int

    package init(offset: Int, size: Int) {
        self.offset = offset
        self.size = size
    }

    /// The first byte behind it.
    package var end: Int { offset + size }
}

/// Free and used parts of a range of bytes.
///
/// In memory small extents are taken at the lowest place that fits, large ones at the highest: they
/// grow towards each other, small ones do not break up the room of large ones, and both find memory
/// again that was used before, which is four times as fast to fill as fresh memory.
package struct ExtentAllocator: Sendable {
    /// Granularity and alignment of large extents: a huge page.
    package static let largeUnit = Agreed.largeUnit
    /// Granularity and alignment of small extents: a page of the machine's.
    package static let smallUnit = Agreed.smallUnit
    /// Requests from here on are large: they waste less than half of what they get.
    package static let largeBytesMin = Agreed.largeBytesMin

    /// Where extents go.
    package enum Placement: Sendable {
        /// Large ones to the end: they find room however many small ones there are.
        case bothEnds
        /// All of them as near to the beginning as possible: in a file, which grows.
        case lowest
    }

    /// Bytes in all, a multiple of `largeUnit`.
    package let capacity: Int
    private let placement: Placement
    /// Bytes of the extents in use.
    package private(set) var usedBytes = 0

    // Exactly what is not in use: by offset, none empty, none touching the next.
    private var holes: [Extent]
    // Exactly the extents in use, by offset.
    private var used: [Int: Int] = [:]

    /// An allocator of `capacity` bytes, rounded down to whole large units.
    package init(capacity: Int, placement: Placement = .bothEnds) {
        self.placement = placement
        let whole = max(0, capacity) / ExtentAllocator.largeUnit * ExtentAllocator.largeUnit
        self.capacity = whole
        holes = whole > 0 ? [Extent(offset: 0, size: whole)] : []
    }

    /// The size of the largest hole.
    package var largestHole: Int { holes.reduce(0) { max($0, $1.size) } }

    /// Extents in use.
    package var usedCount: Int { used.count }

    /// The bytes that a request really takes; nil when it is not positive or too large for any
    /// arena.
    package static func roundedSize(_ bytes: Int) -> Int? {
        guard bytes > 0, bytes <= Int.max / 2 else { return nil }
        let unit = bytes >= largeBytesMin ? largeUnit : smallUnit
        return (bytes + unit - 1) / unit * unit
    }

    /// Takes an extent of at least `bytes`; nil when no hole is large enough.
    package mutating func allocate(bytes: Int) -> Extent? {
        guard let size = ExtentAllocator.roundedSize(bytes) else { return nil }
        let isHigh = placement == .bothEnds && bytes >= ExtentAllocator.largeBytesMin
        let place = isHigh ? highPlace(size) : lowPlace(size)
        guard let (index, offset) = place else { return nil }
        let extent = Extent(offset: offset, size: size)
        carve(extent, outOf: index)
        used[offset] = size
        usedBytes += size
        return extent
    }

    /// Gives an extent back; false (and nothing done) when it is not one that is in use.
    package mutating func free(_ extent: Extent) -> Bool {
        guard used[extent.offset] == extent.size else { return false }
        used[extent.offset] = nil
        usedBytes -= extent.size
        let next = firstHole(from: extent.offset)
        var merged = extent
        var replaced = next..<next
        if next < holes.count, holes[next].offset == merged.end {
            merged = Extent(offset: merged.offset, size: merged.size + holes[next].size)
            replaced = next..<(next + 1)
        }
        if next > 0, holes[next - 1].end == merged.offset {
            let before = holes[next - 1]
            merged = Extent(offset: before.offset, size: before.size + merged.size)
            replaced = (next - 1)..<replaced.upperBound
        }
        holes.replaceSubrange(replaced, with: CollectionOfOne(merged))
        return true
    }

    /// The whole large units of the holes: what could be given back to the system.
    package var freeUnits: [Extent] {
        holes.compactMap { hole in
            let start = ExtentAllocator.roundUp(hole.offset)
            let end = hole.end / ExtentAllocator.largeUnit * ExtentAllocator.largeUnit
            return start < end ? Extent(offset: start, size: end - start) : nil
        }
    }

    /// Traps when the tables contradict one another.
    package func checkInvariants() {
        var end = -1
        var holeBytes = 0
        for hole in holes {
            precondition(hole.size > 0 && hole.offset > end, "Holes are ordered, apart, not empty.")
            precondition(hole.end <= capacity, "A hole lies in the arena.")
            end = hole.end
            holeBytes += hole.size
        }
        precondition(holeBytes + usedBytes == capacity, "Every byte is free or in use.")
        let parts = used.map { Extent(offset: $0.key, size: $0.value) } + holes
        var reached = 0
        for part in parts.sorted(by: { $0.offset < $1.offset }) {
            precondition(part.offset == reached, "Parts neither overlap nor leave gaps.")
            reached = part.end
        }
        precondition(reached == capacity, "The parts make up the arena.")
    }

    private func lowPlace(_ size: Int) -> (index: Int, offset: Int)? {
        holes.firstIndex { $0.size >= size }.map { ($0, holes[$0].offset) }
    }

    private func highPlace(_ size: Int) -> (index: Int, offset: Int)? {
        for index in holes.indices.reversed() {
            let end = holes[index].end / ExtentAllocator.largeUnit * ExtentAllocator.largeUnit
            if end - size >= holes[index].offset { return (index, end - size) }
        }
        return nil
    }

    private mutating func carve(_ extent: Extent, outOf index: Int) {
        let hole = holes[index]
        var rest: [Extent] = []
        if hole.offset < extent.offset {
            rest.append(Extent(offset: hole.offset, size: extent.offset - hole.offset))
        }
        if extent.end < hole.end {
            rest.append(Extent(offset: extent.end, size: hole.end - extent.end))
        }
        holes.replaceSubrange(index...index, with: rest)
    }

    /// The index of the first hole at or behind an offset.
    private func firstHole(from offset: Int) -> Int {
        var low = 0
        var high = holes.count
        while low < high {
            let middle = (low + high) / 2
            if holes[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func roundUp(_ offset: Int) -> Int {
        (offset + largeUnit - 1) / largeUnit * largeUnit
    }
}
