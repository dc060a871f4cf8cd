// Columns of a table: how a batch becomes packed fields. A column of equal entries shrinks to one,
// a column of zeros to none; which column of a table says the number of rows stands in Protocol.
// Hostile input cannot claim more rows than the column that says the number has entries.

/// The column as it travels: nothing when all are `neutral`, one entry when all are equal.
func shrunk<Entry: Equatable>(_ column: [Entry], neutral: Entry) -> [Entry] {
    guard let first = column.first else { return [] }
    for entry in column where entry != first { return column }
    return first == neutral ? [] : [first]
}

/// A column that came, read by row.
struct Column<Entry> {
    private let entries: [Entry]
    private let neutral: Entry
    private let step: Int

    /// Throws unless `entries` has none, one or `rows` entries.
    init(_ entries: [Entry], rows: Int, neutral: Entry) throws(WireError) {
        guard entries.count <= 1 || entries.count == rows else {
            throw .malformed(.column, offset: 0)
        }
        self.entries = entries
        self.neutral = neutral
        step = entries.count == rows ? 1 : 0
    }

    /// The entry of `row`, which must be less than the number of rows.
    subscript(row: Int) -> Entry { entries.isEmpty ? neutral : entries[row &* step] }
}

/// A list that came, taken entry by entry.
struct Feed<Entry> {
    private let entries: [Entry]
    private var taken = 0

    init(_ entries: [Entry]) { self.entries = entries }

    var remaining: Int { entries.count - taken }

    /// The next entry; throws when there is none.
    mutating func next() throws(WireError) -> Entry {
        guard taken < entries.count else { throw .malformed(.column, offset: taken) }
        defer { taken &+= 1 }
        return entries[taken]
    }

    /// The next `count` entries; throws when there are not so many.
    mutating func next(_ count: Int) throws(WireError) -> [Entry] {
        guard count > 0 else { return [] }
        guard count <= remaining else { throw .malformed(.column, offset: taken) }
        defer { taken &+= count }
        return Array(entries[taken..<(taken &+ count)])
    }

    /// Throws unless every entry has been taken.
    func finish() throws(WireError) {
        if taken != entries.count { throw .malformed(.column, offset: taken) }
    }
}

/// The case that a number stands for; throws where there is none.
func enumeration<Case: RawRepresentable<UInt8>>(
    _ type: Case.Type, _ number: UInt32
) throws(WireError) -> Case {
    guard let raw = UInt8(exactly: number), let value = Case(rawValue: raw) else {
        throw .malformed(.enumeration, offset: 0)
    }
    return value
}
