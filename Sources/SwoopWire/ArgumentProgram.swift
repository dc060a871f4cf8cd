// Arguments as bytes: an encoded value as it is, everything else as a postfix program. A shape in
// front (or in a column) tells the length and which of the two it is. Programs are built and read
// without recursion on the reading side, and their nesting is bounded, so that no peer can exhaust
// a stack with one.

internal import SwoopModel

/// How deep sequences and operations may nest inside of an argument that travels; a leaf has depth
/// 0.
///
/// Whoever builds arguments puts a task in between before it gets deeper.
package let argumentDepthMax = 64

private enum Step {
    static let bytes: UInt8 = 0
    static let output: UInt8 = 1
    static let sequence: UInt8 = 2
    static let operation: UInt8 = 3
}

extension ByteWriter {
    /// The shape of the argument, then its bytes.
    mutating func argument(_ argument: Argument) {
        if case .bytes(let bytes) = argument {
            varint(UInt64(bytes.count) << 1)
            raw(bytes)
            return
        }
        var program = ByteWriter()
        program.steps(of: argument)
        varint(UInt64(program.bytes.count) << 1 | 1)
        raw(program.bytes)
    }

    /// The bytes of the argument alone; returns its shape.
    mutating func shapelessArgument(_ argument: Argument) -> UInt64 {
        if case .bytes(let bytes) = argument {
            raw(bytes)
            return UInt64(bytes.count) << 1
        }
        let start = bytes.count
        steps(of: argument)
        return UInt64(bytes.count - start) << 1 | 1
    }

    /// The postfix program of the argument.
    mutating func steps(of argument: Argument) {
        switch argument {
        case .bytes(let bytes):
            byte(Step.bytes)
            block(bytes)
        case .output(let task):
            byte(Step.output)
            self.task(task)
        case .sequence(let parts):
            for part in parts { steps(of: part) }
            byte(Step.sequence)
            count(parts.count)
        case .operation(let operation, let operands, let operandType, let resultType):
            for operand in operands { steps(of: operand) }
            byte(Step.operation)
            byte(operation.rawValue)
            byte(operandType.rawValue)
            byte(resultType.rawValue)
            count(operands.count)
        }
    }
}

extension ByteReader {
    /// A shape and the argument that it describes.
    mutating func argument() throws(WireError) -> Argument {
        try argument(shape: try varint(.argument))
    }

    /// An argument of this shape.
    mutating func argument(shape: UInt64) throws(WireError) -> Argument {
        let start = offset
        guard shape >> 1 <= UInt64(remaining) else { throw .truncated(.argument, offset: start) }
        let length = Int(shape >> 1)
        if shape & 1 == 0 { return .bytes(try block(count: length, .argument)) }
        return try program(end: start + length)
    }

    /// The argument that the program from here to `end` builds; `end` must not be beyond the bytes.
    mutating func program(end: Int) throws(WireError) -> Argument {
        var stack: [(argument: Argument, depth: Int)] = []
        while offset < end {
            switch try byte(.argument) {
            case Step.bytes: stack.append((.bytes(try block()), 0))
            case Step.output: stack.append((.output(try task()), 0))
            case Step.sequence:
                let (parts, depth) = try popped(from: &stack)
                stack.append((.sequence(parts), depth))
            case Step.operation:
                let operation = try enumeration(ScalarOperation.self)
                let operandType = try enumeration(ScalarType.self)
                let resultType = try enumeration(ScalarType.self)
                let (operands, depth) = try popped(from: &stack)
                let result = Argument.operation(
                    operation, operands: operands, operandType: operandType,
                    resultType: resultType)
                stack.append((result, depth))
            default: throw .malformed(.argument, offset: offset - 1)
            }
        }
        guard offset == end, stack.count == 1, let result = stack.popLast() else {
            throw .malformed(.argument, offset: offset)
        }
        return result.argument
    }

    private mutating func popped(
        from stack: inout [(argument: Argument, depth: Int)]
    ) throws(WireError) -> ([Argument], depth: Int) {
        let start = offset
        let count = try varint(.argument)
        guard count <= UInt64(stack.count) else { throw .malformed(.argument, offset: start) }
        let parts = stack.suffix(Int(count))
        let depth = 1 + (parts.lazy.map(\.depth).max() ?? 0)
        guard depth <= argumentDepthMax else { throw .malformed(.argument, offset: start) }
        let arguments = parts.map(\.argument)
        stack.removeLast(Int(count))
        return (arguments, depth)
    }

    /// A byte that stands for a case.
    mutating func enumeration<Case: RawRepresentable<UInt8>>(
        _ type: Case.Type
    ) throws(WireError) -> Case {
        guard let value = Case(rawValue: try byte(.enumeration)) else {
            throw .malformed(.enumeration, offset: offset - 1)
        }
        return value
    }
}
