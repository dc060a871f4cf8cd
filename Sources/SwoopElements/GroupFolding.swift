// A reduction by key while a loop goes through its source: one table of keys for the whole run, and
// for each number an accumulator of the leaf that is being folded. At a leaf's end each accumulator
// that the leaf touched goes onto the stack of its key (GroupStacks.swift), so that the answer has
// the bits of the fixed tree. Parts that runs made are joined in GroupFolding+Parts.swift.

/// A position of the source: its leaf, and how far into the leaf.
@usableFromInline struct GroupPlace: Equatable, Comparable {
    @usableFromInline var leaf: Int
    @usableFromInline var offset: Int

    @inlinable init(leaf: Int, offset: Int) {
        self.leaf = leaf
        self.offset = offset
    }

    @inlinable static func < (left: GroupPlace, right: GroupPlace) -> Bool {
        left.leaf == right.leaf ? left.offset < right.offset : left.leaf < right.leaf
    }
}

/// The groups of one run, or of several that were joined.
@safe public struct _GroupFolding<Keys: _GroupKeys & ~Copyable, Inner: Reduction>: ~Copyable {
    /// What one leaf has of a key; of another leaf if the stamp is not the folding's.
    @usableFromInline struct Cell {
        @usableFromInline var stamp: UInt32
        @usableFromInline var partial: Inner.Partial

        @inlinable init(stamp: UInt32, partial: Inner.Partial) {
            self.stamp = stamp
            self.partial = partial
        }
    }

    /// The keys; numbers of groups are theirs.
    public var keys = Keys()
    /// Whether elements are folded, else kept until the part on the left is there.
    public var isFolding: Bool

    @usableFromInline let inner: Inner
    @usableFromInline let leafWidth: Int
    @usableFromInline var cells: UnsafeMutablePointer<Cell>
    @usableFromInline var cellCount = 0
    @usableFromInline var cellCapacity = 512
    @usableFromInline var stamp: UInt32 = 1
    /// Numbers with a cell of the current leaf, in the order of their first elements.
    @usableFromInline var touched: [UInt32] = []

    @usableFromInline var stacks = GroupStacks<Inner>()
    /// Elements of a leaf that was entered in its midst.
    @usableFromInline var rawNumbers: [UInt32] = []
    @usableFromInline var rawValues: [Inner.Raw] = []
    @usableFromInline var start: GroupPlace
    @usableFromInline var rawEnd: GroupPlace
    @usableFromInline var end: GroupPlace

    @usableFromInline let sourceEnd: Int
    @usableFromInline let leafBase: Int

    /// Begins at the lower bound of the context's range.
    @inlinable public init(_ inner: Inner, leafWidth: Int, _ context: _CallContext) {
        let position = context.range.lowerBound
        self.init(
            inner, leafWidth: leafWidth,
            at: GroupPlace(
                leaf: context.leafBase + position / leafWidth, offset: position % leafWidth),
            leafBase: context.leafBase, sourceEnd: context.sourceEnd)
    }

    @inlinable init(
        _ inner: Inner, leafWidth: Int, at start: GroupPlace, leafBase: Int = 0,
        sourceEnd: Int = .max
    ) {
        self.inner = inner
        self.leafWidth = leafWidth
        self.leafBase = leafBase
        self.sourceEnd = sourceEnd
        self.start = start
        rawEnd = start
        end = start
        isFolding = Inner._isExact || start.offset == 0
        unsafe cells = .allocate(capacity: cellCapacity)
    }

    @inlinable deinit {
        unsafe cells.deinitialize(count: cellCount)
        unsafe cells.deallocate()
    }

    /// About how many bytes the groups take, without what partial results refer to.
    @inlinable public var byteCount: Int {
        keys.byteCount + cellCapacity * MemoryLayout<Cell>.stride + stacks.byteCount
            + rawValues.count * (4 + MemoryLayout<Inner.Raw>.stride)
    }

    // MARK: Elements

    /// Folds an element into the group of its key; for use while `isFolding`.
    @inlinable @inline(__always)
    public mutating func fold(_ key: Keys.Key, _ element: Inner.Element) throws {
        let number = keys.number(of: key)
        if number >= cellCount { grow() }
        let cell = unsafe cells + number
        if unsafe cell.pointee.stamp != stamp { begin(number) }
        try unsafe inner.fold(try inner.lift(element), into: &cell.pointee.partial)
    }

    /// Keeps an element of a leaf that was entered in its midst.
    @inlinable public mutating func keep(_ key: Keys.Key, _ element: Inner.Element) throws {
        keep(keys.number(of: key), try inner.lift(element))
    }

    @inlinable mutating func keep(_ number: Int, _ raw: Inner.Raw) {
        rawNumbers.append(UInt32(truncatingIfNeeded: number))
        rawValues.append(raw)
    }

    /// Makes cells for all numbers that there are.
    @inlinable @inline(never) mutating func grow() {
        let count = keys.count
        if count > cellCapacity {
            let old = unsafe cells
            // A large one only doubles: what it does not use is memory all the same.
            let factor = cellCapacity < 65_536 ? 4 : 2
            cellCapacity = Swift.max(count, cellCapacity * factor)
            unsafe cells = .allocate(capacity: cellCapacity)
            unsafe cells.moveInitialize(from: old, count: cellCount)
            unsafe old.deallocate()
        }
        let cell = Cell(stamp: 0, partial: inner.identity)
        unsafe (cells + cellCount).initialize(repeating: cell, count: count - cellCount)
        cellCount = count
    }

    /// Begins a group in the current leaf.
    @inlinable @inline(never) mutating func begin(_ number: Int) {
        unsafe cells[number].stamp = stamp
        unsafe cells[number].partial = inner.identity
        touched.append(UInt32(truncatingIfNeeded: number))
    }

    /// Begins a group with what a part on the right has of the current leaf.
    @inlinable mutating func begin(_ number: Int, with partial: Inner.Partial) {
        if number >= cellCount { grow() }
        begin(number)
        unsafe cells[number].partial = partial
    }

    /// Folds what was kept of an element.
    @inlinable mutating func fold(_ number: Int, raw: Inner.Raw) throws {
        if number >= cellCount { grow() }
        if unsafe cells[number].stamp != stamp { begin(number) }
        try unsafe inner.fold(raw, into: &cells[number].partial)
    }

    /// What the current leaf has of a group that it touched.
    @inlinable func partial(_ number: Int) -> Inner.Partial {
        precondition(number < cellCount, "A group without a cell.")
        return unsafe cells[number].partial
    }

    // MARK: Strides

    /// Ends a stride at a position of the source, which lies in the same leaf as where it began, or
    /// at that leaf's end.
    @inlinable public mutating func strideEnded(at position: Int) throws {
        let leaf = leafBase + position / leafWidth
        let offset = position % leafWidth
        if offset == 0 {
            try advance(to: GroupPlace(leaf: leaf, offset: 0))
        } else if position == sourceEnd {
            // The last leaf of a source is complete where the source ends.
            try advance(to: GroupPlace(leaf: leaf + 1, offset: 0))
        } else {
            try advance(to: GroupPlace(leaf: leaf, offset: offset))
        }
    }

    /// Everything up to `place` has been folded or kept; at most the rest of one leaf.
    @inlinable mutating func advance(to place: GroupPlace) throws {
        guard place > end else { return }
        let leaf = end.leaf
        end = place
        if !isFolding { rawEnd = place }
        guard place.leaf > leaf else { return }
        if isFolding, !Inner._isExact { try flush(leaf) }
        isFolding = true
    }

    /// Moves the accumulators of a leaf onto the stacks.
    @inlinable mutating func flush(_ leaf: Int) throws {
        stacks.grow(to: keys.count)
        let low = start.offset == 0 ? start.leaf : start.leaf + 1
        for number in touched {
            let number = Int(number)
            try stacks.push(
                unsafe cells[number].partial, of: number, leaf: leaf, from: low, by: inner)
        }
        forgetLeaf()
    }

    /// Begins a leaf of which nothing is known.
    @inlinable mutating func forgetLeaf() {
        touched.removeAll(keepingCapacity: true)
        stamp &+= 1
        if stamp == 0 { forgetStamps() }
    }

    /// After 2^32 leaves stamps begin again.
    @inlinable mutating func forgetStamps() {
        for number in 0..<cellCount { unsafe cells[number].stamp = 0 }
        stamp = 1
    }
}
