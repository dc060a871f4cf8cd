// Reads encoded values from borrowed bytes. Every step is checked against the end of the bytes, so
// that hostile bytes end in a ValueDecodingError, never in a trap, and no count found in the bytes
// makes us allocate more than the bytes could hold. This file is where the pointer is.

/// Why bytes could not be read as the value they were said to be.
public enum ValueDecodingError: Error, Hashable, Sendable {
    /// The bytes end inside the value.
    case tooShort
    /// More elements are announced than the remaining bytes could hold.
    case countTooLarge
    /// The bytes are no value of the type; the text names what was expected.
    case malformed(String)
    /// Values lie inside one another deeper than `ValueReader.depthMax`.
    case tooDeep
    /// Bytes are left after the value.
    case bytesLeftOver
    /// A `Codable` type threw while it decoded itself; the text is its error's description.
    case rejectedByType(String)
}

/// A bounds-checked position in borrowed bytes; valid only during the call that lends the bytes.
@safe public struct ValueReader {
    /// How deep arrays, optionals and dictionaries may lie in one another: recursive types stop
    /// here instead of at the end of the thread's stack.
    public static let depthMax = 1_000

    @usableFromInline let base: UnsafeRawPointer?
    @usableFromInline let end: Int
    @usableFromInline var position = 0
    @usableFromInline var depth = 0

    /// Reads bytes that outlive this reader.
    @inlinable public init(_ bytes: UnsafeRawBufferPointer) {
        unsafe base = bytes.baseAddress
        end = bytes.count
    }

    /// The number of bytes not yet read.
    @inlinable public var remaining: Int { end - position }

    /// Whether everything has been read.
    @inlinable public var isAtEnd: Bool { position == end }

    /// Reads one integer of fixed width, lowest byte first.
    @inlinable public mutating func read<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(ValueDecodingError) -> Number {
        let width = MemoryLayout<Number>.size
        guard remaining >= width, let base = unsafe base else { throw .tooShort }
        defer { position += width }
        return unsafe Number(
            littleEndian: base.loadUnaligned(fromByteOffset: position, as: Number.self))
    }

    /// Reads a count of elements that take at least `byteCountMin` bytes each.
    ///
    /// - Throws: `countTooLarge` if the remaining bytes cannot hold so many.
    @inlinable public mutating func readCount(byteCountMin: Int = 1) throws(ValueDecodingError)
        -> Int
    {
        let count = try read(UInt64.self)
        guard count <= UInt64(remaining / max(1, byteCountMin)) else { throw .countTooLarge }
        return Int(count)
    }

    /// Lends the next bytes and steps over them.
    @inlinable public mutating func readBytes(_ count: Int) throws(ValueDecodingError)
        -> UnsafeRawBufferPointer
    {
        guard count >= 0, count <= remaining else { throw .tooShort }
        defer { position += count }
        guard let base = unsafe base, count > 0 else {
            return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return unsafe UnsafeRawBufferPointer(start: base + position, count: count)
    }

    /// Lends everything that is left and steps over it.
    @inlinable public mutating func readRest() -> UnsafeRawBufferPointer {
        guard let rest = unsafe try? readBytes(remaining) else {
            return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        }
        return unsafe rest
    }

    /// Enters a value that may hold values of its own kind; to be paired with `_ascend`.
    @inlinable public mutating func _descend() throws(ValueDecodingError) {
        depth += 1
        if depth > Self.depthMax { throw .tooDeep }
    }

    /// Leaves what `_descend` entered.
    @inlinable public mutating func _ascend() { depth -= 1 }

    /// Checks that nothing is left.
    @inlinable public func finish() throws(ValueDecodingError) {
        if !isAtEnd { throw .bytesLeftOver }
    }
}
