// One row in place, for functions that want a text of it without making a String.

/// A row of a stored collection of records, read where it lies; valid for the call that receives
/// it.
///
/// ```swift
/// @Remote func customer(_ sale: RowView<Sale>) -> TextSlice { sale.customer }
/// @Remote func amount(_ sale: RowView<Sale>) -> Double { sale.amount }
/// sales.rows.grouped(by: customer, .summing(of: amount))
/// ```
///
/// Its members are those of the record; a text is lent as a `TextSlice`, which costs nothing, where
/// the record itself would make a String of it. Keep `String(slice)`, not the slice.
@dynamicMemberLookup @frozen
public struct RowView<Element: PageElement>: BorrowedValue, @unchecked Sendable {
    // Sendable: the bytes of a page never change.
    @usableFromInline let columns: Element._Columns
    @usableFromInline let index: Int

    /// Views a row of an opened page, which must have it.
    @inlinable @inline(__always) public init(_columns columns: Element._Columns, index: Int) {
        self.columns = columns
        self.index = index
    }

    /// The row as the record that it is.
    @inlinable @inline(__always) public var element: Element { columns[index] }

    /// The value of a column.
    @inlinable @inline(__always)
    public subscript<Column: _PageColumns>(
        dynamicMember column: KeyPath<Element._Columns, Column>
    ) -> Column.Element {
        columns[keyPath: column][index]
    }

    /// The text of a column, lent.
    @inlinable @inline(__always)
    public subscript(dynamicMember column: KeyPath<Element._Columns, String._Columns>) -> TextSlice
    {
        let bytes = unsafe columns[keyPath: column]._bytes(index)
        return unsafe TextSlice(
            _base: UnsafeRawPointer(bytes.baseAddress!), byteCount: bytes.count)
    }
}
