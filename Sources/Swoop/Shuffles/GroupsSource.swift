// Whole groups as the elements of a chain: the rows of a partition in the order of their keys, and
// one element for each key, whose rows are read where they lie.

public import SwoopElements

/// All elements of a key, in the order of the source; read where they lie, valid for the call that
/// receives it.
///
/// ```swift
/// @Remote func spread(_ group: Group<String, Trade>) -> Double { … group.map(\.price).max() … }
/// trades.grouped(by: person).map(spread)
/// ```
public struct Group<Key, Element>: BorrowedValue, RandomAccessCollection {
    private struct Loader: @unchecked Sendable {
        // Unchecked: it reads pages, which nobody changes.
        let load: (Int) -> Element
    }

    private struct Held: @unchecked Sendable {
        // Unchecked: a key is a value, or text of a page.
        let key: Key
    }

    private let held: Held
    private let loader: Loader
    /// The number of elements; at least 1.
    public let count: Int

    /// Lends a group; called by the loops over groups.
    public init(_key key: Key, count: Int, load: @escaping (Int) -> Element) {
        held = Held(key: key)
        loader = Loader(load: load)
        self.count = count
    }

    /// What the elements have in common.
    public var key: Key { held.key }
    /// 0.
    public var startIndex: Int { 0 }
    /// The number of elements.
    public var endIndex: Int { count }

    /// An element; traps outside `0..<count`.
    public subscript(position: Int) -> Element {
        precondition(position >= 0 && position < count, "An index is outside the group.")
        return loader.load(position)
    }
}

/// The groups of one partition in the order of their keys; a group's position is that of its first
/// row in the sorted whole.
@frozen public struct _GroupsSource<Rows: _ShuffleRows, KeyFunction: ElementFunction>: _ChainSource
where KeyFunction.Input == Rows.Element, KeyFunction.Output: SortKey {
    /// A group.
    public typealias Output = Group<KeyFunction.Output, Rows.Element>
    /// Itself.
    public typealias Source = _GroupsSource<Rows, KeyFunction>

    /// Groups of opened pages.
    @frozen public struct Block {
        @usableFromInline let pages: [Rows._Stored._Columns]
        @usableFromInline let groups: [[RowPlace]]

        @inlinable init(pages: [Rows._Stored._Columns], groups: [[RowPlace]]) {
            self.pages = pages
            self.groups = groups
        }
    }

    @usableFromInline let key: KeyFunction

    /// Groups by this key.
    @inlinable public init(by key: KeyFunction) { self.key = key }

    /// Reads the key's captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        key = try KeyFunction(_decodingFields: &reader)
    }

    /// Appends the key's captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        key._encodeFields(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "grouped(by: \(KeyFunction._name))" }
    /// Leaves of 65,536 rows.
    @inlinable public static var _leafWidth: Int { 65_536 }

    /// Goes through the groups that begin in each stride of rows.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var runs = try MergedRows<Rows, KeyFunction>(by: key, context.inputs)
        var position = context.range.lowerBound
        var next = position
        var length = 1
        while position < context.range.upperBound {
            let leafEnd = position + Self._leafWidth - position % Self._leafWidth
            let limit = min(leafEnd, context.range.upperBound)
            // A group may reach beyond the stride that it begins in.
            let end = min(limit, max(position + min(length, limit - position), next))
            var groups: [[RowPlace]] = []
            while next < end, let group = try runs.takeGroup() {
                next += group.count
                groups.append(group)
            }
            guard next >= end else { throw ChainError.missingPage(element: next) }
            guard try body(Block(pages: runs.pages, groups: groups), end) else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    /// Calls `body` with each group.
    @inlinable
    public func _forEach(_ block: Block, _ body: (Output) throws -> Void) throws {
        let pages = block.pages
        for rows in block.groups {
            let first = Rows.element(pages[Int(rows[0].run)], Int(rows[0].row))
            try body(
                Group(_key: try key._apply(first)._canonicalKey, count: rows.count) { index in
                    Rows.element(pages[Int(rows[index].run)], Int(rows[index].row))
                })
        }
    }
}

/// The rows of one collection's pages in the order of their keys, one after the other or a key's at
/// a time.
@frozen @usableFromInline
package struct MergedRows<Rows: _ShuffleRows, KeyFunction: ElementFunction>
where KeyFunction.Input == Rows.Element, KeyFunction.Output: SortKey {
    @usableFromInline let key: KeyFunction
    @usableFromInline let pages: [Rows._Stored._Columns]
    @usableFromInline var merge: RunMerge
    /// The next row; nil at the end.
    @usableFromInline var head: RowPlace?

    /// Opens pages.
    @inlinable init(by key: KeyFunction, _ inputs: some Sequence<_InputPage>) throws {
        let (pages, counts) = try _openRuns(of: Rows.self, inputs)
        self.key = key
        self.pages = pages
        merge = try RunMerge(
            counts: counts,
            number: { try key._apply(Rows.element(pages[$0], $1))._sortNumber },
            { try Self.isBefore($0, $1, pages, key) })
        head = nil
        head = try next()
    }

    @inlinable static func isBefore(
        _ left: RowPlace, _ right: RowPlace, _ pages: [Rows._Stored._Columns], _ key: KeyFunction
    ) throws -> Bool {
        if KeyFunction.Output._numberDecides { return false }
        let left = try key._apply(Rows.element(pages[Int(left.run)], Int(left.row)))
        return left._isBefore(
            try key._apply(Rows.element(pages[Int(right.run)], Int(right.row))))
    }

    @inlinable mutating func next() throws -> RowPlace? {
        let (pages, key) = (pages, key)
        return try merge.take(
            number: { try key._apply(Rows.element(pages[$0], $1))._sortNumber },
            { try Self.isBefore($0, $1, pages, key) })
    }

    /// The key of a row.
    @inlinable func key(of place: RowPlace) throws -> KeyFunction.Output {
        try key._apply(element(place))
    }

    /// A row.
    @inlinable func element(_ place: RowPlace) -> Rows.Element {
        Rows.element(pages[Int(place.run)], Int(place.row))
    }

    /// Takes the next row; nil at the end.
    @inlinable mutating func take() throws -> RowPlace? {
        guard let place = head else { return nil }
        head = try next()
        return place
    }

    /// Takes all rows that have the next row's key; nil at the end.
    @inlinable mutating func takeGroup() throws -> [RowPlace]? {
        guard let first = try take() else { return nil }
        var group = [first]
        let key = try key(of: first)
        while let place = head, try !key._isBefore(self.key(of: place)) {
            group.append(place)
            _ = try take()
        }
        return group
    }
}
