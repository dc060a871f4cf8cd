// A table of groups whose keys are packed into words: a hash finds the number of a key, and each
// number has the key's words and a partial result. DividedGroups.swift fills tables from a source,
// and JoinedGroups.swift from what runs have left.

/// Groups by number, in the order of their first elements.
@safe @usableFromInline struct PackedGroups<Key: PackedKey, Inner: Reduction>: ~Copyable {
    @usableFromInline let inner: Inner
    @usableFromInline let host: any _CallHost
    @usableFromInline var slots: KeySlots
    /// Of each number a record: the hash and the words of its key, and its partial result.
    @usableFromInline var records: UnsafeMutableRawPointer
    @usableFromInline private(set) var count = 0
    @usableFromInline private(set) var capacity = 256
    /// Texts of keys that are kept.
    @usableFromInline var texts = _TextScratch()

    /// A hash and the words of a key.
    @inlinable static var rowWidth: Int { 1 + Key._wordCount }
    /// Where the partial result begins in a record.
    @inlinable static var partialOffset: Int {
        let mask = MemoryLayout<Inner.Partial>.alignment - 1
        return (rowWidth * 8 + mask) & ~mask
    }
    /// The bytes of a record.
    @inlinable static var stride: Int {
        let mask = Swift.max(8, MemoryLayout<Inner.Partial>.alignment) - 1
        return (partialOffset + MemoryLayout<Inner.Partial>.size + mask) & ~mask
    }

    @inlinable init(_ inner: Inner, host: any _CallHost) {
        self.inner = inner
        self.host = host
        slots = KeySlots(host)
        unsafe records = host._scattered(byteCount: 256 * Self.stride)
    }

    @inlinable deinit {
        for number in 0..<count { unsafe partial(number).deinitialize(count: 1) }
        unsafe records.deallocate()
    }

    /// About how many bytes the groups take, without what partial results refer to.
    @inlinable var byteCount: Int { slots.byteCount + texts.byteCount + count * Self.stride }

    /// The hash and the words of the key of a number.
    @inlinable @inline(__always) func row(_ number: Int) -> UnsafeMutablePointer<UInt64> {
        unsafe (records + number &* Self.stride).assumingMemoryBound(to: UInt64.self)
    }

    /// The partial result of a number.
    @inlinable @inline(__always)
    func partial(_ number: Int) -> UnsafeMutablePointer<Inner.Partial> {
        unsafe (records + number &* Self.stride + Self.partialOffset)
            .assumingMemoryBound(to: Inner.Partial.self)
    }

    /// The number of a key, of its row; the next one if it is new.
    @inlinable @inline(__always)
    mutating func number(of key: UnsafeMutablePointer<UInt64>) -> Int {
        let records = unsafe records
        let found = slots.find(unsafe key.pointee) { number in
            unsafe Self.isSame(
                (records + number &* Self.stride).assumingMemoryBound(to: UInt64.self), key)
        }
        return unsafe found ?? insert(key)
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

    /// Keeps a key that is new.
    @inlinable @inline(never) mutating func insert(_ key: UnsafeMutablePointer<UInt64>) -> Int {
        if count == capacity { grow() }
        let row = unsafe row(count)
        unsafe row.update(from: key, count: Self.rowWidth)
        if Key._hasText {
            unsafe Key._forEachLongText(row + 1) { words in
                let base = unsafe UnsafeRawPointer(bitPattern: UInt(words[1])).unsafelyUnwrapped
                let kept = unsafe texts.keep(base, PackedText.byteCount(words))
                unsafe words[1] = UInt64(UInt(bitPattern: kept))
            }
        }
        unsafe slots.insert(row.pointee, count)
        unsafe partial(count).initialize(to: inner.identity)
        count += 1
        return count - 1
    }

    @inlinable mutating func grow() {
        let old = unsafe records
        capacity *= 2
        unsafe records = host._scattered(byteCount: capacity * Self.stride)
        // A value moves as its bytes do.
        unsafe records.copyMemory(from: old, byteCount: count * Self.stride)
        unsafe old.deallocate()
    }

    /// Forgets the groups and keeps the memory.
    @inlinable mutating func removeAll() {
        for number in 0..<count { unsafe partial(number).deinitialize(count: 1) }
        count = 0
        slots.removeAll()
        texts.removeAll()
    }

    /// Folds what is left of an element into a group.
    @inlinable @inline(__always) mutating func fold(_ raw: Inner.Raw, into number: Int) throws {
        try unsafe inner.fold(raw, into: &partial(number).pointee)
    }

    /// Adds a part of a group that follows on the right.
    @inlinable @inline(__always)
    mutating func combine(_ partial: Inner.Partial, into number: Int) throws {
        try unsafe inner.combine(partial, into: &self.partial(number).pointee)
    }

    /// All numbers in the order of their hashes, and of the keys where those are equal: the same in
    /// every process, whatever the order in which keys came.
    @inlinable func numbersByHash() -> [Int] {
        var entries = (0..<count).map {
            _SortEntry(number: unsafe row($0).pointee, row: $0)
        }
        _sortByHash(&entries)
        _sortEqual(&entries) {
            unsafe Key._precedes(row($0) + 1, row($1) + 1) ?? false
        }
        return entries.map(\.row)
    }
}
