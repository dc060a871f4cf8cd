// What a run leaves of groups that are divided by the hash of their keys: entries end to end, each
// a key and either what is left of one element or a partial result of several.
//
// A page has the entries of one part of the hashes, those of each of its buckets together. It
// begins with the number of entries, the number of buckets, and the end of each of them as an
// offset. An entry is a word with its size and its kind,
// the hash, the words of the key, the encoded result, and the texts that do not lie in the words,
// of which the words have the offset. It begins at a multiple of eight bytes.

/// Takes entries one after the other, and divides them at the end.
@safe @usableFromInline struct GroupLog: ~Copyable {
    /// Whose memory the entries lie in: the next run finds it there.
    @usableFromInline let host: any _CallHost
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity = 0
    @usableFromInline var end = 0
    /// Of each bucket of each part how many bytes its entries have.
    @usableFromInline var sizes: [Int]
    /// The number of entries.
    @usableFromInline var count = 0
    /// What is being encoded.
    @usableFromInline var writer = ValueWriter()

    /// In the word in front of an entry: what follows is the result of one element.
    @inlinable static var rawMark: UInt64 { 1 << 63 }
    /// The buckets of each part.
    @usableFromInline let buckets: Int

    @inlinable init(parts: Int, host: any _CallHost) {
        self.host = host
        // So many that one of them has few entries even of a large part, and so few in all that
        // entries can be written to all of them in turn.
        buckets = Swift.max(1, Swift.min(64, 2_048 / parts))
        sizes = [Int](repeating: 0, count: parts * buckets)
        unsafe base = UnsafeMutableRawPointer(bitPattern: 64).unsafelyUnwrapped
    }

    /// The bucket of a hash, of so many in all: buckets have the hashes in order.
    @inlinable @inline(__always) static func bucket(of hash: UInt64, among all: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(all)).high)
    }

    /// Appends an entry whose result lies in `writer`.
    @inlinable @inline(__always)
    mutating func append<Key: PackedKey>(
        _ type: Key.Type, _ row: UnsafeMutablePointer<UInt64>, mark: UInt64
    ) throws {
        let width = 8 + (1 + Key._wordCount) &* 8
        let resultByteCount = writer.storage.count
        var size = width &+ resultByteCount
        if Key._hasText {
            unsafe Key._forEachLongText(row + 1) { unsafe size &+= PackedText.byteCount($0) }
        }
        size = (size &+ 7) & ~7
        if end &+ size > capacity { try grow(size) }
        let entry = unsafe base + end
        unsafe (entry + size - 8).storeBytes(of: 0, as: UInt64.self)
        unsafe entry.storeBytes(of: UInt64(truncatingIfNeeded: size) | mark, as: UInt64.self)
        let words = unsafe (entry + 8).assumingMemoryBound(to: UInt64.self)
        unsafe words.update(from: row, count: 1 + Key._wordCount)
        unsafe writer.storage.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            unsafe (entry + width).copyMemory(from: source, byteCount: bytes.count)
        }
        if Key._hasText {
            var offset = width &+ resultByteCount
            unsafe Key._forEachLongText(words + 1) { words in
                let count = unsafe PackedText.byteCount(words)
                let text = unsafe UnsafeRawPointer(bitPattern: UInt(words[1])).unsafelyUnwrapped
                unsafe (entry + offset).copyMemory(from: text, byteCount: count)
                unsafe words[1] = UInt64(truncatingIfNeeded: offset)
                offset &+= count
            }
        }
        end &+= size
        count &+= 1
        sizes[unsafe Self.bucket(of: row.pointee, among: sizes.count)] &+= size
    }

    @usableFromInline @inline(never) mutating func grow(_ size: Int) throws {
        let wanted = max(1 << 20, max(capacity * 2, end + size))
        let region = try unsafe host.scratch(byteCount: wanted)
        guard let start = region.baseAddress else { return }
        unsafe base = start
        capacity = region.count
    }

    /// Writes the entries as the pages of one output, one for each part, those of each bucket in
    /// their order.
    @usableFromInline func emit() throws {
        let head = GroupPage.headByteCount(buckets: buckets)
        var pages: [_PageSize] = []
        /// Where the next entry of each bucket belongs.
        var places: [Int] = []
        var start = 0
        for first in stride(from: 0, to: sizes.count, by: buckets) {
            var place = start + head
            for bucket in first..<first + buckets {
                places.append(place)
                place += sizes[bucket]
            }
            let isEmpty = place == start + head
            let size = isEmpty ? 0 : _PageHeader.aligned(place - start)
            // What is counted is only whether there is anything.
            pages.append(_PageSize(byteCount: size, count: isEmpty ? 0 : 1))
            start += size
        }
        let region = try unsafe host.pageRegion(parts: pages)
        guard let target = region.baseAddress, start > 0 else { return }
        let counts = unsafe move(to: target, &places)
        start = 0
        for (part, page) in pages.enumerated() where page.byteCount > 0 {
            let words = unsafe (target + start).assumingMemoryBound(to: UInt64.self)
            unsafe words[0] = UInt64(counts[part])
            unsafe words[1] = UInt64(buckets)
            // The places are now where the buckets end.
            let ends = places[(part * buckets)..<((part + 1) * buckets)].map { $0 - start }
            for (bucket, end) in ends.enumerated() { unsafe words[2 + bucket] = UInt64(end) }
            let used = ends.last ?? 0
            unsafe (target + start + used).initializeMemory(
                as: UInt8.self, repeating: 0, count: page.byteCount - used)
            start += page.byteCount
        }
    }

    /// Copies every entry to its bucket; how many each part has.
    private func move(to target: UnsafeMutableRawPointer, _ places: inout [Int]) -> [Int] {
        var counts = [Int](repeating: 0, count: places.count / buckets)
        var offset = 0
        while offset < end {
            let entry = unsafe base + offset
            let word = unsafe entry.load(as: UInt64.self)
            let size = Int(truncatingIfNeeded: word & ~Self.rawMark)
            let hash = unsafe entry.load(fromByteOffset: 8, as: UInt64.self)
            let bucket = Self.bucket(of: hash, among: places.count)
            unsafe (target + places[bucket]).copyMemory(from: entry, byteCount: size)
            places[bucket] += size
            counts[bucket / buckets] += 1
            offset += size
        }
        return counts
    }
}

/// A page of entries, checked.
@safe @usableFromInline struct GroupPage {
    @usableFromInline let base: UnsafeRawPointer
    /// The number of entries, as the page says.
    @usableFromInline let count: Int
    /// Where each bucket ends.
    @usableFromInline let ends: [Int]

    /// Both counts, and the ends of the buckets.
    @usableFromInline static func headByteCount(buckets: Int) -> Int { 16 + buckets * 8 }

    /// Opens a page; nil if it has no entries.
    @usableFromInline init?(_ bytes: UnsafeRawBufferPointer) throws(ValueDecodingError) {
        guard bytes.count > 0, let base = bytes.baseAddress else { return nil }
        unsafe self.base = base
        guard bytes.count >= 16 else { throw .tooShort }
        func word(_ index: Int) -> UInt64 {
            unsafe base.load(fromByteOffset: index * 8, as: UInt64.self)
        }
        guard (1...64).contains(word(1)), word(0) <= UInt64(bytes.count / 24) else {
            throw .malformed("buckets of groups")
        }
        count = Int(word(0))
        let buckets = Int(word(1))
        var last = UInt64(Self.headByteCount(buckets: buckets))
        guard last <= UInt64(bytes.count) else { throw .tooShort }
        var ends: [Int] = []
        for bucket in 0..<buckets {
            let end = word(2 + bucket)
            guard end >= last, end <= UInt64(bytes.count), end & 7 == 0 else {
                throw .malformed("ends of buckets")
            }
            ends.append(Int(end))
            last = end
        }
        self.ends = ends
    }

    /// Where some buckets lie.
    @inlinable func bytes(of buckets: Range<Int>) -> Range<Int> {
        let start =
            buckets.lowerBound == 0
            ? Self.headByteCount(buckets: ends.count) : ends[buckets.lowerBound - 1]
        return start..<(buckets.isEmpty ? start : ends[buckets.upperBound - 1])
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

    /// Reads the entry at an offset, which a multiple of eight bytes follows.
    @inlinable @inline(__always)
    init(
        _ page: GroupPage, at offset: Int, end: Int, least: Int
    ) throws(ValueDecodingError) {
        let word = unsafe page.base.load(fromByteOffset: offset, as: UInt64.self)
        let size = word & ~GroupLog.rawMark
        guard size >= UInt64(truncatingIfNeeded: least), size & 7 == 0,
            size <= UInt64(truncatingIfNeeded: end &- offset)
        else { throw .malformed("entry of a group") }
        unsafe base = page.base + offset
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
