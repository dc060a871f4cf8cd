// Enums with raw values as keys of groups, sorts and joins: their raw values stand for them. The
// code that @Record writes for an enum names what is here.

extension PackedKey
where
    Self: RawRepresentable & ConvertedElement, StoredForm == RawValue, RawValue: PackedKey,
    RawValue._Stored == RawValue, _Stored == Self
{
    /// Those of the raw value.
    @inlinable public static var _wordCount: Int { RawValue._wordCount }
    /// As the raw value.
    @inlinable public static var _hasText: Bool { RawValue._hasText }
    /// Writes the raw value's words.
    @inlinable @inline(__always) public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 { unsafe rawValue._pack(into: words, hash, &scratch) }
    /// Whether the raw values are.
    @inlinable @inline(__always) public static func _isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool { unsafe RawValue._isSame(left, right) }
    /// Those of the raw value.
    @inlinable @inline(__always) public static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void
    ) { unsafe RawValue._forEachLongText(words, body) }
    /// By the raw values.
    @inlinable public static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? { unsafe RawValue._precedes(left, right) }
    /// Adds the raw value.
    @inlinable @inline(__always) public static func _append(
        _ words: UnsafePointer<UInt64>, to builder: inout _ConvertedBuilder<Self>
    ) { unsafe RawValue._append(words, to: &builder.stored) }
}

/// The order of an enum with raw values: its own where it has one, else that of the raw values.
///
/// Each is there twice, so that the compiler chooses where the enum is known.
public enum _EnumOrder {
    /// The raw value's number.
    @inlinable public static func number<Value: RawRepresentable>(of value: Value) -> UInt64
    where Value.RawValue: SortKey { value.rawValue._sortNumber }

    /// Always 0: the type's own order is asked.
    @inlinable public static func number<Value: RawRepresentable & Comparable>(
        of value: Value
    ) -> UInt64 where Value.RawValue: SortKey { 0 }

    /// Whether enums of the same number are equal.
    @inlinable public static func numberDecides<Value: RawRepresentable>(_ type: Value.Type) -> Bool
    where Value.RawValue: SortKey { Value.RawValue._numberDecides }

    /// False: the type's own order is asked.
    @inlinable public static func numberDecides<Value: RawRepresentable & Comparable>(
        _ type: Value.Type
    ) -> Bool where Value.RawValue: SortKey { false }

    /// Whether the raw value comes first.
    @inlinable public static func isBefore<Value: RawRepresentable>(
        _ left: Value, _ right: Value
    ) -> Bool where Value.RawValue: SortKey { left.rawValue._isBefore(right.rawValue) }

    /// Whether the left one comes first in the type's own order.
    @inlinable public static func isBefore<Value: RawRepresentable & Comparable>(
        _ left: Value, _ right: Value
    ) -> Bool where Value.RawValue: SortKey { left < right }
}
