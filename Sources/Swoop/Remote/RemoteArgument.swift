// What a remote function may be called with inside a plan: a value, a proxy of one, lists of both.

public import SwoopElements

/// Stands for a value of type `_Received`: the value itself, or a proxy of it.
public protocol RemoteArgument<_Received>: Sendable {
    /// What the function will get. Not named Value: a dictionary has a Value of its own.
    associatedtype _Received: Sendable

    /// Appends the encoded value; a proxy marks its place by `ValueWriter._capture`.
    func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError)

    /// What forecasting looks at; nil if nothing is known yet.
    var _argumentFeature: Double? { get }
}

extension RemoteArgument where Self: RemoteValue {
    /// Appends the value.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        try _encodeValue(self, into: &writer)
    }

    /// The value's own feature.
    public var _argumentFeature: Double? { _feature(of: self) }
}

extension Bool: RemoteArgument {
    /// Itself.
    public typealias _Received = Bool
}

extension Int: RemoteArgument {
    /// Itself.
    public typealias _Received = Int
}

extension Int8: RemoteArgument {
    /// Itself.
    public typealias _Received = Int8
}

extension Int16: RemoteArgument {
    /// Itself.
    public typealias _Received = Int16
}

extension Int32: RemoteArgument {
    /// Itself.
    public typealias _Received = Int32
}

extension Int64: RemoteArgument {
    /// Itself.
    public typealias _Received = Int64
}

extension UInt: RemoteArgument {
    /// Itself.
    public typealias _Received = UInt
}

extension UInt8: RemoteArgument {
    /// Itself.
    public typealias _Received = UInt8
}

extension UInt16: RemoteArgument {
    /// Itself.
    public typealias _Received = UInt16
}

extension UInt32: RemoteArgument {
    /// Itself.
    public typealias _Received = UInt32
}

extension UInt64: RemoteArgument {
    /// Itself.
    public typealias _Received = UInt64
}

extension Int128: RemoteArgument {
    /// Itself.
    public typealias _Received = Int128
}

extension UInt128: RemoteArgument {
    /// Itself.
    public typealias _Received = UInt128
}

extension Float: RemoteArgument {
    /// Itself.
    public typealias _Received = Float
}

extension Double: RemoteArgument {
    /// Itself.
    public typealias _Received = Double
}

extension String: RemoteArgument {
    /// Itself.
    public typealias _Received = String
}

extension Array: RemoteArgument where Element: RemoteArgument {
    /// A list of the elements' values.
    public typealias _Received = [Element._Received]

    /// Appends the count and the elements.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        writer.write(count: count)
        for element in self { try element._encodeArgument(into: &writer) }
    }

    /// The count.
    public var _argumentFeature: Double? { Double(count) }
}

extension Optional: RemoteArgument where Wrapped: RemoteArgument {
    /// The value's value, or none.
    public typealias _Received = Wrapped._Received?

    /// Appends 0, or 1 and the value.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        guard let self else { return writer.write(UInt8(0)) }
        writer.write(UInt8(1))
        try self._encodeArgument(into: &writer)
    }

    /// The value's own.
    public var _argumentFeature: Double? { self?._argumentFeature ?? nil }
}

/// A constant that is merely `Codable`, where a handle could stand.
public struct _CodableArgument<Value: Codable & Sendable>: RemoteArgument {
    let value: Value

    /// The constant.
    public typealias _Received = Value

    /// Appends the constant.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        try _encodeValue(value, into: &writer)
    }

    /// The constant's own.
    public var _argumentFeature: Double? { _feature(of: value) }
}

/// A constant as an argument beside handles; called by macro-made code.
public func _argument<Argument: RemoteArgument>(_ argument: Argument) -> Argument { argument }

/// A constant that is merely `Codable`.
@_disfavoredOverload
public func _argument<Value: Codable & Sendable>(_ value: Value) -> _CodableArgument<Value> {
    _CodableArgument(value: value)
}

/// A value of a type that cannot travel: the compiler says so where the function names it.
@_disfavoredOverload
public func _argument<Value>(_ value: Value, _: Void = ()) -> Int { _neverCalled() }
