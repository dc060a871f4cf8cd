// Keys of one or several columns as words of fixed number, so that a table compares and copies them
// without knowing their types. Text of up to twelve bytes lies in its two words; longer text has
// its length, its first bytes and the address of all of them there, as in Neumann and Freitag,
// Umbra, CIDR 2020. What makes two values one key says KeyForm.swift.

/// A key that fits into words, but for long text.
///
/// Integers of up to 64 bits, floating-point numbers, Bool, text, enums with `@Record`, optionals
/// and pairs of such conform.
public protocol PackedKey {
    /// The key as it stands in an answer.
    associatedtype _Stored: PageElement

    /// How many words a key takes.
    static var _wordCount: Int { get }

    /// Whether words may be an address.
    static var _hasText: Bool { get }

    /// Writes the words of the key; equal keys have equal ones, but for addresses.
    ///
    /// - Parameters:
    ///   - hash: of the columns before this one.
    ///   - scratch: keeps text that lies nowhere else.
    /// - Returns: the hash of those columns and this one; the same in every process.
    func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64

    /// Whether words of equal hash are one key although they differ, as addresses may.
    static func _isSame(_ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>) -> Bool

    /// Calls `body` with the two words of each text that does not lie in them.
    static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void)

    /// Whether one key comes before another of equal hash.
    static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool?

    /// Adds the key of some words to a page.
    static func _append(_ words: UnsafePointer<UInt64>, to builder: inout _Stored._Builder)
}

/// Stirs a word into a hash: twice, since after one product consecutive integers still lie side by
/// side (of 100,000 of them 45 in 100 found their slot free, where 81 do by chance).
@inlinable @inline(__always) func stirred(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    folded(folded(word ^ HashSeed.first ^ hash, HashSeed.second), HashSeed.third)
}

/// A key of one word, which decides.
public protocol _WordKey: PackedKey {
    /// The word.
    var _packedWord: UInt64 { get }
    /// The key of a word.
    static func _unpacked(_ word: UInt64) -> _Stored
}

extension _WordKey {
    /// 1.
    @inlinable public static var _wordCount: Int { 1 }
    /// No.
    @inlinable public static var _hasText: Bool { false }
    /// Writes the word.
    @inlinable @inline(__always) public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 {
        let word = _packedWord
        unsafe words.pointee = word
        return stirred(hash, word)
    }
    /// Whether the words are the same.
    @inlinable @inline(__always) public static func _isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool { unsafe left.pointee == right.pointee }
    /// There is none.
    @inlinable @inline(__always) public static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void
    ) {}
    /// By the word.
    @inlinable public static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? {
        unsafe left.pointee == right.pointee ? nil : left.pointee < right.pointee
    }
    /// Adds the key.
    @inlinable @inline(__always) public static func _append(
        _ words: UnsafePointer<UInt64>, to builder: inout _Stored._Builder
    ) { unsafe builder.append(_unpacked(words.pointee)) }
}

extension _WordKey where Self: FixedWidthInteger & PageElement, _Stored == Self {
    /// The integer's bits.
    @inlinable @inline(__always) public var _packedWord: UInt64 {
        UInt64(truncatingIfNeeded: self)
    }
    /// The integer.
    @inlinable @inline(__always) public static func _unpacked(_ word: UInt64) -> Self {
        Self(truncatingIfNeeded: word)
    }
}

extension Int: _WordKey {
    /// Itself.
    public typealias _Stored = Int
}
extension Int8: _WordKey {
    /// Itself.
    public typealias _Stored = Int8
}
extension Int16: _WordKey {
    /// Itself.
    public typealias _Stored = Int16
}
extension Int32: _WordKey {
    /// Itself.
    public typealias _Stored = Int32
}
extension Int64: _WordKey {
    /// Itself.
    public typealias _Stored = Int64
}
extension UInt: _WordKey {
    /// Itself.
    public typealias _Stored = UInt
}
extension UInt8: _WordKey {
    /// Itself.
    public typealias _Stored = UInt8
}
extension UInt16: _WordKey {
    /// Itself.
    public typealias _Stored = UInt16
}
extension UInt32: _WordKey {
    /// Itself.
    public typealias _Stored = UInt32
}
extension UInt64: _WordKey {
    /// Itself.
    public typealias _Stored = UInt64
}

extension Double: _WordKey {
    /// Itself: one NaN, one zero.
    public typealias _Stored = Double
    /// The bits of the number as a key.
    @inlinable @inline(__always) public var _packedWord: UInt64 { _canonicalKey.bitPattern }
    /// The number.
    @inlinable @inline(__always) public static func _unpacked(_ word: UInt64) -> Double {
        Double(bitPattern: word)
    }
}

extension Float: _WordKey {
    /// Itself: one NaN, one zero.
    public typealias _Stored = Float
    /// The bits of the number as a key.
    @inlinable @inline(__always) public var _packedWord: UInt64 {
        UInt64(_canonicalKey.bitPattern)
    }
    /// The number.
    @inlinable @inline(__always) public static func _unpacked(_ word: UInt64) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: word))
    }
}

extension Bool: _WordKey {
    /// Itself.
    public typealias _Stored = Bool
    /// 1 or 0.
    @inlinable @inline(__always) public var _packedWord: UInt64 { self ? 1 : 0 }
    /// The value.
    @inlinable @inline(__always) public static func _unpacked(_ word: UInt64) -> Bool { word != 0 }
}

extension Optional: PackedKey where Wrapped: PackedKey {
    /// The key, if there is one.
    public typealias _Stored = Wrapped._Stored?

    /// Whether there is a key, and the key.
    @inlinable public static var _wordCount: Int { 1 + Wrapped._wordCount }
    /// As the key.
    @inlinable public static var _hasText: Bool { Wrapped._hasText }

    /// Writes whether there is a key, and the key or zeros.
    @inlinable @inline(__always) public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 {
        guard let self else {
            unsafe words.update(repeating: 0, count: Self._wordCount)
            return stirred(hash, 0)
        }
        unsafe words.pointee = 1
        return unsafe self._pack(into: words + 1, stirred(hash, 1), &scratch)
    }
    /// Whether both have none, or the same key.
    @inlinable public static func _isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool {
        guard unsafe left.pointee == right.pointee else { return false }
        return unsafe left.pointee == 0 || Wrapped._isSame(left + 1, right + 1)
    }
    /// Those of the key.
    @inlinable @inline(__always) public static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void
    ) { if unsafe words.pointee != 0 { unsafe Wrapped._forEachLongText(words + 1, body) } }
    /// No key comes first.
    @inlinable public static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? {
        guard unsafe left.pointee == right.pointee else {
            return unsafe left.pointee < right.pointee
        }
        return unsafe left.pointee == 0 ? nil : Wrapped._precedes(left + 1, right + 1)
    }
    /// Adds the key or its absence.
    @inlinable @inline(__always) public static func _append(
        _ words: UnsafePointer<UInt64>, to builder: inout _OptionalBuilder<Wrapped._Stored>
    ) {
        guard unsafe words.pointee != 0 else { return builder.appendAbsent() }
        builder.present.append(true)
        unsafe Wrapped._append(words + 1, to: &builder.values)
    }
}

extension Pair: PackedKey where First: PackedKey, Second: PackedKey {
    /// Both keys.
    public typealias _Stored = Pair<First._Stored, Second._Stored>

    /// Those of both.
    @inlinable public static var _wordCount: Int { First._wordCount + Second._wordCount }
    /// Whether either has.
    @inlinable public static var _hasText: Bool { First._hasText || Second._hasText }

    /// Writes both.
    @inlinable @inline(__always) public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 {
        let hash = unsafe first._pack(into: words, hash, &scratch)
        return unsafe second._pack(into: words + First._wordCount, hash, &scratch)
    }
    /// Whether both are.
    @inlinable public static func _isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool {
        let offset = First._wordCount
        return unsafe First._isSame(left, right) && Second._isSame(left + offset, right + offset)
    }
    /// Those of both.
    @inlinable @inline(__always) public static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void
    ) {
        unsafe First._forEachLongText(words, body)
        unsafe Second._forEachLongText(words + First._wordCount, body)
    }
    /// By the first, then by the second.
    @inlinable public static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? {
        let offset = First._wordCount
        return unsafe First._precedes(left, right)
            ?? Second._precedes(left + offset, right + offset)
    }
    /// Adds both.
    @inlinable @inline(__always) public static func _append(
        _ words: UnsafePointer<UInt64>,
        to builder: inout _PairBuilder<First._Stored, Second._Stored>
    ) {
        unsafe First._append(words, to: &builder.first)
        unsafe Second._append(words + First._wordCount, to: &builder.second)
    }
}
