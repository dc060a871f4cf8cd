// Reads and writes the numbers, texts and byte blocks of hand-written formats. The only file of
// this room that may say `unsafe`: every bound is checked here, once, and nothing that a peer sends
// can trap. All numbers are little-endian; varints are those of protocol buffers.

/// Goes through bytes that came from a peer, from front to back.
package struct ByteReader: Sendable {
    private let bytes: [UInt8]
    private let end: Int
    /// Bytes read so far, counted from the start of the array.
    package private(set) var offset: Int

    /// Reads all of `bytes`, or what lies behind the first `start`.
    package init(_ bytes: [UInt8], from start: Int = 0) {
        self.bytes = bytes
        offset = min(max(0, start), bytes.count)
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// Bytes not read yet.
    package var remaining: Int { end - offset }

    /// One byte.
    package mutating func byte(_ field: WireField) throws(WireError) -> UInt8 {
        guard offset < end else { throw .truncated(field, offset: offset) }
        defer { offset &+= 1 }
        return bytes[offset]
    }

    /// Four bytes.
    package mutating func fixed32(_ field: WireField) throws(WireError) -> UInt32 {
        UInt32(littleEndian: try load(UInt32.self, field))
    }

    /// Eight bytes.
    package mutating func fixed64(_ field: WireField) throws(WireError) -> UInt64 {
        UInt64(littleEndian: try load(UInt64.self, field))
    }

    private mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type, _ field: WireField
    ) throws(WireError) -> Number {
        let start = offset
        guard end &- start >= MemoryLayout<Number>.size else {
            throw .truncated(field, offset: start)
        }
        offset = start &+ MemoryLayout<Number>.size
        return unsafe bytes.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: start, as: Number.self)
        }
    }

    /// A number of one to ten bytes, seven bits each, the lowest first.
    package mutating func varint(_ field: WireField) throws(WireError) -> UInt64 {
        guard offset < end else { throw .truncated(field, offset: offset) }
        let first = bytes[offset]
        if first < 0x80 {
            offset &+= 1
            return UInt64(first)
        }
        return try longVarint(field)
    }

    private mutating func longVarint(_ field: WireField) throws(WireError) -> UInt64 {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let next = bytes[offset]
            offset &+= 1
            if shift == 63, next > 1 { throw .malformed(field, offset: start) }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift &+= 7
        }
        throw .truncated(field, offset: start)
    }

    /// A signed number, zigzag in a varint.
    package mutating func signed(_ field: WireField) throws(WireError) -> Int64 {
        let folded = try varint(field)
        return Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
    }

    /// A varint that must fit 32 bits.
    package mutating func small(_ field: WireField) throws(WireError) -> UInt32 {
        let start = offset
        guard let number = UInt32(exactly: try varint(field)) else {
            throw .malformed(field, offset: start)
        }
        return number
    }

    /// How many elements follow; throws where the remaining bytes cannot hold so many.
    ///
    /// - Parameter bytesEach: what one element takes at least; at least 1.
    package mutating func count(bytesEach: Int) throws(WireError) -> Int {
        let start = offset
        let count = try varint(.count)
        guard count <= UInt64(remaining / bytesEach) else {
            throw .malformed(.count, offset: start)
        }
        return Int(count)
    }

    /// A copy of the next `count` bytes.
    package mutating func block(count: Int, _ field: WireField) throws(WireError) -> [UInt8] {
        let start = offset
        guard count >= 0, end &- start >= count else { throw .truncated(field, offset: start) }
        offset = start &+ count
        return unsafe bytes.withUnsafeBytes {
            unsafe [UInt8](UnsafeRawBufferPointer(rebasing: $0[start..<(start &+ count)]))
        }
    }

    /// Bytes with their count in front.
    package mutating func block() throws(WireError) -> [UInt8] {
        let count = try count(bytesEach: 1)
        return try block(count: count, .text)
    }

    /// A reader of bytes with their count in front, which are not copied.
    package mutating func part() throws(WireError) -> ByteReader {
        let count = try count(bytesEach: 1)
        defer { offset &+= count }
        return ByteReader(bytes, offset..<(offset &+ count))
    }

    /// Everything that is left, as numbers of eight bytes.
    package func allFixed64s() throws(WireError) -> [UInt64] {
        guard remaining % 8 == 0 else { throw .truncated(.number, offset: end) }
        let (start, count) = (offset, remaining / 8)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe [UInt64](unsafeUninitializedCapacity: count) { numbers, made in
                for index in 0..<count {
                    let number = unsafe bytes.loadUnaligned(
                        fromByteOffset: start &+ index &* 8, as: UInt64.self)
                    unsafe numbers.initializeElement(
                        at: index, to: UInt64(littleEndian: number))
                }
                made = count
            }
        }
    }

    /// UTF-8 with its count of bytes in front; what is not UTF-8 is repaired.
    package mutating func text() throws(WireError) -> String {
        let count = try count(bytesEach: 1)
        let start = offset
        offset = start &+ count
        return unsafe bytes.withUnsafeBytes {
            unsafe String(
                decoding: UnsafeRawBufferPointer(rebasing: $0[start..<(start &+ count)]),
                as: UTF8.self)
        }
    }

    /// As many floating-point numbers as the count in front says.
    package mutating func doubles() throws(WireError) -> [Double] {
        let count = try count(bytesEach: 8)
        guard count > 0 else { return [] }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(Double(bitPattern: try fixed64(.number))) }
        return numbers
    }

    /// Throws unless everything has been read.
    package func finish(frame: Int = 0) throws(WireError) {
        if offset != end { throw .trailing(frame: frame) }
    }
}

/// Builds the bytes that `ByteReader` reads.
package struct ByteWriter: Sendable {
    /// What has been written.
    package private(set) var bytes: [UInt8] = []

    /// An empty writer with room for `capacity` bytes.
    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// A writer that goes on behind `bytes`.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// One byte.
    package mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Puts the count of all bytes from `start` on in front of them.
    package mutating func insertCount(at start: Int) {
        var length = ByteWriter()
        length.count(bytes.count - start)
        bytes.insert(contentsOf: length.bytes, at: start)
    }

    /// Numbers of eight bytes each.
    package mutating func fixed64s(_ values: [UInt64]) {
        #if _endian(little)
            unsafe values.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        #else
            for value in values { fixed64(value) }
        #endif
    }

    /// Eight bytes.
    package mutating func fixed64(_ value: UInt64) {
        unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }

    /// Both halves, sixteen bytes.
    package mutating func fixed128(high: UInt64, low: UInt64) {
        unsafe withUnsafeBytes(of: (high.littleEndian, low.littleEndian)) {
            unsafe bytes.append(contentsOf: $0)
        }
    }

    /// A number of one to ten bytes, seven bits each, the lowest first.
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A count or another number that is not negative.
    package mutating func count(_ value: Int) { varint(UInt64(value)) }

    /// A signed number, zigzag in a varint.
    package mutating func signed(_ value: Int64) {
        varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Bytes without their count.
    package mutating func raw(_ block: [UInt8]) { bytes.append(contentsOf: block) }

    /// Bytes with their count in front.
    package mutating func block(_ block: [UInt8]) {
        count(block.count)
        bytes.append(contentsOf: block)
    }

    /// UTF-8 with its count of bytes in front.
    package mutating func text(_ text: String) {
        count(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Floating-point numbers with their count in front.
    package mutating func doubles(_ numbers: [Double]) {
        count(numbers.count)
        for number in numbers { fixed64(number.bitPattern) }
    }
}
