// Two collections joined by key as the source of a chain: a run goes over one page of the left
// collection, and looks the key of each row up among all rows of the right one. What a small right
// collection has is indexed by each run for itself; of a large one all runs of a node share an
// index that other tasks have made (JoinKernels.swift). A join with a table that is a value is
// JoinStage.swift's.

public import SwoopElements

/// A source that makes a page of its elements column by column.
public protocol _GatheringSource: _ChainSource where Output: PageElement {
    /// Hands on the page of everything that comes out of it.
    func _gather(_ context: inout _CallContext) throws
}

/// What a join gives, in the order of the left collection.
///
/// What it gives for one left element is in the order of the right collection. A position is the
/// index of a left element.
@frozen
public struct _JoinedSource<LeftKey: ElementFunction, RightKey: ElementFunction, Rule: _JoinRule>:
    _GatheringSource
where
    LeftKey.Input == Rule.Left, RightKey.Input == Rule.Right,
    LeftKey.Output == RightKey.Output, LeftKey.Output: PackedKey
{
    /// What the rule makes.
    public typealias Output = Rule.Output
    /// Itself.
    public typealias Source = _JoinedSource<LeftKey, RightKey, Rule>

    /// Left rows of an opened page.
    @frozen public struct Block {
        @usableFromInline let lookup: JoinLookup<LeftKey, RightKey>
        @usableFromInline let rows: Range<Int>

        @inlinable init(_ lookup: JoinLookup<LeftKey, RightKey>, rows: Range<Int>) {
            self.lookup = lookup
            self.rows = rows
        }
    }

    @usableFromInline let leftKey: LeftKey
    @usableFromInline let rightKey: RightKey

    /// Joins by these keys.
    @inlinable public init(_ leftKey: LeftKey, _ rightKey: RightKey) {
        self.leftKey = leftKey
        self.rightKey = rightKey
    }

    /// Reads the keys' captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        leftKey = try LeftKey(_decodingFields: &reader)
        rightKey = try RightKey(_decodingFields: &reader)
    }

    /// Appends the keys' captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        leftKey._encodeFields(into: &writer)
        rightKey._encodeFields(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "\(Rule._name)(on: \(LeftKey._name), \(RightKey._name))" }
    /// Leaves of 65,536 left elements.
    @inlinable public static var _leafWidth: Int { 65_536 }

    /// Goes through the left page in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        guard position < context.range.upperBound else { return }
        guard let page = context.inputs.first, page.firstElement <= position else {
            throw ChainError.missingPage(element: position)
        }
        let lookup = try JoinLookup(
            leftKey, rightKey, page, index: context.inputs.dropFirst(), context.otherInputs,
            host: context._host)
        guard page.firstElement + lookup.left.count >= context.range.upperBound else {
            throw ChainError.missingPage(element: page.firstElement + lookup.left.count)
        }
        var length = 1
        while position < context.range.upperBound {
            let leafRest = Self._leafWidth - position % Self._leafWidth
            let end = position + min(length, leafRest, context.range.upperBound - position)
            let block = Block(
                lookup, rows: position - page.firstElement..<end - page.firstElement)
            guard try body(block, end) else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    /// Calls `body` with each element.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Rule.Output) throws -> Void) throws {
        let lookup = block.lookup
        let (left, right) = (lookup.left.columns, lookup.right.map(\.columns))
        func handOn() throws {
            try lookup.takeFound { try body(Rule._output(left, $0, right, $1)) }
        }
        try lookup.find(block.rows, Rule._matching, isFull: handOn)
        try handOn()
    }

    /// Hands on the page of all elements: first it is found out which rows they are made of.
    @inlinable public func _gather(_ context: inout _CallContext) throws {
        var last: JoinLookup<LeftKey, RightKey>?
        try _walk(&context) { block, _ in
            let lookup = block.lookup
            last = lookup
            try lookup.find(block.rows, Rule._matching, isFull: lookup.grow)
            return true
        }
        var sections = _PageSections()
        if let last {
            Rule._gather(
                last.leftRows, last.rightRows(hasNone: Rule._matching == .allOrNone),
                into: &sections)
        } else {
            sections.add(Output._Builder())
        }
        let count = last?.foundCount ?? 0
        guard sections.pageByteCount <= JoinError.byteCountMax else {
            throw JoinError.tooManyPairs(of: last?.left.count ?? 0, pairs: count)
        }
        context.producedCount = count
        try _emit(sections, Output._layout, count: count, context._host)
        withExtendedLifetime(last) {}
    }
}

/// Why a join gives nothing.
@usableFromInline enum JoinError: Error, CustomStringConvertible {
    /// A page of the left side would give more than a run can keep.
    case tooManyPairs(of: Int, pairs: Int)

    /// What a run keeps of a page at most.
    @inlinable static var byteCountMax: Int { 2 << 30 }
    /// Elements whose places take as much.
    @inlinable static var pairsMax: Int { byteCountMax / 16 }

    @usableFromInline var description: String {
        switch self {
        case .tooManyPairs(let rows, let pairs):
            """
            a join makes more than 2 GiB of \(rows) of its left elements: \(pairs) elements so \
            far. Its keys repeat on both sides; join by more of the key, or count or sum what \
            comes out instead of storing it.
            """
        }
    }
}
