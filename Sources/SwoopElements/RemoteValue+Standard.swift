// How the standard library's types are encoded: fixed-width numbers raw and little-endian, String
// as its count and UTF-8, arrays as their count and their elements, optionals as a byte and the
// value.

/// A number whose every bit pattern of fixed width is a value: arrays of it are copied as memory.
public protocol _FixedWidthValue: BitwiseCopyable, Sendable {
    /// Zero.
    init()
}

extension RemoteValue where Self: _FixedWidthValue {
    /// The number's width.
    public static var _byteCountMin: Int { MemoryLayout<Self>.size }

    /// The number's width.
    public static var _fixedByteCount: Int? { MemoryLayout<Self>.size }

    /// Appends the numbers as they lie in memory.
    @inlinable public static func _encodeAll(
        _ elements: UnsafeBufferPointer<Self>, into writer: inout ValueWriter
    ) {
        unsafe writer.write(contentsOf: UnsafeRawBufferPointer(elements))
    }

    /// Copies the numbers out of the bytes.
    @inlinable public static func _decodeAll(
        _ count: Int, from reader: inout ValueReader
    ) throws(ValueDecodingError) -> [Self] {
        let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Self>.size)
        guard !overflow else { throw .countTooLarge }
        let bytes = try unsafe reader.readBytes(size)
        return unsafe [Self](unsafeUninitializedCapacity: count) { buffer, initialized in
            unsafe UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            initialized = count
        }
    }
}

extension RemoteValue where Self: _FixedWidthValue & FixedWidthInteger {
    /// Appends the integer, lowest byte first.
    @inlinable public func encode(into writer: inout ValueWriter) { writer.write(self) }

    /// Reads an integer.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        self = try reader.read(Self.self)
    }
}

extension Int: _FixedWidthValue, RemoteValue {}
extension Int8: _FixedWidthValue, RemoteValue {}
extension Int16: _FixedWidthValue, RemoteValue {}
extension Int32: _FixedWidthValue, RemoteValue {}
extension Int64: _FixedWidthValue, RemoteValue {}
extension UInt: _FixedWidthValue, RemoteValue {}
extension UInt8: _FixedWidthValue, RemoteValue {}
extension UInt16: _FixedWidthValue, RemoteValue {}
extension UInt32: _FixedWidthValue, RemoteValue {}
extension UInt64: _FixedWidthValue, RemoteValue {}
extension Int128: _FixedWidthValue, RemoteValue {}
extension UInt128: _FixedWidthValue, RemoteValue {}

extension Float: _FixedWidthValue, RemoteValue {
    /// Appends the bit pattern.
    @inlinable public func encode(into writer: inout ValueWriter) {
        writer.write(writer._isKey ? _canonicalKey.bitPattern : bitPattern)
    }

    /// Appends the numbers as they lie in memory, or those of keys one by one.
    @inlinable public static func _encodeAll(
        _ elements: UnsafeBufferPointer<Float>, into writer: inout ValueWriter
    ) {
        guard writer._isKey else {
            return unsafe writer.write(contentsOf: UnsafeRawBufferPointer(elements))
        }
        for index in 0..<elements.count { unsafe elements[index].encode(into: &writer) }
    }

    /// Reads a bit pattern; any is a value.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        self.init(bitPattern: try reader.read(UInt32.self))
    }
}

extension Double: _FixedWidthValue, RemoteValue {
    /// Appends the bit pattern.
    @inlinable public func encode(into writer: inout ValueWriter) {
        writer.write(writer._isKey ? _canonicalKey.bitPattern : bitPattern)
    }

    /// Appends the numbers as they lie in memory, or those of keys one by one.
    @inlinable public static func _encodeAll(
        _ elements: UnsafeBufferPointer<Double>, into writer: inout ValueWriter
    ) {
        guard writer._isKey else {
            return unsafe writer.write(contentsOf: UnsafeRawBufferPointer(elements))
        }
        for index in 0..<elements.count { unsafe elements[index].encode(into: &writer) }
    }

    /// Reads a bit pattern; any is a value.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        self.init(bitPattern: try reader.read(UInt64.self))
    }
}

extension Bool: RemoteValue {
    /// A byte.
    public static var _fixedByteCount: Int? { 1 }

    /// Appends 1 or 0.
    @inlinable public func encode(into writer: inout ValueWriter) {
        writer.write(UInt8(self ? 1 : 0))
    }

    /// Reads 1 or 0.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        switch try reader.read(UInt8.self) {
        case 0: self = false
        case 1: self = true
        default: throw .malformed("Bool")
        }
    }
}

extension String: RemoteValue {
    /// The eight bytes of its count.
    public static var _byteCountMin: Int { 8 }

    /// Appends the count of bytes and the UTF-8.
    @inlinable public func encode(into writer: inout ValueWriter) {
        var copy = self
        copy.withUTF8 { bytes in
            writer.write(count: bytes.count)
            unsafe writer.write(contentsOf: UnsafeRawBufferPointer(bytes))
        }
    }

    /// Reads UTF-8; bytes that are none are refused.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount()
        let bytes = try unsafe reader.readBytes(count)
        guard let text = unsafe String(validating: bytes, as: UTF8.self) else {
            throw .malformed("UTF-8")
        }
        self = text
    }
}

extension Array: RemoteValue where Element: RemoteValue {
    /// The eight bytes of its count.
    public static var _byteCountMin: Int { 8 }

    /// Appends the count and the elements.
    @inlinable public func encode(into writer: inout ValueWriter) {
        writer.write(count: count)
        unsafe withUnsafeBufferPointer { unsafe Element._encodeAll($0, into: &writer) }
    }

    /// Reads a count and so many elements.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount(byteCountMin: Element._byteCountMin)
        self = try Element._decodeAll(count, from: &reader)
    }
}

extension ContiguousArray: RemoteValue where Element: RemoteValue {
    /// The eight bytes of its count.
    public static var _byteCountMin: Int { 8 }

    /// Appends the count and the elements.
    @inlinable public func encode(into writer: inout ValueWriter) {
        Array(self).encode(into: &writer)
    }

    /// Reads a count and so many elements.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        self = ContiguousArray(try [Element](decoding: &reader))
    }
}

extension Optional: RemoteValue where Wrapped: RemoteValue {
    /// Appends 0, or 1 and the value.
    @inlinable public func encode(into writer: inout ValueWriter) {
        guard let value = self else { return writer.write(UInt8(0)) }
        writer.write(UInt8(1))
        value.encode(into: &writer)
    }

    /// Reads 0, or 1 and a value.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        guard try Bool(decoding: &reader) else {
            self = nil
            return
        }
        try reader._descend()
        self = try Wrapped(decoding: &reader)
        reader._ascend()
    }
}

extension Dictionary: RemoteValue where Key: RemoteValue, Value: RemoteValue {
    /// The eight bytes of its count.
    public static var _byteCountMin: Int { 8 }

    /// Appends the count and the pairs, in an order that differs from process to process.
    @inlinable public func encode(into writer: inout ValueWriter) {
        if writer._isKey {
            return writer.writeOrdered(
                map { key, value in
                    ValueWriter.key {
                        key.encode(into: &$0)
                        value.encode(into: &$0)
                    }
                })
        }
        writer.write(count: count)
        for (key, value) in self {
            key.encode(into: &writer)
            value.encode(into: &writer)
        }
    }

    /// Reads a count and so many pairs; refuses a key that comes twice.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let count = try reader.readCount(byteCountMin: Key._byteCountMin + Value._byteCountMin)
        self.init(minimumCapacity: _reserved(count, reader, MemoryLayout<(Key, Value)>.stride))
        try reader._descend()
        for _ in 0..<count {
            let key = try Key(decoding: &reader)
            guard updateValue(try Value(decoding: &reader), forKey: key) == nil else {
                throw .malformed("a key that comes twice")
            }
        }
        reader._ascend()
    }
}

extension Set: RemoteValue where Element: RemoteValue {
    /// The eight bytes of its count.
    public static var _byteCountMin: Int { 8 }

    /// Appends the count and the elements, in an order that differs from process to process.
    @inlinable public func encode(into writer: inout ValueWriter) {
        if writer._isKey {
            return writer.writeOrdered(
                map { element in ValueWriter.key { element.encode(into: &$0) } })
        }
        Array(self).encode(into: &writer)
    }

    /// Reads a count and so many elements; refuses one that comes twice.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let elements = try [Element](decoding: &reader)
        self.init(elements)
        guard count == elements.count else { throw .malformed("an element that comes twice") }
    }
}

extension Range: RemoteValue where Bound: RemoteValue {
    /// Two bounds.
    public static var _byteCountMin: Int { 2 * Bound._byteCountMin }

    /// Appends the bounds.
    @inlinable public func encode(into writer: inout ValueWriter) {
        lowerBound.encode(into: &writer)
        upperBound.encode(into: &writer)
    }

    /// Reads two bounds in order.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        let lower = try Bound(decoding: &reader)
        let upper = try Bound(decoding: &reader)
        guard lower <= upper else { throw .malformed("Range") }
        self = lower..<upper
    }
}

/// The capacity to reserve for a count that bytes announce: no more memory than bytes are left.
@usableFromInline func _reserved(_ count: Int, _ reader: borrowing ValueReader, _ stride: Int)
    -> Int
{
    Swift.min(count, reader.remaining / Swift.max(1, stride))
}
