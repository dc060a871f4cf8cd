// The closed set of operations that proxies carry along, on encoded values: the bytes of a number,
// lowest first, 1 byte of a Bool, or a text behind its count, as the value codec of SwoopElements
// has them.

/// A scalar that such arithmetic works on.
package enum Scalar: Equatable, Sendable {
    case integer(Int128, ScalarType)
    case number(Double, ScalarType)
    case bool(Bool)
    case text(String)
    case bytes([UInt8])

    /// An `Int`.
    package static func int(_ value: Int64) -> Scalar { .integer(Int128(value), .int) }
    /// A `Double`.
    package static func double(_ value: Double) -> Scalar { .number(value, .double) }

    /// Decodes a scalar; nil when the bytes are not one of this type.
    package init?(decoding bytes: [UInt8], as type: ScalarType) {
        switch type {
        case .bytes: self = .bytes(bytes)
        case .text:
            guard bytes.count >= 8, Self.word(bytes.prefix(8)) == UInt64(bytes.count - 8) else {
                return nil
            }
            self = .text(String(decoding: bytes.dropFirst(8), as: UTF8.self))
        case .bool:
            guard bytes.count == 1, bytes[0] < 2 else { return nil }
            self = .bool(bytes[0] == 1)
        case .double, .float:
            guard bytes.count == type.byteCount else { return nil }
            let word = Self.word(bytes[...])
            self = .number(
                type == .double
                    ? Double(bitPattern: word)
                    : Double(Float(bitPattern: UInt32(truncatingIfNeeded: word))), type)
        default:
            guard bytes.count == type.byteCount else { return nil }
            let (word, unused) = (Self.word(bytes[...]), UInt64(64 - 8 * type.byteCount))
            self = .integer(
                type.isSigned
                    ? Int128(Int64(bitPattern: word << unused) >> unused) : Int128(word), type)
        }
    }

    /// The encoded value.
    package var encoded: [UInt8] {
        switch self {
        case .bool(let value): [value ? 1 : 0]
        case .integer(let value, let type):
            Self.bytes(UInt64(truncatingIfNeeded: value), type.byteCount)
        case .number(let value, .float): Self.bytes(UInt64(Float(value).bitPattern), 4)
        case .number(let value, _): Self.bytes(value.bitPattern, 8)
        case .text(let text): Self.bytes(UInt64(text.utf8.count), 8) + Array(text.utf8)
        case .bytes(let bytes): bytes
        }
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ word: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
}

extension ScalarType {
    /// Bytes of a number.
    fileprivate var byteCount: Int {
        switch self {
        case .int8, .uint8, .bool: 1
        case .int16, .uint16: 2
        case .int32, .uint32, .float: 4
        case .int, .uint64, .double, .text, .bytes: 8
        }
    }

    fileprivate var isSigned: Bool {
        switch self {
        case .int, .int8, .int16, .int32: true
        default: false
        }
    }

    /// The integers that the type has.
    fileprivate var values: ClosedRange<Int128> {
        let bits = 8 * byteCount
        return isSigned
            ? -(Int128(1) << (bits - 1))...(Int128(1) << (bits - 1)) - 1
            : 0...(Int128(1) << bits) - 1
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
        case (.integer(let value, let type), nil, 1): try unary(value, type, resultType)
        case (.number(let value, let type), nil, 1): try unary(value, type, resultType)
        case (.bool(let value), nil, 1) where self == .not: .bool(!value)
        case (.bool(let left), .bool(let right), 2): try binary(left, right)
        case (.integer(let left, let type), .integer(let right, let other), 2) where type == other:
            try binary(left, right, type)
        case (.number(let left, let type), .number(let right, let other), 2) where type == other:
            try binary(left, right, type)
        case (.text(let left), .text(let right), 2): try compare(left, right)
        case (.bytes(let left), .bytes(let right), 2): try equate(left, right)
        default: throw .wrongOperands(self)
        }
    }

    private func unary(
        _ value: Int128, _ type: ScalarType, _ resultType: ScalarType
    ) throws(ScalarError) -> Scalar {
        switch self {
        case .negate: return try whole(-value, type)
        case .convert:
            return resultType == .double ? .double(Double(value)) : try whole(value, resultType)
        default: throw .wrongOperands(self)
        }
    }

    private func unary(
        _ value: Double, _ type: ScalarType, _ resultType: ScalarType
    ) throws(ScalarError) -> Scalar {
        switch self {
        case .negate: return .number(-value, type)
        case .convert:
            guard resultType == .int else { return .number(value, resultType) }
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
        default: try equate(left, right)
        }
    }

    private func binary(
        _ left: Int128, _ right: Int128, _ type: ScalarType
    ) throws(ScalarError) -> Scalar {
        let result: (partialValue: Int128, overflow: Bool)
        switch self {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw .divisionByZero }
            result = left.dividedReportingOverflow(by: right)
        case .remainder:
            guard right != 0 else { throw .divisionByZero }
            // As Swift has it: the quotient would not fit.
            guard right != -1 || left != type.values.lowerBound else { throw .overflow(self) }
            result = left.remainderReportingOverflow(dividingBy: right)
        default: return try compare(left, right)
        }
        guard !result.overflow else { throw .overflow(self) }
        return try whole(result.partialValue, type)
    }

    private func whole(_ value: Int128, _ type: ScalarType) throws(ScalarError) -> Scalar {
        guard type.values.contains(value) else { throw .overflow(self) }
        return .integer(value, type)
    }

    /// Of two Floats a Double's operation, rounded, is the Float's.
    private func binary(
        _ left: Double, _ right: Double, _ type: ScalarType
    ) throws(ScalarError) -> Scalar {
        let result: Double
        switch self {
        case .add: result = left + right
        case .subtract: result = left - right
        case .multiply: result = left * right
        case .divide: result = left / right
        default: return try compare(left, right)
        }
        return .number(type == .float ? Double(Float(result)) : result, type)
    }

    private func equate<Value: Equatable>(
        _ left: Value, _ right: Value
    ) throws(ScalarError) -> Scalar {
        switch self {
        case .equal: .bool(left == right)
        case .notEqual: .bool(left != right)
        default: throw .wrongOperands(self)
        }
    }

    private func compare<Value: Comparable>(
        _ left: Value, _ right: Value
    ) throws(ScalarError) -> Scalar {
        switch self {
        case .less: .bool(left < right)
        case .lessOrEqual: .bool(left <= right)
        case .greaterOrEqual: .bool(left >= right)
        case .greater: .bool(left > right)
        default: try equate(left, right)
        }
    }
}
