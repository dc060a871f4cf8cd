// The groups of one run over a part of a source, where their reduction is exact: one table as long
// as it is small, and entries by the hash of the key of what it has when it is full. Where nearly
// every element has a key of its own, elements become entries at once. How often tables are
// emptied changes no answer: an exact reduction gives the same however its parts are cut.

/// Groups of a run, on their way to the parts that join them.
@safe @usableFromInline
package struct DividedGroups<Key: PackedKey, Inner: ExactReduction>: ~Copyable {
    @usableFromInline var table: PackedGroups<Key, Inner>
    @usableFromInline var batch = GroupBatch<Key, Inner.Raw>()
    @usableFromInline var log: GroupLog
    /// Groups of a full table.
    @usableFromInline let limit: Int
    /// Elements that came since the table was emptied.
    @usableFromInline var seen = 0
    /// Elements that are not looked for in the table.
    @usableFromInline var passing = 0
    /// How many groups the table is to have when it is looked at again.
    @usableFromInline var nextLook: Int

    /// A table is emptied when it has so many bytes: beyond that looking for a key costs more than
    /// joining it once more.
    @usableFromInline static var tableByteCountMax: Int { 48 << 20 }
    /// When a table has so many groups it is asked how many there may be in all.
    @inlinable static var sampleCount: Int { 16_384 }

    /// Begins a part of a source.
    ///
    /// - Parameter parts: of hashes, into which the groups are divided.
    @inlinable public init(_ inner: Inner, parts: Int, host: any _CallHost) {
        self.init(inner, parts: parts, host: host, _limit: 0)
    }

    /// Begins a part with a table of about so many groups at most; 0: as many as are best.
    @inlinable
    public init(_ inner: Inner, parts: Int, host: any _CallHost, _limit limit: Int) {
        let width = PackedGroups<Key, Inner>.rowWidth * 8 + MemoryLayout<Inner.Partial>.stride + 16
        self.limit = limit > 0 ? limit : Self.tableByteCountMax / width
        nextLook = Swift.min(self.limit, Self.sampleCount)
        table = PackedGroups(inner, host: host)
        log = GroupLog(parts: Swift.max(1, parts), host: host)
    }

    /// The number of entries so far, and of groups in the table.
    @inlinable public var count: Int { log.count + table.count }

    /// Takes an element. What it lends must last until the block ends.
    @inlinable @inline(__always)
    public mutating func fold(_ key: Key, _ element: Inner.Element) throws {
        batch.append(key, try table.inner.lift(element))
        if batch.count == GroupBatch<Key, Inner.Raw>.capacity { try drain() }
    }

    /// Folds the elements that wait.
    @inlinable @inline(never) public mutating func drain() throws {
        if passing > 0 { return try pass() }
        try batch.fold(into: &table)
        seen &+= batch.count
        batch.removeAll()
        if table.count >= nextLook { try look() }
    }

    /// Makes entries of the elements that wait.
    @inlinable mutating func pass() throws {
        passing &-= batch.count
        for index in 0..<batch.count {
            log.writer.removeAll()
            unsafe batch.raws[index].encode(into: &log.writer)
            try unsafe log.append(Key.self, batch.row(index), mark: GroupLog.rawMark)
        }
        batch.removeAll()
    }

    /// Looks whether the table is to be emptied.
    @inlinable @inline(never) mutating func look() throws {
        nextLook = limit
        if table.count >= limit {
            // A table that each key met once or twice was of little use.
            let isOfUse = seen > table.count &* 2
            try flush()
            if !isOfUse { passing = limit &* 16 }
        } else if keysLikely > limit {
            try flush()
            passing = limit &* 16
        }
    }

    /// How many keys there may be, of how many elements had one that was there before: as people
    /// at a party are counted by those who share a birthday.
    @inlinable var keysLikely: Int {
        let again = Double(Swift.max(1, seen - table.count))
        return Int(Swift.min(Double(seen) * Double(seen) / (2 * again), 1e15))
    }

    /// Makes entries of the table's groups.
    @inlinable mutating func flush() throws {
        for number in 0..<table.count {
            log.writer.removeAll()
            unsafe table.partial(number).pointee.encode(into: &log.writer)
            try unsafe log.append(Key.self, table.row(number), mark: 0)
        }
        table.removeAll()
        seen = 0
        nextLook = Swift.min(limit, Self.sampleCount)
    }

    /// Writes everything as the pages of one output, a page for each part.
    @inlinable public mutating func emit() throws {
        try drain()
        try flush()
        try log.emit()
    }
}

/// Joins what runs have of one part of the hashes.
@usableFromInline package enum JoinedGroups<Key: PackedKey, Inner: ExactReduction>
where Inner.Answer: PageElement {
    /// Bytes of entries that one table joins, so that it stays in a cache.
    @usableFromInline static var tableByteCount: Int { 1 << 20 }

    /// Makes a page of the answers, in the order of the hashes of their keys.
    ///
    /// - Parameter pages: the part's page of every run, in the order of the source.
    @inlinable public static func answers(
        of pages: [_InputPage], by inner: Inner, host: any _CallHost,
        into builder: inout _PairBuilder<Key._Stored, Inner.Answer>
    ) throws {
        var opened: [GroupPage] = []
        for page in pages {
            if let page = unsafe try GroupPage(page.bytes) { opened.append(page) }
        }
        let all = opened.first?.ends.count ?? 0
        guard opened.allSatisfy({ $0.ends.count == all }) else {
            throw ValueDecodingError.malformed("buckets of groups")
        }
        builder._reserve(opened.reduce(0) { $0 + $1.count })
        var table = PackedGroups<Key, Inner>(inner, host: host)
        var first = 0
        while first < all {
            try host.checkCancellation()
            let buckets = buckets(from: first, to: all, of: opened)
            for page in opened { try add(page, buckets, to: &table) }
            for number in table.numbersByHash() {
                unsafe Key._append(table.row(number) + 1, to: &builder.first)
                builder.second.append(try inner.answer(unsafe table.partial(number).pointee))
            }
            table.removeAll()
            first = buckets.upperBound
        }
    }

    /// As many buckets as one table may join; one at least.
    @usableFromInline
    static func buckets(from first: Int, to all: Int, of pages: [GroupPage]) -> Range<Int> {
        var end = first + 1
        while end < all {
            let size = pages.reduce(0) { $0 + $1.bytes(of: first..<end + 1).count }
            if size > tableByteCount { break }
            end += 1
        }
        return first..<end
    }

    /// Adds the entries of some buckets of a page.
    @inlinable static func add(
        _ page: GroupPage, _ buckets: Range<Int>, to table: inout PackedGroups<Key, Inner>
    ) throws {
        let width = PackedGroups<Key, Inner>.rowWidth
        let bytes = page.bytes(of: buckets)
        let row = UnsafeMutablePointer<UInt64>.allocate(capacity: width)
        defer { unsafe row.deallocate() }
        var offset = bytes.lowerBound
        while offset < bytes.upperBound {
            let entry = try GroupEntry(
                page, at: offset, end: bytes.upperBound, least: 8 + width * 8)
            try unsafe entry.copyKey(Key.self, into: row)
            let number = unsafe table.number(of: row)
            var reader = entry.reader(Key.self)
            if entry.isRaw {
                try table.fold(try Inner.Raw(decoding: &reader), into: number)
            } else {
                try table.combine(try Inner.Partial(decoding: &reader), into: number)
            }
            offset &+= entry.byteCount
        }
    }
}
