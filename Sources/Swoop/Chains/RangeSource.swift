// The integers of a range as the source of a chain: nothing is stored and nothing travels.

public import SwoopElements

/// The integers from `lower` on; positions are offsets from it.
@frozen public struct _RangeSource: _ChainSource {
    /// An integer.
    public typealias Output = Int
    /// Itself.
    public typealias Source = _RangeSource
    /// The integers of a stride.
    public typealias Block = Range<Int>

    @usableFromInline let lower: Int

    /// Begins at `lower`.
    @inlinable public init(lower: Int) { self.lower = lower }

    /// Reads the lower bound.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        lower = try reader.read(Int.self)
    }

    /// Appends the lower bound.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) { writer.write(lower) }

    /// The source's name.
    public static var _name: String { "range" }
    /// Leaves of 65,536 integers.
    @inlinable public static var _leafWidth: Int { 65_536 }

    /// Goes through the range in strides.
    public func _walk(
        _ context: inout _CallContext, _ body: (Range<Int>, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        var length = 1
        while position < context.range.upperBound {
            let leafRest = Self._leafWidth - position % Self._leafWidth
            let end = position + min(length, leafRest, context.range.upperBound - position)
            guard try body(lower &+ position..<lower &+ end, end) else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    /// Calls `body` with each integer.
    @inlinable @inline(__always)
    public func _forEach(_ block: Range<Int>, _ body: (Int) throws -> Void) throws {
        var number = block.lowerBound
        let end = block.upperBound
        while number < end {
            try body(number)
            number &+= 1
        }
    }
}
