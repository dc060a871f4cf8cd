// The closed set of operations that proxies carry along, on encoded values: 8 bytes of an Int or a
// Double, lowest first, or 1 byte of a Bool, as the value codec of SwoopElements has them.

/// A scalar that such arithmetic works on.
package enum Scalar: Equatable, Sendable {
    case int(Int64)
    case double(Double)
    case bool(Bool)

    /// Decodes a scalar; nil when the bytes are not one of this type.
    package init?(decoding bytes: [UInt8], as type: ScalarType) {
        switch type {
        case .bool:
            guard bytes.count == 1, bytes[0] < 2 else { return nil }
            self = .bool(bytes[0] == 1)
        case .int, .double:
            guard bytes.count == 8 else { return nil }
            let word = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            self = type == .int ? .int(Int64(bitPattern: word)) : .double(Double(bitPattern: word))
        }
    }

    /// The encoded value.
    package var encoded: [UInt8] {
        switch self {
        case .bool(let value): [value ? 1 : 0]
        case .int(let value): Self.bytes(UInt64(bitPattern: value))
        case .double(let value): Self.bytes(value.bitPattern)
        }
    }

    private static func bytes(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
}

/// Why an operation gave no value.
package enum ScalarError: Error, Equatable, Sendable {
    case overflow(ScalarOperation)
    case divisionByZero
    case wrongOperands(ScalarOperation)

    /// What happened, in a sentence.
    package var message: String {
        switch self {
        case .overflow(let operation): "arithmetic on proxies overflowed (\(operation))"
        case .divisionByZero: "arithmetic on proxies divided an integer by zero"
        case .wrongOperands(let operation): "arithmetic on proxies: wrong operands of \(operation)"
        }
    }
}

extension ScalarOperation {
    /// Carries the operation out.
    package func apply(_ operands: [Scalar], resultType: ScalarType) throws(ScalarError) -> Scalar {
        switch (operands.first, operands.dropFirst().first, operands.count) {
        case (.int(let value), nil, 1): try unary(value, resultType)
        case (.double(let value), nil, 1): try unary(value, resultType)
        case (.bool(let value), nil, 1) where self == .not: .bool(!value)
        case (.bool(let left), .bool(let right), 2): try binary(left, right)
        case (.int(let left), .int(let right), 2): try binary(left, right)
        case (.double(let left), .double(let right), 2): try binary(left, right)
        default: throw .wrongOperands(self)
        }
    }

    private func unary(_ value: Int64, _ resultType: ScalarType) throws(ScalarError) -> Scalar {
        switch self {
        case .negate:
            guard value != .min else { throw .overflow(self) }
            return .int(-value)
        case .convert: return resultType == .double ? .double(Double(value)) : .int(value)
        default: throw .wrongOperands(self)
        }
    }

    private func unary(_ value: Double, _ resultType: ScalarType) throws(ScalarError) -> Scalar {
        switch self {
        case .negate: return .double(-value)
        case .convert:
            guard resultType == .int else { return .double(value) }
            guard let whole = Int64(exactly: value.rounded(.towardZero)) else {
                throw .overflow(self)
            }
            return .int(whole)
        default: throw .wrongOperands(self)
        }
    }

    private func binary(_ left: Bool, _ right: Bool) throws(ScalarError) -> Scalar {
        switch self {
        case .and: .bool(left && right)
        case .or: .bool(left || right)
        case .equal: .bool(left == right)
        case .notEqual: .bool(left != right)
        default: throw .wrongOperands(self)
        }
    }

    private func binary(_ left: Int64, _ right: Int64) throws(ScalarError) -> Scalar {
        let result: (partialValue: Int64, overflow: Bool)
        switch self {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw .divisionByZero }
            result = left.dividedReportingOverflow(by: right)
        case .remainder:
            guard right != 0 else { throw .divisionByZero }
            result = left.remainderReportingOverflow(dividingBy: right)
        default: return try compare(left, right)
        }
        guard !result.overflow else { throw .overflow(self) }
        return .int(result.partialValue)
    }

    private func binary(_ left: Double, _ right: Double) throws(ScalarError) -> Scalar {
        switch self {
        case .add: .double(left + right)
        case .subtract: .double(left - right)
        case .multiply: .double(left * right)
        case .divide: .double(left / right)
        default: try compare(left, right)
        }
    }

    private func compare<Value: Comparable>(
        _ left: Value, _ right: Value
    ) throws(ScalarError) -> Scalar {
        switch self {
        case .less: .bool(left < right)
        case .lessOrEqual: .bool(left <= right)
        case .equal: .bool(left == right)
        case .notEqual: .bool(left != right)
        case .greaterOrEqual: .bool(left >= right)
        case .greater: .bool(left > right)
        default: throw .wrongOperands(self)
        }
    }
}
