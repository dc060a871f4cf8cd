// Some dozens of elements at a time: their keys are packed one after the other, then all are looked
// for, and then all are folded. Steps of different elements do not wait for one another, so that a
// table beyond the fastest cache costs a fraction of what each of its misses takes.

/// Elements on their way into a table.
@safe @usableFromInline struct GroupBatch<Key: PackedKey, Raw>: ~Copyable {
    /// The hash and the words of each key.
    @usableFromInline let rows: UnsafeMutablePointer<UInt64>
    @usableFromInline let raws: UnsafeMutablePointer<Raw>
    /// What each was found to be.
    @usableFromInline let numbers: UnsafeMutablePointer<UInt64>
    @usableFromInline var count = 0
    /// Texts of the keys.
    @usableFromInline var texts = _TextScratch()
    /// Whatever was read only to have it in the cache.
    @usableFromInline var read: UInt8 = 0

    @inlinable static var capacity: Int { 64 }
    /// A hash and the words of a key.
    @inlinable static var rowWidth: Int { 1 + Key._wordCount }

    @inlinable init() {
        unsafe rows = .allocate(capacity: Self.capacity * Self.rowWidth)
        unsafe raws = .allocate(capacity: Self.capacity)
        unsafe numbers = .allocate(capacity: Self.capacity)
    }

    @inlinable deinit {
        unsafe raws.deinitialize(count: count)
        unsafe raws.deallocate()
        unsafe rows.deallocate()
        unsafe numbers.deallocate()
    }

    @inlinable @inline(__always) func row(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe rows + index &* Self.rowWidth
    }

    /// Takes an element in; there must be room.
    @inlinable @inline(__always) mutating func append(_ key: Key, _ raw: consuming Raw) {
        let row = unsafe row(count)
        unsafe row.pointee = key._pack(into: row + 1, 0, &texts)
        unsafe (raws + count).initialize(to: raw)
        count &+= 1
    }

    /// Forgets the elements.
    @inlinable @inline(__always) mutating func removeAll() {
        unsafe raws.deinitialize(count: count)
        count = 0
        if Key._hasText { texts.removeAll() }
    }

    /// Folds all elements into their groups.
    @inlinable @inline(__always)
    mutating func fold<Inner: Reduction>(into table: inout PackedGroups<Key, Inner>) throws
    where Inner.Raw == Raw {
        for index in 0..<count {
            unsafe numbers[index] = table.slots.first(row(index).pointee)
        }
        find(in: &table)
        for index in 0..<count {
            try unsafe table.fold(raws[index], into: Int(truncatingIfNeeded: numbers[index]))
        }
    }

    /// Finds the number of each key, of the slot where the search for it begins.
    @inlinable @inline(__always)
    mutating func find<Inner: Reduction>(in table: inout PackedGroups<Key, Inner>)
    where Inner.Raw == Raw {
        var read: UInt8 = 0
        for index in 0..<count {
            let row = unsafe row(index)
            let slot = unsafe numbers[index]
            var number = Int(truncatingIfNeeded: slot & 0xffff_ffff) &- 1
            let isFound =
                unsafe slot != 0 && slot >> 32 == KeySlots.tag(row.pointee)
                && PackedGroups<Key, Inner>.isSame(table.row(number), row)
            if _slowPath(!isFound) { number = unsafe table.number(of: row) }
            unsafe numbers[index] = UInt64(truncatingIfNeeded: number)
            read ^= unsafe UnsafeRawPointer(table.partial(number)).load(as: UInt8.self)
        }
        self.read = read
    }
}
