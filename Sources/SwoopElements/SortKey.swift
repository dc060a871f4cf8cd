// What collections are ordered by: keys with a number in front that decides most comparisons, so
// that sorting and merging touch the keys themselves only where the numbers are equal.

/// A key that elements can be ordered by, in every process alike.
///
/// Integers, floating-point numbers, Bool, String, `TextSlice`, enums with `@Record`, optionals and
/// pairs of such conform. Text is ordered by its UTF-8 bytes. Which keys are equal says
/// KeyForm.swift.
public protocol SortKey {
    /// The key as a value that can be kept and sent.
    associatedtype Kept: RemoteValue

    /// A number that never falls as keys rise: of two keys with different numbers, the one with the
    /// lower number comes first.
    var _sortNumber: UInt64 { get }

    /// Whether keys with the same number are equal.
    static var _numberDecides: Bool { get }

    /// Whether the key comes before the other one.
    func _isBefore(_ other: Self) -> Bool

    /// The key to keep.
    var _kept: Kept { get }

    /// The one of all keys equal to this that stands for them.
    var _canonicalKey: Self { get }

    /// Lends a kept key.
    static func _withKey<Answer>(_ kept: Kept, _ body: (Self) throws -> Answer) rethrows -> Answer
}

extension SortKey {
    /// The key itself: equal ones are the same.
    @inlinable @inline(__always) public var _canonicalKey: Self { self }
}

/// A key that is a value already.
public protocol _SortValue: SortKey, RemoteValue where Kept == Self {}

extension _SortValue {
    /// Itself.
    @inlinable public var _kept: Self { self }
    /// The key itself.
    @inlinable public static func _withKey<Answer>(
        _ kept: Self, _ body: (Self) throws -> Answer
    ) rethrows -> Answer { try body(kept) }
}

extension SortKey where Self: Comparable {
    /// The type's own order.
    @inlinable @inline(__always) public func _isBefore(_ other: Self) -> Bool { self < other }
}

extension SortKey where Self: FixedWidthInteger {
    /// The integer, moved so that the smallest one is 0.
    @inlinable @inline(__always) public var _sortNumber: UInt64 {
        let bits = UInt64(truncatingIfNeeded: self)
        return Self.isSigned ? bits ^ (1 << 63) : bits
    }
    /// True: 64 bits hold it.
    @inlinable public static var _numberDecides: Bool { true }
}

extension Int: _SortValue {}
extension Int8: _SortValue {}
extension Int16: _SortValue {}
extension Int32: _SortValue {}
extension Int64: _SortValue {}
extension UInt: _SortValue {}
extension UInt8: _SortValue {}
extension UInt16: _SortValue {}
extension UInt32: _SortValue {}
extension UInt64: _SortValue {}

extension Double: _SortValue {
    /// The bits, so that they rise with the number; NaN of whatever kind comes last, and the zeros
    /// are equal.
    @inlinable @inline(__always) public var _sortNumber: UInt64 {
        if isNaN { return .max }
        let bits = (self + 0).bitPattern
        return bits >> 63 == 0 ? bits | (1 << 63) : ~bits
    }
    /// True.
    @inlinable public static var _numberDecides: Bool { true }
    /// By the number: NaN comes last.
    @inlinable @inline(__always) public func _isBefore(_ other: Double) -> Bool {
        _sortNumber < other._sortNumber
    }
}

extension Float: _SortValue {
    /// As that of Double.
    @inlinable @inline(__always) public var _sortNumber: UInt64 { Double(self)._sortNumber }
    /// True.
    @inlinable public static var _numberDecides: Bool { true }
    /// By the number: NaN comes last.
    @inlinable @inline(__always) public func _isBefore(_ other: Float) -> Bool {
        _sortNumber < other._sortNumber
    }
}

extension Bool: _SortValue {
    /// False comes first.
    @inlinable public var _sortNumber: UInt64 { self ? 1 : 0 }
    /// True.
    @inlinable public static var _numberDecides: Bool { true }
    /// False comes first.
    @inlinable public func _isBefore(_ other: Bool) -> Bool { !self && other }
}

extension String: _SortValue {
    /// The first eight bytes.
    @inlinable public var _sortNumber: UInt64 {
        var number: UInt64 = 0
        var count = 0
        for byte in utf8.prefix(8) {
            number = number << 8 | UInt64(byte)
            count += 1
        }
        return count == 0 ? 0 : number << UInt64(8 * (8 - count))
    }
    /// False: there may be more bytes.
    @inlinable public static var _numberDecides: Bool { false }
    /// By the bytes.
    @inlinable public func _isBefore(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}

extension Optional: SortKey where Wrapped: SortKey {
    /// Nothing comes first; a value's number loses its last bit.
    @inlinable public var _sortNumber: UInt64 {
        guard let value = self else { return 0 }
        return value._sortNumber >> 1 | 1 << 63
    }
    /// False: a bit is lost.
    @inlinable public static var _numberDecides: Bool { false }
    /// Nothing comes first.
    @inlinable public func _isBefore(_ other: Wrapped?) -> Bool {
        guard let other else { return false }
        guard let value = self else { return true }
        return value._isBefore(other)
    }
    /// The value's.
    @inlinable public var _canonicalKey: Wrapped? { self.map { $0._canonicalKey } }
    /// The value's key to keep.
    @inlinable public var _kept: Wrapped.Kept? { self.map { $0._kept } }
    /// Lends a kept key.
    @inlinable public static func _withKey<Answer>(
        _ kept: Wrapped.Kept?, _ body: (Wrapped?) throws -> Answer
    ) rethrows -> Answer {
        guard let kept else { return try body(nil) }
        return try Wrapped._withKey(kept) { try body($0) }
    }
}

extension Pair: SortKey where First: SortKey, Second: SortKey {
    /// The first one's number.
    @inlinable public var _sortNumber: UInt64 { first._sortNumber }
    /// False: the second one may decide.
    @inlinable public static var _numberDecides: Bool { false }
    /// By the first, then by the second.
    @inlinable public func _isBefore(_ other: Pair<First, Second>) -> Bool {
        if first._isBefore(other.first) { return true }
        return !other.first._isBefore(first) && second._isBefore(other.second)
    }
    /// Those of both.
    @inlinable public var _canonicalKey: Pair<First, Second> {
        Pair<First, Second>(first._canonicalKey, second._canonicalKey)
    }
    /// Both keys to keep.
    @inlinable public var _kept: Pair<First.Kept, Second.Kept> {
        Pair<First.Kept, Second.Kept>(first._kept, second._kept)
    }
    /// Lends a kept key.
    @inlinable public static func _withKey<Answer>(
        _ kept: Pair<First.Kept, Second.Kept>, _ body: (Pair<First, Second>) throws -> Answer
    ) rethrows -> Answer {
        try First._withKey(kept.first) { first in
            try Second._withKey(kept.second) { second in
                try body(Pair<First, Second>(first, second))
            }
        }
    }
}

/// Whether one value comes before another: texts by their bytes, as sorts have them, anything else
/// in its type's own order.
@inlinable @inline(__always)
public func _comesBefore<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
    if Value.self == String.self, let left = left as? String, let right = right as? String {
        return left._isBefore(right)
    }
    return left < right
}

/// A key in the opposite order.
@frozen public struct _DescendingKey<Key: SortKey>: SortKey {
    @usableFromInline let key: Key

    /// Turns the order of a key around.
    @inlinable public init(_ key: Key) { self.key = key }
    /// The number, turned around.
    @inlinable @inline(__always) public var _sortNumber: UInt64 { ~key._sortNumber }
    /// As the key.
    @inlinable public static var _numberDecides: Bool { Key._numberDecides }
    /// Whether the other key comes before.
    @inlinable @inline(__always) public func _isBefore(_ other: _DescendingKey) -> Bool {
        other.key._isBefore(key)
    }
    /// The key to keep.
    @inlinable public var _kept: Key.Kept { key._kept }
    /// Lends a kept key.
    @inlinable public static func _withKey<Answer>(
        _ kept: Key.Kept, _ body: (_DescendingKey) throws -> Answer
    ) rethrows -> Answer { try Key._withKey(kept) { try body(_DescendingKey($0)) } }
}

/// A key of any type that can be compared: every comparison looks at the key itself.
@frozen public struct _ComparedKey<Key: Comparable & RemoteValue>: SortKey {
    @usableFromInline let key: Key

    /// Orders by the type's own order.
    @inlinable public init(_ key: Key) { self.key = key }
    /// Always 0.
    @inlinable public var _sortNumber: UInt64 { 0 }
    /// False.
    @inlinable public static var _numberDecides: Bool { false }
    /// The type's own order.
    @inlinable public func _isBefore(_ other: _ComparedKey) -> Bool { key < other.key }
    /// The key.
    @inlinable public var _kept: Key { key }
    /// Lends a kept key.
    @inlinable public static func _withKey<Answer>(
        _ kept: Key, _ body: (_ComparedKey) throws -> Answer
    ) rethrows -> Answer { try body(_ComparedKey(kept)) }
}

extension TextSlice: SortKey {
    /// The first eight bytes.
    @inlinable @inline(__always) public var _sortNumber: UInt64 {
        if byteCount >= 8 {
            return unsafe UInt64(bigEndian: base.loadUnaligned(as: UInt64.self))
        }
        var number: UInt64 = 0
        for index in 0..<byteCount {
            unsafe number = number << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self))
        }
        return byteCount == 0 ? 0 : number << UInt64(8 * (8 - byteCount))
    }
    /// False: there may be more bytes.
    @inlinable public static var _numberDecides: Bool { false }
    /// By the bytes.
    @inlinable public func _isBefore(_ other: TextSlice) -> Bool {
        let least = Swift.min(byteCount, other.byteCount)
        for index in 0..<least {
            let left = unsafe base.load(fromByteOffset: index, as: UInt8.self)
            let right = unsafe other.base.load(fromByteOffset: index, as: UInt8.self)
            if left != right { return left < right }
        }
        return byteCount < other.byteCount
    }
    /// The bytes.
    @inlinable public var _kept: [UInt8] { withSpan { span in span.indices.map { span[$0] } } }
    /// Lends the bytes as a slice.
    @inlinable public static func _withKey<Answer>(
        _ kept: [UInt8], _ body: (TextSlice) throws -> Answer
    ) rethrows -> Answer {
        try unsafe kept.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else {
                return try unsafe body(
                    TextSlice(
                        _base: UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped, byteCount: 0))
            }
            return try unsafe body(TextSlice(_base: base, byteCount: bytes.count))
        }
    }
}
