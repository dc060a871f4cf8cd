// How kernels are named for other processes, private and local types included.

import SwoopElements
import Testing

private struct Hidden {}

private struct Holder<Value, Other>: _Kernel {
    static func run(_ context: inout _CallContext) throws { context.producedCount += 1 }
}

/// Writable memory inside the program's image.
nonisolated(unsafe) private var nameArea = InlineArray<1024, UInt8>(repeating: 0)

@Suite(.serialized) struct KernelReferenceTests {
    func resolved(_ reference: _TypeReference) -> Any.Type? {
        unsafe withUnsafeMutableBytes(of: &nameArea) {
            unsafe reference.resolved(nameArea: $0)
        }
    }

    @Test func `private and local types are found by their references`() throws {
        enum Local {}
        let types: [Any.Type] = [
            Int.self, [Int: Hidden?].self, Hidden.self, Local.self,
            Holder<Hidden, [Int]>.self, Holder<Holder<Local, Int>, Hidden?>.self,
        ]
        for type in types {
            let reference = try #require(_TypeReference(of: type))
            let found = resolved(reference)
            #expect(found.map { ObjectIdentifier($0) } == ObjectIdentifier(type), "\(type)")
        }
    }

    @Test func `a kernel runs by its reference`() throws {
        let handle = _kernel(Holder<Hidden, Int>.self)
        let reference = try #require(handle.reference)
        let entry = unsafe withUnsafeMutableBytes(of: &nameArea) {
            unsafe reference.resolved(nameArea: $0)
        }
        var context = unsafe _CallContext(host: FakeHost())
        try #require(entry).run(&context)
        #expect(context.producedCount == 1)
    }

    @Test func `a reference that does not fit is not found`() {
        let long = _TypeReference(parts: [.text(String(repeating: "y", count: 2000)), .text("G")])
        #expect(resolved(long) == nil)
    }
}
