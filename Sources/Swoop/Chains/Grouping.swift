// Reductions by key: a table of partial results, one for each key, folded and combined key by key.

public import SwoopElements

/// A reduction of the elements of each key.
@frozen public struct Grouping<KeyFunction: ElementFunction, Inner: Reduction>: Reduction
where KeyFunction.Input == Inner.Element, KeyFunction.Output: Hashable & RemoteValue {
    /// What elements are grouped by.
    public typealias Key = KeyFunction.Output

    @usableFromInline let key: KeyFunction
    @usableFromInline let inner: Inner

    /// Groups by `key` and reduces each group.
    @inlinable public init(by key: KeyFunction, _ inner: Inner) {
        self.key = key
        self.inner = inner
    }
    /// No groups.
    @inlinable public var identity: [Key: Inner.Partial] { [:] }
    /// The key and what the inner reduction keeps.
    @inlinable public func lift(_ element: Inner.Element) throws -> Pair<Key, Inner.Raw> {
        Pair(try key._apply(element), try inner.lift(element))
    }
    /// Folds into the key's group.
    @inlinable public func fold(
        _ raw: Pair<Key, Inner.Raw>, into partial: inout [Key: Inner.Partial]
    ) throws {
        try inner.fold(raw.second, into: &partial[raw.first, default: inner.identity])
    }
    /// Combines key by key.
    @inlinable public func combine(
        _ right: [Key: Inner.Partial], into left: inout [Key: Inner.Partial]
    ) throws {
        for (key, part) in right {
            try inner.combine(part, into: &left[key, default: inner.identity])
        }
    }
    /// The groups' answers, ordered by key.
    @inlinable public func answer(
        _ partial: [Key: Inner.Partial]
    ) throws -> [Pair<Key, Inner.Answer>] {
        try _inFixedOrder(Array(partial.keys)).compactMap { key in
            guard let part = partial[key] else { return nil }
            return Pair(key, try inner.answer(part))
        }
    }
    /// Appends both's captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        key._encodeFields(into: &writer)
        inner._encodeFields(into: &writer)
    }
    /// Reads both's captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        key = try KeyFunction(_decodingFields: &reader)
        inner = try Inner(_decodingFields: &reader)
    }
    /// The reduction's name.
    public static var _name: String { "grouped(by: \(KeyFunction._name), \(Inner._name))" }
}

extension Grouping: ExactReduction where Inner: ExactReduction {}

/// The keys in an order that is the same in every process: their own, else that of their bytes.
public func _inFixedOrder<Key: RemoteValue>(_ keys: [Key]) -> [Key] {
    func sorted<Ordered: Comparable>(_ type: Ordered.Type) -> [Key]? {
        (keys as? [Ordered])?.sorted() as? [Key]
    }
    if let type = Key.self as? any Comparable.Type, let ordered = sorted(type) { return ordered }
    return keys.map { (key: $0, bytes: $0.encodedBytes) }
        .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        .map(\.key)
}
