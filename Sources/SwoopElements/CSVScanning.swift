// The first pass over a table's text: for every part, to which state each state at its beginning
// leads, and how many lines it has. Parts are scanned in any order, anywhere; put together in the
// file's order they say what the first byte of each part is part of, and in which line it stands.

/// What a scan found in one part of a table.
package struct CSVSummary: RemoteValue, Equatable {
    /// Where the part begins in the file.
    public let lower: Int
    /// Line feeds in the part.
    public private(set) var lines = 0
    /// The state behind the part for each state at its beginning.
    public private(set) var ends = CSVState.allCases

    /// Begins at `lower` with nothing scanned.
    public init(lower: Int) { self.lower = lower }

    /// Reads a summary.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        lower = try Int(decoding: &reader)
        lines = try Int(decoding: &reader)
        try Self.check(lower: lower, lines: lines)
        for place in ends.indices {
            guard let state = CSVState(rawValue: try UInt8(decoding: &reader)) else {
                throw .malformed("the state of a table")
            }
            ends[place] = state
        }
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        lower.encode(into: &writer)
        lines.encode(into: &writer)
        for state in ends { state.rawValue.encode(into: &writer) }
    }

    /// Refuses numbers that no file has, of which sums would trap.
    static func check(lower: Int, lines: Int) throws(ValueDecodingError) {
        guard lower >= 0, (0..<1 << 40).contains(lines) else {
            throw .malformed("the lines of a table")
        }
    }

    private static let blockByteCount = 4_096

    /// Takes in the bytes `[from, to)` of a text, which follow those before.
    ///
    /// The byte before `from` must be in memory if it is of the table, the one at `to` if it is of
    /// the file.
    public mutating func scan(_ text: CSVText, from: Int, to: Int) {
        var position = from
        while position < to {
            let end = min(to, position + Self.blockByteCount)
            let (lines, hasQuotes) = unsafe _linesAndQuotes(
                text.base, from: position, to: end, quote: text.dialect.quote)
            self.lines += lines
            if !hasQuotes {
                for place in ends.indices where ends[place] == .escaped { ends[place] = .inside }
            } else if ends.allSatisfy({ $0 == ends[0] }) {
                // Whatever came before, it is known by now.
                let state = text.state(at: end, from: position, ends[0])
                for place in ends.indices { ends[place] = state }
            } else {
                for place in ends.indices {
                    ends[place] = text.state(at: end, from: position, ends[place])
                }
            }
            position = end
        }
    }
}

/// The line feeds between an offset of a table and the end of a row that reaches beyond it, counted
/// window by window: no memory is needed for such a row.
package struct CSVRest: RemoteValue, Equatable {
    /// The offset in the file before which line feeds are counted.
    public private(set) var end: Int
    /// The line feeds.
    public private(set) var lines = 0
    private var endsInFeed = false

    /// Those that belong to a row that ends at `end`: the one that ends it begins no line of it.
    public var linesOfRow: Int { lines - (endsInFeed ? 1 : 0) }

    /// Counts from an offset of the file on.
    public init(from offset: Int) { end = offset }

    /// Counts up to an offset; the window holds all from where the last call ended.
    public mutating func count(_ window: _TextWindow, upTo offset: Int) {
        let stop = min(offset, window.end)
        guard stop > end, end >= window.start, let base = unsafe window.bytes.baseAddress else {
            return
        }
        let (from, to) = (end - window.start, stop - window.start)
        lines += unsafe _linesAndQuotes(base, from: from, to: to, quote: 0).lines
        endsInFeed = unsafe base.load(fromByteOffset: to - 1, as: UInt8.self) == 0x0a
        end = stop
    }

    /// Adds what was counted from where this count ends.
    public mutating func append(_ other: CSVRest) {
        guard other.end > end else { return }
        lines += other.lines
        endsInFeed = other.endsInFeed
        end = other.end
    }

    /// Reads everything.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        end = try Int(decoding: &reader)
        lines = try Int(decoding: &reader)
        endsInFeed = try Bool(decoding: &reader)
        // No position of a source is beyond 2^60, and every line has a byte.
        guard (0...1 << 60).contains(end), (0...end).contains(lines) else {
            throw .malformed("the rest of a row")
        }
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        end.encode(into: &writer)
        lines.encode(into: &writer)
        endsInFeed.encode(into: &writer)
    }
}

/// The line feeds in `[from, to)`, and whether there are quotes among the bytes.
func _linesAndQuotes(
    _ base: UnsafeRawPointer, from: Int, to: Int, quote: UInt8
) -> (lines: Int, hasQuotes: Bool) {
    let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    let lineFeeds: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
    let quotes = UInt64(quote) &* 0x0101_0101_0101_0101
    var lines = 0
    var others: UInt64 = 0
    var offset = from
    while offset &+ 8 <= to {
        let word = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        // The highest bit of each byte that is zero, and of no other.
        let feeds = word ^ lineFeeds
        lines &+= (~(((feeds & low) &+ low) | feeds | low)).nonzeroBitCount
        let marks = word ^ quotes
        others |= ~(((marks & low) &+ low) | marks | low)
        offset &+= 8
    }
    while offset < to {
        let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
        if byte == 0x0a { lines &+= 1 }
        if byte == quote { others = 1 }
        offset &+= 1
    }
    return (lines, others != 0)
}

/// What is known of the beginnings of a table's parts.
package struct CSVIndex: RemoteValue, Equatable {
    /// One part's beginning.
    public struct Entry: RemoteValue, Hashable {
        /// Where the part begins in the file.
        public let lower: Int
        /// What the byte there is part of.
        public let state: CSVState
        /// Line feeds of the table before it.
        public let lines: Int

        init(lower: Int, state: CSVState, lines: Int) {
            self.lower = lower
            self.state = state
            self.lines = lines
        }

        /// Reads an entry.
        public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
            lower = try Int(decoding: &reader)
            guard let state = CSVState(rawValue: try UInt8(decoding: &reader)) else {
                throw .malformed("the state of a table")
            }
            self.state = state
            lines = try Int(decoding: &reader)
            try CSVSummary.check(lower: lower, lines: lines)
        }

        /// Appends everything.
        public func encode(into writer: inout ValueWriter) {
            lower.encode(into: &writer)
            state.rawValue.encode(into: &writer)
            lines.encode(into: &writer)
        }
    }

    /// The parts in the file's order.
    public let entries: [Entry]
    /// Where a part is sent: the rest of its last row behind the text, if the row is too long to be
    /// one, and therefore not sent to its end.
    public var rest: CSVRest?

    /// Puts the summaries of all parts of a table together.
    public init(_ summaries: [CSVSummary]) {
        var state = CSVState.outside
        var lines = 0
        var entries: [Entry] = []
        for summary in summaries.sorted(by: { $0.lower < $1.lower }) {
            entries.append(Entry(lower: summary.lower, state: state, lines: lines))
            state = summary.ends[Int(state.rawValue)]
            lines += summary.lines
        }
        self.entries = entries
    }

    private init(entries: [Entry]) { self.entries = entries }

    /// What is known of the parts from the one with this number on.
    public func from(_ part: Int) -> CSVIndex { CSVIndex(entries: Array(entries[part...])) }

    /// Reads an index.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        entries = try [Entry](decoding: &reader)
        rest = try CSVRest?(decoding: &reader)
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        entries.encode(into: &writer)
        rest.encode(into: &writer)
    }

    /// The part that begins at `lower`.
    public func entry(at lower: Int) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].lower < lower { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].lower == lower ? entries[low] : nil
    }
}

/// Scans one part of a table; `fields` has the dialect, `arguments` where the table begins.
package enum CSVScanKernel: _Kernel {
    /// Bytes between two looks at cancellation.
    private static let strideByteCount = 1 << 18

    /// Writes the encoded summary.
    public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        var arguments = context.argumentsReader
        let dialect = try _CSVDialect(decoding: &fields)
        let first = try Int(decoding: &arguments)
        var summary = CSVSummary(lower: context.range.lowerBound)
        var position = max(first, context.range.lowerBound)
        while position < context.range.upperBound {
            let end = min(position + strideByteCount, context.range.upperBound)
            let start = max(first, position - 1)
            try context.lendText(from: start, to: end + 1)
            guard let window = context.text, let base = unsafe window.bytes.baseAddress,
                window.start <= start, window.end >= min(end + 1, context.sourceEnd)
            else { throw CSVScanError.textMissing(at: position) }
            let text = unsafe CSVText(
                base: base, first: first - window.start, end: window.bytes.count,
                isWhole: window.end >= context.sourceEnd, dialect: dialect)
            summary.scan(text, from: position - window.start, to: end - window.start)
            _ = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
        summary.encode(into: &context.output)
    }
}

/// Puts the summaries of a table's parts, which come as arguments, together.
package enum CSVIndexKernel: _Kernel {
    /// Writes the encoded index.
    public static func run(_ context: inout _CallContext) throws {
        var arguments = context.argumentsReader
        var summaries: [CSVSummary] = []
        while !arguments.isAtEnd { summaries.append(try CSVSummary(decoding: &arguments)) }
        CSVIndex(summaries).encode(into: &context.output)
    }
}

/// Why a part of a table could not be scanned: a bug of whoever split the work.
package enum CSVScanError: Error, Equatable, Sendable {
    /// No text was lent, or too little of it.
    case textMissing(at: Int)
    /// Nothing is known of the part that begins there.
    case partUnknown(at: Int)
}
