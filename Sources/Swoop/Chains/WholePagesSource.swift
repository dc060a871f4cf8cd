// The pages of a stored collection as the elements of a chain, for functions that want the loop
// over a page for themselves. Positions are numbers of pages, and each is a leaf of its own.

public import SwoopElements

/// The pages of a collection; empty ones are left out.
@frozen public struct _WholePagesSource<Element: PageElement>: _ChainSource {
    /// A page.
    public typealias Output = PageView<Element>
    /// Itself.
    public typealias Source = _WholePagesSource<Element>
    /// The page of a run, if it has elements.
    public typealias Block = PageView<Element>?

    /// Makes the source.
    @inlinable public init() {}

    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}

    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}

    /// The source's name.
    public static var _name: String { "pages" }
    /// A page is a leaf.
    @inlinable public static var _leafWidth: Int { 1 }

    /// Lends the page of the run.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        let end = context.range.upperBound
        var view: Block = nil
        if let page = context.inputs.first {
            let (columns, count) = try unsafe _openPage(of: Element.self, page.bytes)
            view = PageView(_columns: columns, count: count, firstElement: page.firstElement)
        }
        guard try body(view, end) else { return }
        _ = try context.strideEnded(at: end, elements: 1)
    }

    /// Calls `body` with the page.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Output) throws -> Void) throws {
        if let block { try body(block) }
    }
}
