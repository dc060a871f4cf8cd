// Finds bytes in memory eight at a time, without libc. The word trick: a byte of `x` is zero
// exactly where `(x - 0x01…) & ~x & 0x80…` has its lowest set bit.

/// The offset of the first `byte` in `[from, to)` of the memory at `base`, or `to`.
@inlinable @inline(__always)
public func _firstByte(
    _ byte: UInt8, _ base: UnsafeRawPointer, from: Int, to: Int
) -> Int {
    let pattern = UInt64(truncatingIfNeeded: byte) &* 0x0101_0101_0101_0101
    var offset = from
    while offset &+ 8 <= to {
        let word =
            unsafe UInt64(
                littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ pattern
        let hits = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
        if hits != 0 { return offset &+ hits.trailingZeroBitCount >> 3 }
        offset &+= 8
    }
    while offset < to {
        if unsafe base.load(fromByteOffset: offset, as: UInt8.self) == byte { return offset }
        offset &+= 1
    }
    return to
}

/// The offset of the first occurrence of `needle` that lies within `[from, to)`, or nil.
@inlinable
public func _firstOccurrence(
    of needle: [UInt8], _ base: UnsafeRawPointer, from: Int, to: Int
) -> Int? {
    guard let head = needle.first else { return nil }
    var offset = from
    let last = to &- needle.count
    while offset <= last {
        offset = unsafe _firstByte(head, base, from: offset, to: last &+ 1)
        if offset > last { return nil }
        var matched = 1
        while matched < needle.count,
            unsafe base.load(fromByteOffset: offset &+ matched, as: UInt8.self) == needle[matched]
        {
            matched &+= 1
        }
        if matched == needle.count { return offset }
        offset &+= 1
    }
    return nil
}
