// The merged side of a shuffle as the source of a chain: one partition's rows, from as many sorted
// pages as the shuffle's source had parts, in the order of their keys.

public import SwoopElements

/// The elements of one partition in order; positions are their places in the whole collection.
@frozen public struct _MergedSource<Rows: _ShuffleRows, KeyFunction: ElementFunction>: _ChainSource
where KeyFunction.Input == Rows.Element, KeyFunction.Output: SortKey {
    /// An element.
    public typealias Output = Rows.Element
    /// Itself.
    public typealias Source = _MergedSource<Rows, KeyFunction>

    /// Rows of opened pages, in the merged order.
    @frozen public struct Block {
        @usableFromInline let pages: [Rows._Stored._Columns]
        @usableFromInline let rows: [RowPlace]

        @inlinable init(pages: [Rows._Stored._Columns], rows: [RowPlace]) {
            self.pages = pages
            self.rows = rows
        }
    }

    @usableFromInline let key: KeyFunction

    /// Merges by this key.
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
    public static var _name: String { "sorted(by: \(KeyFunction._name))" }
    /// Leaves of 65,536 elements.
    @inlinable public static var _leafWidth: Int { 65_536 }

    /// Goes through the rows in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        let (pages, counts) = try _openRuns(of: Rows.self, context.inputs)
        let number = { (run: Int, row: Int) throws -> UInt64 in
            try key._apply(Rows.element(pages[run], row))._sortNumber
        }
        let isBefore = { (left: RowPlace, right: RowPlace) throws -> Bool in
            if KeyFunction.Output._numberDecides { return false }
            let left = try key._apply(Rows.element(pages[Int(left.run)], Int(left.row)))
            let right = try key._apply(Rows.element(pages[Int(right.run)], Int(right.row)))
            return left._isBefore(right)
        }
        var merge = try RunMerge(counts: counts, number: number, isBefore)
        var position = context.range.lowerBound
        var length = 1
        var rows: [RowPlace] = []
        while position < context.range.upperBound {
            let leafEnd = position + Self._leafWidth - position % Self._leafWidth
            let end = min(position + length, leafEnd, context.range.upperBound)
            rows.removeAll(keepingCapacity: true)
            while rows.count < end - position,
                let place = try merge.take(number: number, isBefore)
            {
                rows.append(place)
            }
            guard rows.count == end - position else {
                throw ChainError.missingPage(element: position + rows.count)
            }
            guard try body(Block(pages: pages, rows: rows), end) else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    /// Calls `body` with each row.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Rows.Element) throws -> Void) throws {
        for place in block.rows {
            try body(Rows.element(block.pages[Int(place.run)], Int(place.row)))
        }
    }
}
