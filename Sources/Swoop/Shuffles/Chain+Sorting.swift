// `sorted`: a chain's elements in the order of their keys, as a chain that goes on. Every part is
// sorted where it is, and each partition of the keys merged from all parts (sample sort: Frazer and
// McKellar, Journal of the ACM 17, 1970); what does not fit into memory waits on disks. Overloads
// for functions stand back behind those for key paths: where they do not, the compiler tries both
// of each sort of an expression against those of all others.

public import SwoopElements

/// The opposite of the usual order.
public enum SortOrder: Sendable {
    /// The largest key first.
    case descending
}

extension Chain where Stage.Output: PageElement {
    /// The elements in the order of their keys; those of equal keys stay in the order of the
    /// source.
    ///
    /// Keys are integers, floating-point numbers (NaN last), `Bool`, `String` and `TextSlice` (by
    /// their bytes), optionals (nil first) and `Pair`s of such.
    ///
    /// ```swift
    /// remote.csv("trades.csv", as: Trade.self).sorted(by: price).saved(asCSV: "by-price")
    /// ```
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(
        by key: F
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, F>>
    where F.Input == Stage.Output, F.Output: SortKey { _sorted(_ElementRows.self, by: key) }

    /// The elements in the opposite order of their keys; those of equal keys stay in the order of
    /// the source.
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(
        by key: F, _ order: SortOrder
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, _DescendingFunction<F>>>
    where F.Input == Stage.Output, F.Output: SortKey {
        _sorted(_ElementRows.self, by: _DescendingFunction(key))
    }

    /// The elements in their own order.
    @inlinable @inline(__always)
    public func sorted() -> Chain<
        _MergedSource<_ElementRows<Stage.Output>, _ItselfFunction<Stage.Output>>
    >
    where Stage.Output: SortKey {
        _sorted(_ElementRows.self, by: _ItselfFunction<Stage.Output>())
    }
}

extension Chainable where Stage.Output: PageElement {
    /// The elements in the order of their keys, which are of a type that can be compared.
    ///
    /// Not in `Chain`: beside an overload there that takes the keys as well, this one stands back.
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(
        by key: F
    ) -> Chain<_MergedSource<_ElementRows<Stage.Output>, _ComparedFunction<F>>>
    where F.Input == Stage.Output, F.Output: Comparable & RemoteValue {
        chain._sorted(_ElementRows.self, by: _ComparedFunction(key))
    }
}

extension Chain where Stage.Output == TextSlice {
    /// The pieces of text in the order of their keys; those of equal keys stay in the order of the
    /// source.
    ///
    /// ```swift
    /// @Remote func key(_ line: TextSlice) -> TextSlice { line.prefix(10) }
    /// remote.lines("sort.txt").sorted(by: key).saved(asText: "sorted/part")
    /// ```
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(by key: F) -> Chain<_MergedSource<_TextRows, F>>
    where F.Input == Stage.Output, F.Output: SortKey { _sorted(_TextRows.self, by: key) }

    /// The pieces of text in the opposite order of their keys.
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(
        by key: F, _ order: SortOrder
    ) -> Chain<_MergedSource<_TextRows, _DescendingFunction<F>>>
    where F.Input == Stage.Output, F.Output: SortKey {
        _sorted(_TextRows.self, by: _DescendingFunction(key))
    }

    /// The pieces of text in the order of their bytes.
    @inlinable @inline(__always)
    public func sorted() -> Chain<_MergedSource<_TextRows, _ItselfFunction<TextSlice>>> {
        _sorted(_TextRows.self, by: _ItselfFunction<TextSlice>())
    }

    /// The pieces of text as a stored collection.
    @inlinable @inline(__always)
    public func stored() -> ProxyArray<String> {
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        return ProxyArray(
            _handle: recorder._record(
                _LoopSpec(
                    name: "\(Stage._name).stored", kernel: _kernel(TextPagesKernel<Stage>.self),
                    fields: writer, source: source, leafWidth: Stage.Source._leafWidth,
                    reduction: nil, pageLayout: String._layout)))
    }
}

/// Writes the text that comes out of a chain as a page.
@usableFromInline package enum TextPagesKernel<Stage: _ChainStage>: _Kernel
where Stage.Output == TextSlice {
    /// Hands on one page.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        var rows = _TextRows(host: context._host)
        var entries: [_SortEntry] = []
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) { text in
                entries.append(_SortEntry(number: 0, row: entries.count))
                try rows.append(text)
            }
            return true
        }
        context.producedCount = entries.count
        guard !entries.isEmpty else {
            var none = String._Builder()
            return try _emit(&none, context._host)
        }
        try rows.write(entries, [0..<entries.count], to: context._host)
    }
}

extension ProxyArray {
    /// The elements in the order of their keys, as a chain: see `Chain.sorted(by:)`.
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(
        by key: F
    ) -> Chain<_MergedSource<_ElementRows<Element>, F>>
    where F.Input == Element, F.Output: SortKey { chain.sorted(by: key) }

    /// The elements in the opposite order of their keys, as a chain.
    @inlinable @inline(__always) @_disfavoredOverload
    public func sorted<F: ElementFunction>(
        by key: F, _ order: SortOrder
    ) -> Chain<_MergedSource<_ElementRows<Element>, _DescendingFunction<F>>>
    where F.Input == Element, F.Output: SortKey { chain.sorted(by: key, order) }

    /// The elements in their own order, as a chain.
    @inlinable @inline(__always)
    public func sorted() -> Chain<_MergedSource<_ElementRows<Element>, _ItselfFunction<Element>>>
    where Element: SortKey { chain.sorted() }
}
