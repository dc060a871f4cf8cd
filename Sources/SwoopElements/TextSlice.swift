// A record of a text as its bytes in the file's memory, with nothing copied: what the first
// function of a chain over text receives. TextParsing.swift makes numbers of it.

/// A borrowed piece of text, valid for the call that receives it: keep `String(slice)`, not the
/// slice.
@safe @frozen public struct TextSlice {
    @usableFromInline let base: UnsafeRawPointer
    /// The number of bytes.
    public let byteCount: Int

    /// Borrows so many bytes.
    @inlinable @inline(__always) public init(_base base: UnsafeRawPointer, byteCount: Int) {
        unsafe self.base = base
        self.byteCount = byteCount
    }

    /// Whether there are no bytes.
    @inlinable public var isEmpty: Bool { byteCount == 0 }

    /// The byte at `index`; traps outside `0..<byteCount`.
    @inlinable public subscript(_ index: Int) -> UInt8 {
        precondition(index >= 0 && index < byteCount, "A byte index is outside the slice.")
        return unsafe base.load(fromByteOffset: index, as: UInt8.self)
    }

    /// The bytes in `range`; traps if it reaches outside.
    @inlinable public subscript(_ range: Range<Int>) -> TextSlice {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= byteCount, "A range is outside the slice.")
        return unsafe TextSlice(_base: base + range.lowerBound, byteCount: range.count)
    }

    /// Lends the bytes as a span.
    @inlinable public func withSpan<Answer, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        let buffer = unsafe UnsafeBufferPointer(
            start: base.assumingMemoryBound(to: UInt8.self), count: byteCount)
        return try unsafe body(Span(_unsafeElements: buffer))
    }

    /// The offset of the first `byte` at or after `start`, or nil.
    @inlinable public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        let index = unsafe _firstByte(byte, base, from: max(0, start), to: byteCount)
        return index < byteCount ? index : nil
    }

    /// The parts before and after the first `separator`; nil if there is none.
    @inlinable public func split(
        atFirst separator: UInt8
    ) -> (head: TextSlice, tail: TextSlice)? {
        guard let index = firstIndex(of: separator) else { return nil }
        return (self[0..<index], self[index + 1..<byteCount])
    }

    /// The `index`th of the parts between separators, 0-based; nil if there are fewer.
    @inlinable public func field(_ index: Int, separatedBy separator: UInt8) -> TextSlice? {
        var start = 0
        for _ in 0..<index {
            guard let next = firstIndex(of: separator, from: start) else { return nil }
            start = next + 1
        }
        return self[start..<(firstIndex(of: separator, from: start) ?? byteCount)]
    }

    /// Calls `body` with each part between separators; empty parts count.
    @inlinable public func forEachField(
        separatedBy separator: UInt8, _ body: (TextSlice) throws -> Void
    ) rethrows {
        var start = 0
        while let next = firstIndex(of: separator, from: start) {
            try body(self[start..<next])
            start = next + 1
        }
        try body(self[start..<byteCount])
    }

    /// Whether the bytes begin with those of `prefix`.
    @inlinable public func hasPrefix(_ prefix: StaticString) -> Bool {
        guard prefix.utf8CodeUnitCount <= byteCount else { return false }
        for index in 0..<prefix.utf8CodeUnitCount
        where unsafe prefix.utf8Start[index] != base.load(fromByteOffset: index, as: UInt8.self) {
            return false
        }
        return true
    }

    /// Without spaces, tabs and line ends at both ends.
    @inlinable public var trimmed: TextSlice {
        var start = 0
        var end = byteCount
        while start < end, TextSlice.isBlank(self[start]) { start += 1 }
        while end > start, TextSlice.isBlank(self[end - 1]) { end -= 1 }
        return self[start..<end]
    }

    @inlinable static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte >= 0x09 && byte <= 0x0d
    }

    /// Whether the bytes are the same.
    @inlinable public static func == (left: TextSlice, right: StaticString) -> Bool {
        left.byteCount == right.utf8CodeUnitCount && left.hasPrefix(right)
    }
}

/// The bytes never change; that they are still there is the receiver's duty on any thread.
extension TextSlice: @unchecked Sendable {}

extension String {
    /// Copies the slice; bytes that are no UTF-8 become U+FFFD.
    @inlinable public init(_ slice: TextSlice) {
        self = unsafe String(
            decoding: UnsafeRawBufferPointer(start: slice.base, count: slice.byteCount),
            as: UTF8.self)
    }
}

extension TextSlice {
    /// Lends the bytes as memory.
    @inlinable @inline(__always)
    public func _withRawBytes<Answer, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try unsafe body(UnsafeRawBufferPointer(start: base, count: byteCount))
    }

    /// Decodes a value that takes all of the bytes.
    @inlinable @inline(__always)
    public func _decode<Value: RemoteValue>(
        _ type: Value.Type
    ) throws(ValueDecodingError) -> Value {
        var reader = unsafe ValueReader(UnsafeRawBufferPointer(start: base, count: byteCount))
        let value = try Value(decoding: &reader)
        try reader.finish()
        return value
    }
}

/// Encodes the slice's bytes behind their count.
public func _encodeValue(
    _ value: TextSlice, into writer: inout ValueWriter
) throws(ValueEncodingError) {
    writer.write(count: value.byteCount)
    unsafe writer.write(
        contentsOf: UnsafeRawBufferPointer(start: value.base, count: value.byteCount))
}

/// Borrows a slice from the reader's bytes.
public func _decodeValue(
    _ type: TextSlice.Type = TextSlice.self, from reader: inout ValueReader
) throws(ValueDecodingError) -> TextSlice {
    let count = try reader.readCount()
    let bytes = try unsafe reader.readBytes(count)
    guard let base = bytes.baseAddress else {
        return unsafe TextSlice(_base: emptyText, byteCount: 0)
    }
    return unsafe TextSlice(_base: base, byteCount: count)
}

/// An address for slices of no bytes; never read.
private var emptyText: UnsafeRawPointer {
    unsafe UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
}
