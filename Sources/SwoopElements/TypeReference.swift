// The name of a type for another process of the same program. `_mangledTypeName` suffices unless a
// private or local type is in it: such a type has no name, only the address of its descriptor. Then
// the mangled name is put together here, with symbolic references as the compiler writes them.
// Layouts relied upon are those of the ABI: metadata kinds, context descriptors, generic headers.

/// A mangled type name, in which types without a name stand as addresses in the program's image.
public struct _TypeReference: Hashable, Sendable {
    /// A piece of the name.
    public enum Part: Hashable, Sendable {
        /// Mangled text.
        case text(String)
        /// The address of a context descriptor; becomes an offset in the image before it travels.
        case descriptor(address: UInt)
    }

    /// The pieces in order.
    public let parts: [Part]

    /// A name of such pieces.
    public init(parts: [Part]) { self.parts = parts }

    /// The name of a struct, an enum or what the standard library can name; nil for others.
    public init?(of type: Any.Type) {
        guard let parts = Self.parts(of: type) else { return nil }
        self.parts = parts
    }

    private static func parts(of type: Any.Type) -> [Part]? {
        guard let name = _mangledTypeName(type) else { return nil }
        // An anonymous context is spelled with a dollar sign and an address of this very process.
        guard name.utf8.contains(UInt8(ascii: "$")) else { return [.text(name)] }
        let metadata = unsafe unsafeBitCast(type, to: UnsafeRawPointer.self)
        let kind = unsafe metadata.load(as: UInt.self)
        guard (0x200...0x202).contains(kind) else { return nil }  // struct, enum, optional
        let descriptor = unsafe metadata.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
        let flags = unsafe descriptor.load(as: UInt32.self)
        let address = UInt(bitPattern: descriptor)
        var parts = [libraryName(address).map { .text($0) } ?? Part.descriptor(address: address)]
        guard flags & 0x80 != 0 else { return parts }
        // Behind the seven words of a value type's descriptor and two of the generic header.
        let parameterCount = unsafe Int(descriptor.load(fromByteOffset: 36, as: UInt16.self))
        let keyCount = unsafe Int(descriptor.load(fromByteOffset: 40, as: UInt16.self))
        guard parameterCount <= keyCount, unsafe parentIsPlain(descriptor) else { return nil }
        parts.append(.text("y"))
        for index in 0..<parameterCount {
            let word = unsafe metadata.load(fromByteOffset: 16 + 8 * index, as: UInt.self)
            let argument = unsafe unsafeBitCast(word, to: Any.Type.self)
            guard let pieces = Self.parts(of: argument) else { return nil }
            parts += pieces
        }
        parts.append(.text("G"))
        return parts
    }

    /// The mangled name of one of the standard library's generic types: these may lie in another
    /// image.
    private static func libraryName(_ address: UInt) -> String? {
        let samples: [(Any.Type, String)] = [
            ([Int].self, "Sa"), ([Int: Int].self, "SD"), (Set<Int>.self, "Sh"), (Int?.self, "Sq"),
            (Range<Int>.self, "Sn"), (ClosedRange<Int>.self, "SN"),
        ]
        return samples.first { sample in
            let metadata = unsafe unsafeBitCast(sample.0, to: UnsafeRawPointer.self)
            return unsafe metadata.load(fromByteOffset: 8, as: UInt.self) == address
        }?.1
    }

    /// Whether no generic type is around this one: its arguments would belong to the parent. The
    /// anonymous context of a private type repeats the type's own parameters and is passed over.
    private static func parentIsPlain(_ descriptor: UnsafeRawPointer) -> Bool {
        let field = unsafe descriptor + 4
        let relative = unsafe Int(field.load(as: Int32.self))
        guard relative != 0 else { return true }
        let target = unsafe field + (relative & ~1)
        let parent = unsafe relative & 1 == 0 ? target : target.load(as: UnsafeRawPointer.self)
        let flags = unsafe parent.load(as: UInt32.self)
        let isAnonymous = flags & 0x1f == 2
        return unsafe isAnonymous ? parentIsPlain(parent) : flags & 0x80 == 0
    }

    /// The type in this process; nil if it is not found or the name does not fit into `nameArea`.
    ///
    /// The addresses must be those of this process's image, of the very same build. `nameArea` is
    /// writable memory inside the image (a static array of a C room), since the references are 32
    /// bits wide; used by one thread at a time.
    @unsafe public func resolved(nameArea: UnsafeMutableRawBufferPointer) -> Any.Type? {
        if parts.count == 1, case .text(let name) = parts[0] { return _typeByName(name) }
        guard let base = nameArea.baseAddress else { return nil }
        var position = 0
        for part in parts {
            switch part {
            case .text(let text):
                guard position + text.utf8.count < nameArea.count else { return nil }
                for byte in text.utf8 {
                    unsafe nameArea[position] = byte
                    position += 1
                }
            case .descriptor(let address):
                guard position + 5 < nameArea.count else { return nil }
                let field = unsafe UInt(bitPattern: base + position + 1)
                guard let relative = Int32(exactly: Int(bitPattern: address &- field)) else {
                    return nil
                }
                unsafe nameArea[position] = 1
                unsafe nameArea.storeBytes(of: relative, toByteOffset: position + 1, as: Int32.self)
                position += 5
            }
        }
        unsafe nameArea[position] = 0
        return unsafe _getTypeByMangledNameInContext(
            base.assumingMemoryBound(to: UInt8.self), UInt(position),
            genericContext: nil, genericArguments: nil)
    }
}
