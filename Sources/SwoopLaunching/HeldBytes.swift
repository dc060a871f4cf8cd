// Bytes that a child gets without their being seen: in a memory descriptor, not on its command line
// or in its environment. Keys travel so.

import CSwoopSystem
import Glibc
package import SwoopTransport

/// Bytes in an anonymous descriptor, for `LaunchRequest.descriptors`.
package enum HeldBytes {
    /// A new descriptor that holds these bytes.
    package static func descriptor(holding bytes: [UInt8]) throws(LaunchError) -> OwnedDescriptor {
        let made = unsafe swoop_memory_create("swoop-bytes", UInt64(bytes.count))
        guard made >= 0 else { throw .systemCall("memfd_create", code: -made) }
        let descriptor = OwnedDescriptor(owning: made)
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { bytes in
                unsafe pwrite(
                    made, bytes.baseAddress! + written, bytes.count - written, off_t(written))
            }
            guard result > 0 else { throw .systemCall("pwrite", code: errno) }
            written += result
        }
        return descriptor
    }

    /// Bytes of what a child says at its end.
    static let lastWordsMax = 4_096

    /// What a descriptor holds; at most 1 MiB, since more is no hand-over but data.
    package static func read(
        from descriptor: borrowing OwnedDescriptor
    ) throws(LaunchError) -> [UInt8] {
        let size = swoop_memory_size(descriptor.rawValue)
        guard size >= 0, size <= 1 << 20 else {
            throw .systemCall("fstat", code: size < 0 ? Int32(-size) : EFBIG)
        }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let result = unsafe pread(descriptor.rawValue, &bytes, bytes.count, 0)
        guard result == bytes.count else {
            bytes.wipe()
            throw .systemCall("pread", code: errno)
        }
        return bytes
    }
}

/// A pipe on which nothing is ever written: the child's end becomes readable when this process has
/// gone (or closed its own), so that a child can end in order where a signal would cut it off.
package struct LifeLine: ~Copyable, Sendable {
    /// Kept by the parent as long as the child is to live.
    package let parentEnd: OwnedDescriptor
    /// For the child; the parent closes it once the child runs.
    package let childEnd: OwnedDescriptor

    /// A new pipe, both ends close-on-exec.
    package init() throws(LaunchError) {
        var ends: [Int32] = [-1, -1]
        let result = unsafe swoop_pipe(&ends)
        guard result == 0 else { throw .systemCall("pipe2", code: -result) }
        childEnd = OwnedDescriptor(owning: ends[0])
        parentEnd = OwnedDescriptor(owning: ends[1])
    }

    /// The parent's end alone; the child's is closed here.
    package consuming func keepParentEnd() -> OwnedDescriptor {
        parentEnd
    }
}
