// Arithmetic on proxies: a closed set of scalar operations that the task which uses the result
// carries out; no task of its own. Chains of operations deeper than a message may be become a task
// in between.

import SwoopElements
import SwoopModel

/// What a handle compares with `==`: the scalars, and enums with `@Record`.
public protocol _ProxyEquatable: RemoteValue, Equatable {}

/// The scalars that arithmetic and comparisons of proxies know: integers of up to 64 bits,
/// `Double`, `Float`, `Bool` and `String`.
public protocol ProxyScalar: _ProxyEquatable {}

extension Int: ProxyScalar {}
extension Int8: ProxyScalar {}
extension Int16: ProxyScalar {}
extension Int32: ProxyScalar {}
extension Int64: ProxyScalar {}
extension UInt: ProxyScalar {}
extension UInt8: ProxyScalar {}
extension UInt16: ProxyScalar {}
extension UInt32: ProxyScalar {}
extension UInt64: ProxyScalar {}
extension Double: ProxyScalar {}
extension Float: ProxyScalar {}
extension Bool: ProxyScalar {}
extension String: ProxyScalar {}

extension _ProxyEquatable {
    static var scalarType: ScalarType {
        switch Self.self {
        case is Int.Type, is Int64.Type: .int
        case is Double.Type: .double
        case is Bool.Type: .bool
        case is String.Type: .text
        case is Int8.Type: .int8
        case is Int16.Type: .int16
        case is Int32.Type: .int32
        case is UInt8.Type: .uint8
        case is UInt16.Type: .uint16
        case is UInt32.Type: .uint32
        case is UInt.Type, is UInt64.Type: .uint64
        case is Float.Type: .float
        default: .bytes
        }
    }

    fileprivate var bytes: Argument {
        var writer = ValueWriter()
        encode(into: &writer)
        return .bytes(writer.bytes)
    }
}

/// Operations inside one another before a task is put in between: half of what a message may have.
private let depthMax = 24

private func combine<Operand: _ProxyEquatable, Result: ProxyScalar>(
    _ operation: ScalarOperation, _ left: Proxy<Operand>, _ right: Proxy<Operand>
) -> Proxy<Result> {
    var recording = left._handle.recording
    if right._handle.recording.session !== recording.session {
        currentRecording().fail(
            SwoopError(.invalidPlan, "arithmetic with proxies of two clusters"))
        recording = PlanRecording(session: .nowhere)
    }
    let handles = [left._handle, right._handle].map {
        $0.depth < depthMax ? $0 : recording.settle($0)
    }
    let argument = Argument.operation(
        operation, operands: handles.map(\.argument), operandType: Operand.scalarType,
        resultType: Result.scalarType)
    return Proxy(
        _handle: _ProxyHandle(
            recording, argument: argument, parts: handles,
            depth: (handles.map(\.depth).max() ?? 0) + 1))
}

private func convert<Operand: ProxyScalar, Result: ProxyScalar>(
    _ operation: ScalarOperation, _ operand: Proxy<Operand>
) -> Proxy<Result> {
    let recording = operand._handle.recording
    let handle =
        operand._handle.depth < depthMax ? operand._handle : recording.settle(operand._handle)
    let argument = Argument.operation(
        operation, operands: [handle.argument], operandType: Operand.scalarType,
        resultType: Result.scalarType)
    return Proxy(
        _handle: _ProxyHandle(
            recording, argument: argument, parts: [handle], depth: handle.depth + 1))
}

private func constant<Value: _ProxyEquatable>(_ value: Value, beside other: _ProxyHandle) -> Proxy<
    Value
> {
    Proxy(_handle: _ProxyHandle(other.recording, argument: value.bytes, parts: [], depth: 0))
}

extension Proxy where Value: ProxyScalar & Numeric {
    /// The sum.
    public static func + (left: Proxy, right: Proxy) -> Proxy { combine(.add, left, right) }
    /// The sum.
    public static func + (left: Proxy, right: Value) -> Proxy {
        left + constant(right, beside: left._handle)
    }
    /// The sum.
    public static func + (left: Value, right: Proxy) -> Proxy {
        constant(left, beside: right._handle) + right
    }
    /// The difference.
    public static func - (left: Proxy, right: Proxy) -> Proxy { combine(.subtract, left, right) }
    /// The difference.
    public static func - (left: Proxy, right: Value) -> Proxy {
        left - constant(right, beside: left._handle)
    }
    /// The difference.
    public static func - (left: Value, right: Proxy) -> Proxy {
        constant(left, beside: right._handle) - right
    }
    /// The product.
    public static func * (left: Proxy, right: Proxy) -> Proxy { combine(.multiply, left, right) }
    /// The product.
    public static func * (left: Proxy, right: Value) -> Proxy {
        left * constant(right, beside: left._handle)
    }
    /// The product.
    public static func * (left: Value, right: Proxy) -> Proxy {
        constant(left, beside: right._handle) * right
    }
    /// The quotient; of integers towards zero.
    ///
    /// Division of an integer by zero fails where it is used.
    public static func / (left: Proxy, right: Proxy) -> Proxy { combine(.divide, left, right) }
    /// The quotient.
    public static func / (left: Proxy, right: Value) -> Proxy {
        left / constant(right, beside: left._handle)
    }
    /// The quotient.
    public static func / (left: Value, right: Proxy) -> Proxy {
        constant(left, beside: right._handle) / right
    }
    /// The negated value.
    public static prefix func - (operand: Proxy) -> Proxy { convert(.negate, operand) }
}

extension Proxy where Value: ProxyScalar & BinaryInteger {
    /// The integer as a `Double`.
    public var asDouble: Proxy<Double> { convert(.convert, self) }
}

extension Proxy where Value == Float {
    /// The number as a `Double`.
    public var asDouble: Proxy<Double> { convert(.convert, self) }
}

extension Proxy where Value == Int {
    // The compiler takes an operator that is not generic before it looks at others: without these a
    // literal would be a Double.

    /// The sum.
    public static func + (left: Proxy, right: Int) -> Proxy {
        left + constant(right, beside: left._handle)
    }
    /// The difference.
    public static func - (left: Proxy, right: Int) -> Proxy {
        left - constant(right, beside: left._handle)
    }
    /// The product.
    public static func * (left: Proxy, right: Int) -> Proxy {
        left * constant(right, beside: left._handle)
    }
    /// The product.
    public static func * (left: Int, right: Proxy) -> Proxy {
        constant(left, beside: right._handle) * right
    }
    /// The quotient towards zero.
    public static func / (left: Proxy, right: Int) -> Proxy {
        left / constant(right, beside: left._handle)
    }

    /// The quotient as a `Double`.
    @_disfavoredOverload
    public static func / (left: Proxy, right: Double) -> Proxy<Double> { left.asDouble / right }
    /// The product as a `Double`.
    @_disfavoredOverload
    public static func * (left: Proxy, right: Double) -> Proxy<Double> { left.asDouble * right }
    /// The product as a `Double`.
    @_disfavoredOverload
    public static func * (left: Double, right: Proxy) -> Proxy<Double> { left * right.asDouble }
    /// The sum as a `Double`.
    @_disfavoredOverload
    public static func + (left: Proxy, right: Double) -> Proxy<Double> { left.asDouble + right }
    /// The difference as a `Double`.
    @_disfavoredOverload
    public static func - (left: Proxy, right: Double) -> Proxy<Double> { left.asDouble - right }
}

extension Proxy where Value == Double {
    // An integer beside it counts as a Double, as a constant does.

    /// The sum as a `Double`.
    @_disfavoredOverload
    public static func + (left: Proxy, right: Proxy<Int>) -> Proxy { left + right.asDouble }
    /// The sum as a `Double`.
    @_disfavoredOverload
    public static func + (left: Proxy<Int>, right: Proxy) -> Proxy { left.asDouble + right }
    /// The difference as a `Double`.
    @_disfavoredOverload
    public static func - (left: Proxy, right: Proxy<Int>) -> Proxy { left - right.asDouble }
    /// The difference as a `Double`.
    @_disfavoredOverload
    public static func - (left: Proxy<Int>, right: Proxy) -> Proxy { left.asDouble - right }
    /// The product as a `Double`.
    @_disfavoredOverload
    public static func * (left: Proxy, right: Proxy<Int>) -> Proxy { left * right.asDouble }
    /// The product as a `Double`.
    @_disfavoredOverload
    public static func * (left: Proxy<Int>, right: Proxy) -> Proxy { left.asDouble * right }
    /// The quotient as a `Double`.
    @_disfavoredOverload
    public static func / (left: Proxy, right: Proxy<Int>) -> Proxy { left / right.asDouble }
    /// The quotient as a `Double`.
    @_disfavoredOverload
    public static func / (left: Proxy<Int>, right: Proxy) -> Proxy { left.asDouble / right }
}

extension Proxy where Value: ProxyScalar & BinaryInteger {
    /// The remainder of a division towards zero.
    public static func % (left: Proxy, right: Proxy) -> Proxy { combine(.remainder, left, right) }
    /// The remainder of a division towards zero.
    public static func % (left: Proxy, right: Value) -> Proxy {
        left % constant(right, beside: left._handle)
    }
    /// The remainder of a division towards zero.
    public static func % (left: Value, right: Proxy) -> Proxy {
        constant(left, beside: right._handle) % right
    }
}

extension Proxy where Value: _ProxyEquatable {
    /// Whether both are the same.
    public static func == (left: Proxy, right: Proxy) -> Proxy<Bool> {
        combine(.equal, left, right)
    }
    /// Whether both are the same.
    public static func == (left: Proxy, right: Value) -> Proxy<Bool> {
        left == constant(right, beside: left._handle)
    }
    /// Whether they differ.
    public static func != (left: Proxy, right: Proxy) -> Proxy<Bool> {
        combine(.notEqual, left, right)
    }
    /// Whether they differ.
    public static func != (left: Proxy, right: Value) -> Proxy<Bool> {
        left != constant(right, beside: left._handle)
    }
}

extension Proxy where Value: ProxyScalar & Comparable {
    /// Whether the left value is less.
    public static func < (left: Proxy, right: Proxy) -> Proxy<Bool> { combine(.less, left, right) }
    /// Whether the left value is less.
    public static func < (left: Proxy, right: Value) -> Proxy<Bool> {
        left < constant(right, beside: left._handle)
    }
    /// Whether the left value is less or equal.
    public static func <= (left: Proxy, right: Proxy) -> Proxy<Bool> {
        combine(.lessOrEqual, left, right)
    }
    /// Whether the left value is less or equal.
    public static func <= (left: Proxy, right: Value) -> Proxy<Bool> {
        left <= constant(right, beside: left._handle)
    }
    /// Whether the left value is greater.
    public static func > (left: Proxy, right: Proxy) -> Proxy<Bool> {
        combine(.greater, left, right)
    }
    /// Whether the left value is greater.
    public static func > (left: Proxy, right: Value) -> Proxy<Bool> {
        left > constant(right, beside: left._handle)
    }
    /// Whether the left value is greater or equal.
    public static func >= (left: Proxy, right: Proxy) -> Proxy<Bool> {
        combine(.greaterOrEqual, left, right)
    }
    /// Whether the left value is greater or equal.
    public static func >= (left: Proxy, right: Value) -> Proxy<Bool> {
        left >= constant(right, beside: left._handle)
    }
}

extension Proxy where Value == Bool {
    /// Whether both are true; both are made.
    public static func && (left: Proxy, right: Proxy) -> Proxy { combine(.and, left, right) }
    /// Whether one is true; both are made.
    public static func || (left: Proxy, right: Proxy) -> Proxy { combine(.or, left, right) }
    /// The other value.
    public static prefix func ! (operand: Proxy) -> Proxy { convert(.not, operand) }
}
