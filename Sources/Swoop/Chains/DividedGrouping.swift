// Groups by one or several keys whose reductions are exact: runs divide what they have by the hash
// of the key, and each part of the hashes is joined by itself. Answers come in the order of the
// hashes, which is the same however many parts or nodes there are. Tables and entries are in
// SwoopElements (DividedGroups.swift).

public import SwoopElements

/// Two functions' results as one key.
@frozen
public struct _BothFunctions<First: ElementFunction, Second: ElementFunction>:
    ElementFunction
where First.Input == Second.Input {
    @usableFromInline let first: First
    @usableFromInline let second: Second

    /// Joins two functions.
    @inlinable public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }
    /// Reads both's captured values.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        first = try First(_decodingFields: &reader)
        second = try Second(_decodingFields: &reader)
    }
    /// Appends both's captured values.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        first._encodeFields(into: &writer)
        second._encodeFields(into: &writer)
    }
    /// Both results.
    @inlinable @inline(__always)
    public func _apply(_ input: First.Input) throws -> Pair<First.Output, Second.Output> {
        Pair(try first._apply(input), try second._apply(input))
    }
    /// The functions' names.
    public static var _name: String { "\(First._name), \(Second._name)" }
}

/// Folds everything that comes out of a chain into groups, divided by the hash of their keys.
@usableFromInline
package enum DividedGroupsKernel<
    Stage: _ChainStage, KeyFunction: ElementFunction, Inner: ExactReduction
>: _Kernel
where
    Stage.Output == Inner.Element, KeyFunction.Input == Inner.Element,
    KeyFunction.Output: PackedKey
{
    /// Writes a page for each part of the hashes; the fields end with the number of parts.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        let key = try KeyFunction(_decodingFields: &reader)
        let inner = try Inner(_decodingFields: &reader)
        let parts = try reader.read(Int.self)
        guard (1...Int(UInt16.max)).contains(parts) else {
            throw ValueDecodingError.malformed("parts of the groups")
        }
        var groups = DividedGroups<KeyFunction.Output, Inner>(
            inner, parts: parts, host: context._host)
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) { try groups.fold(try key._apply($0), $0) }
            // What elements lend may be gone with their block.
            try groups.drain()
            return true
        }
        context.producedCount = groups.count
        try groups.emit()
    }
}

/// Makes the answers of one part of the hashes.
@usableFromInline
package enum JoinedGroupsKernel<KeyFunction: ElementFunction, Inner: ExactReduction>: _Kernel
where
    KeyFunction.Input == Inner.Element, KeyFunction.Output: PackedKey, Inner.Answer: PageElement
{
    /// Hands on a page of keys and answers.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        _ = try KeyFunction(_decodingFields: &reader)
        let inner = try Inner(_decodingFields: &reader)
        var builder = Pair<KeyFunction.Output._Stored, Inner.Answer>._Builder()
        try JoinedGroups<KeyFunction.Output, Inner>.answers(
            of: context.otherInputs, by: inner, host: context._host, into: &builder)
        context.producedCount = builder.count
        try _emit(&builder, context._host)
    }
}

extension Chain {
    /// Records a grouping that is divided by the hash of its keys.
    @inlinable @inline(__always)
    public func _divided<F: ElementFunction, A: ExactReduction>(
        _ key: F, _ aggregation: A
    ) -> ProxyArray<Pair<F.Output._Stored, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: PackedKey,
        A.Answer: PageElement
    {
        var own = ValueWriter()
        key._encodeFields(into: &own)
        aggregation._encodeFields(into: &own)
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        key._encodeFields(into: &writer)
        aggregation._encodeFields(into: &writer)
        let answer = _kernel(JoinedGroupsKernel<F, A>.self)
        return ProxyArray(
            _handle: recorder._record(
                _LoopSpec(
                    name: "\(Stage._name).grouped(by: \(F._name), computing: \(A._name))",
                    kernel: _kernel(DividedGroupsKernel<Stage, F, A>.self),
                    fields: writer, source: source, leafWidth: Stage.Source._leafWidth,
                    reduction: _LoopSpec.Reduction(
                        combine: answer, answer: answer, fields: own, isOrdered: true,
                        isDivided: true),
                    pageLayout: Pair<F.Output._Stored, A.Answer>._layout)))
    }

    /// Groups the elements by a key and reduces each group.
    ///
    /// ```swift
    /// sales.rows.grouped(by: customer, computing: .all(.counting(), .mean(of: amount)))
    /// ```
    ///
    /// Sums and means of floating-point numbers are exact sums, rounded once. Keys are one where
    /// their bytes are, all NaN and both zeros alike.
    ///
    /// - Returns: pairs of key and answer, in an order that follows from the keys alone and is the
    ///   same on any number of nodes; `sorted` orders them by key.
    @inlinable @inline(__always)
    @_disfavoredOverload public func grouped<F: ElementFunction, A: ExactReduction>(
        by key: F, computing aggregation: A
    ) -> ProxyArray<Pair<F.Output._Stored, A.Answer>>
    where
        F.Input == Stage.Output, A.Element == Stage.Output, F.Output: PackedKey,
        A.Answer: PageElement
    {
        _divided(key, aggregation)
    }

    /// Groups the elements by two keys and reduces each group, as by one.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func grouped<F: ElementFunction, G: ElementFunction, A: ExactReduction>(
        by first: F, _ second: G, computing aggregation: A
    ) -> ProxyArray<Pair<Pair<F.Output._Stored, G.Output._Stored>, A.Answer>>
    where
        F.Input == Stage.Output, G.Input == Stage.Output, A.Element == Stage.Output,
        F.Output: PackedKey, G.Output: PackedKey, A.Answer: PageElement
    {
        _divided(_BothFunctions(first, second), aggregation)
    }

    /// Groups the elements by three keys and reduces each group, as by one; keys are nested from
    /// the left.
    @inlinable @inline(__always)
    @_disfavoredOverload
    public func grouped<
        F: ElementFunction, G: ElementFunction, H: ElementFunction, A: ExactReduction
    >(
        by first: F, _ second: G, _ third: H, computing aggregation: A
    ) -> ProxyArray<
        Pair<Pair<Pair<F.Output._Stored, G.Output._Stored>, H.Output._Stored>, A.Answer>
    >
    where
        F.Input == Stage.Output, G.Input == Stage.Output, H.Input == Stage.Output,
        A.Element == Stage.Output, F.Output: PackedKey, G.Output: PackedKey,
        H.Output: PackedKey, A.Answer: PageElement
    {
        _divided(_BothFunctions(_BothFunctions(first, second), third), aggregation)
    }
}
