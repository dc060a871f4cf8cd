// What makes two values one key, in every operation alike: groups, distinct, joins, sorts, tables
// that are joined with. Keys are one where their bytes are, in the form of a key:
//
// - Text is its UTF-8. Two spellings of one text, "é" as one character or as two, are two keys,
//   as files and other systems have them; Swift's own equality of Strings takes them for one.
// - Of floating-point numbers all NaN are one key, and so are both zeros, which is 0.
// - Sets and dictionaries have no order.
// - Records, pairs, optionals and arrays are keys as what is in them. Equality that a type defines
//   itself is not asked.
//
// SortKey.swift orders keys by the same rule; ValueKeys.swift numbers them.

extension ValueWriter {
    /// A writer of values in the form of keys.
    @inlinable public init(_forKeys: Void) {
        self.init()
        isKey = true
    }
}

extension Double {
    /// The number as a key: one NaN, one zero.
    @inlinable @inline(__always) public var _canonicalKey: Double { isNaN ? .nan : self + 0 }
}

extension Float {
    /// The number as a key: one NaN, one zero.
    @inlinable @inline(__always) public var _canonicalKey: Float { isNaN ? .nan : self + 0 }
}

/// The bytes of a key of at most eight, as one word: what a key that is a number is hashed by,
/// without a buffer between.
public struct _KeyWord {
    /// The bytes, lowest first.
    public let bits: UInt64
    /// How many of them there are; at most eight.
    public let byteCount: Int

    /// Takes the lowest bytes of some bits, as many as a type has.
    @inlinable @inline(__always) init(_ bits: UInt64, byteCount: Int) {
        self.bits = bits
        self.byteCount = byteCount
    }
}

extension RemoteValue where Self: _FixedWidthValue & FixedWidthInteger {
    /// The integer; nil if it is wider than a word.
    @inlinable @inline(__always) public var _keyWord: _KeyWord? {
        guard Self.bitWidth <= UInt64.bitWidth else { return nil }
        return _KeyWord(UInt64(truncatingIfNeeded: self), byteCount: Self.bitWidth / 8)
    }
}

extension Double {
    /// The bit pattern of the number as a key.
    @inlinable @inline(__always) public var _keyWord: _KeyWord? {
        _KeyWord(_canonicalKey.bitPattern, byteCount: 8)
    }
}

extension Float {
    /// The bit pattern of the number as a key.
    @inlinable @inline(__always) public var _keyWord: _KeyWord? {
        _KeyWord(UInt64(_canonicalKey.bitPattern), byteCount: 4)
    }
}

extension Bool {
    /// 1 or 0.
    @inlinable @inline(__always) public var _keyWord: _KeyWord? {
        _KeyWord(self ? 1 : 0, byteCount: 1)
    }
}

/// Values in pieces of so many whose order means nothing.
protocol UnorderedValue {
    /// Encoded values that belong together.
    static var pieceLength: Int { get }
}

extension Set: UnorderedValue {
    /// An element.
    static var pieceLength: Int { 1 }
}

extension Dictionary: UnorderedValue {
    /// A key and its value.
    static var pieceLength: Int { 2 }
}

extension ValueWriter {
    /// Appends pieces in the order of their bytes, behind their count.
    @usableFromInline mutating func writeOrdered(_ pieces: [[UInt8]]) {
        write(count: pieces.count)
        for piece in pieces.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            write(contentsOf: piece)
        }
    }

    /// What is written by the body, in the form of a key.
    @usableFromInline static func key(_ body: (inout ValueWriter) -> Void) -> [UInt8] {
        var writer = ValueWriter(_forKeys: ())
        body(&writer)
        return writer.bytes
    }
}
