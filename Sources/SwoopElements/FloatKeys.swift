// Keys that are floating-point numbers: numbered as integers that rise with them, so that a NaN is
// equal to every other one, which it is not by itself, and the zeros are one key.

/// Keys of which all NaN are one, the last in order, and both zeros are 0.
@usableFromInline
package struct FloatKeys<Key: BinaryFloatingPoint & _SortValue & PageElement>: _GroupKeys, ~Copyable
{
    /// The numbers themselves.
    public typealias _Stored = Key

    @usableFromInline var numbers = IntegerKeys<UInt64>()

    /// Makes an empty table.
    @inlinable public init() {}

    /// The number of keys.
    @inlinable public var count: Int { numbers.count }

    /// About how many bytes the table takes.
    @inlinable public var byteCount: Int { numbers.byteCount }

    /// The number of a key.
    @inlinable @inline(__always) public mutating func number(of key: Key) -> Int {
        numbers.number(of: key._sortNumber)
    }

    /// The key of a number.
    @inlinable public func stored(_ number: Int) -> Key {
        let bits = numbers.stored(number)
        if bits == .max { return .nan }
        return Key(Double(bitPattern: bits >> 63 == 1 ? bits & ~(1 << 63) : ~bits))
    }

    /// By size, NaN last.
    @inlinable public func numbersInOrder() -> [Int] { numbers.numbersInOrder() }

    /// Appends the key.
    @inlinable public func encodeKey(_ number: Int, into writer: inout ValueWriter) {
        numbers.encodeKey(number, into: &writer)
    }

    /// Reads a key.
    @inlinable public mutating func takeKey(
        from reader: inout ValueReader
    ) throws(ValueDecodingError) -> Int {
        try numbers.takeKey(from: &reader)
    }
}
