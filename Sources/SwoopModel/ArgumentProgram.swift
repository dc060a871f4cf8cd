// Arguments as bytes: an encoded value as it is, everything else as a postfix program, so that
// whoever reads one needs no recursion, and whoever looks for its inputs builds nothing.

/// How deep sequences and operations may nest inside of an argument that travels; a leaf has depth
/// 0.
///
/// Whoever builds arguments puts a task in between before it gets deeper.
package let argumentDepthMax = 64

/// The postfix program of an argument.
package enum ArgumentProgram {
    /// Appends the steps that build the argument.
    package static func append(_ argument: Argument, to bytes: inout [UInt8]) {
        switch argument {
        case .bytes(let value):
            bytes.append(StepCode.bytes)
            append(varint: value.count, to: &bytes)
            bytes += value
        case .output(let task):
            bytes.append(StepCode.output)
            append(task, to: &bytes)
        case .sequence(let parts):
            for part in parts { append(part, to: &bytes) }
            bytes.append(StepCode.sequence)
            append(varint: parts.count, to: &bytes)
        case .operation(let operation, let operands, let operandType, let resultType):
            for operand in operands { append(operand, to: &bytes) }
            bytes += [
                StepCode.operation, operation.rawValue, operandType.rawValue, resultType.rawValue,
            ]
            append(varint: operands.count, to: &bytes)
        }
    }

    private static func append(_ task: TaskID, to bytes: inout [UInt8]) {
        for half in [task.high, task.low] {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: half >> (8 * shift))) }
        }
    }

    private static func append(varint count: Int, to bytes: inout [UInt8]) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Whether the bytes there are a program that builds one argument, not nested too deep; the
    /// range must lie in the bytes.
    package static func isSound(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        var steps = StepReader(bytes, range)
        var depths: [Int] = []
        while !steps.isAtEnd {
            guard let step = steps.next() else { return false }
            guard let parts = step.partCount else {
                depths.append(0)
                continue
            }
            guard parts <= depths.count else { return false }
            let depth = 1 + (depths.suffix(parts).max() ?? 0)
            guard depth <= argumentDepthMax else { return false }
            depths.removeLast(parts)
            depths.append(depth)
        }
        return depths.count == 1
    }

    /// The argument that a sound program builds.
    package static func argument(_ bytes: [UInt8], _ range: Range<Int>) -> Argument {
        var steps = StepReader(bytes, range)
        var stack: [Argument] = []
        while let step = steps.next() {
            switch step {
            case .bytes(let range): stack.append(.bytes(Array(bytes[range])))
            case .output(let task): stack.append(.output(task))
            case .sequence(let count):
                let parts = Array(stack.suffix(count))
                stack.removeLast(count)
                stack.append(.sequence(parts))
            case .operation(let operation, let operandType, let resultType, let count):
                let operands = Array(stack.suffix(count))
                stack.removeLast(count)
                stack.append(
                    .operation(
                        operation, operands: operands, operandType: operandType,
                        resultType: resultType))
            }
        }
        guard let argument = stack.last else {
            preconditionFailure("the program of an argument builds nothing")
        }
        return argument
    }

    /// Calls `body` with every task that a sound program needs, in order, repeats included.
    package static func forEachTask(
        _ bytes: [UInt8], _ range: Range<Int>, _ body: (TaskID) -> Void
    ) {
        var steps = StepReader(bytes, range)
        while let step = steps.next() {
            if case .output(let task) = step { body(task) }
        }
    }

    /// Whether a sound program counts the elements of some page.
    package static func countsElements(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        var steps = StepReader(bytes, range)
        while let step = steps.next() {
            if case .operation(let operation, _, _, _) = step, operation.countsElements {
                return true
            }
        }
        return false
    }
}

extension ScalarOperation {
    /// Whether it is the number of elements of some page: known only when that page is made.
    package var countsElements: Bool { self == .elementCount || self == .elementsBefore }
}

private enum StepCode {
    static let bytes: UInt8 = 0
    static let output: UInt8 = 1
    static let sequence: UInt8 = 2
    static let operation: UInt8 = 3
}

/// One step of a program.
private enum ArgumentStep {
    case bytes(Range<Int>)
    case output(TaskID)
    case sequence(Int)
    case operation(ScalarOperation, ScalarType, ScalarType, Int)

    /// How many arguments it takes from the stack; nil: it only adds one.
    var partCount: Int? {
        switch self {
        case .bytes, .output: nil
        case .sequence(let count), .operation(_, _, _, let count): count
        }
    }
}

/// Goes from step to step of a program, which may be anybody's bytes.
private struct StepReader {
    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset == end }

    /// The next step; nil: there is none, or it is none that `append` writes.
    mutating func next() -> ArgumentStep? {
        guard let code = byte() else { return nil }
        switch code {
        case StepCode.bytes:
            guard let count = varint(), count <= end - offset else { return nil }
            defer { offset += count }
            return .bytes(offset..<offset + count)
        case StepCode.output:
            guard let high = word(), let low = word() else { return nil }
            return .output(TaskID(high: high, low: low))
        case StepCode.sequence: return varint().map { .sequence($0) }
        case StepCode.operation:
            guard let operation = byte().flatMap(ScalarOperation.init(rawValue:)),
                let operandType = byte().flatMap(ScalarType.init(rawValue:)),
                let resultType = byte().flatMap(ScalarType.init(rawValue:)),
                let count = varint()
            else { return nil }
            return .operation(operation, operandType, resultType, count)
        default: return nil
        }
    }

    private mutating func byte() -> UInt8? {
        guard offset < end else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func word() -> UInt64? {
        guard end - offset >= 8 else { return nil }
        var word: UInt64 = 0
        for place in 0..<8 { word |= UInt64(bytes[offset + place]) << (8 * UInt64(place)) }
        offset += 8
        return word
    }

    private mutating func varint() -> Int? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let next = byte(), shift < 63 || next <= 1 else { return nil }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return Int(exactly: value) }
        }
        return nil
    }
}
