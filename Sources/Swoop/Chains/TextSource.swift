// The records of text files as the source of a chain, lent as bytes in place. A run covers the
// records that begin in its range of bytes. It looks at a leaf of the text at a time, through a
// window that the host fills anew for each. A record's length is paid once: by the run in whose
// range it begins, which looks for its end in windows before it takes memory for it.

public import SwoopElements

/// The records of text files; positions are bytes.
@frozen public struct _TextSource<Format: _TextFormat>: _ChainSource {
    /// A record's bytes.
    public typealias Output = TextSlice
    /// Itself.
    public typealias Source = _TextSource<Format>

    /// Whole records in memory, from the first to the last one's end.
    @safe @frozen public struct Block {
        @usableFromInline let base: UnsafeRawPointer?
        @usableFromInline let start: Int
        @usableFromInline let end: Int

        @usableFromInline init(base: UnsafeRawPointer?, start: Int, end: Int) {
            unsafe self.base = base
            self.start = start
            self.end = end
        }
    }

    @usableFromInline let format: Format

    /// Divides the text as `format` says.
    @inlinable public init(format: Format) { self.format = format }

    /// Reads the format.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        format = try Format(decoding: &reader)
    }

    /// Appends the format.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        format.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { Format._name }
    /// Leaves are the records that begin in one MiB.
    @inlinable public static var _leafWidth: Int { 1 << 20 }

    /// Bytes behind a leaf that are looked at in any case: most records end within them.
    static var margin: Int { 4_096 }

    /// Goes through the records in strides of bytes.
    public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        var length = 1
        guard position < context.range.upperBound else { return }
        var next = try firstRecord(&context)
        var leafEnd = position
        while position < context.range.upperBound {
            let isLeafBegin = position == leafEnd
            if isLeafBegin { leafEnd = position + Self._leafWidth - position % Self._leafWidth }
            let limit = min(leafEnd, context.range.upperBound)
            // Where no record begins there is nothing to look at, nor to read.
            if isLeafBegin, next < limit {
                // The leaf as far as the run goes; it may give away the rest meanwhile.
                try context.lendText(
                    from: max(0, position - format.lookBehind), to: limit + Self.margin)
            }
            let end = min(limit, max(position + min(length, limit - position), next))
            let block: Block
            if next < end {
                let stop = try self.end(of: next, notBefore: end, &context)
                guard let window = context.text, window.start <= next, window.end >= stop else {
                    throw ChainError.missingText(at: next)
                }
                unsafe block = Block(
                    base: window.bytes.baseAddress, start: next - window.start,
                    end: stop - window.start)
                next = stop
            } else {
                unsafe block = Block(base: nil, start: 0, end: 0)
            }
            guard try body(block, end) else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    /// Where the first record begins that the run is to look at; its range's end, or more, if none
    /// does there.
    ///
    /// Looked for leaf by leaf, and no further than the range: where a record from before reaches
    /// beyond it, the length of that one is nothing to this run.
    private func firstRecord(_ context: inout _CallContext) throws -> Int {
        let end = context.range.upperBound
        var position = context.range.lowerBound
        while true {
            let stop = min(end, position + Self._leafWidth - position % Self._leafWidth)
            try context.lendText(
                from: max(0, position - format.lookBehind), to: stop + Self.margin)
            guard let window = context.text else { throw ChainError.missingText(at: position) }
            if let begin = format.firstBegin(window, at: position) {
                return begin == 0 && Format._reading != .records && window._hasMark ? 3 : begin
            }
            // None begins before the last byte of what was seen. Text that was sent ends early
            // where none begins.
            guard stop < end, window.end < context.sourceEnd, window.end - 1 > position else {
                return end
            }
            position = window.end - 1
            _ = try context.strideEnded(at: context.range.lowerBound, elements: 0)
        }
    }

    /// Where the first record at or after `position` begins, with which the one that begins at
    /// `record` ends, or a later one; the file's end if there is none.
    ///
    /// The window then reaches from the record up to there. Where a record is longer than the
    /// window, its end is looked for first, and its memory taken once.
    private func end(
        of record: Int, notBefore position: Int, _ context: inout _CallContext
    ) throws -> Int {
        var from = position
        var seen = -1
        var byteCount = Self.margin * 16
        while let window = context.text, window.end > seen {
            let found = format.firstBegin(window, at: from)
            if found != nil || window.end >= context.sourceEnd {
                let stop = found ?? context.sourceEnd
                try context.lendText(from: max(0, record - format.lookBehind), to: stop)
                return stop
            }
            seen = window.end
            from = max(from, window.end - 1)
            try context.lendText(from: max(0, from - format.lookBehind), to: from + byteCount)
            byteCount = Self._leafWidth
            _ = try context.strideEnded(at: context.range.lowerBound, elements: 0)
        }
        throw ChainError.missingText(at: position)
    }

    /// Calls `body` with each record.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (TextSlice) throws -> Void) throws {
        guard let base = unsafe block.base else { return }
        var start = block.start
        let end = block.end
        while start < end {
            let record = unsafe format.recordEnd(base, start: start, end: end)
            try body(unsafe TextSlice(_base: base + start, byteCount: record.content &- start))
            start = record.next
        }
    }
}
