// The other way round: where the left page has few rows and the right side many, the left keys are
// indexed, and the right rows are gone through once and looked up there. An index of the right side
// would cost some times as much as that. What is found is the same, in the same order.

public import SwoopElements

/// The right rows that have the keys of a page's left rows.
@usableFromInline package struct JoinScan {
    /// Where the places of each left row begin, and behind the last where they end.
    @usableFromInline var starts: [Int]
    /// Places of right rows; those of one left row in order.
    @usableFromInline var places: [UInt64]

    /// More right rows than this are not gone through at a time: nobody could cancel it.
    @inlinable package static var rowsMax: Int { 1 << 25 }
    /// An index of so many right rows costs about as much as to go through them once.
    @inlinable package static var ownRowsMax: Int { 1 << 17 }

    /// Whether to go through the right side instead of making an index of it.
    @inlinable package static func isBetter(left: Int, right: Int) -> Bool {
        right > ownRowsMax && right <= rowsMax && right / 4 >= left
    }

    /// Right rows between two looks whether the run is cancelled.
    @inlinable static var rowsAtATime: Int { 1 << 16 }

    /// Goes through the right side; `goesOn` may end it.
    @inlinable init<LeftKey: ElementFunction, RightKey: ElementFunction>(
        _ left: JoinKeys<LeftKey>, _ right: [JoinKeys<RightKey>], goesOn: () throws -> Void
    ) throws where LeftKey.Output == RightKey.Output {
        let index = try JoinKeys.index(of: [left])
        let part = index.parts[0]
        var rows: [Int] = []
        var found: [UInt64] = []
        let own = UnsafeMutablePointer<UInt64>.allocate(capacity: LeftKey.Output._wordCount)
        defer { unsafe own.deallocate() }
        var texts = _TextScratch()
        for (page, keys) in right.enumerated() {
            for first in stride(from: 0, to: keys.count, by: Self.rowsAtATime) {
                try goesOn()
                let rowsHere = first..<min(first + Self.rowsAtATime, keys.count)
                try unsafe keys.forEach(in: rowsHere) { row, hash, words in
                    let bucket = part.bucket(hash)
                    var entry = bucket.start
                    while entry < bucket.end {
                        let candidate = unsafe part.entries[entry]
                        entry &+= 1
                        guard JoinPart.mayBe(candidate, hash) else { continue }
                        let leftRow = _RowPlaces.row(JoinPart.place(candidate))
                        if LeftKey.Output._hasText { texts.removeAll() }
                        _ = try unsafe left.pack(leftRow, into: own, &texts)
                        guard unsafe LeftKey.Output._isSame(words, own) else { continue }
                        guard rows.count < JoinError.pairsMax else {
                            throw JoinError.tooManyPairs(of: left.count, pairs: rows.count)
                        }
                        rows.append(leftRow)
                        found.append(_RowPlaces.place(page: page, row: row))
                    }
                }
            }
        }
        // By left row, and in order for each.
        starts = [Int](repeating: 0, count: left.count + 1)
        places = [UInt64](repeating: 0, count: rows.count)
        for row in rows { starts[row + 1] += 1 }
        for row in 0..<left.count { starts[row + 1] += starts[row] }
        var next = starts
        for (row, place) in zip(rows, found) {
            places[next[row]] = place
            next[row] += 1
        }
    }
}
