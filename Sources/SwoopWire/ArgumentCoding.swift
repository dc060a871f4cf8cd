// Arguments as bytes: a shape in front tells the length and whether it is an encoded value or a
// postfix program (ArgumentProgram of SwoopModel). Programs are checked before they are read, and
// their nesting is bounded, so that no peer can exhaust a stack with one.

internal import SwoopModel

extension ByteWriter {
    /// The shape of the argument, then its bytes.
    mutating func argument(_ argument: Argument) {
        if case .bytes(let bytes) = argument {
            varint(UInt64(bytes.count) << 1)
            raw(bytes)
            return
        }
        var program: [UInt8] = []
        ArgumentProgram.append(argument, to: &program)
        varint(UInt64(program.count) << 1 | 1)
        raw(program)
    }
}

extension ByteReader {
    /// A shape and the argument that it describes.
    mutating func argument() throws(WireError) -> Argument {
        let start = offset
        let shape = try varint(.argument)
        guard shape >> 1 <= UInt64(remaining) else { throw .truncated(.argument, offset: start) }
        let bytes = try block(count: Int(shape >> 1), .argument)
        if shape & 1 == 0 { return .bytes(bytes) }
        guard ArgumentProgram.isSound(bytes, bytes.indices) else {
            throw .malformed(.argument, offset: start)
        }
        return ArgumentProgram.argument(bytes, bytes.indices)
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
