// Prefix sums, of any reduction: each element becomes the answer of all elements up to it. Inside
// of a leaf of the collection the elements are folded in order, whole leaves are combined in order;
// so the bits do not depend on the pages. One pass folds the leaves, a step adds them up, a second
// pass writes the answers.

public import SwoopElements

/// What one run found of a leaf, or of a part of it.
@usableFromInline package struct ScanPiece<R: Reduction>: RemoteValue {
    /// The index of the leaf.
    @usableFromInline let leaf: Int
    /// The first position inside of the leaf, and the one behind the last.
    @usableFromInline let start: Int
    @usableFromInline let end: Int
    /// The fold from the leaf's beginning on; nil: the piece begins later.
    @usableFromInline let folded: R.Partial?
    /// What is to be folded, if it is not.
    @usableFromInline let raws: [R.Raw]

    @inlinable init(leaf: Int, start: Int, end: Int, folded: R.Partial?, raws: [R.Raw]) {
        self.leaf = leaf
        self.start = start
        self.end = end
        self.folded = folded
        self.raws = raws
    }

    /// Reads a piece.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        leaf = try Int(decoding: &reader)
        start = try Int(decoding: &reader)
        end = try Int(decoding: &reader)
        folded = try R.Partial?(decoding: &reader)
        raws = try [R.Raw](decoding: &reader)
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        leaf.encode(into: &writer)
        start.encode(into: &writer)
        end.encode(into: &writer)
        folded.encode(into: &writer)
        raws.encode(into: &writer)
    }
}

/// Where a piece begins, and what was before it.
public struct _ScanStart<R: Reduction>: RemoteValue {
    /// The position in the collection.
    @usableFromInline let position: Int
    /// All leaves before.
    @usableFromInline let before: R.Partial
    /// The leaf's own elements before.
    @usableFromInline let inside: R.Partial

    init(position: Int, before: R.Partial, inside: R.Partial) {
        self.position = position
        self.before = before
        self.inside = inside
    }

    /// Reads a start.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        position = try Int(decoding: &reader)
        before = try R.Partial(decoding: &reader)
        inside = try R.Partial(decoding: &reader)
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        position.encode(into: &writer)
        before.encode(into: &writer)
        inside.encode(into: &writer)
    }
}

/// Folds the leaves of a part of a collection.
@usableFromInline package enum ScanKernel<Element: PageElement, R: Reduction>: _Kernel
where R.Element == Element {
    /// Writes the encoded pieces, in order.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        let reduction = try R(_decodingFields: &fields)
        let source = _PagesSource<Element>()
        let width = _PagesSource<Element>._leafWidth
        var position = context.range.lowerBound
        var start = position
        var partial = reduction.identity
        var raws: [R.Raw] = []
        var pieces: [ScanPiece<R>] = []
        func endPiece() {
            guard position > start else { return }
            let leaf = start / width
            let isFolded = start % width == 0
            pieces.append(
                ScanPiece(
                    leaf: leaf, start: start - leaf * width, end: position - leaf * width,
                    folded: isFolded ? partial : nil, raws: raws))
            partial = reduction.identity
            raws = []
            start = position
        }
        try source._walk(&context) { block, end in
            if start % width == 0 {
                try source._forEach(block) {
                    try reduction.fold(try reduction.lift($0), into: &partial)
                }
            } else {
                try source._forEach(block) { raws.append(try reduction.lift($0)) }
            }
            position = end
            if end % width == 0 { endPiece() }
            return true
        }
        endPiece()
        pieces.encode(into: &context.output)
    }
}

/// Joins the pieces of parts, which come in order.
@usableFromInline package enum ScanJoinKernel<R: Reduction>: _Kernel {
    /// Writes the encoded pieces.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var arguments = context.argumentsReader
        var pieces: [ScanPiece<R>] = []
        while !arguments.isAtEnd { pieces += try [ScanPiece<R>](decoding: &arguments) }
        pieces.encode(into: &context.output)
    }
}

/// Adds up the pieces of all parts, which come in order.
@usableFromInline package enum ScanStartsKernel<R: Reduction>: _Kernel {
    /// Writes what was before each piece.
    public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        let reduction = try R(_decodingFields: &fields)
        let width = _PagesSource<Int>._leafWidth
        var arguments = context.argumentsReader
        var starts: [_ScanStart<R>] = []
        var before = reduction.identity
        var inside = reduction.identity
        var position = 0
        while !arguments.isAtEnd {
            for piece in try [ScanPiece<R>](decoding: &arguments) {
                guard piece.leaf * width + piece.start == position else {
                    throw ReductionError.gap
                }
                starts.append(_ScanStart(position: position, before: before, inside: inside))
                if let folded = piece.folded {
                    inside = folded
                } else {
                    for raw in piece.raws { try reduction.fold(raw, into: &inside) }
                }
                position = piece.leaf * width + piece.end
                guard piece.end == width else { continue }
                try reduction.combine(inside, into: &before)
                inside = reduction.identity
            }
        }
        starts.encode(into: &context.output)
    }
}

/// Writes the answers of a part of a collection as pages.
@usableFromInline package enum ScanPagesKernel<Element: PageElement, R: Reduction>: _Kernel
where R.Element == Element, R.Answer: PageElement {
    /// Hands on one page after the other.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        let reduction = try R(_decodingFields: &fields)
        let starts = try [_ScanStart<R>](decoding: &fields)
        let source = _PagesSource<Element>()
        let width = _PagesSource<Element>._leafWidth
        let host = context._host
        let target = context.pageByteCountTarget
        var position = context.range.lowerBound
        var place = _firstPlace(starts, at: position)
        var before = reduction.identity
        var inside = reduction.identity
        var builder = R.Answer._Builder()
        var produced = 0
        try source._walk(&context) { block, end in
            if place < starts.count, starts[place].position == position {
                (before, inside) = (starts[place].before, starts[place].inside)
                place += 1
            }
            try source._forEach(block) {
                try reduction.fold(try reduction.lift($0), into: &inside)
                var total = before
                try reduction.combine(inside, into: &total)
                builder.append(try reduction.answer(total))
            }
            position = end
            if position % width == 0, builder.end(from: _PageHeader.byteCount) >= target {
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

/// The place of the start at a position; the number of starts if there is none.
public func _firstPlace<R: Reduction>(_ starts: [_ScanStart<R>], at position: Int) -> Int {
    starts.firstIndex { $0.position == position } ?? starts.count
}
