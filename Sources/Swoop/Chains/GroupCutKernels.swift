// Groups of a source whose keys may be more than one table has room for: some keys of every part
// are looked at, cuts are chosen among them, and every part writes what it has of each stretch of
// the keys as a page of its own. GroupPagesKernel then makes the answers of one stretch at a time.

public import SwoopElements

/// Gives some keys of the beginning of a part.
@usableFromInline
package enum GroupSampleKernel<
    Stage: _ChainStage, KeyFunction: ElementFunction, Keys: _GroupKeys & ~Copyable, Inner: Reduction
>: _Kernel
where
    Stage.Output == Inner.Element, KeyFunction.Input == Inner.Element,
    KeyFunction.Output == Keys.Key
{
    /// Elements that are looked at.
    @inlinable static var seenMax: Int { 4_096 }
    /// Keys among them that are given.
    @inlinable static var givenMax: Int { 128 }

    /// Writes keys one after the other.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        let grouping = try Grouping<KeyFunction, Keys, Inner>(_decodingFields: &reader)
        context.isLookAhead = true
        var keys = Keys()
        var seen = 0
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) { element in
                guard seen < seenMax else { return }
                seen += 1
                _ = keys.number(of: try grouping.key._apply(element))
            }
            return seen < seenMax
        }
        keys.encodeSample(givenMax, into: &context.output)
    }
}

/// Chooses cuts among sampled keys.
@usableFromInline package enum GroupCutsKernel<Keys: _GroupKeys & ~Copyable>: _Kernel {
    /// Writes keys one after the other, in order; the fields are the number of stretches, the
    /// arguments what `GroupSampleKernel`s wrote.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        var samples = context.argumentsReader
        let stretches = try fields.read(Int.self)
        try Keys.encodeCuts(of: &samples, stretches: stretches, into: &context.output)
    }
}

/// Folds everything that comes out of a chain into groups and divides them by key.
@usableFromInline
package enum GroupPartitionKernel<
    Stage: _ChainStage, KeyFunction: ElementFunction, Keys: _GroupKeys & ~Copyable, Inner: Reduction
>: _Kernel
where
    Stage.Output == Inner.Element, KeyFunction.Input == Inner.Element,
    KeyFunction.Output == Keys.Key
{
    /// Writes a page for each stretch; the fields end with their number and the cuts.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        var folding = try GroupKernel<Stage, KeyFunction, Keys, Inner>.folded(&context, &reader)
        let stretches = try reader.read(Int.self)
        context.producedCount = folding.keys.count
        try folding.emit(cutAt: &reader, stretches: stretches, to: context._host)
    }
}
