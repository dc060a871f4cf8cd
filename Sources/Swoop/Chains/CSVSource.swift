// The rows of tables written as text as the source of a chain: each is read in place, the fields
// that the record has are parsed, the others are stepped over. Where the first row of a run begins
// follows from the scan of the whole table (CSVScanning.swift), so that it is right wherever the
// table was cut.

import Glibc
public import SwoopElements

/// What becomes of lines that are no rows of the table.
public enum CSVBadRows: UInt8, Sendable {
    /// The first one met fails the plan; the error names file, line, column and text.
    case refused
    /// They are left out: each run says on standard error how many, and the first one's line;
    /// `badRows()` counts them all.
    case leftOut
}

/// The rows of tables; positions are bytes.
@frozen public struct CSVSource<Row: CSVRow>: ChainSource {
    /// A row.
    public typealias Output = Row
    /// Itself.
    public typealias Source = CSVSource<Row>

    /// Whole rows in memory, from the first to the last one's end.
    @safe @frozen public struct Block {
        @usableFromInline let reading: CSVReading
        @usableFromInline let base: UnsafeRawPointer
        @usableFromInline let start: Int
        @usableFromInline let end: Int
        @usableFromInline let windowStart: Int

        init(
            reading: CSVReading, base: UnsafeRawPointer, start: Int, end: Int, windowStart: Int
        ) {
            self.reading = reading
            unsafe self.base = base
            self.start = start
            self.end = end
            self.windowStart = windowStart
        }
    }

    @usableFromInline let dialect: CSVDialect
    @usableFromInline let badRows: CSVBadRows

    /// Divides the text as `dialect` says.
    @inlinable public init(dialect: CSVDialect, badRows: CSVBadRows) {
        self.dialect = dialect
        self.badRows = badRows
    }

    /// Reads what `_encodeFields` wrote.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        dialect = try CSVDialect(decoding: &reader)
        guard let badRows = CSVBadRows(rawValue: try UInt8(decoding: &reader)) else {
            throw .malformed("what becomes of bad rows")
        }
        self.badRows = badRows
    }

    /// Appends the dialect and what becomes of bad rows.
    public func _encodeFields(into writer: inout ValueWriter) {
        dialect.encode(into: &writer)
        badRows.rawValue.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "csv(\(Row.self))" }
    /// Leaves are the rows that begin in one MiB.
    @inlinable public static var _leafWidth: Int { 1 << 20 }

    /// Goes through the rows in strides of bytes.
    public func _walk(
        _ context: inout CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        let reading = try CSVReading(context, dialect: dialect)
        try _walk(&context, reading, body)
        guard reading.refusedCount > 0, let first = reading.firstRefused else { return }
        let rows = reading.refusedCount == 1 ? "a row was" : "\(reading.refusedCount) rows were"
        let text = "\(rows) left out; \(first)\n"
        _ = unsafe Array(text.utf8).withUnsafeBytes {
            unsafe Glibc.write(2, $0.baseAddress, $0.count)
        }
    }

    func _walk(
        _ context: inout CallContext, _ reading: CSVReading,
        _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        var length = 1
        guard position < context.range.upperBound else { return }
        var next = position
        var leafEnd = position
        while position < context.range.upperBound {
            if position == leafEnd {
                let isFirst = position == context.range.lowerBound
                leafEnd = position + Self._leafWidth - position % Self._leafWidth
                if let window = context.text, !isFirst { reading.passed(window, upTo: next) }
                try context.lendText(
                    from: max(0, position - 1),
                    to: min(leafEnd, context.range.upperBound) + Self.margin)
                if isFirst { next = try begin(at: position, from: nil, reading, &context) }
            }
            let limit = min(leafEnd, context.range.upperBound)
            // Where no row begins there is nothing to look at.
            let end = min(limit, max(position + min(length, limit - position), next))
            var goesOn = true
            if next < end {
                let stop = try begin(at: end, from: next, reading, &context)
                guard let window = context.text, let base = unsafe window.bytes.baseAddress,
                    window.start <= next, window.end >= stop
                else { throw ChainError.missingText(at: next) }
                let block = unsafe Block(
                    reading: reading, base: base, start: next - window.start,
                    end: stop - window.start, windowStart: window.start)
                next = stop
                goesOn = try body(block, end)
            } else {
                goesOn = try body(empty(reading), end)
            }
            guard goesOn else { return }
            length = try context.strideEnded(at: end, elements: end - position)
            position = end
        }
    }

    private func empty(_ reading: CSVReading) -> Block {
        unsafe Block(
            reading: reading, base: UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped, start: 0,
            end: 0, windowStart: 0)
    }

    /// Bytes behind a leaf that are looked at in any case: most rows end within them.
    private static var margin: Int { 4_096 }
    /// Rows are shorter: a longer one is a quote without an end.
    private static var rowByteCountMax: Int { 64 << 20 }

    /// Where the first row at or after `position` begins; the file's end if there is none.
    private func begin(
        at position: Int, from row: Int?, _ reading: CSVReading, _ context: inout CallContext
    ) throws -> Int {
        let fileEnd = context.sourceEnd
        let target = max(position, reading.head.bodyStart)
        while let window = context.text {
            let found = reading.firstBegin(window, at: target, from: row, fileEnd: fileEnd)
            if let found { return found }
            if window.end - target > Self.rowByteCountMax {
                guard let base = unsafe window.bytes.baseAddress else { break }
                throw unsafe reading._error(
                    "a row of more than 64 MiB begins here, or before: does a quote have no end?",
                    base, start: max(0, (row ?? position) - window.start),
                    windowStart: window.start)
            }
            guard try context.lendMoreText(atLeast: Self.margin * 16) else { break }
        }
        throw ChainError.missingText(at: position)
    }

    /// Calls `body` with each row.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Row) throws -> Void) throws {
        let reading = block.reading
        var start = block.start
        while start < block.end {
            let (shape, next) = unsafe reading._divide(block.base, start: start, end: block.end)
            switch shape {
            case .row:
                let row: Row
                do throws(CSVFieldError) {
                    row = try unsafe Row(_csv: reading._record(block.base))
                } catch {
                    try _take(reading._reason(error), block, start)
                    break
                }
                try body(row)
            case .blank: break
            case .refused(let reason): try _take(reason, block, start)
            }
            start = next
        }
    }

    /// A line that is no row: refused, or counted and left out.
    @inlinable func _take(_ reason: String, _ block: Block, _ start: Int) throws {
        func error() -> CSVError {
            unsafe block.reading._error(
                reason, block.base, start: start, windowStart: block.windowStart)
        }
        if badRows == .refused { throw error() }
        block.reading._leaveOut(error())
    }
}
