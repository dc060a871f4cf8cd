// How a fused loop is named so that another process finds it: the offset of its code in the
// program's image where the compiler specialised it, and its type where nothing is specialised
// (debug builds). Image bases belong to an I/O room; here are raw addresses.

/// A loop or a combine step made by the chain types: all of its code follows from its type.
public protocol _Kernel: SendableMetatype {
    /// Does the work of one run.
    static func run(_ context: inout _CallContext) throws
}

/// The code of a kernel; a struct, so that the function keeps its own calling convention in a bit
/// cast.
public struct _KernelEntry: Sendable {
    /// Does the work of one run.
    public let run: @Sendable (inout _CallContext) throws -> Void

    /// Wraps a function of this process.
    public init(run: @escaping @Sendable (inout _CallContext) throws -> Void) { self.run = run }
}

/// A kernel as the client names it: its code, and its type in case that the code has a context.
public struct _KernelHandle: Sendable {
    /// The kernel's code.
    public let entry: _KernelEntry
    /// The kernel's type.
    public let type: any _Kernel.Type

    /// Joins the code and the type; made by `_kernel(_:)`.
    public init(entry: _KernelEntry, type: any _Kernel.Type) {
        self.entry = entry
        self.type = type
    }

    /// What names this kernel to another process of the same program; nil if nothing can.
    public var reference: _KernelReference? {
        let words = unsafe unsafeBitCast(entry, to: (code: UInt, context: UInt).self)
        if words.context == 0 { return .code(address: words.code) }
        return _TypeReference(of: type).map { .type($0) }
    }
}

/// Names a kernel; the addresses become offsets in the image before it travels.
public enum _KernelReference: Hashable, Sendable {
    /// The address of a function without context.
    case code(address: UInt)
    /// The kernel's type.
    case type(_TypeReference)

    /// The kernel's code in this process; nil if the type is not found.
    ///
    /// The addresses must be those of this process's image, of the very same build: a wrong address
    /// runs anything. `nameArea` is writable memory inside the program's image (see
    /// `_TypeReference.resolved`), used by one thread at a time.
    @unsafe public func resolved(nameArea: UnsafeMutableRawBufferPointer) -> _KernelEntry? {
        switch self {
        case .code(let address):
            return unsafe unsafeBitCast((code: address, context: UInt(0)), to: _KernelEntry.self)
        case .type(let reference):
            guard let type = unsafe reference.resolved(nameArea: nameArea) as? any _Kernel.Type
            else { return nil }
            return _KernelEntry { try type.run(&$0) }
        }
    }
}

/// Names a kernel; specialised in the module that calls it, so that the code has no context there.
@inlinable @inline(__always)
public func _kernel<K: _Kernel>(_ type: K.Type) -> _KernelHandle {
    _KernelHandle(entry: _KernelEntry(run: { try K.run(&$0) }), type: type)
}
