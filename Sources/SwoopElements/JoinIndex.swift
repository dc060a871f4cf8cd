// Where the rows of the right side of a join lie, by the hashes of their keys: for each part of the
// hashes a page of words, which all runs of a node read in place. A bucket's rows stand side by
// side, in the order of their source, as a counting sort leaves them; so equal keys meet in that
// order, and a key that half of the rows have costs no more than its pairs.

/// Rows of one part of the hashes.
///
/// A page of words: how many bits choose a bucket; the number of rows; for each row the lowest 16
/// bits of its hash above its place; behind these where the rows of each bucket begin, as 32 bits.
@safe @frozen @usableFromInline package struct JoinPart {
    @usableFromInline package let entries: UnsafePointer<UInt64>
    @usableFromInline let starts: UnsafePointer<UInt32>
    @usableFromInline let count: Int
    /// How far a hash is shifted until only the number of its bucket is left.
    @usableFromInline let shift: UInt64

    /// Reads a part where it lies.
    init(_ words: UnsafePointer<UInt64>, count wordCount: Int) throws(_PageError) {
        guard wordCount >= Self.headCount, unsafe (1...32).contains(words[0]),
            let rows = unsafe Int(exactly: words[1]), rows <= Int(UInt32.max)
        else { throw .malformed("an index of rows") }
        let bits = unsafe Int(words[0])
        guard wordCount == Self.wordCount(rows: rows, bits: bits) else {
            throw .malformed("an index of rows")
        }
        unsafe entries = words + Self.headCount
        unsafe starts = UnsafeRawPointer(words + Self.headCount + rows)
            .assumingMemoryBound(to: UInt32.self)
        count = rows
        shift = UInt64(64 - bits)
    }

    private static let headCount = 2

    /// One or two rows for each bucket.
    private static func bits(rows: Int) -> Int {
        max(1, Int.bitWidth - 1 - max(1, rows).leadingZeroBitCount)
    }

    private static func wordCount(rows: Int, bits: Int) -> Int {
        headCount + rows + ((1 << bits) + 2) / 2
    }

    /// The words of a part of so many rows.
    static func wordCount(rows: Int) -> Int { wordCount(rows: rows, bits: bits(rows: rows)) }

    /// Writes a part.
    ///
    /// - Parameters:
    ///   - words: as many as `wordCount(rows:)`.
    ///   - partBits: how many bits of a hash have chosen the part.
    ///   - forEach: calls its argument with the hash and the place of each row, in order, and does
    ///     the same once more when it is asked again.
    static func write(
        rows: Int, partBits: Int, into words: UnsafeMutablePointer<UInt64>,
        _ forEach: ((UInt64, UInt64) -> Void) -> Void
    ) {
        let bits = bits(rows: rows)
        let shift = UInt64(64 - bits)
        let partBits = UInt64(partBits)
        unsafe words[0] = UInt64(bits)
        unsafe words[1] = UInt64(rows)
        let entries = unsafe words + headCount
        unsafe words[headCount + rows + ((1 << bits) + 2) / 2 - 1] = 0
        let starts = unsafe UnsafeMutableRawPointer(entries + rows)
            .assumingMemoryBound(to: UInt32.self)
        unsafe starts.update(repeating: 0, count: (1 << bits) + 1)
        // Rows are counted one bucket further on, so that a bucket's beginning, which rises to its
        // end while it is filled, is in the end the beginning of the next.
        forEach { hash, _ in
            unsafe starts[Int(truncatingIfNeeded: (hash &<< partBits) &>> shift) &+ 1] &+= 1
        }
        var sum: UInt32 = 0
        for bucket in 1...(1 << bits) {
            let own = unsafe starts[bucket]
            unsafe starts[bucket] = sum
            sum &+= own
        }
        forEach { hash, place in
            let bucket = Int(truncatingIfNeeded: (hash &<< partBits) &>> shift) &+ 1
            let target = unsafe Int(starts[bucket])
            unsafe entries[target] = hash &<< 48 | place
            unsafe starts[bucket] &+= 1
        }
    }

    /// Whether a row may have a key of such a hash.
    @inlinable @inline(__always)
    package static func mayBe(_ entry: UInt64, _ hash: UInt64) -> Bool {
        (entry ^ (hash &<< 48)) &>> 48 == 0
    }

    /// The place of a row.
    @inlinable @inline(__always) package static func place(_ entry: UInt64) -> UInt64 {
        entry & 0xffff_ffff_ffff
    }

    /// The rows of the bucket of a hash, whose bits that chose the part have been shifted out.
    @inlinable @inline(__always) package func bucket(_ hash: UInt64) -> (start: Int, end: Int) {
        let bucket = Int(truncatingIfNeeded: hash &>> shift)
        let start = unsafe Int(starts[bucket])
        let end = unsafe Int(starts[bucket &+ 1])
        // Of a damaged page nothing outside of it is read.
        return (start, min(end, count))
    }
}

/// The rows of the right side of a join, by the hashes of their keys.
@safe @usableFromInline package final class JoinIndex {
    @usableFromInline package let parts: [JoinPart]
    /// How many bits of a hash choose the part.
    @usableFromInline package let partBits: UInt64
    private let own: UnsafeMutablePointer<UInt64>?

    /// More pages than this have no place in an entry.
    @inlinable package static var pagesMax: Int { (1 << 16) - 1 }
    /// More parts than two to this nobody makes.
    @inlinable package static var partBitsMax: Int { 16 }

    /// Opens the pages of all parts, which must outlive the index.
    @usableFromInline package init(pages: some Collection<_InputPage>) throws {
        var parts: [JoinPart] = []
        for page in pages {
            let (columns, count) = try unsafe _openPage(of: UInt64.self, page.bytes)
            parts.append(try unsafe JoinPart(columns.base, count: count))
        }
        guard parts.count > 0, parts.count & (parts.count - 1) == 0 else {
            throw _PageError.malformed("parts of an index of rows")
        }
        self.parts = parts
        partBits = UInt64(parts.count.trailingZeroBitCount)
        unsafe own = nil
    }

    /// Makes an index of one part.
    @usableFromInline package init(hashes: [UInt64], places: [UInt64]) throws {
        guard hashes.count <= Int(UInt32.max) else { throw _PageError.malformed("rows") }
        let count = JoinPart.wordCount(rows: hashes.count)
        let words = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        unsafe own = words
        partBits = 0
        unsafe JoinPart.write(rows: hashes.count, partBits: 0, into: words) { body in
            for (hash, place) in zip(hashes, places) { body(hash, place) }
        }
        parts = [try unsafe JoinPart(words, count: count)]
    }

    deinit { unsafe own?.deallocate() }

    /// The part of a hash, of two to the power of `partBits`.
    @inlinable @inline(__always)
    package static func part(of hash: UInt64, _ partBits: UInt64) -> Int {
        Int(truncatingIfNeeded: (hash &>> 1) &>> (63 &- partBits))
    }

    /// Writes the page of one part from pages of hashes and places, in order.
    @usableFromInline package static func emit(
        _ inputs: [_InputPage], partBits: Int, to host: any _CallHost
    ) throws {
        var pages: [(columns: _PairColumns<UInt64, UInt64>, count: Int)] = []
        for input in inputs where unsafe !input.bytes.isEmpty {
            let (columns, count) = try unsafe _openPage(of: Pair<UInt64, UInt64>.self, input.bytes)
            pages.append((columns, count))
        }
        let rows = pages.reduce(0) { $0 + $1.count }
        guard rows <= Int(UInt32.max), (0...partBitsMax).contains(partBits) else {
            throw _PageError.malformed("rows")
        }
        let count = JoinPart.wordCount(rows: rows)
        let size = UInt64.pageByteCount(of: count)
        let region = try unsafe host.pageRegion(byteCount: size, count: count)
        guard let base = region.baseAddress else { return }
        unsafe _PageHeader(layoutHash: UInt64._layout.hash, count: count, byteCount: size)
            .write(into: region)
        let end = _PageHeader.byteCount + count * 8
        unsafe (base + end).initializeMemory(as: UInt8.self, repeating: 0, count: size - end)
        let words = unsafe (base + _PageHeader.byteCount).assumingMemoryBound(to: UInt64.self)
        unsafe JoinPart.write(rows: rows, partBits: partBits, into: words) { body in
            for (columns, count) in pages {
                for row in 0..<count { body(columns.first[row], columns.second[row]) }
            }
        }
    }
}
