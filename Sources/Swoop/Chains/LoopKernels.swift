// What a worker runs for a terminal operation: the loop itself, the step that combines partial
// results and the last step that makes the answer. Each is a type without instances, so that its
// name and its code are all that travels; the captured values are the context's `fields`.

public import SwoopElements

/// Thrown to leave a block in the middle: what follows cannot change the result.
@frozen @usableFromInline struct FoldIsComplete: Error {
    @inlinable init() {}
}

/// Folds everything that comes out of a chain; partial results combine from left to right.
///
/// Where the reduction is complete nothing further is computed. What is thrown before that ends the
/// run if it covers the beginning of the source, since all before it was needed; in other runs the
/// reduction may keep it: what is before their parts may be enough.
@usableFromInline package enum FoldKernel<Stage: _ChainStage, R: ExactReduction>: _Kernel
where R.Element == Stage.Output {
    /// Writes the encoded partial result.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        let reduction = try R(_decodingFields: &reader)
        var partial = reduction.identity
        let isFirst = context.range.lowerBound == 0 && context.leafBase == 0
        var isOver = reduction.isComplete(partial)
        let host = context._host
        if !isOver {
            try stage._source._walk(&context) { block, _ in
                var local = reduction.identity
                swap(&local, &partial)  // not copied: it may be a dictionary
                do {
                    try stage._forEach(block) {
                        try reduction.fold(try reduction.lift($0), into: &local)
                        if reduction.isComplete(local) { throw FoldIsComplete() }
                    }
                } catch {
                    isOver = true
                    if !(error is FoldIsComplete) {
                        let isKept =
                            !isFirst
                            && reduction._keep(
                                _KeptFailure(error, frames: host.throwSite()), in: &local)
                        guard isKept else { throw error }
                    }
                }
                swap(&local, &partial)
                return !isOver
            }
        }
        partial.encode(into: &context.output)
    }
}

/// Folds everything that comes out of a chain along the tree of the source's leaves.
@usableFromInline package enum TreeKernel<Stage: _ChainStage, R: Reduction>: _Kernel
where R.Element == Stage.Output {
    /// Writes the encoded `TreePartial`.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        let reduction = try R(_decodingFields: &reader)
        var folding = TreeFolding(reduction, leafWidth: Stage.Source._leafWidth, context)
        try stage._source._walk(&context) { block, end in
            if folding.isFolding {
                var local = reduction.identity
                swap(&local, &folding.accumulator)
                try stage._forEach(block) {
                    try reduction.fold(try reduction.lift($0), into: &local)
                }
                swap(&local, &folding.accumulator)
            } else {
                try stage._forEach(block) { folding.raws.append(try reduction.lift($0)) }
            }
            try folding.strideEnded(at: end)
            return true
        }
        try folding.finish().encode(into: &context.output)
    }
}

/// Writes everything that comes out of a chain as pages: at least one, if only an empty one.
@usableFromInline package enum PagesKernel<Stage: _ChainStage>: _Kernel
where Stage.Output: PageElement {
    /// Hands on one page after the other.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let stage = try Stage(_decodingFields: &reader)
        var builder = Stage.Output._Builder()
        var produced = 0
        let target = context.pageByteCountTarget
        let host = context._host
        try stage._source._walk(&context) { block, _ in
            try stage._forEach(block) { builder.append($0) }
            if builder.end(from: _PageHeader.byteCount) >= target {
                produced += builder.count
                try _emit(&builder, host)
            }
            return true
        }
        if builder.count > 0 || produced == 0 {
            produced += builder.count
            try _emit(&builder, host)
        }
        context.producedCount = produced
    }
}

/// Hands a builder's elements on as a page and empties it.
public func _emit<_Builder: _PageBuilder>(
    _ builder: inout _Builder, _ host: any _CallHost
) throws where _Builder.Element: PageElement, _Builder.Element._Builder == _Builder {
    let region = try unsafe host.pageRegion(byteCount: builder.pageByteCount, count: builder.count)
    unsafe builder.writePage(into: region)
    builder.removeAll()
}

/// Hands on the page of some sections.
@usableFromInline func _emit(
    _ sections: _PageSections, _ layout: _PageLayout, count: Int, _ host: any _CallHost
) throws {
    let region = try unsafe host.pageRegion(byteCount: sections.pageByteCount, count: count)
    try unsafe sections.writePage(
        layout, count: count, into: region, goesOn: host.checkCancellation)
}
