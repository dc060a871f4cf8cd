// The elements of two stored collections side by side, whatever the bounds of their pages: a run
// goes over one page of the first and looks at those pages of the second that have the same
// indices.

public import SwoopElements

/// The elements of two collections at the same indices.
@frozen
public struct _ZippedSource<First: PageElement, Second: PageElement>: _IndexedSource,
    _IndexedStage
{
    /// An element of each.
    public typealias Output = Pair<First, Second>
    /// Itself.
    public typealias Source = _ZippedSource<First, Second>

    /// Rows of one page of each.
    @frozen public struct Block {
        @usableFromInline let first: First._Columns
        @usableFromInline let firstRow: Int
        @usableFromInline let second: Second._Columns
        @usableFromInline let secondRow: Int
        @usableFromInline let range: Range<Int>

        @inlinable init(
            first: First._Columns, firstRow: Int, second: Second._Columns, secondRow: Int,
            range: Range<Int>
        ) {
            self.first = first
            self.firstRow = firstRow
            self.second = second
            self.secondRow = secondRow
            self.range = range
        }
    }

    /// Makes the source.
    @inlinable public init() {}

    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}

    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}

    /// The source's name.
    public static var _name: String { "zip" }
    /// Leaves of 65,536 elements.
    @inlinable public static var _leafWidth: Int { 65_536 }

    /// The index of the block's first elements.
    @inlinable public func _firstPosition(of block: Block) -> Int { block.range.lowerBound }

    /// Goes through the first collection's page, and through the second one's, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        guard position < context.range.upperBound else { return }
        guard let page = context.inputs.first, page.firstElement <= position else {
            throw ChainError.missingPage(element: position)
        }
        let (first, count) = try unsafe _openPage(of: First.self, page.bytes)
        guard page.firstElement + count >= context.range.upperBound else {
            throw ChainError.missingPage(element: page.firstElement + count)
        }
        var length = 1
        for other in context.otherInputs where position < context.range.upperBound {
            let (second, count) = try unsafe _openPage(of: Second.self, other.bytes)
            let pageEnd = other.firstElement + count
            if pageEnd <= position { continue }
            guard other.firstElement <= position else { break }
            while position < min(pageEnd, context.range.upperBound) {
                let leafRest = Self._leafWidth - position % Self._leafWidth
                let rest = min(pageEnd, context.range.upperBound) - position
                let end = position + min(length, leafRest, rest)
                let block = Block(
                    first: first, firstRow: position - page.firstElement, second: second,
                    secondRow: position - other.firstElement, range: position..<end)
                guard try body(block, end) else { return }
                length = try context.strideEnded(at: end, elements: end - position)
                position = end
            }
        }
        if position < context.range.upperBound { throw ChainError.missingPage(element: position) }
    }

    /// Calls `body` with each pair.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Output) throws -> Void) throws {
        let first = block.first
        let second = block.second
        var firstRow = block.firstRow
        var secondRow = block.secondRow
        let end = firstRow &+ block.range.count
        while firstRow < end {
            try body(Pair(first[firstRow], second[secondRow]))
            firstRow &+= 1
            secondRow &+= 1
        }
    }
}
