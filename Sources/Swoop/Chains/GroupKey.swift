// Keys whose groups have a table made for them: text and numbers. One overload for all of them,
// since the compiler tries every overload of every chain of an expression against every other.

public import SwoopElements

/// A key with a table of its own for groups; other keys are kept as they are encoded.
public protocol _GroupKey: Hashable, PageElement {
    /// Groups elements by such a key.
    static func _grouped<Stage, F: ElementFunction, A: Reduction>(
        _ chain: Chain<Stage>, by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<Self, A.Answer>>
    where
        F.Input == Stage.Output, F.Output == Self, A.Element == Stage.Output,
        A.Answer: PageElement
}

extension String: _GroupKey {
    /// Groups by the bytes of the text.
    @inlinable @inline(__always)
    public static func _grouped<Stage, F: ElementFunction, A: Reduction>(
        _ chain: Chain<Stage>, by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<String, A.Answer>>
    where
        F.Input == Stage.Output, F.Output == String, A.Element == Stage.Output,
        A.Answer: PageElement
    { chain._grouped(StringKeys.self, key, aggregation) }
}

extension _GroupKey where Self: FixedWidthInteger {
    /// Groups by the integer.
    @inlinable @inline(__always)
    public static func _grouped<Stage, F: ElementFunction, A: Reduction>(
        _ chain: Chain<Stage>, by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<Self, A.Answer>>
    where
        F.Input == Stage.Output, F.Output == Self, A.Element == Stage.Output,
        A.Answer: PageElement
    { chain._grouped(IntegerKeys<Self>.self, key, aggregation) }
}

extension _GroupKey where Self: BinaryFloatingPoint & _SortValue {
    /// Groups by the number.
    @inlinable @inline(__always)
    public static func _grouped<Stage, F: ElementFunction, A: Reduction>(
        _ chain: Chain<Stage>, by key: F, _ aggregation: A
    ) -> ProxyArray<Pair<Self, A.Answer>>
    where
        F.Input == Stage.Output, F.Output == Self, A.Element == Stage.Output,
        A.Answer: PageElement
    { chain._grouped(FloatKeys<Self>.self, key, aggregation) }
}

extension Int: _GroupKey {}
extension Int8: _GroupKey {}
extension Int16: _GroupKey {}
extension Int32: _GroupKey {}
extension Int64: _GroupKey {}
extension UInt: _GroupKey {}
extension UInt8: _GroupKey {}
extension UInt16: _GroupKey {}
extension UInt32: _GroupKey {}
extension UInt64: _GroupKey {}
extension Int128: _GroupKey {}
extension UInt128: _GroupKey {}
extension Double: _GroupKey {}
extension Float: _GroupKey {}
