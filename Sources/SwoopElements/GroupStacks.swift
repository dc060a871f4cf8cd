// The partial results of each key by leaf, combined as far as the tree allows: a stack per key, all
// of them in one array. Two neighbours on a stack belong to the node where their leaves' numbers
// first differ; they combine when the next leaf of that key lies outside of that node. Leaves that
// do not have the key add nothing, so a key that is in few leaves costs little.

/// A stack of partial results for each number.
@safe @usableFromInline struct GroupStacks<Inner: Reduction>: ~Copyable {
    @usableFromInline struct Entry {
        /// The first of the leaves that were combined.
        @usableFromInline var leaf: Int
        /// The place of the entry beneath, or -1; of a free place: the next free one.
        @usableFromInline var beneath: Int32
        @usableFromInline var partial: Inner.Partial

        @inlinable init(leaf: Int, beneath: Int32, partial: Inner.Partial) {
            self.leaf = leaf
            self.beneath = beneath
            self.partial = partial
        }
    }

    /// Every leaf pushes onto every stack of a key that it has: no count of references is looked
    /// at, and no bound, whose place an entry or a number of this struct gave.
    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var entryCount = 0
    @usableFromInline var entryCapacity = 64
    @usableFromInline var tops: [Int32] = []
    @usableFromInline var free: Int32 = -1

    @inlinable init() { unsafe entries = .allocate(capacity: entryCapacity) }

    @inlinable deinit {
        unsafe entries.deinitialize(count: entryCount)
        unsafe entries.deallocate()
    }

    /// About how many bytes the stacks take.
    @inlinable var byteCount: Int {
        entryCapacity * MemoryLayout<Entry>.stride + tops.capacity * 4
    }

    /// Makes empty stacks up to a number.
    @inlinable mutating func grow(to count: Int) {
        while tops.count < count { tops.append(-1) }
    }

    /// Adds what a leaf right of all others, or a node whose first leaf it is, has of a key.
    ///
    /// - Parameter low: the first leaf that is known; a node that begins before it cannot be
    ///   complete.
    @inlinable mutating func push(
        _ partial: Inner.Partial, of number: Int, leaf: Int, from low: Int, by inner: Inner
    ) throws {
        let top = Int(tops[number])
        if top >= 0 {
            if Inner._isExact {
                return try unsafe inner.combine(partial, into: &entries[top].partial)
            }
            let level = unsafe Self.level(entries[top].leaf, leaf)
            try settle(number, by: inner) { node, left in
                node < level && (left >> node) << node >= low
            }
        }
        let entry = Entry(leaf: leaf, beneath: tops[number], partial: partial)
        if free >= 0 {
            let place = Int(free)
            free = unsafe entries[place].beneath
            unsafe entries[place] = entry
            tops[number] = Int32(truncatingIfNeeded: place)
        } else {
            append(entry, of: number)
        }
    }

    @inlinable @inline(never) mutating func append(_ entry: Entry, of number: Int) {
        precondition(entryCount < Int(Int32.max), "Too many partial results in one table.")
        if entryCount == entryCapacity {
            let old = unsafe entries
            entryCapacity *= 2
            unsafe entries = .allocate(capacity: entryCapacity)
            unsafe entries.moveInitialize(from: old, count: entryCount)
            unsafe old.deallocate()
        }
        unsafe (entries + entryCount).initialize(to: entry)
        tops[number] = Int32(entryCount)
        entryCount += 1
    }

    /// Combines the two topmost entries of a key as long as the node where they meet may be made.
    @inlinable @inline(__always) mutating func settle(
        _ number: Int, by inner: Inner, _ mayMake: (_ level: Int, _ leaf: Int) -> Bool
    ) throws {
        var top = Int(tops[number])
        while top >= 0 {
            let place = unsafe Int(entries[top].beneath)
            guard place >= 0 else { return }
            let leaf = unsafe entries[place].leaf
            guard unsafe mayMake(Self.level(leaf, entries[top].leaf), leaf) else { return }
            let right = unsafe entries[top].partial
            // What it refers to is not kept.
            unsafe entries[top].partial = inner.identity
            unsafe entries[top].beneath = free
            free = Int32(truncatingIfNeeded: top)
            tops[number] = Int32(truncatingIfNeeded: place)
            top = place
            try unsafe inner.combine(right, into: &entries[place].partial)
        }
    }

    /// Combines everything of each key that lies in `[low, high)` as far as nodes are complete
    /// there.
    @inlinable mutating func settle(from low: Int, to high: Int, by inner: Inner) throws {
        for number in tops.indices {
            try settle(number, by: inner) { level, leaf in
                let first = (leaf >> level) << level
                return first >= low && first + (1 << level) <= high
            }
        }
    }

    /// Combines everything of a key; nil if there is nothing.
    @inlinable mutating func take(_ number: Int, by inner: Inner) throws -> Inner.Partial? {
        guard number < tops.count, tops[number] >= 0 else { return nil }
        try settle(number, by: inner) { _, _ in true }
        return unsafe entries[Int(tops[number])].partial
    }

    /// Appends the number of a key's entries, and the entries from the first leaf to the last.
    @inlinable func encode(_ number: Int, into writer: inout ValueWriter) {
        var places: [Int] = []
        var place = number < tops.count ? Int(tops[number]) : -1
        // Most keys of a large table have one entry: nothing is allocated for it.
        let isOnly = unsafe place >= 0 && entries[place].beneath < 0
        while place >= 0, !isOnly {
            places.append(place)
            place = unsafe Int(entries[place].beneath)
        }
        writer.write(UInt32(isOnly ? 1 : places.count))
        if isOnly { unsafe encode(entries[place], into: &writer) }
        for place in places.reversed() { unsafe encode(entries[place], into: &writer) }
    }

    @inlinable func encode(_ entry: Entry, into writer: inout ValueWriter) {
        writer.write(entry.leaf)
        entry.partial.encode(into: &writer)
    }

    /// The level of the smallest node that holds two different leaves.
    @inlinable static func level(_ left: Int, _ right: Int) -> Int {
        Int.bitWidth - (left ^ right).leadingZeroBitCount
    }
}
