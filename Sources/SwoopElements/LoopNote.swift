// What travels beside the fields of a fused loop's task: which part of which source it covers.
// Written by the recorder of plans (Swoop), read by the worker; the second argument of every task
// that runs a kernel.

/// The part of a source that a run covers.
package struct LoopNote: Sendable {
    /// The kinds of sources.
    public enum Source: Sendable {
        /// No source: a step that combines partial results.
        case none
        /// Offsets of a range.
        case range
        /// Elements of pages; counts that add up to what comes before, then those of the run's own.
        case pages(counts: [Int])
        /// The run's own page as a whole; counts as those of `pages`.
        case wholePages(counts: [Int])
        /// Elements of a page and those of other pages at the same indices: the run's first input
        /// and all others; counts that add up to what comes before, and the page's own; the same of
        /// the other pages.
        case zipped(counts: [Int], others: [Int])
        /// Elements of the run's first page, each to be looked up among those of its last
        /// `partners` pages; between them lies an index of these, or nothing. Counts as those of
        /// `pages`.
        case joined(counts: [Int], partners: Int)
        /// Bytes of a file, of this version; 0: any.
        case text(path: String, lookBehind: Int, version: UInt64 = 0)
        /// Bytes of a file that was sent: the run's one input is the text from `start` on, as far
        /// as its last record reaches.
        case sentText(start: Int)
        /// Pages whose elements are to be merged: the run's inputs, each in the order of the
        /// result.
        ///
        /// The first `counted` of them give the positions, and `start` is the first of these; the
        /// others are another collection's.
        case merged(counted: Int, start: Int)
    }

    /// What the run goes over.
    public var source: Source
    /// Positions of the whole source (of this file).
    public var sourceEnd: Int
    /// The index of the leaf that holds position 0.
    public var leafBase: Int

    /// Describes a part.
    public init(source: Source, sourceEnd: Int = 0, leafBase: Int = 0) {
        self.source = source
        self.sourceEnd = sourceEnd
        self.leafBase = leafBase
    }

    /// The encoding up to what may come from elsewhere: the counts of pages, which follow as an
    /// array, or the index of the first element.
    public func encodeHead(into writer: inout ValueWriter) {
        sourceEnd.encode(into: &writer)
        leafBase.encode(into: &writer)
        switch source {
        case .none: UInt8(0).encode(into: &writer)
        case .range: UInt8(1).encode(into: &writer)
        case .pages: UInt8(2).encode(into: &writer)
        case .text(let path, let lookBehind, let version):
            UInt8(3).encode(into: &writer)
            path.encode(into: &writer)
            lookBehind.encode(into: &writer)
            version.encode(into: &writer)
        case .sentText(let start):
            UInt8(4).encode(into: &writer)
            start.encode(into: &writer)
        case .merged(let counted, _):
            UInt8(5).encode(into: &writer)
            counted.encode(into: &writer)
        case .wholePages: UInt8(6).encode(into: &writer)
        case .zipped: UInt8(7).encode(into: &writer)
        case .joined(_, let partners):
            UInt8(8).encode(into: &writer)
            partners.encode(into: &writer)
        }
    }
}

extension LoopNote: RemoteValue {
    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        encodeHead(into: &writer)
        switch source {
        case .pages(let counts), .wholePages(let counts), .joined(let counts, _):
            counts.encode(into: &writer)
        case .zipped(let counts, let others):
            counts.encode(into: &writer)
            others.encode(into: &writer)
        case .merged(_, let start): start.encode(into: &writer)
        case .none, .range, .text, .sentText: break
        }
    }

    /// Reads what `encode` wrote.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        sourceEnd = try Int(decoding: &reader)
        leafBase = try Int(decoding: &reader)
        let kind = try UInt8(decoding: &reader)
        switch kind {
        case 0: source = .none
        case 1: source = .range
        case 2: source = .pages(counts: try [Int](decoding: &reader))
        case 3:
            let path = try String(decoding: &reader)
            let lookBehind = try Int(decoding: &reader)
            source = .text(
                path: path, lookBehind: lookBehind, version: try UInt64(decoding: &reader))
        case 4: source = .sentText(start: try Int(decoding: &reader))
        case 5:
            let counted = try Int(decoding: &reader)
            source = .merged(counted: counted, start: try Int(decoding: &reader))
        case 6: source = .wholePages(counts: try [Int](decoding: &reader))
        case 7:
            let counts = try [Int](decoding: &reader)
            source = .zipped(counts: counts, others: try [Int](decoding: &reader))
        case 8:
            let partners = try Int(decoding: &reader)
            source = .joined(counts: try [Int](decoding: &reader), partners: partners)
        default: throw .malformed("the kind \(kind) of a loop's source")
        }
    }
}
