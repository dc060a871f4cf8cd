// The groups of one run over a part of a source, where their reduction is exact: one table as long
// as it is small, and entries by the hash of the key of what it has when it is full. Where nearly
// every element has a key of its own, elements become entries at once. How often tables are
// emptied changes no answer: an exact reduction gives the same however its parts are cut.

/// Groups of a run, on their way to the parts that join them.
@safe public struct DividedGroups<Key: PackedKey, Inner: ExactReduction>: ~Copyable {
    @usableFromInline var table: PackedGroups<Key, Inner>
    @usableFromInline var log: GroupLog
    /// Groups of a full table.
    @usableFromInline let limit: Int
    /// Elements that came since the table was emptied.
    @usableFromInline var seen = 0
    /// Elements that are not looked for in the table.
    @usableFromInline var passing = 0

    /// A table is emptied when it has so many bytes: beyond that looking for a key costs more than
    /// joining it once more.
    @usableFromInline static var tableByteCountMax: Int { 48 << 20 }
    /// When a table has so many groups it is asked how many there may be in all.
    @inlinable static var sampleCount: Int { 16_384 }

    /// Begins a part of a source.
    ///
    /// - Parameter parts: of hashes, into which the groups are divided.
    @inlinable public init(_ inner: Inner, parts: Int) {
        self.init(inner, parts: parts, _limit: 0)
    }

    /// Begins a part with a table of at most so many groups; 0: as many as are best.
    @inlinable public init(_ inner: Inner, parts: Int, _limit limit: Int) {
        let width = PackedGroups<Key, Inner>.rowWidth * 8 + MemoryLayout<Inner.Partial>.stride + 16
        self.limit = limit > 0 ? limit : Self.tableByteCountMax / width
        table = PackedGroups(inner)
        log = GroupLog(parts: Swift.max(1, parts))
    }

    /// The number of entries so far, and of groups in the table.
    @inlinable public var count: Int { log.sizes.reduce(table.count) { $0 + $1.count } }

    /// Takes an element.
    @inlinable @inline(__always)
    public mutating func fold(_ key: Key, _ element: Inner.Element) throws {
        table.take(key)
        let raw = try table.inner.lift(element)
        if _slowPath(passing > 0) { return pass(raw) }
        seen &+= 1
        let before = table.count
        let number = table.number()
        try table.fold(raw, into: number)
        if _slowPath(table.count != before) { added() }
    }

    /// Makes an entry of an element whose key is in the row behind the last.
    @inlinable mutating func pass(_ raw: Inner.Raw) {
        passing &-= 1
        log.writer.removeAll()
        raw.encode(into: &log.writer)
        unsafe log.append(Key.self, table.row(table.count), mark: GroupLog.rawMark)
        if Key._hasText { table.scratch.removeAll() }
    }

    /// Looks whether the table is to be emptied after a group was added.
    @inlinable @inline(never) mutating func added() {
        guard table.count == Self.sampleCount || table.count >= limit else { return }
        if table.count >= limit {
            // A table that each key met once or twice was of little use.
            let isOfUse = seen > table.count &* 2
            flush()
            if !isOfUse { passing = limit &* 16 }
        } else if keysLikely > limit {
            flush()
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
    @inlinable mutating func flush() {
        for number in 0..<table.count {
            log.writer.removeAll()
            unsafe table.partials[number].encode(into: &log.writer)
            unsafe log.append(Key.self, table.row(number), mark: 0)
        }
        table.removeAll()
        seen = 0
    }

    /// Writes everything as the pages of one output, a page for each part.
    @inlinable public mutating func emit(to host: any CallHost) throws {
        flush()
        try log.emit(to: host)
    }
}

/// Joins what runs have of one part of the hashes.
public enum JoinedGroups<Key: PackedKey, Inner: ExactReduction>
where Inner.Answer: PageElement {
    /// Entries that one table joins, so that it stays in a cache.
    @usableFromInline static var tableEntries: Int { 16_384 }

    /// Makes a page of the answers, in the order of the hashes of their keys.
    ///
    /// - Parameters:
    ///   - pages: the part's page of every run, in the order of the source.
    ///   - parts: how many parts there are.
    @inlinable public static func answers(
        of pages: [InputPage], part: Int, among parts: Int, by inner: Inner,
        into builder: inout PairBuilder<Key.Stored, Inner.Answer>
    ) throws {
        let buckets = try Self.buckets(of: pages, part: part, among: parts)
        var table = PackedGroups<Key, Inner>(inner)
        for index in 0..<buckets.starts.count - 1 {
            for place in buckets.starts[index]..<buckets.starts[index + 1] {
                try add(buckets.entries[place], to: &table)
            }
            for number in table.numbersByHash() {
                unsafe Key._append(table.row(number) + 1, to: &builder.first)
                builder.second.append(try inner.answer(unsafe table.partials[number]))
            }
            table.removeAll()
        }
    }

    @inlinable @inline(__always)
    static func add(_ entry: GroupEntry, to table: inout PackedGroups<Key, Inner>) throws {
        try unsafe entry.copyKey(Key.self, into: table.row(table.count))
        let number = table.number()
        var reader = entry.reader(Key.self)
        if entry.isRaw {
            try table.fold(try Inner.Raw(decoding: &reader), into: number)
        } else {
            let partial = try Inner.Partial(decoding: &reader)
            try unsafe inner(table).combine(partial, into: &table.partials[number])
        }
    }

    @inlinable @inline(__always)
    static func inner(_ table: borrowing PackedGroups<Key, Inner>) -> Inner { table.inner }

    /// Entries divided once more by their hash, those of each bucket in the order of the source.
    @usableFromInline struct Buckets {
        @usableFromInline var entries: [GroupEntry] = []
        /// Where each bucket begins, and where the last one ends.
        @usableFromInline var starts: [Int] = []
        @inlinable init() {}
    }

    @inlinable static func buckets(
        of pages: [InputPage], part: Int, among parts: Int
    ) throws -> Buckets {
        let least = 16 + Key._wordCount * 8
        var all: [GroupEntry] = []
        for page in pages {
            var offset = 0
            while let entry = unsafe try GroupEntry(page.bytes, at: offset, least: least) {
                all.append(entry)
                offset &+= entry.byteCount
            }
        }
        var buckets = Buckets()
        let count = (all.count + tableEntries - 1) / tableEntries
        guard count > 1 else {
            buckets.starts = [0, all.count]
            buckets.entries = all
            return buckets
        }
        let first = part * count
        func bucket(_ entry: GroupEntry) -> Int {
            // One of another part is put somewhere: it is damaged, and its key is what it says.
            let bucket = GroupLog.part(of: entry.hash, among: parts * count) - first
            return Swift.min(Swift.max(0, bucket), count - 1)
        }
        var places = [Int](repeating: 0, count: count + 1)
        for entry in all { places[bucket(entry) + 1] += 1 }
        for index in 1...count { places[index] += places[index - 1] }
        buckets.starts = places
        buckets.entries = all
        for entry in all {
            let bucket = bucket(entry)
            buckets.entries[places[bucket]] = entry
            places[bucket] += 1
        }
        return buckets
    }
}
