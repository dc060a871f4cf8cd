// The rows of a stored collection of records as the source of a chain: the same walk as that of
// _PagesSource, with rows that lend their texts instead of records that own them.

public import SwoopElements

/// The rows of a collection's pages; positions are indices in the whole collection.
@frozen public struct _RowsSource<Element: PageElement>: _ChainSource {
    /// A row.
    public typealias Output = RowView<Element>
    /// Itself.
    public typealias Source = _RowsSource<Element>
    /// Rows of one opened page.
    public typealias Block = _PagesSource<Element>.Block

    /// Makes the source.
    @inlinable public init() {}

    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}

    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}

    /// The source's name.
    public static var _name: String { "rows" }
    /// Leaves of as many elements as those of the array itself: sums of both have the same bits.
    @inlinable public static var _leafWidth: Int { _PagesSource<Element>._leafWidth }

    /// Goes through the pages in order, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        try _PagesSource<Element>()._walk(&context, body)
    }

    /// Calls `body` with each row.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Output) throws -> Void) throws {
        let columns = block.columns
        var row = block.rows.lowerBound
        let end = block.rows.upperBound
        while row < end {
            try body(RowView(_columns: columns, index: row))
            row &+= 1
        }
    }
}
