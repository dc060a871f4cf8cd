// A table of groups whose keys are packed into words: a hash finds the number of a key, and each
// number has the key's words and a partial result. DividedGroups.swift fills tables from a source,
// and JoinedGroups.swift from what runs have left.

/// Groups by number, in the order of their first elements.
@safe @usableFromInline struct PackedGroups<Key: PackedKey, Inner: Reduction>: ~Copyable {
    @usableFromInline let inner: Inner
    @usableFromInline var slots = KeySlots()
    /// Of each number its hash and its words; behind the last one there is room for a key that is
    /// looked for.
    @usableFromInline var rows: UnsafeMutablePointer<UInt64>
    @usableFromInline var partials: UnsafeMutablePointer<Inner.Partial>
    @usableFromInline private(set) var count = 0
    @usableFromInline private(set) var capacity = 256
    /// Texts of keys that are kept.
    @usableFromInline var texts = TextScratch()
    /// Those of the key that is looked for.
    @usableFromInline var scratch = TextScratch()

    /// A hash and the words of a key.
    @inlinable static var rowWidth: Int { 1 + Key._wordCount }

    @inlinable init(_ inner: Inner) {
        self.inner = inner
        unsafe rows = .allocate(capacity: (256 + 1) * Self.rowWidth)
        unsafe partials = .allocate(capacity: 256)
    }

    @inlinable deinit {
        unsafe partials.deinitialize(count: count)
        unsafe partials.deallocate()
        unsafe rows.deallocate()
    }

    /// About how many bytes the groups take, without what partial results refer to.
    @inlinable var byteCount: Int {
        slots.byteCount + texts.byteCount
            + count * (Self.rowWidth * 8 + MemoryLayout<Inner.Partial>.stride)
    }

    /// The row of a number, or the one behind the last.
    @inlinable @inline(__always) func row(_ number: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe rows + number &* Self.rowWidth
    }

    /// Writes a key into the row behind the last.
    @inlinable @inline(__always) mutating func take(_ key: Key) {
        let row = unsafe row(count)
        unsafe row.pointee = key._pack(into: row + 1, 0, &scratch)
    }

    /// The number of the key in the row behind the last; the next one if it is new.
    @inlinable @inline(__always) mutating func number() -> Int {
        let (rows, own) = unsafe (rows, row(count))
        let found = slots.find(unsafe own.pointee) { number in
            unsafe Self.isSame(rows + number &* Self.rowWidth, own)
        }
        guard let found else { return insert() }
        if Key._hasText { scratch.removeAll() }
        return found
    }

    /// Whether two rows have one key.
    @inlinable @inline(__always)
    static func isSame(_ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<Self.rowWidth { unsafe difference |= left[index] ^ right[index] }
        if difference == 0 { return true }
        guard Key._hasText, unsafe left.pointee == right.pointee else { return false }
        return unsafe Key._isSame(left + 1, right + 1)
    }

    /// Keeps the key in the row behind the last.
    @inlinable @inline(never) mutating func insert() -> Int {
        let row = unsafe row(count)
        if Key._hasText {
            unsafe Key._forEachLongText(row + 1) { words in
                let base = unsafe UnsafeRawPointer(bitPattern: UInt(words[1])).unsafelyUnwrapped
                let kept = unsafe texts.keep(base, PackedText.byteCount(words))
                unsafe words[1] = UInt64(UInt(bitPattern: kept))
            }
            scratch.removeAll()
        }
        unsafe slots.insert(row.pointee, count)
        unsafe (partials + count).initialize(to: inner.identity)
        count += 1
        if count == capacity { grow() }
        return count - 1
    }

    @inlinable mutating func grow() {
        let (oldRows, oldPartials) = unsafe (rows, partials)
        capacity *= 2
        unsafe rows = .allocate(capacity: (capacity + 1) * Self.rowWidth)
        unsafe rows.update(from: oldRows, count: count * Self.rowWidth)
        unsafe partials = .allocate(capacity: capacity)
        unsafe partials.moveInitialize(from: oldPartials, count: count)
        unsafe oldRows.deallocate()
        unsafe oldPartials.deallocate()
    }

    /// Forgets the groups and keeps the memory.
    @inlinable mutating func removeAll() {
        unsafe partials.deinitialize(count: count)
        count = 0
        slots.removeAll()
        texts.removeAll()
        scratch.removeAll()
    }

    /// Folds what is left of an element into a group.
    @inlinable @inline(__always) mutating func fold(_ raw: Inner.Raw, into number: Int) throws {
        try unsafe inner.fold(raw, into: &partials[number])
    }

    /// All numbers in the order of their hashes, and of the keys where those are equal: the same in
    /// every process, whatever the order in which keys came.
    @inlinable func numbersByHash() -> [Int] {
        var entries = (0..<count).map {
            SortEntry(number: unsafe row($0).pointee, row: $0)
        }
        _sort(&entries, numberDecides: false) {
            unsafe Key._precedes(row($0) + 1, row($1) + 1) ?? false
        }
        return entries.map(\.row)
    }
}
