// Chains that give exactly one thing for each element of their source: their elements can be
// numbered without being counted first. What users call is in Chain+Indexed.swift.

public import SwoopElements

/// A stage of which exactly one thing comes out for each position of the source.
public protocol _IndexedStage: _ChainStage where Source: _IndexedSource {}

/// A source that says where a block begins.
public protocol _IndexedSource: _ChainSource {
    /// The position of the block's first element.
    func _firstPosition(of block: Block) -> Int
}

extension _RangeSource: _IndexedStage, _IndexedSource {
    /// The offset of the block's first integer.
    @inlinable public func _firstPosition(of block: Range<Int>) -> Int {
        block.lowerBound &- lower
    }
}

extension _PagesSource: _IndexedStage, _IndexedSource {
    /// The index in the whole collection of the block's first row.
    @inlinable public func _firstPosition(of block: Block) -> Int {
        block.firstElement &+ block.rows.lowerBound
    }
}

extension _MapStage: _IndexedStage where Base: _IndexedStage {}

/// Each element with its index in the whole.
@frozen public struct _EnumeratedStage<Base: _IndexedStage>: _IndexedStage {
    /// An index and its element.
    public typealias Output = Pair<Int, Base.Output>
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base

    @inlinable init(_ base: Base) { self.base = base }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
    }

    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        base._encodeFields(into: &writer)
    }

    /// The chain's name.
    public static var _name: String { "\(Base._name).enumerated" }

    /// Calls `body` with each element and its index.
    @inlinable @inline(__always)
    public func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws {
        var index = _source._firstPosition(of: block)
        try base._forEach(block) {
            try body(Pair(index, $0))
            index &+= 1
        }
    }
}
