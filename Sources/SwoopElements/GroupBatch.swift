// Some dozens of elements at a time: their keys are packed one after the other, then all are looked
// for, and then all are folded. Steps of different elements do not wait for one another, so that a
// table beyond the fastest cache costs a fraction of what each of its misses takes.

/// Elements on their way into a table.
@safe @usableFromInline struct GroupBatch<Key: PackedKey, Raw>: ~Copyable {
    /// The hash and the words of each key.
    @usableFromInline let rows: UnsafeMutablePointer<UInt64>
    @usableFromInline let raws: UnsafeMutablePointer<Raw>
    /// What each is likely to be: a slot, then its number and one, or 0.
    @usableFromInline let numbers: UnsafeMutablePointer<UInt64>
    @usableFromInline var count = 0
    /// Texts of the keys.
    @usableFromInline var texts = _TextScratch()
    /// Whatever was read only to have it in the cache.
    @usableFromInline var read: UInt8 = 0

    @inlinable static var capacity: Int { 64 }
    /// Of larger records only so many bytes are read before they are needed.
    @inlinable static var fetchedMax: Int { 512 }
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
    ///
    /// Slots, then records are read in loops that wait for nothing else, so that their misses
    /// overlap: a branch that is taken otherwise than expected would end that.
    @inlinable @inline(__always)
    mutating func fold<Inner: Reduction>(into table: inout PackedGroups<Key, Inner>) throws
    where Inner.Raw == Raw {
        for index in 0..<count {
            unsafe numbers[index] = table.slots.first(row(index).pointee)
        }
        for index in 0..<count {
            unsafe numbers[index] = table.slots.likely(row(index).pointee, numbers[index])
        }
        if table.count > 0 { fetch(table) }
        for index in 0..<count {
            let row = unsafe row(index)
            var number = unsafe Int(truncatingIfNeeded: numbers[index]) &- 1
            let isFound =
                unsafe number >= 0 && PackedGroups<Key, Inner>.isSame(table.row(number), row)
            if _slowPath(!isFound) { number = unsafe table.number(of: row) }
            try unsafe table.fold(raws[index], into: number)
        }
    }

    /// Reads every line of the records that will be needed.
    @inlinable @inline(__always)
    mutating func fetch<Inner: Reduction>(_ table: borrowing PackedGroups<Key, Inner>)
    where Inner.Raw == Raw {
        let stride = PackedGroups<Key, Inner>.stride
        let last = Swift.min(stride, Self.fetchedMax) &- 1
        var read: UInt8 = 0
        for index in 0..<count {
            let number = unsafe Int(truncatingIfNeeded: Swift.max(1, numbers[index])) &- 1
            let record = unsafe UnsafeRawPointer(table.row(number))
            var offset = 0
            while offset < last {
                read ^= unsafe record.load(fromByteOffset: offset, as: UInt8.self)
                offset &+= 64
            }
            read ^= unsafe record.load(fromByteOffset: last, as: UInt8.self)
        }
        for index in 0..<count {
            let number = unsafe Int(truncatingIfNeeded: Swift.max(1, numbers[index])) &- 1
            read ^= unsafe table.inner._fetch(table.partial(number).pointee)
        }
        self.read = read
    }
}
