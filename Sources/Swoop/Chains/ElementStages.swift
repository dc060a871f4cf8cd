// The steps of a chain that look at one element at a time: map, filter, compactMap, flatMap, and
// the join with a small table that travels to every node.

public import SwoopElements

/// Each element through a function.
@frozen public struct _MapStage<Base: _ChainStage, Function: ElementFunction>: _ChainStage
where Function.Input == Base.Output {
    /// What the function gives.
    public typealias Output = Function.Output
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base
    @usableFromInline let function: Function

    @inlinable init(_ base: Base, _ function: Function) {
        (self.base, self.function) = (base, function)
    }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
        function = try Function(_decodingFields: &reader)
    }

    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        base._encodeFields(into: &writer)
        function._encodeFields(into: &writer)
    }

    /// The chain's name.
    public static var _name: String { "\(Base._name).map(\(Function._name))" }

    /// Calls `body` with each result.
    @inlinable @inline(__always)
    public func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws {
        try base._forEach(block) { try body(try function._apply($0)) }
    }
}

/// The elements of which a function says yes.
@frozen public struct _FilterStage<Base: _ChainStage, Function: ElementFunction>: _ChainStage
where Function.Input == Base.Output, Function.Output == Bool {
    /// An element.
    public typealias Output = Base.Output
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base
    @usableFromInline let function: Function

    @inlinable init(_ base: Base, _ function: Function) {
        (self.base, self.function) = (base, function)
    }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
        function = try Function(_decodingFields: &reader)
    }

    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        base._encodeFields(into: &writer)
        function._encodeFields(into: &writer)
    }

    /// The chain's name.
    public static var _name: String { "\(Base._name).filter(\(Function._name))" }

    /// Calls `body` with the elements that pass.
    @inlinable @inline(__always)
    public func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws {
        try base._forEach(block) { if try function._apply($0) { try body($0) } }
    }
}

/// The results of a function that are not nil.
@frozen
public struct _CompactMapStage<Base: _ChainStage, Function: ElementFunction, Output>: _ChainStage
where Function.Input == Base.Output, Function.Output == Output? {
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base
    @usableFromInline let function: Function

    @inlinable init(_ base: Base, _ function: Function) {
        (self.base, self.function) = (base, function)
    }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
        function = try Function(_decodingFields: &reader)
    }

    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        base._encodeFields(into: &writer)
        function._encodeFields(into: &writer)
    }

    /// The chain's name.
    public static var _name: String { "\(Base._name).compactMap(\(Function._name))" }

    /// Calls `body` with each result that is there.
    @inlinable @inline(__always)
    public func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws {
        try base._forEach(block) { if let value = try function._apply($0) { try body(value) } }
    }
}

/// The elements of the sequences that a function gives.
@frozen public struct _FlatMapStage<Base: _ChainStage, Function: ElementFunction>: _ChainStage
where Function.Input == Base.Output, Function.Output: Sequence {
    /// An element of a sequence.
    public typealias Output = Function.Output.Element
    /// The chain's source.
    public typealias Source = Base.Source

    @usableFromInline let base: Base
    @usableFromInline let function: Function

    @inlinable init(_ base: Base, _ function: Function) {
        (self.base, self.function) = (base, function)
    }

    /// The source at the chain's beginning.
    @inlinable public var _source: Source { base._source }

    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        base = try Base(_decodingFields: &reader)
        function = try Function(_decodingFields: &reader)
    }

    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        base._encodeFields(into: &writer)
        function._encodeFields(into: &writer)
    }

    /// The chain's name.
    public static var _name: String { "\(Base._name).flatMap(\(Function._name))" }

    /// Calls `body` with each element of each sequence.
    @inlinable @inline(__always)
    public func _forEach(_ block: Source.Block, _ body: (Output) throws -> Void) throws {
        try base._forEach(block) { for value in try function._apply($0) { try body(value) } }
    }
}
