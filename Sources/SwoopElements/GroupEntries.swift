// What a run leaves of groups that are divided by the hash of their keys: entries end to end, each
// a key and either what is left of one element or a partial result of several.
//
// An entry is a word with its size and its kind, the hash, the words of the key, the encoded
// result, and the texts that do not lie in the words, of which the words have the offset. It begins
// at a multiple of eight bytes; a word of zero ends the entries of a part.

/// Takes entries one after the other, and divides them at the end.
@safe @usableFromInline struct GroupLog: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity = 1 << 16
    @usableFromInline var end = 0
    @usableFromInline var sizes: [PageSize]
    /// What is being encoded.
    @usableFromInline var writer = ValueWriter()

    /// In the word in front of an entry: what follows is the result of one element.
    @inlinable static var rawMark: UInt64 { 1 << 63 }
    /// The size and the hash.
    @inlinable static var headByteCount: Int { 16 }

    @inlinable init(parts: Int) {
        sizes = [PageSize](repeating: PageSize(byteCount: 0, count: 0), count: parts)
        unsafe base = .allocate(byteCount: capacity, alignment: 64)
    }

    @inlinable deinit { unsafe base.deallocate() }

    /// The part of a hash, of so many: parts have the hashes in order.
    @inlinable @inline(__always) static func part(of hash: UInt64, among parts: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(parts)).high)
    }

    /// Appends an entry whose result lies in `writer`.
    @inlinable @inline(__always)
    mutating func append<Key: PackedKey>(
        _ type: Key.Type, _ row: UnsafeMutablePointer<UInt64>, mark: UInt64
    ) {
        let width = 8 + (1 + Key._wordCount) &* 8
        var size = width &+ writer.storage.count
        if Key._hasText {
            unsafe Key._forEachLongText(row + 1) { unsafe size &+= PackedText.byteCount($0) }
        }
        size = (size &+ 7) & ~7
        if end &+ size > capacity { grow(size) }
        let entry = unsafe base + end
        unsafe (entry + size - 8).storeBytes(of: 0, as: UInt64.self)
        unsafe entry.storeBytes(of: UInt64(truncatingIfNeeded: size) | mark, as: UInt64.self)
        unsafe (entry + 8).copyMemory(from: row, byteCount: width &- 8)
        unsafe writer.storage.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            unsafe (entry + width).copyMemory(from: source, byteCount: bytes.count)
        }
        if Key._hasText {
            var offset = width &+ writer.storage.count
            let words = unsafe (entry + 16).assumingMemoryBound(to: UInt64.self)
            unsafe Key._forEachLongText(words) { words in
                let count = unsafe PackedText.byteCount(words)
                let text = unsafe UnsafeRawPointer(bitPattern: UInt(words[1])).unsafelyUnwrapped
                unsafe (entry + offset).copyMemory(from: text, byteCount: count)
                unsafe words[1] = UInt64(truncatingIfNeeded: offset)
                offset &+= count
            }
        }
        end &+= size
        let part = unsafe Self.part(of: row.pointee, among: sizes.count)
        sizes[part].byteCount &+= size
        sizes[part].count &+= 1
    }

    @usableFromInline @inline(never) mutating func grow(_ size: Int) {
        let old = unsafe base
        capacity = max(capacity * 2, end + size)
        unsafe base = .allocate(byteCount: capacity, alignment: 64)
        unsafe base.copyMemory(from: old, byteCount: end)
        unsafe old.deallocate()
    }

    /// Writes the entries as the pages of one output, one for each part, each in their order.
    @usableFromInline func emit(to host: any CallHost) throws {
        let pages = sizes.map { size in
            // A part with entries has a word of zero behind them.
            PageSize(
                byteCount: size.count > 0 ? PageHeader.aligned(size.byteCount + 8) : 0,
                count: size.count)
        }
        let region = try unsafe host.pageRegion(parts: pages)
        guard let target = region.baseAddress else { return }
        var places: [Int] = []
        var start = 0
        for (page, size) in zip(pages, sizes) {
            places.append(start)
            let used = start + size.byteCount
            start += page.byteCount
            unsafe (target + used).initializeMemory(
                as: UInt8.self, repeating: 0, count: start - used)
        }
        var offset = 0
        while offset < end {
            let entry = unsafe base + offset
            let word = unsafe entry.load(as: UInt64.self)
            let size = Int(truncatingIfNeeded: word & ~Self.rawMark)
            let part = unsafe Self.part(
                of: entry.load(fromByteOffset: 8, as: UInt64.self), among: places.count)
            unsafe (target + places[part]).copyMemory(from: entry, byteCount: size)
            places[part] += size
            offset += size
        }
    }
}

/// One entry of a page, checked.
@safe @usableFromInline struct GroupEntry {
    @usableFromInline let base: UnsafeRawPointer
    @usableFromInline let byteCount: Int
    @usableFromInline let isRaw: Bool

    /// The hash of the key.
    @inlinable @inline(__always) var hash: UInt64 {
        unsafe base.load(fromByteOffset: 8, as: UInt64.self)
    }

    /// Reads the entry at an offset; nil at the end.
    @inlinable @inline(__always)
    init?(_ page: UnsafeRawBufferPointer, at offset: Int, least: Int) throws(ValueDecodingError) {
        guard offset &+ 8 <= page.count, let start = page.baseAddress else { return nil }
        let word = unsafe start.load(fromByteOffset: offset, as: UInt64.self)
        guard word != 0 else { return nil }
        let size = word & ~GroupLog.rawMark
        guard size >= UInt64(truncatingIfNeeded: least), size & 7 == 0,
            size <= UInt64(truncatingIfNeeded: page.count &- offset)
        else { throw .malformed("entry of a group") }
        unsafe base = start + offset
        byteCount = Int(truncatingIfNeeded: size)
        isRaw = word & GroupLog.rawMark != 0
    }

    /// Copies the hash and the words of the key, texts at their addresses.
    @inlinable @inline(__always)
    func copyKey<Key: PackedKey>(
        _ type: Key.Type, into row: UnsafeMutablePointer<UInt64>
    ) throws(ValueDecodingError) {
        let words = unsafe (base + 8).assumingMemoryBound(to: UInt64.self)
        unsafe row.update(from: words, count: 1 + Key._wordCount)
        guard Key._hasText else { return }
        var isOutside = false
        unsafe Key._forEachLongText(row + 1) { words in
            let count = unsafe PackedText.byteCount(words)
            let offset = unsafe words[1]
            guard count <= byteCount,
                offset <= UInt64(truncatingIfNeeded: byteCount &- count)
            else {
                // An empty text, so that nothing is read from elsewhere.
                unsafe words.update(repeating: 0, count: 2)
                isOutside = true
                return
            }
            let text = unsafe base + Int(truncatingIfNeeded: offset)
            unsafe words[1] = UInt64(UInt(bitPattern: text))
        }
        if isOutside { throw .malformed("text of a group") }
    }

    /// A reader of the encoded result.
    @inlinable @inline(__always) func reader<Key: PackedKey>(_ type: Key.Type) -> ValueReader {
        let width = 16 + Key._wordCount * 8
        return unsafe ValueReader(
            UnsafeRawBufferPointer(start: base + width, count: byteCount &- width))
    }
}
