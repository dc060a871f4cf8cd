// Builds a TreePartial while a loop goes through its source from left to right, stride by stride. A
// stride never crosses the end of a leaf; the inner loop folds into `accumulator`, or appends to
// `raws` where the run began inside a leaf.

/// The tree of one run, under construction.
@usableFromInline package struct TreeFolding<R: Reduction> {
    /// The accumulator of the leaf that is being folded.
    public var accumulator: R.Partial
    /// The raw values of a leaf that was entered in its midst.
    public var raws: [R.Raw] = []
    @usableFromInline var folds = true
    /// Whether the current stride is to be folded, else collected in `raws`.
    @inlinable public var isFolding: Bool { folds }

    @usableFromInline let reduction: R
    @usableFromInline let sourceEnd: Int
    @usableFromInline let leafBase: Int
    @usableFromInline var position: Int
    @usableFromInline var leafStart: Int
    @usableFromInline var tree: TreePartial<R>

    /// Begins at the lower bound of the context's range.
    @inlinable public init(_ reduction: R, leafWidth: Int, _ context: _CallContext) {
        self.reduction = reduction
        sourceEnd = context.sourceEnd
        leafBase = context.leafBase
        position = context.range.lowerBound
        leafStart = position
        folds = position % leafWidth == 0
        accumulator = reduction.identity
        tree = TreePartial(leafWidth: leafWidth)
    }

    /// Ends a stride at `end`, which lies in the same leaf as where it began, or at that leaf's
    /// end.
    @inlinable public mutating func strideEnded(at end: Int) throws {
        guard end > position else { return }
        position = end
        if end % tree.leafWidth == 0 || end == sourceEnd { try flush() }
    }

    /// The tree of everything up to the last stride's end.
    @inlinable public consuming func finish() throws -> TreePartial<R> {
        if position > leafStart { try flush() }
        return tree
    }

    @inlinable @inline(never) mutating func flush() throws {
        let width = tree.leafWidth
        let leaf = leafBase + leafStart / width
        // The last leaf of a source is complete where the source ends.
        let end = position == sourceEnd ? width : (position - 1) % width + 1
        if folds {
            let partial = accumulator
            accumulator = reduction.identity
            if end == width {
                try tree.append(.node(level: 0, index: leaf, partial), by: reduction)
            } else {
                try tree.append(.prefix(leaf: leaf, end: end, partial), by: reduction)
            }
        } else {
            let values = raws
            raws = []
            let piece = TreePartial<R>.Piece.raw(
                leaf: leaf, start: leafStart % width, end: end, values)
            try tree.append(piece, by: reduction)
        }
        leafStart = position
        folds = true
    }
}
