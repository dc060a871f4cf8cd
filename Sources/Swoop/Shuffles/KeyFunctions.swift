// Keys made of other keys: the element itself, a key in the opposite order, a key of a type that
// can only be compared.

public import SwoopElements

/// The element as its own key.
@frozen public struct _ItselfFunction<Element>: ElementFunction {
    /// Makes the function.
    @inlinable public init() {}
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// Appends nothing.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {}
    /// The element.
    @inlinable @inline(__always) public func _apply(_ input: Element) -> Element { input }
    /// The function's name.
    public static var _name: String { "itself" }
}

/// A key in the opposite order.
@frozen public struct _DescendingFunction<Function: ElementFunction>: ElementFunction
where Function.Output: SortKey {
    @usableFromInline let function: Function

    /// Turns the order of a function's keys around.
    @inlinable public init(_ function: Function) { self.function = function }
    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        function = try Function(_decodingFields: &reader)
    }
    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        function._encodeFields(into: &writer)
    }
    /// The key, turned around.
    @inlinable @inline(__always)
    public func _apply(_ input: Function.Input) throws -> _DescendingKey<Function.Output> {
        _DescendingKey(try function._apply(input))
    }
    /// The function's name.
    public static var _name: String { "\(Function._name), descending" }
}

/// A key of a type that can be compared and has no number.
@frozen public struct _ComparedFunction<Function: ElementFunction>: ElementFunction
where Function.Output: Comparable & RemoteValue {
    @usableFromInline let function: Function

    /// Compares a function's keys.
    @inlinable public init(_ function: Function) { self.function = function }
    /// Reads the captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        function = try Function(_decodingFields: &reader)
    }
    /// Appends the captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        function._encodeFields(into: &writer)
    }
    /// The key.
    @inlinable @inline(__always)
    public func _apply(_ input: Function.Input) throws -> _ComparedKey<Function.Output> {
        _ComparedKey(try function._apply(input))
    }
    /// The function's name.
    public static var _name: String { Function._name }
}
