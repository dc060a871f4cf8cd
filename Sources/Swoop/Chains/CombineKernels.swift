// The steps behind the loops: partial results, encoded one after the other in `arguments`, become
// one partial result, and at last the answer, as a value or as pages. `fields` holds the
// reduction's own.

public import SwoopElements

/// Combines partial results of a `FoldKernel`, which must come in the order of the source.
@usableFromInline package enum FoldCombineKernel<R: ExactReduction>: _Kernel {
    /// Writes the combined partial result.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        try combined(context).1.encode(into: &context.output)
    }

    @inlinable static func combined(_ context: _CallContext) throws -> (R, R.Partial) {
        var fields = context.fieldsReader
        var arguments = context.argumentsReader
        let reduction = try R(_decodingFields: &fields)
        var result = reduction.identity
        while !arguments.isAtEnd {
            try reduction.combine(try R.Partial(decoding: &arguments), into: &result)
        }
        return (reduction, result)
    }
}

/// Makes the answer of all partial results of a `FoldKernel`, in the order of the source.
@usableFromInline package enum FoldAnswerKernel<R: ExactReduction>: _Kernel
where R.Answer: RemoteValue {
    /// Writes the encoded answer.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        let (reduction, partial) = try FoldCombineKernel<R>.combined(context)
        try reduction.answer(partial).encode(into: &context.output)
    }
}

/// Merges partial results of a `TreeKernel`, in any order.
@usableFromInline package enum TreeCombineKernel<R: Reduction>: _Kernel {
    /// Writes the merged `TreePartial`.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        guard let merged = try merged(context).1 else { return }
        merged.encode(into: &context.output)
    }

    @inlinable static func merged(_ context: _CallContext) throws -> (R, TreePartial<R>?) {
        var fields = context.fieldsReader
        var arguments = context.argumentsReader
        let reduction = try R(_decodingFields: &fields)
        var result: TreePartial<R>?
        while !arguments.isAtEnd {
            let next = try TreePartial<R>(decoding: &arguments)
            if result == nil { result = next } else { try result?.merge(next, by: reduction) }
        }
        return (reduction, result)
    }
}

/// Makes the answer of all partial results of a `TreeKernel`, in any order.
@usableFromInline package enum TreeAnswerKernel<R: Reduction>: _Kernel where R.Answer: RemoteValue {
    /// Writes the encoded answer.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        let (reduction, tree) = try TreeCombineKernel<R>.merged(context)
        let answer = try tree?.finish(by: reduction) ?? reduction.answer(reduction.identity)
        answer.encode(into: &context.output)
    }
}
