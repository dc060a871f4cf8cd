// The growing buffer into which a value is encoded before it travels: little-endian, no padding, no
// tags. What each type writes is in RemoteValue.swift; ValueReader.swift reads it back.

/// Why a value could not be encoded; types with an encoding of their own never fail.
public enum ValueEncodingError: Error, Hashable, Sendable {
    /// A `Codable` type threw while it encoded itself; the text is its error's description.
    case rejectedByType(String)
    /// Values lie inside one another deeper than `ValueReader.depthMax`.
    case tooDeep
}

/// A growing buffer of encoded values, little-endian and one after the other.
public struct ValueWriter: Sendable {
    /// A place in the bytes where the encoded value of a proxy is to be spliced in.
    @usableFromInline package struct Capture: Sendable {
        /// The index in `bytes` before which the value belongs.
        public let offset: Int
        /// The proxy's handle, known to the surface alone.
        public let handle: any AnyObject & Sendable
    }

    /// Everything written so far.
    @inlinable public var bytes: [UInt8] { storage }
    @usableFromInline var storage: [UInt8] = []
    /// The proxies met while encoding, ordered by offset; empty but for the fields of a chain.
    @usableFromInline package private(set) var captures: [Capture] = []

    /// Where values of a call lie that take much: a sample of each tells it from others.
    @usableFromInline package private(set) var largeValues: [Range<Int>] = []

    /// Stands for the code of the functions that are called with what was written: a hash of their
    /// fingerprints, in their order; 0: none was noted.
    @usableFromInline package private(set) var code: UInt64 = 0

    /// Values that take less are not noted: 256 KiB.
    package static let largeValueMin = 256 << 10

    /// Whether values are written in the form of keys (KeyForm.swift): equal keys then have equal
    /// bytes.
    @inlinable public var _isKey: Bool { isKey }
    @usableFromInline var isKey = false

    /// Makes an empty writer.
    public init() {}

    /// Makes an empty writer with room for so many bytes.
    public init(capacity: Int) { storage.reserveCapacity(capacity) }

    /// The number of bytes written so far.
    public var byteCount: Int { storage.count }

    /// Appends one integer of fixed width, lowest byte first.
    @inlinable public mutating func write<Number: FixedWidthInteger & BitwiseCopyable>(
        _ number: Number
    ) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe storage.append(contentsOf: $0) }
    }

    /// Appends a count of elements or bytes as eight bytes.
    @inlinable public mutating func write(count: Int) { write(UInt64(count)) }

    /// Appends the bytes as they are, with no count in front.
    @inlinable public mutating func write(contentsOf other: [UInt8]) {
        storage.append(contentsOf: other)
    }

    /// Appends the bytes as they are, with no count in front; borrowed for the call.
    @inlinable public mutating func write(contentsOf other: UnsafeRawBufferPointer) {
        unsafe storage.append(contentsOf: other)
    }

    /// Marks that the encoded value of a proxy belongs here.
    public mutating func _capture(_ handle: any AnyObject & Sendable) {
        captures.append(Capture(offset: storage.count, handle: handle))
    }

    /// Takes note of a function that is called with what was written, by its fingerprint.
    public mutating func _note(code fingerprint: UInt64) {
        code = ((code ^ fingerprint ^ 0xcbf2_9ce4_8422_2325) &* 0x100_0000_01b3)
    }

    /// Takes note of code that is told from all other by a name with the types in it.
    public mutating func _note(code name: String) { _note(code: _PageLayout(name).hash) }

    /// Takes note of a value that was written since there were so many bytes, if it takes much.
    mutating func noteValue(since start: Int) {
        guard storage.count - start >= Self.largeValueMin else { return }
        largeValues.append(start..<storage.count)
    }

    /// Forgets what was written and keeps the memory.
    @inlinable public mutating func removeAll() {
        storage.removeAll(keepingCapacity: true)
        if !captures.isEmpty || !largeValues.isEmpty || code != 0 { forgetMarks() }
    }

    @usableFromInline mutating func forgetMarks() {
        captures.removeAll()
        largeValues.removeAll()
        code = 0
    }
}
