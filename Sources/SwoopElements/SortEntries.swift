// The rows of a part as they are sorted: a number that decides most comparisons, and the row. A
// radix sort over the numbers, then a comparison sort of the few runs whose numbers are equal.

/// A row and the number of its key.
@frozen public struct _SortEntry: BitwiseCopyable, Sendable {
    /// `SortKey._sortNumber` of the row's key.
    public var number: UInt64
    /// The row, in the order of coming.
    public var row: Int

    /// Joins the two.
    @inlinable public init(number: UInt64, row: Int) {
        self.number = number
        self.row = row
    }
}

/// Sorts entries by number and within equal numbers by `isBefore` of their rows; equal ones stay in
/// their order.
///
/// - Parameter numberDecides: rows with equal numbers have equal keys.
@inlinable public func _sort(
    _ entries: inout [_SortEntry], numberDecides: Bool,
    _ isBefore: (_ left: Int, _ right: Int) throws -> Bool
) rethrows {
    _sortByNumber(&entries)
    if !numberDecides { try _sortEqual(&entries, isBefore) }
}

/// Sorts entries that are in the order of their numbers by `isBefore` where those are equal.
@inlinable func _sortEqual(
    _ entries: inout [_SortEntry], _ isBefore: (_ left: Int, _ right: Int) throws -> Bool
) rethrows {
    var start = 0
    while start < entries.count {
        let number = entries[start].number
        var end = start + 1
        while end < entries.count, entries[end].number == number { end += 1 }
        if end - start > 1 {
            // The standard library's sort is stable, as it stands, but does not promise it.
            try entries[start..<end].sort { left, right in
                if try isBefore(left.row, right.row) { return true }
                return try !isBefore(right.row, left.row) && left.row < right.row
            }
        }
        start = end
    }
}

/// Sorts entries by number; equal ones stay in their order.
///
/// Eleven bits at a time from the lowest ones (LSD radix sort), leaving out those that are the same
/// everywhere: linear in the number of entries.
public func _sortByNumber(_ entries: inout [_SortEntry]) {
    guard entries.count > 1 else { return }
    var differing: UInt64 = 0
    var isSorted = true
    for index in 1..<entries.count {
        differing |= entries[index].number ^ entries[0].number
        isSorted = isSorted && entries[index - 1].number <= entries[index].number
    }
    guard !isSorted else { return }
    guard entries.count > 64 else {
        return entries.sort { ($0.number, $0.row) < ($1.number, $1.row) }
    }
    var other = entries
    let width: UInt64 = 11
    var shift: UInt64 = 0
    while shift < 64 {
        defer { shift += width }
        guard differing >> shift & (1 << width - 1) != 0 else { continue }
        scatter(entries, into: &other, shift: shift, width: width)
        swap(&entries, &other)
    }
}

/// Sorts entries by number; equal ones stay in their order. Where numbers are spread evenly, as
/// hashes are, one pass puts nearly every entry in its place.
@usableFromInline package func _sortByHash(_ entries: inout [_SortEntry]) {
    guard (65..<Int(Int32.max)).contains(entries.count) else { return _sortByNumber(&entries) }
    var (least, most) = (UInt64.max, UInt64.min)
    for entry in entries {
        least = min(least, entry.number)
        most = max(most, entry.number)
    }
    // One to two places for each entry.
    let wanted = Int.bitWidth - entries.count.leadingZeroBitCount
    let shift = UInt64(max(0, 64 - (most - least).leadingZeroBitCount - wanted))
    var places = [Int32](repeating: 0, count: Int((most - least) >> shift) + 1)
    for entry in entries { places[Int((entry.number - least) >> shift)] += 1 }
    var sum: Int32 = 0
    for place in places.indices {
        let count = places[place]
        guard count <= 32 else { return _sortByNumber(&entries) }
        places[place] = sum
        sum += count
    }
    let unsorted = entries
    for entry in unsorted {
        let place = Int((entry.number - least) >> shift)
        entries[Int(places[place])] = entry
        places[place] += 1
    }
    for index in 1..<entries.count {
        let entry = entries[index]
        var place = index
        while place > 0, entries[place - 1].number > entry.number {
            entries[place] = entries[place - 1]
            place -= 1
        }
        entries[place] = entry
    }
}

/// One pass: entries in the order of one digit.
private func scatter(
    _ entries: [_SortEntry], into other: inout [_SortEntry], shift: UInt64, width: UInt64
) {
    let mask: UInt64 = 1 << width - 1
    var places = [Int](repeating: 0, count: 1 << Int(width))
    for entry in entries { places[Int(entry.number >> shift & mask)] += 1 }
    var sum = 0
    for digit in places.indices {
        let count = places[digit]
        places[digit] = sum
        sum += count
    }
    for entry in entries {
        let digit = Int(entry.number >> shift & mask)
        other[places[digit]] = entry
        places[digit] += 1
    }
}
