// How a table is written as text: the separator, the quote, how long a row may be, and whether a
// byte of it is inside of a quoted field. A quote opens a field only at the field's first byte;
// inside, two of them are one character, and one ends the field. So what a byte means follows from
// all bytes before it: the scan of CSVScanning.swift finds that out for every part of a file,
// whatever the file holds.

/// The characters that divide a table's text, and the most bytes of a row.
@frozen public struct _CSVDialect: RemoteValue, Hashable {
    /// Between two fields.
    public let separator: UInt8
    /// Around fields that hold separators, line ends or quotes.
    public let quote: UInt8
    /// The most bytes that a row may have, its line end included: a longer one is refused, since it
    /// is a quote without an end.
    public let rowByteCountMax: Int

    /// Joins them: commas, double quotes and 64 MiB unless told.
    @inlinable public init(
        separator: UInt8 = UInt8(ascii: ","), quote: UInt8 = UInt8(ascii: "\""),
        rowByteCountMax: Int = 64 << 20
    ) {
        self.separator = separator
        self.quote = quote
        self.rowByteCountMax = rowByteCountMax
    }

    /// Reads everything.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        separator = try reader.read(UInt8.self)
        quote = try reader.read(UInt8.self)
        rowByteCountMax = try reader.read(Int.self)
        guard rowByteCountMax > 0 else { throw .malformed("the longest row of a table") }
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        writer.write(separator)
        writer.write(quote)
        writer.write(rowByteCountMax)
    }

    /// Why a row of more bytes than `rowByteCountMax` is refused.
    public var tooLong: String {
        let isRound = rowByteCountMax % (1 << 20) == 0
        let most = isRound ? "\(rowByteCountMax >> 20) MiB" : "\(rowByteCountMax) bytes"
        return "it has more than \(most), the most that a row may have"
    }
}

/// What the byte at a position of a table's text is part of.
package enum CSVState: UInt8, Sendable, CaseIterable {
    /// Not inside of a quoted field.
    case outside
    /// Inside of a quoted field.
    case inside
    /// Inside of a quoted field, behind the first of two quotes that stand for one: the byte is the
    /// second.
    case escaped
}

/// Bytes of a table in memory, and where its limits are.
@safe package struct CSVText {
    /// The address of the byte with the index 0.
    let base: UnsafeRawPointer
    /// The index of the table's first byte; any number below all indices if it is not in memory.
    let first: Int
    /// The index behind the last byte in memory.
    let end: Int
    /// Whether the file ends with the memory.
    let isWhole: Bool
    let dialect: _CSVDialect

    /// Describes bytes that outlive this value.
    public init(
        base: UnsafeRawPointer, first: Int, end: Int, isWhole: Bool, dialect: _CSVDialect
    ) {
        unsafe self.base = base
        self.first = first
        self.end = end
        self.isWhole = isWhole
        self.dialect = dialect
    }

    @inline(__always) func byte(_ index: Int) -> UInt8 {
        unsafe base.load(fromByteOffset: index, as: UInt8.self)
    }

    /// Whether a quote at `index`, outside of quoted fields, opens one.
    @inline(__always) func opens(_ index: Int) -> Bool {
        if index <= first { return true }
        let before = byte(index - 1)
        return before == dialect.separator || before == 0x0a
    }

    /// The state at `to` of a text whose state at `from` is known.
    ///
    /// The byte before `from` is in memory, if it is of the table, and so is the one at `to`.
    func state(at to: Int, from: Int, _ state: CSVState) -> CSVState {
        guard from < to else { return state }
        var position = state == .escaped ? from + 1 : from
        var isInside = state != .outside
        while true {
            let quote = unsafe _firstByte(dialect.quote, base, from: position, to: to)
            guard quote < to else { return isInside ? .inside : .outside }
            position = quote + 1
            if !isInside {
                isInside = opens(quote)
            } else if position < end, byte(position) == dialect.quote {
                if position == to { return .escaped }
                position += 1
            } else {
                isInside = false
            }
        }
    }

    /// The index of the first record that begins at or after `target`.
    ///
    /// At `from`, which is not behind `target`, the state is known. Nil: the memory ends before it
    /// is seen; where the file ends with it, its end.
    public func firstBegin(at target: Int, from: Int, _ state: CSVState) -> Int? {
        guard target < end else { return isWhole ? end : nil }
        var state = self.state(at: target, from: from, state)
        if state == .outside, target <= first || byte(target - 1) == 0x0a { return target }
        var position = target
        if state == .escaped {
            position += 1
            state = .inside
        }
        while position < end {
            if state == .outside {
                let newline = unsafe _firstByte(0x0a, base, from: position, to: end)
                let quote = unsafe _firstByte(dialect.quote, base, from: position, to: newline)
                guard quote < newline else { return newline < end ? newline + 1 : wholeEnd }
                if opens(quote) { state = .inside }
                position = quote + 1
            } else {
                let quote = unsafe _firstByte(dialect.quote, base, from: position, to: end)
                guard quote < end else { return wholeEnd }
                position = quote + 1
                guard position < end else { return wholeEnd }
                if byte(position) == dialect.quote {
                    position += 1
                } else {
                    state = .outside
                }
            }
        }
        return wholeEnd
    }

    private var wholeEnd: Int? { isWhole ? end : nil }
}

/// A search for where a row begins that goes through windows of a table, one after the other.
package struct CSVSearch: Sendable {
    /// Where it goes on: a window must have the byte before, if that is of the table.
    public private(set) var position: Int
    /// What the byte there is part of.
    private var state: CSVState
    private let dialect: _CSVDialect
    /// Where the table's first byte is in the file, and where the file ends.
    private let table: Range<Int>

    /// Begins where a state is known.
    public init(from position: Int, _ state: CSVState, in table: Range<Int>, _ dialect: _CSVDialect)
    {
        self.position = position
        self.state = state
        self.table = table
        self.dialect = dialect
    }

    /// The first row that begins at or after `target`; the file's end if the window ends with the
    /// file and none does.
    ///
    /// Nil: none does before the window's last byte, where the search goes on.
    public mutating func firstBegin(_ window: _TextWindow, at target: Int) -> Int? {
        guard let base = unsafe window.bytes.baseAddress, position >= window.start else {
            return window.end >= table.upperBound ? table.upperBound : nil
        }
        let text = unsafe CSVText(
            base: base, first: table.lowerBound - window.start, end: window.bytes.count,
            isWhole: window.end >= table.upperBound, dialect: dialect)
        let from = position - window.start
        if let begin = text.firstBegin(
            at: max(target, position) - window.start, from: from, state)
        {
            return begin + window.start
        }
        let last = window.end - 1
        if last > position {
            state = text.state(at: last - window.start, from: from, state)
            position = last
        }
        return nil
    }
}
