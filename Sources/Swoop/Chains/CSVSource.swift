// The rows of tables written as text as the source of a chain: each is read in place, the fields
// that the record has are parsed, the others are stepped over. Where the first row of a run begins
// follows from the scan of the whole table (CSVScanning.swift), so that it is right wherever the
// table was cut.

import Glibc
public import SwoopElements
import Synchronization

/// What becomes of rows that are no records of the table.
public enum CSVBadRows: UInt8, Sendable {
    /// The first one met fails the plan; the error names file, lines, column and text.
    case refused
    /// They are left out: runs say on standard error how many, and the first one's lines, three of
    /// them for a plan; `badRows()` counts them all.
    case leftOut
}

/// What remarks about rows that were left out begin with; a session shows each once a plan.
let leftOutMark = "swoop: "

/// Where such a remark goes: the standard error of the process, which is a worker's, or what shows
/// it where the program itself runs the tasks.
enum LeftOutRemarks {
    private static let console = Mutex<SessionConsole?>(nil)

    /// Runs of this process say it to a session; nil: no more.
    static func show(by console: SessionConsole?) { Self.console.withLock { $0 = console } }

    static func say(_ text: String) {
        if let console = console.withLock({ $0 }) { return console.show(leftOut: text) }
        _ = unsafe Array("\(text)\n".utf8).withUnsafeBytes {
            unsafe Glibc.write(2, $0.baseAddress, $0.count)
        }
    }
}

/// The rows of tables; positions are bytes.
@frozen public struct _CSVSource<Row: CSVRow>: _ChainSource {
    /// A row.
    public typealias Output = Row
    /// Itself.
    public typealias Source = _CSVSource<Row>

    /// Whole rows in memory, from the first to the last one's end.
    @safe @frozen public struct Block {
        @usableFromInline let reading: CSVReading
        @usableFromInline let base: UnsafeRawPointer
        @usableFromInline let start: Int
        @usableFromInline let end: Int
        @usableFromInline let windowStart: Int
        /// Whether the row that reaches the end goes on behind it, and is too long to be one.
        @usableFromInline let isCut: Bool
        /// The lines that such a row has there.
        @usableFromInline let linesBeyond: Int
        @usableFromInline let rowByteCountMax: Int

        init(
            reading: CSVReading, base: UnsafeRawPointer, start: Int, end: Int, windowStart: Int,
            linesBeyond: Int? = nil
        ) {
            self.reading = reading
            unsafe self.base = base
            self.start = start
            self.end = end
            self.windowStart = windowStart
            isCut = linesBeyond != nil
            self.linesBeyond = linesBeyond ?? 0
            rowByteCountMax = reading.dialect.rowByteCountMax
        }

        /// Divides the row that begins at `start`.
        @inlinable @inline(__always)
        func divide(_ start: Int) -> (shape: CSVRowShape, next: Int) {
            let (shape, next) = unsafe reading._divide(base, start: start, end: end)
            if isCut && next >= end || next &- start > rowByteCountMax {
                return (.refused(reading._tooLong), next)
            }
            return (shape, next)
        }

        /// What is wrong with the row in `[start, end)`.
        @usableFromInline func error(_ reason: String, start: Int, end: Int) -> CSVError {
            unsafe reading._error(
                reason, base, start: start, end: end, windowStart: windowStart,
                beyond: isCut && end == self.end ? linesBeyond : nil)
        }
    }

    @usableFromInline let dialect: _CSVDialect
    @usableFromInline let badRows: CSVBadRows

    /// Divides the text as `dialect` says.
    @inlinable public init(dialect: _CSVDialect, badRows: CSVBadRows) {
        self.dialect = dialect
        self.badRows = badRows
    }

    /// Reads what `_encodeFields` wrote.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        dialect = try _CSVDialect(decoding: &reader)
        guard let badRows = CSVBadRows(rawValue: try UInt8(decoding: &reader)) else {
            throw .malformed("what becomes of bad rows")
        }
        self.badRows = badRows
    }

    /// Appends the dialect and what becomes of bad rows; takes note of the rows' type.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: Self._name)
        dialect.encode(into: &writer)
        badRows.rawValue.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "csv(\(Row.self))" }
    /// Leaves are the rows that begin in one MiB.
    @inlinable public static var _leafWidth: Int { 1 << 20 }

    /// Goes through the rows in strides of bytes.
    public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        let reading = try CSVReading(context, dialect: dialect)
        try _walk(&context, reading, body)
        guard reading.refusedCount > 0, let first = reading.firstRefused, !context.isLookAhead
        else { return }
        let count = reading.refusedCount
        let rows = count == 1 ? "1 row was left out" : "\(count) rows were left out, the first"
        LeftOutRemarks.say("\(leftOutMark)\(rows): \(first)")
    }

    func _walk(
        _ context: inout _CallContext, _ reading: CSVReading,
        _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        var position = context.range.lowerBound
        var length = 1
        guard position < context.range.upperBound else { return }
        var next = try firstRow(reading, &context)
        var leafEnd = position
        while position < context.range.upperBound {
            let isLeafBegin = position == leafEnd
            if isLeafBegin { leafEnd = position + Self._leafWidth - position % Self._leafWidth }
            let limit = min(leafEnd, context.range.upperBound)
            // Where no row begins there is nothing to look at, nor to read.
            if isLeafBegin, next < limit {
                if let window = context.text { reading.passed(window, upTo: next) }
                try context.lendText(from: max(0, position - 1), to: limit + Self.margin)
            }
            let end = min(limit, max(position + min(length, limit - position), next))
            if next < end {
                let (block, rest) = try rows(from: next, to: end, reading, &context)
                next = rest.end
                guard try body(block, end) else { return }
                if block.isCut, let window = context.text {
                    reading.passed(window, upTo: end)
                    reading.stepped(to: next, over: rest.lines)
                }
            } else {
                guard try body(empty(reading), end) else { return }
            }
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
    /// Where the first row begins that the run is to look at; its range's end, or more, if none
    /// does there.
    ///
    /// Looked for leaf by leaf, and no further than the range.
    private func firstRow(_ reading: CSVReading, _ context: inout _CallContext) throws -> Int {
        let end = context.range.upperBound
        let target = max(context.range.lowerBound, reading.head.bodyStart)
        guard target < end else { return end }
        var search = reading.search(fileEnd: context.sourceEnd)
        while true {
            let position = search.position
            let stop = min(end, position + Self._leafWidth - position % Self._leafWidth)
            try context.lendText(from: max(0, position - 1), to: stop + Self.margin)
            guard let window = context.text else { throw ChainError.missingText(at: position) }
            let found = search.firstBegin(window, at: target)
            reading.passed(window, upTo: found ?? search.position)
            if let found { return found }
            // Text that was sent ends early where no row begins.
            guard stop < end, search.position > position else { return end }
            _ = try context.strideEnded(at: context.range.lowerBound, elements: 0)
        }
    }

    /// The rows that begin in `[row, end)`, at whose beginning one does; where the next one begins,
    /// and the line feeds between the block and that one, if the block's last row is too long.
    ///
    /// The last one's end may be far away: it is looked for in windows before memory is taken for
    /// the row, and for a row that is too long to be one none is. Whether it is too long depends on
    /// its own first and last byte alone, not on where the table was cut.
    private func rows(
        from row: Int, to end: Int, _ reading: CSVReading, _ context: inout _CallContext
    ) throws -> (block: Block, rest: CSVRest) {
        var search = reading.search(from: row, fileEnd: context.sourceEnd)
        guard let window = context.text else { throw ChainError.missingText(at: row) }
        var stop = search.firstBegin(window, at: end)
        if let stop, !reading.isTooLong(row, stop) {
            return (try block(row, stop, window, reading), CSVRest(from: stop))
        }
        var rest = CSVRest(from: end)
        if stop == nil {
            // What is before the row is not needed any more.
            reading.passed(window, upTo: row)
            if try isAllSent(&context) {
                guard let beyond = reading.rest, let window = context.text else {
                    throw ChainError.missingText(at: search.position)
                }
                rest.count(window, upTo: window.end)
                rest.append(beyond)
                return (try block(row, end, window, reading, linesBeyond: rest.linesOfRow), rest)
            }
        }
        if let window = context.text { rest.count(window, upTo: stop ?? search.position) }
        while stop == nil {
            let position = search.position
            try context.lendText(from: position - 1, to: position + Self._leafWidth)
            guard let window = context.text else { break }
            stop = search.firstBegin(window, at: end)
            rest.count(window, upTo: stop ?? search.position)
            guard stop != nil || search.position > position else { break }
            _ = try context.strideEnded(at: context.range.lowerBound, elements: 0)
        }
        guard let next = stop, next >= end else {
            throw ChainError.missingText(at: search.position)
        }
        // A row that ends with the block is in memory whole, and is measured when it is divided.
        if next > end, reading.isTooLong(row, next) {
            try context.lendText(from: max(0, row - 1), to: end)
            guard let window = context.text else { throw ChainError.missingText(at: row) }
            if reading.isTooLong(reading.lastRow(window, from: row, to: end), next) {
                return (try block(row, end, window, reading, linesBeyond: rest.linesOfRow), rest)
            }
        }
        try context.lendText(from: max(0, row - 1), to: next)
        guard let window = context.text else { throw ChainError.missingText(at: row) }
        return (try block(row, next, window, reading), CSVRest(from: next))
    }

    /// Whether the text was sent with the run, up to where a row was too long for that.
    private func isAllSent(_ context: inout _CallContext) throws -> Bool {
        guard let window = context.text else { return false }
        try context.lendText(from: window.start, to: window.end + 1)
        return context.text?.end == window.end
    }

    private func block(
        _ row: Int, _ stop: Int, _ window: _TextWindow, _ reading: CSVReading,
        linesBeyond: Int? = nil
    ) throws -> Block {
        guard let base = unsafe window.bytes.baseAddress, window.start <= row, window.end >= stop
        else { throw ChainError.missingText(at: row) }
        return unsafe Block(
            reading: reading, base: base, start: row - window.start, end: stop - window.start,
            windowStart: window.start, linesBeyond: linesBeyond)
    }

    /// Calls `body` with each row.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: (Row) throws -> Void) throws {
        let reading = block.reading
        var start = block.start
        while start < block.end {
            let (shape, next) = block.divide(start)
            switch shape {
            case .row:
                let row: Row
                do throws(CSVFieldError) {
                    row = try unsafe Row(_csv: reading._record(block.base))
                } catch {
                    try _take(reading._reason(error), block, start, next)
                    break
                }
                try body(row)
            case .blank: break
            case .refused(let reason): try _take(reason, block, start, next)
            }
            start = next
        }
    }

    /// A row that is no record: refused, or counted and left out.
    @inlinable func _take(_ reason: String, _ block: Block, _ start: Int, _ end: Int) throws {
        if badRows == .refused { throw block.error(reason, start: start, end: end) }
        block.reading._leaveOut(block.error(reason, start: start, end: end))
    }
}
