// A record out of a ring, copied: the other process may overwrite the ring at any time.

extension Span<UInt8> {
    /// The bytes, copied.
    package var array: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, count in
            unsafe withUnsafeBytes {
                unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0)
            }
            count = self.count
        }
    }
}
