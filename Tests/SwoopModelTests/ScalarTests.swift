// Arithmetic that handles carry along: every type as Swift has it, and no trap.

import SwoopModel
import Testing

@Suite struct ScalarTests {
    private func apply(
        _ operation: ScalarOperation, _ left: [UInt8], _ right: [UInt8], as type: ScalarType,
        to result: ScalarType? = nil
    ) throws -> [UInt8] {
        let operands = try [
            #require(Scalar(decoding: left, as: type)), #require(Scalar(decoding: right, as: type)),
        ]
        return try operation.apply(operands, resultType: result ?? type).encoded
    }

    private func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe Array($0) }
    }

    private func text(_ text: String) -> [UInt8] { bytes(text.utf8.count) + Array(text.utf8) }

    private func check<Number: FixedWidthInteger>(
        _ number: Number.Type, _ type: ScalarType
    ) throws {
        let all: [Number] = [.min, .max, 0, 1, 2, 3, 7, .max - 1, .max / 2]
        for (left, right) in all.flatMap({ left in all.map { (left, $0) } }) {
            let (a, b) = (bytes(left), bytes(right))
            let expected: [(ScalarOperation, (partialValue: Number, overflow: Bool))] = [
                (.add, left.addingReportingOverflow(right)),
                (.subtract, left.subtractingReportingOverflow(right)),
                (.multiply, left.multipliedReportingOverflow(by: right)),
                (.divide, left.dividedReportingOverflow(by: right)),
                (.remainder, left.remainderReportingOverflow(dividingBy: right)),
            ]
            for (operation, result) in expected {
                if result.overflow {
                    #expect(throws: ScalarError.self, "\(left) \(operation) \(right)") {
                        try apply(operation, a, b, as: type)
                    }
                } else {
                    let made = try apply(operation, a, b, as: type)
                    #expect(made == bytes(result.partialValue), "\(left) \(operation) \(right)")
                }
            }
            #expect(try apply(.less, a, b, as: type) == [left < right ? 1 : 0])
            #expect(try apply(.equal, a, b, as: type) == [left == right ? 1 : 0])
        }
    }

    @Test func `integers of every width are added, divided and compared as Swift does it`() throws {
        try check(Int.self, .int)
        try check(Int8.self, .int8)
        try check(Int16.self, .int16)
        try check(Int32.self, .int32)
        try check(UInt8.self, .uint8)
        try check(UInt16.self, .uint16)
        try check(UInt32.self, .uint32)
        try check(UInt64.self, .uint64)
    }

    @Test func `a Float's arithmetic is a Float's`() throws {
        let (a, b): (Float, Float) = (0.1, 3)
        let made = try apply(
            .divide, bytes(a.bitPattern), bytes(b.bitPattern), as: .float)
        #expect(made == bytes((a / b).bitPattern))
        let wide = try ScalarOperation.convert.apply(
            [.number(Double(a), .float)], resultType: .double)
        #expect(wide == .double(Double(a)))
    }

    @Test func `texts compare as Swift's do, other values by their bytes`() throws {
        #expect(try apply(.equal, text("\u{e9}"), text("e\u{301}"), as: .text) == [1])
        #expect(try apply(.less, text("abc"), text("abd"), as: .text) == [1])
        #expect(throws: ScalarError.self) { try apply(.add, text("a"), text("b"), as: .text) }
        #expect(try apply(.equal, [1, 2], [1, 2], as: .bytes) == [1])
        #expect(try apply(.notEqual, [1, 2], [1], as: .bytes) == [1])
        #expect(throws: ScalarError.self) { try apply(.less, [1], [2], as: .bytes) }
    }

    @Test func `bytes that are no scalar are none, and wrong operands are refused`() throws {
        #expect(Scalar(decoding: [1, 2], as: .uint8) == nil)
        #expect(Scalar(decoding: bytes(5) + [1], as: .text) == nil)
        #expect(Scalar(decoding: [], as: .text) == nil)
        for type in ScalarType.allCases where type != .bytes {
            for count in 0..<10 {
                let zeros = [UInt8](repeating: 0, count: count)
                guard let scalar = Scalar(decoding: zeros, as: type) else { continue }
                #expect(scalar.encoded == zeros)
                for operation in ScalarOperation.allCases {
                    _ = try? operation.apply([scalar], resultType: .double)
                    _ = try? operation.apply([scalar, scalar], resultType: type)
                    _ = try? operation.apply([scalar, .bool(true)], resultType: type)
                }
            }
        }
    }
}
