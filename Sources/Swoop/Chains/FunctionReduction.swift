// Reductions by a function of the user's: a closure of two values, or a @Remote function of two.

public import SwoopElements

/// A function of two values that is associative: what `reduce` takes.
public protocol _CombiningFunction: Sendable {
    /// What is combined.
    associatedtype Value: RemoteValue

    /// Combines two values, the left one first.
    func _combine(_ left: Value, _ right: Value) throws -> Value
    /// Appends the captured values.
    func _encodeFields(into writer: inout ValueWriter)
    /// Reads the captured values.
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError)
    /// The function's name as the user wrote it.
    static var _name: String { get }
}

/// A fold by the user's own function: along the tree, since it may be associative only up to
/// rounding.
@frozen @usableFromInline package struct FunctionReduction<Function: _CombiningFunction>: Reduction
{
    /// What the function gives.
    public typealias Partial = Function.Value

    /// The result of no elements.
    public let identity: Function.Value
    @usableFromInline let function: Function

    /// Folds by `function` from `identity` on, which must be neutral.
    @inlinable public init(identity: Function.Value, _ function: Function) {
        self.identity = identity
        self.function = function
    }
    /// The value.
    @inlinable public func lift(_ element: Function.Value) -> Function.Value { element }
    /// Combines with a value.
    @inlinable public func fold(_ raw: Function.Value, into partial: inout Function.Value) throws {
        partial = try function._combine(partial, raw)
    }
    /// Combines with the part that follows.
    @inlinable
    public func combine(_ right: Function.Value, into left: inout Function.Value) throws {
        left = try function._combine(left, right)
    }
    /// The result.
    @inlinable public func answer(_ partial: Function.Value) -> Function.Value { partial }
    /// Appends the neutral value and the captured ones.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        identity.encode(into: &writer)
        function._encodeFields(into: &writer)
    }
    /// Reads the neutral value and the captured ones.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        identity = try Function.Value(decoding: &reader)
        function = try Function(_decodingFields: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "reduce(\(Function._name))" }
}

/// A `@Remote` function of two arguments as what `reduce` takes.
@frozen
@usableFromInline
package struct RemoteCombination<Function: _RemoteFunction2 & _SyncRemoteFunction>:
    _CombiningFunction
where Function.A0 == Function.Result, Function.A1 == Function.Result, Function.Result: RemoteValue {
    /// What is combined.
    public typealias Value = Function.Result

    /// Makes it a combining function.
    @inlinable public init() {}
    /// Calls the function.
    @inlinable @inline(__always)
    public func _combine(_ left: Value, _ right: Value) throws -> Value {
        try Function._step((left, right))
    }
    /// Appends nothing; takes note of the function's code.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: Function._entry.fingerprint)
    }
    /// Reads nothing.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    /// The function's name with its path.
    public static var _name: String { Function._entry._name }
}
