// What a join gives for the rows that it finds: pairs, or rows of the left side alone. Each rule
// makes its elements one by one, for the steps behind it, or a page of them column by column.

/// Which rows of the right side a join wants of those that have a left row's key.
@frozen public enum _JoinMatching: Sendable {
    /// All of them.
    case all
    /// All of them, or none in their place.
    case allOrNone
    /// Whether there is one.
    case first
    /// Whether there is none.
    case none
}

/// What a join gives.
public protocol _JoinRule: Sendable {
    /// A left element.
    associatedtype Left: PageElement
    /// A right element.
    associatedtype Right: PageElement
    /// What comes of them.
    associatedtype Output: PageElement

    /// Which right rows are wanted.
    static var _matching: _JoinMatching { get }
    /// What comes of a left row and what is found for it.
    static func _output(
        _ left: Left._Columns, _ row: Int, _ right: [Right._Columns], _ place: UInt64
    ) -> Output
    /// Adds the sections of a page of what comes of left rows, each beside a right one or none.
    static func _gather(
        _ left: _GatheredRows<Left._Columns>, _ right: _GatheredRows<Right._Columns>,
        into sections: inout _PageSections)
    /// The operation's name.
    static var _name: String { get }
}

/// Pairs; left elements without a partner are left out.
public enum _InnerJoin<Left: PageElement, Right: PageElement>: _JoinRule {
    /// All.
    @inlinable public static var _matching: _JoinMatching { .all }
    /// The pair.
    @inlinable @inline(__always) public static func _output(
        _ left: Left._Columns, _ row: Int, _ right: [Right._Columns], _ place: UInt64
    ) -> Pair<Left, Right> {
        Pair(left[row], right[_RowPlaces.page(place)][_RowPlaces.row(place)])
    }
    /// Adds pairs.
    @inlinable public static func _gather(
        _ left: _GatheredRows<Left._Columns>, _ right: _GatheredRows<Right._Columns>,
        into sections: inout _PageSections
    ) {
        Left._Builder._gather(left, into: &sections)
        Right._Builder._gather(right, into: &sections)
    }
    /// The operation's name.
    public static var _name: String { "joined" }
}

/// Pairs; left elements without a partner stand beside nil.
public enum _LeftJoin<Left: PageElement, Right: PageElement>: _JoinRule {
    /// All, or none.
    @inlinable public static var _matching: _JoinMatching { .allOrNone }
    /// The pair.
    @inlinable @inline(__always) public static func _output(
        _ left: Left._Columns, _ row: Int, _ right: [Right._Columns], _ place: UInt64
    ) -> Pair<Left, Right?> {
        guard place != _RowPlaces.none else { return Pair(left[row], nil) }
        return Pair(left[row], right[_RowPlaces.page(place)][_RowPlaces.row(place)])
    }
    /// Adds pairs.
    @inlinable public static func _gather(
        _ left: _GatheredRows<Left._Columns>, _ right: _GatheredRows<Right._Columns>,
        into sections: inout _PageSections
    ) {
        Left._Builder._gather(left, into: &sections)
        _OptionalBuilder<Right>.gather(values: right, into: &sections)
    }
    /// The operation's name.
    public static var _name: String { "leftJoined" }
}

/// A join that gives rows of the left side alone.
public protocol _LeftRowsRule: _JoinRule where Output == Left {}

extension _LeftRowsRule {
    /// The left element.
    @inlinable @inline(__always) public static func _output(
        _ left: Left._Columns, _ row: Int, _ right: [Right._Columns], _ place: UInt64
    ) -> Left { left[row] }
    /// Adds left elements.
    @inlinable public static func _gather(
        _ left: _GatheredRows<Left._Columns>, _ right: _GatheredRows<Right._Columns>,
        into sections: inout _PageSections
    ) {
        Left._Builder._gather(left, into: &sections)
    }
}

/// Left elements that have a partner, each once.
public enum _SemiJoin<Left: PageElement, Right: PageElement>: _LeftRowsRule {
    /// The first.
    @inlinable public static var _matching: _JoinMatching { .first }
    /// The operation's name.
    public static var _name: String { "semiJoined" }
}

/// Left elements that have no partner.
public enum _AntiJoin<Left: PageElement, Right: PageElement>: _LeftRowsRule {
    /// None.
    @inlinable public static var _matching: _JoinMatching { .none }
    /// The operation's name.
    public static var _name: String { "antiJoined" }
}
