// The elements of a stored collection as the source of a chain: each page is checked once when it
// is opened, then its columns are read in place. This file is where the inlined loops read pages.

public import SwoopElements

/// The elements of a collection's pages; positions are indices in the whole collection.
@frozen public struct _PagesSource<Element: PageElement>: _ChainSource {
    /// An element.
    public typealias Output = Element
    /// Itself.
    public typealias Source = _PagesSource<Element>

    /// Rows of one opened page.
    @frozen public struct Block {
        @usableFromInline let columns: Element._Columns
        @usableFromInline let rows: Range<Int>
        @usableFromInline let firstElement: Int

        @inlinable init(columns: Element._Columns, rows: Range<Int>, firstElement: Int) {
            self.columns = columns
            self.rows = rows
            self.firstElement = firstElement
        }
    }

    /// Makes the source.
    @inlinable public init() {}

    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}

    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}

    /// The source's name.
    public static var _name: String { "array" }
    /// Leaves of 65,536 elements.
    @inlinable public static var _leafWidth: Int { 65_536 }

    /// Goes through the pages in order, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        var length = 1
        for page in context.inputs where position < context.range.upperBound {
            let (columns, count) = try unsafe _openPage(of: Element.self, page.bytes)
            let pageEnd = page.firstElement + count
            if pageEnd <= position { continue }
            guard page.firstElement <= position else { break }
            while position < min(pageEnd, context.range.upperBound) {
                let leafRest = Self._leafWidth - position % Self._leafWidth
                let rest = min(pageEnd, context.range.upperBound) - position
                let end = position + min(length, leafRest, rest)
                let rows = position - page.firstElement..<end - page.firstElement
                let block = Block(columns: columns, rows: rows, firstElement: page.firstElement)
                guard try body(block, end) else { return }
                length = try context.strideEnded(at: end, elements: end - position)
                position = end
            }
        }
        if position < context.range.upperBound { throw ChainError.missingPage(element: position) }
    }

    /// Calls `body` with each element.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Element) throws -> Void) throws {
        let columns = block.columns
        var row = block.rows.lowerBound
        let end = block.rows.upperBound
        while row < end {
            try body(columns[row])
            row &+= 1
        }
    }
}
