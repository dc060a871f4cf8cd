// The parts of outputs as columns: how many each output has, then counts and checksums of all of
// them.

internal import SwoopModel

/// Parts on their way into a message.
struct PartColumns {
    private(set) var count: [UInt32] = []
    private(set) var byteCount: [Int64] = []
    private(set) var elementCount: [Int64] = []
    private(set) var checksum: [UInt64] = []

    mutating func append(_ pages: StoredPages) {
        count.append(UInt32(pages.parts.count))
        for part in pages.parts {
            byteCount.append(part.byteCount)
            elementCount.append(part.elementCount)
            checksum.append(part.checksum)
        }
    }
}

/// What is left of the parts of a message.
struct PartFeeds {
    private var count: Feed<UInt32>
    private var byteCount: Feed<Int64>
    private var elementCount: Feed<Int64>
    private var checksum: Feed<UInt64>

    init(count: [UInt32], byteCount: [Int64], elementCount: [Int64], checksum: [UInt64]) {
        self.count = Feed(count)
        self.byteCount = Feed(byteCount)
        self.elementCount = Feed(elementCount)
        self.checksum = Feed(checksum)
    }

    /// The pages of the next output.
    mutating func next() throws(WireError) -> StoredPages {
        let rows = Int(try count.next())
        guard rows > 0 else { throw .malformed(.column, offset: 0) }
        let bytes = try byteCount.next(rows)
        let elements = try elementCount.next(rows)
        let sums = try checksum.next(rows)
        guard bytes.allSatisfy(SizeBound.holds), elements.allSatisfy(SizeBound.holds) else {
            throw .malformed(.number, offset: 0)
        }
        return StoredPages(
            bytes.indices.map {
                OutputPart(
                    byteCount: bytes[$0], elementCount: elements[$0], checksum: sums[$0])
            })
    }

    func finish() throws(WireError) {
        try count.finish()
        try byteCount.finish()
        try elementCount.finish()
        try checksum.finish()
    }
}
