// A whole page in place, for functions that want the loop for themselves.

/// The elements of one page of a stored collection, read where they lie; valid for the call that
/// receives it.
///
/// ```swift
/// @Remote func energy(_ page: PageView<Double>) -> Double {
///     page.withSpan { span in … }
/// }
/// array.pages.map(energy).sum
/// ```
///
/// Subscripts are checked. What a page holds follows from how the collection was made; a result
/// that must not depend on it is computed by a chain over the elements.
@safe
public struct PageView<Element: PageElement>: RandomAccessCollection, BorrowedValue,
    @unchecked Sendable
{
    // Sendable: the bytes of a page never change.
    @usableFromInline let columns: Element._Columns
    /// The number of elements.
    public let count: Int
    /// The index in the whole collection of the page's first element.
    public let firstElement: Int

    /// Views an opened page.
    @inlinable public init(_columns columns: Element._Columns, count: Int, firstElement: Int) {
        self.columns = columns
        self.count = count
        self.firstElement = firstElement
    }

    /// 0.
    @inlinable public var startIndex: Int { 0 }
    /// The number of elements.
    @inlinable public var endIndex: Int { count }

    /// The element at an index of the page.
    @inlinable public subscript(_ index: Int) -> Element {
        precondition(index >= 0 && index < count, "An index is outside the page.")
        return columns[index]
    }

    /// Lends a column of numbers of a record: `page.withSpan(of: \.price) { prices in … }`.
    @inlinable public func withSpan<Number: _FixedWidthValue, Answer, Failure: Error>(
        of column: KeyPath<Element._Columns, _FixedWidthColumns<Number>>,
        _ body: (Span<Number>) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try columns[keyPath: column].withSpan(count: count, body)
    }
}

extension PageView where Element: FixedWidthElement {
    /// Lends the elements as they lie in memory.
    @inlinable public func withSpan<Answer, Failure: Error>(
        _ body: (Span<Element>) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try columns.withSpan(count: count, body)
    }
}

extension _FixedWidthColumns {
    /// Lends the first so many numbers, which must be there.
    @inlinable func withSpan<Answer, Failure: Error>(
        count: Int, _ body: (Span<Element>) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let buffer = unsafe UnsafeBufferPointer(start: base, count: count)
        return try unsafe body(Span(_unsafeElements: buffer))
    }
}
