// Reductions by key: what describes one, and the kernels that fold, join and answer it. The tables
// and the tree of each key are in SwoopElements (GroupFolding.swift); which table a key has is
// chosen by the overloads of `grouped` in Chain+Groups.swift, and what becomes of groups that one
// table has no room for in GroupCutKernels.swift.

public import SwoopElements

/// A reduction of the elements of each key.
@frozen
public struct Grouping<
    KeyFunction: ElementFunction, Keys: _GroupKeys & ~Copyable, Inner: Reduction
>:
    Sendable
where KeyFunction.Input == Inner.Element, KeyFunction.Output == Keys.Key {
    /// Gives an element's key.
    public let key: KeyFunction
    /// Reduces a group.
    public let inner: Inner

    /// Groups by `key` and reduces each group.
    @inlinable public init(by key: KeyFunction, _ inner: Inner) {
        self.key = key
        self.inner = inner
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

/// Folds everything that comes out of a chain into groups.
@usableFromInline
package enum GroupKernel<
    Stage: _ChainStage, KeyFunction: ElementFunction, Keys: _GroupKeys & ~Copyable, Inner: Reduction
>: _Kernel
where
    Stage.Output == Inner.Element, KeyFunction.Input == Inner.Element,
    KeyFunction.Output == Keys.Key
{
    /// Writes the groups as one part.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        var folding = try folded(&context, &reader)
        try folding.encode(into: &context.output)
    }

    /// Folds a part of the source; the reader is then behind the chain's fields.
    @inlinable @inline(__always) static func folded(
        _ context: inout _CallContext, _ reader: inout ValueReader
    ) throws -> _GroupFolding<Keys, Inner> {
        let stage = try Stage(_decodingFields: &reader)
        let grouping = try Grouping<KeyFunction, Keys, Inner>(_decodingFields: &reader)
        var folding = _GroupFolding<Keys, Inner>(
            grouping.inner, leafWidth: Stage.Source._leafWidth, context)
        try stage._source._walk(&context) { block, end in
            if folding.isFolding {
                try stage._forEach(block) { try folding.fold(try grouping.key._apply($0), $0) }
            } else {
                try stage._forEach(block) { try folding.keep(try grouping.key._apply($0), $0) }
            }
            try folding.strideEnded(at: end)
            return true
        }
        return folding
    }
}

/// Joins the parts of `GroupKernel`s, in any order.
@usableFromInline
package enum GroupCombineKernel<
    KeyFunction: ElementFunction, Keys: _GroupKeys & ~Copyable, Inner: Reduction
>: _Kernel
where KeyFunction.Input == Inner.Element, KeyFunction.Output == Keys.Key {
    /// Writes what lies side by side as one part.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        var arguments = context.argumentsReader
        let inner = try Grouping<KeyFunction, Keys, Inner>(_decodingFields: &fields).inner
        var output = ValueWriter()
        try _GroupFolding<Keys, Inner>.join(&arguments, by: inner) { folding in
            try folding.encode(into: &output)
        }
        context.output = output
    }
}

/// Makes the answer of all parts of `GroupKernel`s, in any order.
@usableFromInline
package enum GroupPagesKernel<
    KeyFunction: ElementFunction, Keys: _GroupKeys & ~Copyable, Inner: Reduction
>: _Kernel
where
    KeyFunction.Input == Inner.Element, KeyFunction.Output == Keys.Key, Inner.Answer: PageElement
{
    /// Hands on pairs of keys and answers, ordered by key, as pages.
    ///
    /// The parts are the arguments, or pages: what all parts of the source have of one stretch of
    /// the keys.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        var arguments = context.argumentsReader
        let inner = try Grouping<KeyFunction, Keys, Inner>(_decodingFields: &fields).inner
        let target = context.pageByteCountTarget
        let host = context._host
        var builder = Pair<Keys._Stored, Inner.Answer>._Builder()
        var produced = 0
        let answer = { (folding: inout _GroupFolding<Keys, Inner>) in
            try folding.answers { key, answer in
                builder.append(Pair(key, answer))
                guard builder.count % 1_024 == 0 else { return }
                guard builder.end(from: _PageHeader.byteCount) >= target else { return }
                produced += builder.count
                try _emit(&builder, host)
            }
        }
        if context.otherInputs.isEmpty {
            try _GroupFolding<Keys, Inner>.join(&arguments, by: inner, answer)
        } else {
            try _GroupFolding<Keys, Inner>.join(pages: context.otherInputs, by: inner, answer)
        }
        if builder.count > 0 || produced == 0 {
            produced += builder.count
            try _emit(&builder, host)
        }
        context.producedCount = produced
    }
}
