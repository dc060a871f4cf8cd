// Two collections joined by key as the source of a chain: both are divided by the same splitters,
// each partition is sorted on both sides, and the merge pairs what has equal keys (sort-merge
// join). A join with a table that fits in memory is JoinStage.swift's.

public import SwoopElements

/// What becomes of a left element without a partner.
public protocol _JoinRule: Sendable {
    /// A right element.
    associatedtype Partner
    /// What stands beside a left element.
    associatedtype Beside

    /// What stands for a partner.
    static func _beside(_ partner: Partner) -> Beside
    /// What stands for none; nil: the left element is left out.
    static var _none: Beside? { get }
    /// The operation's name.
    static var _name: String { get }
}

/// Elements without a partner are left out.
public enum _InnerJoin<Partner>: _JoinRule {
    /// The partner.
    @inlinable @inline(__always) public static func _beside(_ partner: Partner) -> Partner {
        partner
    }
    /// Nothing.
    @inlinable public static var _none: Partner? { nil }
    /// The operation's name.
    public static var _name: String { "joined" }
}

/// Left elements without a partner stand beside nil.
public enum _LeftJoin<Partner>: _JoinRule {
    /// The partner.
    @inlinable @inline(__always) public static func _beside(_ partner: Partner) -> Partner? {
        partner
    }
    /// Nil.
    @inlinable public static var _none: Partner?? { .some(nil) }
    /// The operation's name.
    public static var _name: String { "leftJoined" }
}

/// Pairs of elements with equal keys, in the order of the keys; a pair's position is that of its
/// left element in the sorted left collection.
@frozen
public struct _JoinedSource<
    Left: _ShuffleRows, LeftKey: ElementFunction, Right: _ShuffleRows, RightKey: ElementFunction,
    Rule: _JoinRule
>: _ChainSource
where
    LeftKey.Input == Left.Element, RightKey.Input == Right.Element,
    LeftKey.Output == RightKey.Output, LeftKey.Output: SortKey, Rule.Partner == Right.Element
{
    /// A left element, and what stands beside it.
    public typealias Output = Pair<Left.Element, Rule.Beside>
    /// Itself.
    public typealias Source = _JoinedSource<Left, LeftKey, Right, RightKey, Rule>

    /// Left rows of opened pages, and the right rows that belong to each.
    @frozen public struct Block {
        @usableFromInline let left: [Left._Stored._Columns]
        @usableFromInline let right: [Right._Stored._Columns]
        @usableFromInline let rows: [RowPlace]
        /// Where each row's partners lie in `partners`.
        @usableFromInline let ranges: [Range<Int>]
        @usableFromInline let partners: [RowPlace]

        @inlinable init(
            left: [Left._Stored._Columns], right: [Right._Stored._Columns], rows: [RowPlace],
            ranges: [Range<Int>], partners: [RowPlace]
        ) {
            self.left = left
            self.right = right
            self.rows = rows
            self.ranges = ranges
            self.partners = partners
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

    /// Goes through the left rows in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var left = try MergedRows<Left, LeftKey>(by: leftKey, context.inputs)
        var right = try MergedRows<Right, RightKey>(by: rightKey, context.otherInputs)
        // The partners of the key that the last left row had.
        var group: [RowPlace] = []
        var groupKey: RowPlace?
        var position = context.range.lowerBound
        var length = 1
        while position < context.range.upperBound {
            let leafEnd = position + Self._leafWidth - position % Self._leafWidth
            let end = min(position + length, leafEnd, context.range.upperBound)
            var rows: [RowPlace] = []
            var ranges: [Range<Int>] = []
            var partners = group
            var start = 0
            while rows.count < end - position, let place = try left.take() {
                let key = try left.key(of: place)
                let isKnown = try groupKey.map { try !left.key(of: $0)._isBefore(key) } ?? false
                if !isKnown {
                    group = try Self.partners(of: key, &right)
                    groupKey = place
                    start = partners.count
                    partners += group
                }
                rows.append(place)
                ranges.append(start..<start + group.count)
            }
            guard rows.count == end - position else {
                throw ChainError.missingPage(element: position + rows.count)
            }
            let block = Block(
                left: left.pages, right: right.pages, rows: rows, ranges: ranges,
                partners: partners)
            guard try body(block, end) else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    /// Takes the right rows of a key, and passes over those of lower ones.
    @inlinable static func partners(
        of key: LeftKey.Output, _ right: inout MergedRows<Right, RightKey>
    ) throws -> [RowPlace] {
        var found: [RowPlace] = []
        while let place = right.head {
            let other = try right.key(of: place)
            if key._isBefore(other) { break }
            if !other._isBefore(key) { found.append(place) }
            _ = try right.take()
        }
        return found
    }

    /// Calls `body` with each pair.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Output) throws -> Void) throws {
        for (place, range) in zip(block.rows, block.ranges) {
            let left = Left.element(block.left[Int(place.run)], Int(place.row))
            if range.isEmpty, let none = Rule._none {
                try body(Pair(left, none))
            }
            for index in range {
                let other = block.partners[index]
                let right = Right.element(block.right[Int(other.run)], Int(other.row))
                try body(Pair(left, Rule._beside(right)))
            }
        }
    }
}
