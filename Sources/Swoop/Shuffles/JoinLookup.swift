// The rows of a page of the left side of a join, looked up among the rows of the right side: some
// hundreds at a time, first their hashes, then their buckets, then their partners, so that what is
// not in the cache is fetched for many rows at once.

public import SwoopElements

/// Keys of the rows of an opened page.
@usableFromInline
package struct JoinKeys<Function: ElementFunction>
where Function.Input: PageElement, Function.Output: PackedKey {
    @usableFromInline let function: Function
    @usableFromInline let columns: Function.Input._Columns
    /// The column that the keys are, if they are one of texts.
    @usableFromInline let texts: String._Columns?
    /// The number of rows.
    @usableFromInline let count: Int

    /// Opens a page, which must outlive the keys.
    @inlinable init(_ function: Function, _ page: _InputPage) throws {
        let (columns, count) = try unsafe _openPage(of: Function.Input.self, page.bytes)
        self.init(function, columns, count: count)
    }

    @inlinable init(_ function: Function, _ columns: Function.Input._Columns, count: Int) {
        self.function = function
        self.columns = columns
        self.count = count
        texts = (function as? any _TextProperty)?.texts(of: columns)
    }

    /// Writes the words of a row's key, and gives its hash.
    @inlinable @inline(__always)
    func pack(
        _ row: Int, into words: UnsafeMutablePointer<UInt64>, _ scratch: inout _TextScratch
    ) throws -> UInt64 {
        if Function.Output.self == String.self, let texts {
            return unsafe texts._pack(row, into: words)
        }
        return try unsafe function._apply(columns[row])._pack(into: words, 0, &scratch)
    }

    /// Calls `body` with the hashes of some rows' keys.
    @inlinable @inline(__always)
    func forEachHash(of rows: Range<Int>, _ body: (_ row: Int, UInt64) -> Void) throws {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: Function.Output._wordCount)
        defer { unsafe words.deallocate() }
        var texts = _TextScratch()
        for row in rows {
            if Function.Output._hasText { texts.removeAll() }
            body(row, try unsafe pack(row, into: words, &texts))
        }
    }
}

/// A page of the left side, and all of the right side.
@safe @usableFromInline
package final class JoinLookup<LeftKey: ElementFunction, RightKey: ElementFunction>
where
    LeftKey.Input: PageElement, RightKey.Input: PageElement, LeftKey.Output == RightKey.Output,
    LeftKey.Output: PackedKey
{
    @usableFromInline typealias Key = LeftKey.Output

    @usableFromInline let left: JoinKeys<LeftKey>
    @usableFromInline let right: [JoinKeys<RightKey>]
    @usableFromInline let index: JoinIndex

    /// The words of the keys of some left rows, and those of the key of a right row.
    @usableFromInline let words: UnsafeMutablePointer<UInt64>
    @usableFromInline let hashes: UnsafeMutablePointer<UInt64>
    /// Where the bucket of each begins and ends.
    @usableFromInline let begins: UnsafeMutablePointer<Int>
    @usableFromInline let ends: UnsafeMutablePointer<Int>
    /// What has been found: left rows, and beside each the place of a right one.
    @usableFromInline var leftPlaces: UnsafeMutablePointer<UInt64>
    @usableFromInline var rightPlaces: UnsafeMutablePointer<UInt64>
    @usableFromInline var capacity: Int
    @usableFromInline var found = 0
    /// Whatever was read only to have it in the cache.
    @usableFromInline var read: UInt64 = 0

    /// Left rows that are looked up at a time.
    @inlinable static var rowsMax: Int { 512 }

    /// Opens the pages, and indexes the right ones if nobody has.
    @inlinable init(
        _ leftKey: LeftKey, _ rightKey: RightKey, _ page: _InputPage,
        index: some Collection<_InputPage>, _ others: [_InputPage]
    ) throws {
        let left = try JoinKeys(leftKey, page)
        guard left.count <= Int(UInt32.max) else { throw _PageError.malformed("rows") }
        self.left = left
        let right = try others.map { try JoinKeys(rightKey, $0) }
        self.right = right
        self.index = try index.isEmpty ? Self.ownIndex(right) : JoinIndex(pages: index)
        unsafe words = .allocate(capacity: (Self.rowsMax + 1) * Key._wordCount)
        unsafe hashes = .allocate(capacity: Self.rowsMax)
        unsafe begins = .allocate(capacity: Self.rowsMax)
        unsafe ends = .allocate(capacity: Self.rowsMax)
        capacity = 8_192
        unsafe leftPlaces = .allocate(capacity: capacity)
        unsafe rightPlaces = .allocate(capacity: capacity)
    }

    @inlinable deinit {
        unsafe words.deallocate()
        unsafe hashes.deallocate()
        unsafe begins.deallocate()
        unsafe ends.deallocate()
        unsafe leftPlaces.deallocate()
        unsafe rightPlaces.deallocate()
    }

    @inlinable static func ownIndex(_ pages: [JoinKeys<RightKey>]) throws -> JoinIndex {
        var hashes: [UInt64] = []
        var places: [UInt64] = []
        for (number, page) in pages.enumerated() {
            try page.forEachHash(of: 0..<page.count) { row, hash in
                hashes.append(hash)
                places.append(_RowPlaces.place(page: number, row: row))
            }
        }
        return try JoinIndex(hashes: hashes, places: places)
    }

    /// Finds the partners of some left rows, in order; calls `isFull` where there is no place left
    /// for them.
    @inlinable @inline(__always)
    func find(
        _ rows: Range<Int>, _ matching: _JoinMatching, isFull: () throws -> Void
    ) throws {
        var texts = _TextScratch()
        var otherTexts = _TextScratch()
        var row = rows.lowerBound
        while row < rows.upperBound {
            let end = min(row &+ Self.rowsMax, rows.upperBound)
            if Key._hasText { texts.removeAll() }
            try look(row..<end, &texts)
            try match(row..<end, matching, &otherTexts, isFull)
            row = end
        }
    }

    /// Hashes the keys of some rows, and finds their buckets.
    @inlinable @inline(__always)
    func look(_ rows: Range<Int>, _ texts: inout _TextScratch) throws {
        let (left, words, hashes) = unsafe (left, words, hashes)
        let (begins, ends) = unsafe (begins, ends)
        for number in 0..<rows.count {
            unsafe hashes[number] = try left.pack(
                rows.lowerBound &+ number, into: words + number &* Key._wordCount, &texts)
        }
        let (parts, partBits) = (index.parts, index.partBits)
        var read: UInt64 = 0
        unsafe parts.withUnsafeBufferPointer { parts in
            for number in 0..<rows.count {
                let hash = unsafe hashes[number]
                let part = unsafe parts[JoinIndex.part(of: hash, partBits)]
                let bucket = part.bucket(hash &<< partBits)
                unsafe begins[number] = bucket.start
                unsafe ends[number] = bucket.end
            }
            for number in 0..<rows.count where unsafe begins[number] < ends[number] {
                let part = unsafe parts[JoinIndex.part(of: hashes[number], partBits)]
                read ^= unsafe part.entries[begins[number]]
            }
        }
        self.read = read
    }

    /// Finds the partners of rows whose buckets are known.
    @inlinable @inline(__always) func match(
        _ rows: Range<Int>, _ matching: _JoinMatching, _ texts: inout _TextScratch,
        _ isFull: () throws -> Void
    ) throws {
        let (words, hashes, begins, ends) = unsafe (words, hashes, begins, ends)
        let other = unsafe words + Self.rowsMax &* Key._wordCount
        let (parts, partBits, right) = (index.parts, index.partBits, right)
        for number in 0..<rows.count {
            var entry = unsafe begins[number]
            let end = unsafe ends[number]
            let row = rows.lowerBound &+ number
            var isFound = false
            if entry < end {
                let hash = unsafe hashes[number]
                let entries = unsafe parts[JoinIndex.part(of: hash, partBits)].entries
                let key = unsafe words + number &* Key._wordCount
                search: repeat {
                    let candidate = unsafe entries[entry]
                    entry &+= 1
                    guard JoinPart.mayBe(candidate, hash) else { continue }
                    let place = JoinPart.place(candidate)
                    let page = _RowPlaces.page(place)
                    guard page < right.count, _RowPlaces.row(place) < right[page].count else {
                        throw _PageError.malformed("an index of rows")
                    }
                    if Key._hasText { texts.removeAll() }
                    _ = try unsafe right[page].pack(_RowPlaces.row(place), into: other, &texts)
                    guard unsafe Key._isSame(key, other) else { continue }
                    isFound = true
                    switch matching {
                    case .all, .allOrNone: try add(row, place, isFull)
                    case .first, .none: break search
                    }
                } while entry < end
            }
            let isWanted =
                switch matching {
                case .all: false
                case .allOrNone, .none: !isFound
                case .first: isFound
                }
            if isWanted { try add(row, _RowPlaces.none, isFull) }
        }
    }

    @inlinable @inline(__always) func add(
        _ row: Int, _ place: UInt64, _ isFull: () throws -> Void
    ) throws {
        if found == capacity { try isFull() }
        unsafe leftPlaces[found] = UInt64(truncatingIfNeeded: row)
        unsafe rightPlaces[found] = place
        found &+= 1
    }

    /// Makes places for more.
    @inlinable @inline(never) func grow() throws {
        guard capacity < JoinError.pairsMax else {
            throw JoinError.tooManyPairs(of: left.count, pairs: found)
        }
        let larger = min(max(4 * capacity, left.count), JoinError.pairsMax)
        unsafe leftPlaces = Self.grown(leftPlaces, found, to: larger)
        unsafe rightPlaces = Self.grown(rightPlaces, found, to: larger)
        capacity = larger
    }

    @inlinable static func grown(
        _ places: UnsafeMutablePointer<UInt64>, _ count: Int, to capacity: Int
    ) -> UnsafeMutablePointer<UInt64> {
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        unsafe larger.update(from: places, count: count)
        unsafe places.deallocate()
        return unsafe larger
    }

    /// Calls `body` with what has been found, and forgets it.
    @inlinable @inline(__always)
    func takeFound(_ body: (_ row: Int, _ place: UInt64) throws -> Void) rethrows {
        let (leftPlaces, rightPlaces) = unsafe (leftPlaces, rightPlaces)
        for index in 0..<found {
            try unsafe body(_RowPlaces.row(leftPlaces[index]), rightPlaces[index])
        }
        found = 0
    }

    /// The left rows of what has been found.
    @inlinable var leftRows: _GatheredRows<LeftKey.Input._Columns> {
        unsafe .init(
            _RowPlaces(leftPlaces, count: found), of: [left.columns], hasNone: false)
    }

    /// The right rows beside them.
    @inlinable func rightRows(hasNone: Bool) -> _GatheredRows<RightKey.Input._Columns> {
        unsafe .init(
            _RowPlaces(rightPlaces, count: found), of: right.map(\.columns), hasNone: hasNone)
    }
}
