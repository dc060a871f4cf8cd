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
        return try unsafe function._read(columns, row)._pack(into: words, 0, &scratch)
    }

    /// Calls `body` with the hashes and the words of some rows' keys.
    @inlinable @inline(__always)
    func forEach(
        in rows: Range<Int>,
        _ body: (_ row: Int, _ hash: UInt64, UnsafePointer<UInt64>) throws -> Void
    ) throws {
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: Function.Output._wordCount)
        defer { unsafe words.deallocate() }
        var texts = _TextScratch()
        for row in rows {
            if Function.Output._hasText { texts.removeAll() }
            try unsafe body(row, pack(row, into: words, &texts), words)
        }
    }

    /// Calls `body` with the hashes of some rows' keys.
    @inlinable @inline(__always)
    func forEachHash(in rows: Range<Int>, _ body: (_ row: Int, _ hash: UInt64) -> Void) throws {
        try unsafe forEach(in: rows) { row, hash, _ in body(row, hash) }
    }

    /// An index of all rows of some pages.
    @inlinable static func index(of pages: [JoinKeys]) throws -> JoinIndex {
        var hashes: [UInt64] = []
        var places: [UInt64] = []
        for (number, page) in pages.enumerated() {
            try page.forEachHash(in: 0..<page.count) { row, hash in
                hashes.append(hash)
                places.append(_RowPlaces.place(page: number, row: row))
            }
        }
        return try JoinIndex(hashes: hashes, places: places)
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
    /// What has been found already, instead of an index.
    @usableFromInline let scan: JoinScan?

    /// The words of the keys of some left rows, and their hashes.
    @usableFromInline let words: UnsafeMutablePointer<UInt64>
    @usableFromInline let hashes: UnsafeMutablePointer<UInt64>
    /// Where the bucket of each begins and ends, and the first entry there.
    @usableFromInline let begins: UnsafeMutablePointer<Int>
    @usableFromInline let ends: UnsafeMutablePointer<Int>
    @usableFromInline let entries: UnsafeMutablePointer<UInt64>
    /// The words of the key of that entry's row, and of that of another one.
    @usableFromInline let others: UnsafeMutablePointer<UInt64>
    /// What has been found.
    @usableFromInline let places: UnsafeMutablePointer<JoinedPlaces>
    /// Whether words of right keys may be kept while others are made.
    @usableFromInline let keepsOthers: Bool

    /// Left rows that are looked up at a time.
    @inlinable static var rowsMax: Int { 512 }

    /// Opens the pages, and indexes the right ones if nobody has.
    @inlinable init(
        _ leftKey: LeftKey, _ rightKey: RightKey, _ page: _InputPage,
        index: some Collection<_InputPage>, _ others: [_InputPage], host: any _CallHost
    ) throws {
        let left = try JoinKeys(leftKey, page)
        guard left.count <= Int(UInt32.max) else { throw _PageError.malformed("rows") }
        self.left = left
        let right = try others.map { try JoinKeys(rightKey, $0) }
        self.right = right
        let rows = right.reduce(0) { $0 + $1.count }
        if index.isEmpty, JoinScan.isBetter(left: left.count, right: rows) {
            scan = try JoinScan(left, right, goesOn: host.checkCancellation)
            self.index = try JoinIndex(hashes: [], places: [])
        } else {
            scan = nil
            self.index = try index.isEmpty ? JoinKeys.index(of: right) : JoinIndex(pages: index)
        }
        keepsOthers = !Key._hasText || Key.self == String.self && right.first?.texts != nil
        unsafe words = .allocate(capacity: Self.rowsMax * Key._wordCount)
        unsafe hashes = .allocate(capacity: Self.rowsMax)
        unsafe begins = .allocate(capacity: Self.rowsMax)
        unsafe ends = .allocate(capacity: Self.rowsMax)
        unsafe entries = .allocate(capacity: Self.rowsMax)
        unsafe self.others = .allocate(capacity: (Self.rowsMax + 1) * Key._wordCount)
        unsafe places = .allocate(capacity: 1)
        unsafe places.initialize(to: JoinedPlaces(capacity: 8_192))
    }

    @inlinable deinit {
        unsafe words.deallocate()
        unsafe hashes.deallocate()
        unsafe begins.deallocate()
        unsafe ends.deallocate()
        unsafe entries.deallocate()
        unsafe others.deallocate()
        unsafe places.pointee.deallocate()
        unsafe places.deallocate()
    }

    /// Finds the partners of some left rows, in order; calls `isFull` where there is no place left
    /// for them.
    @inlinable @inline(__always)
    func find(
        _ rows: Range<Int>, _ matching: _JoinMatching, isFull: () throws -> Void
    ) throws {
        if let scan { return try list(rows, matching, scan, isFull) }
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

    /// Hashes the keys of some rows, and finds their buckets: in loops so short that many misses of
    /// the cache overlap.
    @inlinable @inline(__always)
    func look(_ rows: Range<Int>, _ texts: inout _TextScratch) throws {
        let (left, words, hashes) = unsafe (left, words, hashes)
        let (begins, ends, entries) = unsafe (begins, ends, entries)
        for number in 0..<rows.count {
            unsafe hashes[number] = try left.pack(
                rows.lowerBound &+ number, into: words + number &* Key._wordCount, &texts)
        }
        let (parts, partBits) = (index.parts, index.partBits)
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
                unsafe entries[number] = part.entries[begins[number]]
            }
        }
        guard keepsOthers else { return }
        let (others, right) = unsafe (others, right)
        for number in 0..<rows.count where unsafe begins[number] < ends[number] {
            let entry = unsafe entries[number]
            guard unsafe JoinPart.mayBe(entry, hashes[number]) else { continue }
            let (page, row) = try placed(JoinPart.place(entry), right)
            _ = try unsafe right[page].pack(row, into: others + number &* Key._wordCount, &texts)
        }
    }

    /// The page and the row of a place.
    @inlinable @inline(__always) func placed(
        _ place: UInt64, _ right: [JoinKeys<RightKey>]
    ) throws -> (page: Int, row: Int) {
        let (page, row) = (_RowPlaces.page(place), _RowPlaces.row(place))
        guard page < right.count, row < right[page].count else {
            throw _PageError.malformed("an index of rows")
        }
        return (page, row)
    }

    /// Finds the partners of rows whose buckets are known.
    @inlinable @inline(__always) func match(
        _ rows: Range<Int>, _ matching: _JoinMatching, _ texts: inout _TextScratch,
        _ isFull: () throws -> Void
    ) throws {
        let (words, hashes, others) = unsafe (words, hashes, others)
        let (begins, ends, firsts) = unsafe (begins, ends, entries)
        let (keepsOthers, right) = (keepsOthers, right)
        let (parts, partBits) = (index.parts, index.partBits)
        var found = unsafe places.pointee
        for number in 0..<rows.count {
            let (begin, end) = unsafe (begins[number], ends[number])
            let row = rows.lowerBound &+ number
            var isFound = false
            if begin < end {
                let hash = unsafe hashes[number]
                let key = unsafe words + number &* Key._wordCount
                var candidate = unsafe firsts[number]
                var entry = begin
                search: while true {
                    if JoinPart.mayBe(candidate, hash) {
                        let place = JoinPart.place(candidate)
                        let isFirst = keepsOthers && entry == begin
                        let slot = isFirst ? number : Self.rowsMax
                        let other = unsafe others + slot &* Key._wordCount
                        if !isFirst {
                            let (page, row) = try placed(place, right)
                            if Key._hasText { texts.removeAll() }
                            _ = try unsafe right[page].pack(row, into: other, &texts)
                        }
                        if unsafe Key._isSame(key, other) {
                            isFound = true
                            switch matching {
                            case .all, .allOrNone: try add(row, place, to: &found, isFull)
                            case .first, .none: break search
                            }
                        }
                    }
                    entry &+= 1
                    guard entry < end else { break }
                    candidate = unsafe parts[JoinIndex.part(of: hash, partBits)].entries[entry]
                }
            }
            let isWanted =
                switch matching {
                case .all: false
                case .allOrNone, .none: !isFound
                case .first: isFound
                }
            if isWanted { try add(row, _RowPlaces.none, to: &found, isFull) }
        }
        unsafe places.pointee = found
    }

    /// Takes the partners of rows as they have been found already.
    @inlinable @inline(__always) func list(
        _ rows: Range<Int>, _ matching: _JoinMatching, _ scan: JoinScan,
        _ isFull: () throws -> Void
    ) throws {
        var found = unsafe places.pointee
        for row in rows {
            let partners = scan.starts[row]..<scan.starts[row + 1]
            let isWanted =
                switch matching {
                case .all: false
                case .allOrNone, .none: partners.isEmpty
                case .first: !partners.isEmpty
                }
            if isWanted { try add(row, _RowPlaces.none, to: &found, isFull) }
            guard matching == .all || matching == .allOrNone else { continue }
            for index in partners { try add(row, scan.places[index], to: &found, isFull) }
        }
        unsafe places.pointee = found
    }

    @inlinable @inline(__always) func add(
        _ row: Int, _ place: UInt64, to found: inout JoinedPlaces, _ isFull: () throws -> Void
    ) throws {
        if found.count == found.capacity {
            unsafe places.pointee = found
            try isFull()
            found = unsafe places.pointee
        }
        found.append(row, place)
    }

    /// Makes places for more.
    @inlinable @inline(never) func grow() throws {
        let found = unsafe places.pointee
        guard found.capacity < JoinError.pairsMax else {
            throw JoinError.tooManyPairs(of: left.count, pairs: found.count)
        }
        unsafe places.pointee = found.grown(
            to: min(max(4 * found.capacity, left.count), JoinError.pairsMax))
    }

    /// Calls `body` with what has been found, and forgets it.
    @inlinable @inline(__always)
    func takeFound(_ body: (_ row: Int, _ place: UInt64) throws -> Void) rethrows {
        let found = unsafe places.pointee
        for index in 0..<found.count {
            try unsafe body(_RowPlaces.row(found.left[index]), found.right[index])
        }
        unsafe places.pointee.count = 0
    }

    /// The number of what has been found.
    @inlinable var foundCount: Int { unsafe places.pointee.count }

    /// The left rows of what has been found.
    @inlinable var leftRows: _GatheredRows<LeftKey.Input._Columns> {
        let found = unsafe places.pointee
        return unsafe _GatheredRows(
            _RowPlaces(found.left, count: found.count), of: [left.columns], hasNone: false)
    }

    /// The right rows beside them.
    @inlinable func rightRows(hasNone: Bool) -> _GatheredRows<RightKey.Input._Columns> {
        let found = unsafe places.pointee
        return unsafe _GatheredRows(
            _RowPlaces(found.right, count: found.count), of: right.map(\.columns),
            hasNone: hasNone)
    }
}

/// Left rows, and beside each the place of a right one.
@safe @usableFromInline struct JoinedPlaces {
    @usableFromInline var left: UnsafeMutablePointer<UInt64>
    @usableFromInline var right: UnsafeMutablePointer<UInt64>
    @usableFromInline var capacity: Int
    @usableFromInline var count = 0

    @inlinable init(capacity: Int) {
        unsafe left = .allocate(capacity: capacity)
        unsafe right = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    @inlinable func deallocate() {
        unsafe left.deallocate()
        unsafe right.deallocate()
    }

    /// Adds one, for which there must be a place.
    @inlinable @inline(__always) mutating func append(_ row: Int, _ place: UInt64) {
        unsafe left[count] = UInt64(truncatingIfNeeded: row)
        unsafe right[count] = place
        count &+= 1
    }

    /// The same, with places for more; instead of this one.
    @inlinable func grown(to capacity: Int) -> JoinedPlaces {
        var larger = JoinedPlaces(capacity: capacity)
        unsafe larger.left.update(from: left, count: count)
        unsafe larger.right.update(from: right, count: count)
        larger.count = count
        deallocate()
        return larger
    }
}
