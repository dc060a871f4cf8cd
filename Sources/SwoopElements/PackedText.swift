// Text as two words: its length and its first four bytes, then its next eight, or the address of
// all of it where there are more.

/// Bytes of texts while a table of keys looks at them, and those of keys that it keeps.
@safe public struct _TextScratch: ~Copyable {
    private var blocks: [UnsafeMutableRawBufferPointer] = unsafe []
    /// Bytes of the last block that are taken.
    private var used = 0
    /// Bytes of all blocks.
    public private(set) var byteCount = 0

    private static let blockByteCount = 1 << 16

    /// No bytes.
    public init() {}

    deinit { for index in unsafe blocks.indices { unsafe blocks[index].deallocate() } }

    /// Copies bytes; where they lie until `removeAll`.
    @usableFromInline
    mutating func keep(_ base: UnsafeRawPointer, _ count: Int) -> UnsafeRawPointer {
        let room = unsafe (blocks.last?.count ?? 0) - used
        if count > room {
            let block = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(count, Self.blockByteCount), alignment: 8)
            unsafe blocks.append(block)
            byteCount += block.count
            used = 0
        }
        guard let start = unsafe blocks.last?.baseAddress else { return unsafe base }
        let place = unsafe start + used
        unsafe place.copyMemory(from: base, byteCount: count)
        used += count
        return UnsafeRawPointer(place)
    }

    /// Forgets everything, and keeps a block.
    @usableFromInline package mutating func removeAll() {
        used = 0
        while unsafe blocks.count > 1 {
            guard let block = unsafe blocks.popLast() else { return }
            byteCount -= block.count
            unsafe block.deallocate()
        }
    }
}

/// Two words of a text.
@usableFromInline enum PackedText {
    /// The most bytes that lie in the words themselves.
    @inlinable static var inlineMax: Int { 12 }

    /// How many bytes a text has.
    @inlinable @inline(__always)
    static func byteCount(_ words: UnsafePointer<UInt64>) -> Int {
        unsafe Int(truncatingIfNeeded: words[0] & 0xffff_ffff)
    }

    /// Writes the words of a text, and stirs it into a hash.
    @inlinable @inline(__always)
    static func pack(
        _ base: UnsafeRawPointer, _ count: Int, into words: UnsafeMutablePointer<UInt64>,
        _ hash: UInt64
    ) -> UInt64 {
        func load<Word: FixedWidthInteger & BitwiseCopyable>(
            _ type: Word.Type, _ offset: Int
        ) -> UInt64 {
            unsafe UInt64(
                Word(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Word.self)))
        }
        let size = UInt64(truncatingIfNeeded: count)
        let first: UInt64
        let second: UInt64
        if count >= 8 {
            let head = load(UInt64.self, 0)
            first = size | head &<< 32
            if count > inlineMax {
                unsafe words[0] = first
                unsafe words[1] = UInt64(UInt(bitPattern: base))
                return folded(
                    unsafe byteHash(base, count) ^ HashSeed.first ^ hash, HashSeed.second)
            }
            // The last bytes, without those that the head has already; none of eight.
            let surplus = UInt64(truncatingIfNeeded: count &- 8) &* 8
            let tail = load(UInt64.self, count &- 8)
            second = head &>> 32 | ((tail &>> 1) &>> (63 &- surplus)) &<< 32
        } else if count >= 4 {
            first = size | load(UInt32.self, 0) &<< 32
            let surplus = UInt64(truncatingIfNeeded: count &- 4) &* 8
            second = load(UInt32.self, count &- 4) &>> (32 &- surplus)
        } else {
            var bytes: UInt64 = 0
            for offset in 0..<count { bytes |= load(UInt8.self, offset) &<< UInt64(offset &* 8) }
            first = size | bytes &<< 32
            second = 0
        }
        unsafe words[0] = first
        unsafe words[1] = second
        return folded(first ^ HashSeed.first ^ hash, second ^ HashSeed.second)
    }

    /// Lends the bytes of a text.
    @inlinable @inline(__always)
    static func withBytes<Answer>(
        _ words: UnsafePointer<UInt64>, _ body: (TextSlice) -> Answer
    ) -> Answer {
        let count = unsafe byteCount(words)
        if count > inlineMax {
            let base = unsafe UnsafeRawPointer(bitPattern: UInt(words[1])).unsafelyUnwrapped
            return unsafe body(TextSlice(_base: base, byteCount: count))
        }
        // Behind the length lie the first bytes, and behind those the others.
        return unsafe body(TextSlice(_base: UnsafeRawPointer(words) + 4, byteCount: count))
    }

    /// Whether two texts are the same.
    @usableFromInline static func isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool {
        guard unsafe left[0] == right[0] else { return false }
        if unsafe left[1] == right[1] { return true }
        guard unsafe byteCount(left) > inlineMax else { return false }
        return unsafe withBytes(left) { left in
            unsafe withBytes(right) { right in
                unsafe sameBytes(left.base, right.base, left.byteCount)
            }
        }
    }

    /// Whether a text comes before another one, byte by byte; nil: they are the same.
    @usableFromInline static func precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? {
        unsafe withBytes(left) { left in
            unsafe withBytes(right) { right in
                left.precedes(right) ? true : right.precedes(left) ? false : nil
            }
        }
    }
}

/// A text as a key.
package protocol TextKey: PackedKey where _Stored == String {}

extension TextKey {
    /// 2.
    @inlinable public static var _wordCount: Int { 2 }
    /// Yes.
    @inlinable public static var _hasText: Bool { true }
    /// Whether the bytes are the same.
    @inlinable public static func _isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool { unsafe PackedText.isSame(left, right) }
    /// The text, if it does not lie in the words.
    @inlinable @inline(__always) public static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void
    ) { if unsafe PackedText.byteCount(words) > PackedText.inlineMax { unsafe body(words) } }
    /// By the bytes.
    @inlinable public static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? { unsafe PackedText.precedes(left, right) }
    /// Copies the bytes, without a String between.
    @inlinable @inline(__always) public static func _append(
        _ words: UnsafePointer<UInt64>, to builder: inout String._Builder
    ) { unsafe PackedText.withBytes(words) { builder.appendBytes(of: $0) } }
}

extension TextSlice: TextKey {
    /// A copy.
    public typealias _Stored = String

    /// Writes the words of the text; a long one is copied, since its bytes are lent to the call.
    @inlinable @inline(__always) public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 {
        let hash = unsafe PackedText.pack(base, byteCount, into: words, hash)
        if byteCount > PackedText.inlineMax {
            let kept = unsafe scratch.keep(base, byteCount)
            unsafe words[1] = UInt64(UInt(bitPattern: kept))
        }
        return hash
    }
}

extension String: TextKey {
    /// Itself.
    public typealias _Stored = String

    /// Writes the words of the text; a long one is copied, since a String may move its bytes.
    @inlinable @inline(__always) public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 {
        var text = self
        return text.withUTF8 { bytes in
            unsafe slice(UnsafeRawBufferPointer(bytes))._pack(into: words, hash, &scratch)
        }
    }
}

extension String._Builder {
    /// Appends a copy of the bytes.
    @inlinable @inline(__always) mutating func appendBytes(of text: TextSlice) {
        unsafe bytes.append(
            contentsOf: UnsafeRawBufferPointer(start: text.base, count: text.byteCount))
        offsets.append(UInt64(truncatingIfNeeded: bytes.count))
    }
}

extension String._Columns {
    /// Writes the words of a text where it lies in its page, which the words must not outlive.
    @inlinable @inline(__always) package func _pack(
        _ index: Int, into words: UnsafeMutablePointer<UInt64>
    ) -> UInt64 {
        let bytes = unsafe _bytes(index)
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe PackedText.pack(UnsafeRawPointer(base), bytes.count, into: words, 0)
    }
}
