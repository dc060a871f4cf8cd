// Memory that several processes map: a descriptor without a name, passed on to a child, that
// vanishes with its last holder however that dies.

import CSwoopSystem
import Glibc

/// A mapped memory descriptor.
///
/// The mapping lives as long as this object.
@safe package final class SharedMemory: @unchecked Sendable {
    // Unchecked: the fields never change; who may touch which bytes is the users' agreement
    // (rings).

    /// What a child inherits to map the same memory.
    package let descriptor: Int32
    /// The first byte.
    package let base: UnsafeMutableRawPointer
    /// Bytes mapped.
    package let count: Int

    /// New memory of zeros, really taken, so that no later touch can find the machine full.
    ///
    /// Its size is sealed: no holder can cut the others off. Taking takes a millisecond a megabyte:
    /// `isTaken: false` leaves it to `take()`, before much of it is touched.
    package init(
        creating name: String, bytes count: Int, isTaken: Bool = true
    ) throws(TransportError) {
        let made = unsafe swoop_memory_create(name, UInt64(count))
        guard made >= 0 else { throw .systemCall("memfd_create", code: -made) }
        let descriptor = OwnedDescriptor(owning: made)
        let reserved = isTaken ? swoop_memory_reserve(made, 0, UInt64(count)) : 0
        guard reserved == 0 else { throw .systemCall("fallocate", code: -reserved) }
        let sealed = swoop_memory_seal_size(made)
        guard sealed == 0 else { throw .systemCall("fcntl", code: -sealed) }
        unsafe base = try SharedMemory.map(made, count)
        self.count = count
        self.descriptor = descriptor.take()
    }

    /// Takes the memory from the machine; nothing where it was taken.
    package func take() throws(TransportError) {
        let reserved = swoop_memory_reserve(descriptor, 0, UInt64(count))
        guard reserved == 0 else { throw .systemCall("fallocate", code: -reserved) }
    }

    /// Maps memory that another process made, as large as it is.
    package init(mapping descriptor: consuming OwnedDescriptor) throws(TransportError) {
        let size = swoop_memory_size(descriptor.rawValue)
        guard size >= 0 else { throw .systemCall("fstat", code: Int32(-size)) }
        guard size > 0 else { throw .malformedRing("its memory is empty") }
        unsafe base = try SharedMemory.map(descriptor.rawValue, Int(size))
        count = Int(size)
        self.descriptor = descriptor.take()
    }

    deinit {
        unsafe swoop_memory_unmap(base, count)
        _ = close(descriptor)
    }

    private static func map(
        _ descriptor: Int32, _ count: Int
    ) throws(TransportError) -> UnsafeMutableRawPointer {
        var code: Int32 = 0
        guard let base = unsafe swoop_memory_map(descriptor, 0, count, 1, 1, &code) else {
            throw .systemCall("mmap", code: code)
        }
        return unsafe base
    }
}
