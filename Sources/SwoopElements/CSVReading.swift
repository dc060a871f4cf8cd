// One run over a part of a table: rows are divided into fields in place, and rows that are no
// records are refused with their lines, or counted. What a row becomes is the record's business
// (CSVRow.swift).

/// What is known of a file before its rows are read.
package struct CSVHead: RemoteValue, Equatable {
    /// The file, for errors.
    public var path: String
    /// Where the rows begin, behind a byte order mark and the header.
    public var bodyStart: Int
    /// The line in which they begin, counted from 1.
    public var bodyLine: Int
    /// Fields in a row.
    public var columnCount: Int
    /// The column of each of the record's fields.
    public var places: [Int32]
    /// The names of these columns.
    public var names: [String]

    init(
        path: String, bodyStart: Int, bodyLine: Int, columnCount: Int, places: [Int32],
        names: [String]
    ) {
        self.path = path
        self.bodyStart = bodyStart
        self.bodyLine = bodyLine
        self.columnCount = columnCount
        self.places = places
        self.names = names
    }

    /// Reads everything.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        path = try String(decoding: &reader)
        bodyStart = try Int(decoding: &reader)
        bodyLine = try Int(decoding: &reader)
        columnCount = try Int(decoding: &reader)
        places = try [Int32](decoding: &reader)
        names = try [String](decoding: &reader)
        // A range to a number below zero is a trap.
        guard (0..<1 << 24).contains(columnCount), bodyStart >= 0, (0..<1 << 40).contains(bodyLine)
        else {
            throw .malformed("the columns of a table")
        }
        let columns = 0..<columnCount
        guard names.count == places.count, places.allSatisfy({ columns.contains(Int($0)) }) else {
            throw .malformed("the columns of a table")
        }
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        path.encode(into: &writer)
        bodyStart.encode(into: &writer)
        bodyLine.encode(into: &writer)
        columnCount.encode(into: &writer)
        places.encode(into: &writer)
        names.encode(into: &writer)
    }
}

/// What a row of a table turned out to be.
@usableFromInline package enum CSVRowShape: Sendable {
    /// As many fields as there are columns.
    case row
    /// Nothing, not even blanks: no row.
    case blank
    /// No row of this table.
    case refused(String)
}

/// Reads the rows of one part of a table.
@safe @usableFromInline package final class CSVReading {
    /// What is known of the file.
    public let head: CSVHead
    /// How the table is written.
    public let dialect: _CSVDialect
    private let part: CSVIndex.Entry
    /// The rest of the part's last row, where that is too long to be one and was not sent whole.
    public let rest: CSVRest?
    /// Where the part's rows may begin, behind the header.
    private let partStart: Int
    private let bounds: UnsafeMutablePointer<CSVBound>
    private let places: UnsafeMutablePointer<Int32>
    /// Rows refused so far.
    public private(set) var refusedCount = 0
    /// The first of them.
    public private(set) var firstRefused: CSVError?
    /// Line feeds between the part's beginning and an offset of the file.
    private var counted: (offset: Int, lines: Int)

    /// Begins with the part that a run covers: head and index are its arguments.
    public init(_ context: _CallContext, dialect: _CSVDialect) throws {
        var arguments = context.argumentsReader
        head = try CSVHead(decoding: &arguments)
        let index = try CSVIndex(decoding: &arguments)
        guard let part = index.entry(at: context.range.lowerBound) else {
            throw CSVScanError.partUnknown(at: context.range.lowerBound)
        }
        self.dialect = dialect
        self.part = part
        rest = index.rest
        partStart = max(part.lower, head.bodyStart)
        counted = (partStart, 0)
        unsafe bounds = .allocate(capacity: max(1, head.columnCount))
        unsafe places = .allocate(capacity: max(1, head.places.count))
        for (index, place) in head.places.enumerated() { unsafe places[index] = place }
    }

    deinit {
        unsafe bounds.deallocate()
        unsafe places.deallocate()
    }

    /// A search for rows that begins with the part, or with a row of it.
    public func search(from row: Int? = nil, fileEnd: Int) -> CSVSearch {
        CSVSearch(
            from: row ?? partStart, row == nil ? part.state : .outside,
            in: head.bodyStart..<max(head.bodyStart, fileEnd), dialect)
    }

    /// Counts the line feeds before an offset, before which no error will be told any more.
    ///
    /// The window holds all from the offset that this was called with last.
    public func passed(_ window: _TextWindow, upTo row: Int) {
        guard row > counted.offset, let base = unsafe window.bytes.baseAddress else { return }
        let end = min(row, window.end) - window.start
        let start = counted.offset - window.start
        guard start >= 0, start < end else { return }
        let more = unsafe lines(base, from: start, to: end)
        counted = (row, counted.lines + more)
    }

    /// Steps to an offset over text that was not kept, with so many line feeds from where `passed`
    /// ended.
    public func stepped(to offset: Int, over lines: Int) {
        counted = (offset, counted.lines + lines)
    }

    /// Where the last of the rows begins that begin in `[row, end)`, at whose beginning one does.
    ///
    /// The window holds all of that; the last row may go on behind it.
    public func lastRow(_ window: _TextWindow, from row: Int, to end: Int) -> Int {
        guard let base = unsafe window.bytes.baseAddress else { return row }
        let stop = end - window.start
        var start = row - window.start
        while true {
            let next = unsafe _divide(base, start: start, end: stop).next
            guard next < stop else { return start + window.start }
            start = next
        }
    }

    /// The fields of the row that was divided last.
    @inlinable public func _record(_ base: UnsafeRawPointer) -> _CSVRecord {
        unsafe record(base)
    }

    @usableFromInline func record(_ base: UnsafeRawPointer) -> _CSVRecord {
        unsafe _CSVRecord(base: base, bounds: bounds, places: places, quote: dialect.quote)
    }

    /// Divides the row that begins at `start` of memory that ends at `end`, where another row
    /// begins or the file ends.
    public func _divide(
        _ base: UnsafeRawPointer, start: Int, end: Int
    ) -> (shape: CSVRowShape, next: Int) {
        var at = start
        var column = 0
        while true {
            let bound: CSVBound
            var stop: Int
            if at < end, unsafe base.load(fromByteOffset: at, as: UInt8.self) == dialect.quote {
                guard let quoted = unsafe quotedField(base, at: at, end: end) else {
                    return (.refused("a quoted field that begins in it has no end"), end)
                }
                bound = quoted
                stop = quoted.end + 1
                if stop < end, unsafe base.load(fromByteOffset: stop, as: UInt8.self) == 0x0d,
                    unsafe stop + 1 == end
                        || base.load(fromByteOffset: stop + 1, as: UInt8.self) == 0x0a
                {
                    stop += 1
                }
            } else {
                stop = unsafe firstDivider(base, from: at, to: end)
                var content = stop
                let isLast =
                    unsafe stop == end || base.load(fromByteOffset: stop, as: UInt8.self) == 0x0a
                if isLast, content > at,
                    unsafe base.load(fromByteOffset: content - 1, as: UInt8.self) == 0x0d
                {
                    content -= 1
                }
                bound = CSVBound(start: at, end: content, isQuoted: false, hasPairs: false)
            }
            if column < head.columnCount { unsafe bounds[column] = bound }
            column += 1
            guard stop < end else { return (shape(column, isEmpty: bound, start), end) }
            let divider = unsafe base.load(fromByteOffset: stop, as: UInt8.self)
            if divider == 0x0a { return (shape(column, isEmpty: bound, start), stop + 1) }
            guard divider == dialect.separator else {
                let text = unsafe CSVText(
                    base: base, first: .min, end: end, isWhole: true, dialect: dialect)
                let next = text.firstBegin(at: stop + 1, from: stop, .outside) ?? end
                return (.refused("text follows the quote that ends a field"), next)
            }
            at = stop + 1
        }
    }

    private func shape(_ columns: Int, isEmpty bound: CSVBound, _ start: Int) -> CSVRowShape {
        if columns == head.columnCount {
            let isBlank =
                columns == 1 && !bound.isQuoted && bound.start == start && bound.end == start
            return isBlank ? .blank : .row
        }
        if columns == 1, !bound.isQuoted, bound.start == bound.end { return .blank }
        let fields = columns == 1 ? "1 field" : "\(columns) fields"
        return .refused("it has \(fields), and the table has \(head.columnCount) columns")
    }

    private func quotedField(_ base: UnsafeRawPointer, at start: Int, end: Int) -> CSVBound? {
        var position = start + 1
        var hasPairs = false
        while true {
            let quote = unsafe _firstByte(dialect.quote, base, from: position, to: end)
            guard quote < end else { return nil }
            guard quote + 1 < end,
                unsafe base.load(fromByteOffset: quote + 1, as: UInt8.self) == dialect.quote
            else {
                return CSVBound(
                    start: start + 1, end: quote, isQuoted: true, hasPairs: hasPairs)
            }
            hasPairs = true
            position = quote + 2
        }
    }

    /// The first separator or line feed in `[from, to)`, or `to`.
    @inline(__always)
    private func firstDivider(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let separators = UInt64(dialect.separator) &* ones
        let feeds: UInt64 = 0x0a0a_0a0a_0a0a_0a0a
        var offset = from
        while offset &+ 8 <= to {
            let word = unsafe UInt64(
                littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let left = word ^ separators
            let right = word ^ feeds
            let hits =
                ((left &- ones) & ~left | (right &- ones) & ~right) & 0x8080_8080_8080_8080
            if hits != 0 { return offset &+ hits.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < to {
            let byte = unsafe base.load(fromByteOffset: offset, as: UInt8.self)
            if byte == dialect.separator || byte == 0x0a { return offset }
            offset &+= 1
        }
        return to
    }

    // MARK: Refused rows

    /// The error, in words, of the row in `[start, end)` of memory whose first byte is the file's
    /// `windowStart`th.
    ///
    /// - Parameter beyond: lines that the row has behind the memory; nil: it ends there.
    public func _error(
        _ reason: String, _ base: UnsafeRawPointer, start: Int, end: Int, windowStart: Int,
        beyond: Int? = nil
    ) -> CSVError {
        let from = max(0, counted.offset - windowStart)
        if from < start {
            let more = unsafe lines(base, from: from, to: start)
            counted = (windowStart + start, counted.lines + more)
        }
        let line = head.bodyLine + part.lines + counted.lines
        // The feed that ends the row begins no line of it.
        let own = unsafe lines(base, from: start, to: beyond == nil ? end - 1 : end)
        return CSVError(
            path: head.path, line: line, lastLine: line + own + (beyond ?? 0), reason: reason)
    }

    private func lines(_ base: UnsafeRawPointer, from: Int, to: Int) -> Int {
        unsafe _linesAndQuotes(base, from: from, to: to, quote: dialect.quote).lines
    }

    /// Why a row of more bytes than rows may have is refused.
    public var _tooLong: String { dialect.tooLong }

    /// Whether the row in `[row, next)` has more bytes than rows may have.
    public func isTooLong(_ row: Int, _ next: Int) -> Bool {
        next - row > dialect.rowByteCountMax
    }

    /// What is wrong with a field, with the name of its column.
    public func _reason(_ error: CSVFieldError) -> String {
        guard head.names.indices.contains(error.field) else { return error.reason }
        return "column \"\(head.names[error.field])\" \(error.reason)"
    }

    /// Counts a row that is left out.
    public func _leaveOut(_ error: @autoclosure () -> CSVError) {
        if refusedCount == 0 { firstRefused = error() }
        refusedCount += 1
    }
}
