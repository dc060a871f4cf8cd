// Where records begin in a text: after a newline, after a separator, after blank lines. Whether a
// record begins at a position follows from a few bytes before it, so that a file can be cut
// anywhere: the records of [a, b) are those that begin there, wherever they end.

/// How a text is divided into records.
public protocol _TextFormat: RemoteValue {
    /// How many bytes before a position decide whether a record begins there.
    var lookBehind: Int { get }

    /// The offset of the first record that begins at or after `position`; nil if the window does
    /// not tell: none begins before its last byte.
    ///
    /// The window begins `lookBehind` bytes before the position, or earlier, or with the file.
    func firstBegin(_ window: _TextWindow, at position: Int) -> Int?

    /// The end of the record that begins at `start` and the beginning of the next, in the memory at
    /// `base`, which ends at `end`, where a record begins or the file ends.
    func recordEnd(
        _ base: UnsafeRawPointer, start: Int, end: Int
    ) -> (content: Int, next: Int)

    /// How the format is spelled in the name of a loop.
    static var _name: String { get }

    /// What its reader takes a file for.
    static var _reading: _FileReading { get }
}

extension _TextFormat {
    /// Text in pieces.
    public static var _reading: _FileReading { .pieces }
}

/// One record a line; "\n" or "\r\n" ends it, and a last line needs no end.
@frozen public struct _LineFormat: _TextFormat {
    /// Makes the format.
    @inlinable public init() {}
    /// Reads the format.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        _ = try reader.read(UInt8.self)
    }
    /// Appends the format.
    public func encode(into writer: inout ValueWriter) { writer.write(UInt8(0)) }
    /// The newline before it.
    public var lookBehind: Int { 1 }
    /// The format's name.
    public static var _name: String { "lines" }
    /// Lines.
    public static var _reading: _FileReading { .lines }

    /// Behind the first newline at or after the byte before `position`.
    public func firstBegin(_ window: _TextWindow, at position: Int) -> Int? {
        guard position > 0 else { return 0 }
        guard let base = unsafe window.bytes.baseAddress, position - 1 >= window.start else {
            return nil
        }
        let size = unsafe window.bytes.count
        guard position - 1 - window.start < size else { return nil }
        let index = unsafe _firstByte(0x0a, base, from: position - 1 - window.start, to: size)
        return index < size ? window.start + index + 1 : nil
    }

    /// At the next newline.
    @inlinable @inline(__always) public func recordEnd(
        _ base: UnsafeRawPointer, start: Int, end: Int
    ) -> (content: Int, next: Int) {
        let newline = unsafe _firstByte(0x0a, base, from: start, to: end)
        var content = newline
        if content > start, unsafe base.load(fromByteOffset: content &- 1, as: UInt8.self) == 0x0d {
            content &-= 1
        }
        return (content, newline < end ? newline &+ 1 : end)
    }
}

/// Records between occurrences of some bytes; a last record needs no separator behind it.
@frozen public struct _SeparatorFormat: _TextFormat {
    /// The bytes between two records.
    public let separator: [UInt8]

    /// Divides at `separator`; nil if it is empty or if two of it can overlap ("aa" in "aaa"): then
    /// where records begin would not follow from nearby bytes.
    public init?(_ separator: String) { self.init(bytes: Array(separator.utf8)) }

    /// Divides at some bytes; nil if there are none or if two of the separators can overlap.
    public init?(bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        for shift in 1..<max(1, bytes.count)
        where bytes[shift...] == bytes[..<(bytes.count - shift)] {
            return nil
        }
        separator = bytes
    }

    /// Reads the format.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        guard let format = _SeparatorFormat(bytes: try [UInt8](decoding: &reader)) else {
            throw .malformed("separator")
        }
        self = format
    }

    /// Appends the separator.
    public func encode(into writer: inout ValueWriter) { separator.encode(into: &writer) }
    /// The separator before it.
    public var lookBehind: Int { separator.count }
    /// The format's name.
    public static var _name: String { "records" }

    /// Behind the first separator that ends at or after `position`.
    public func firstBegin(_ window: _TextWindow, at position: Int) -> Int? {
        guard position > 0 else { return 0 }
        guard let base = unsafe window.bytes.baseAddress else { return nil }
        let from = max(0, position - separator.count - window.start)
        let size = unsafe window.bytes.count
        return unsafe _firstOccurrence(of: separator, base, from: from, to: size)
            .map { window.start + $0 + separator.count }
    }

    /// At the next separator.
    @inlinable public func recordEnd(
        _ base: UnsafeRawPointer, start: Int, end: Int
    ) -> (content: Int, next: Int) {
        guard let found = unsafe _firstOccurrence(of: separator, base, from: start, to: end) else {
            return (end, end)
        }
        return (found, found &+ separator.count)
    }
}

/// Records of several lines, with blank lines between them; the last line end is not part of one.
@frozen public struct _StanzaFormat: _TextFormat {
    /// Makes the format.
    @inlinable public init() {}
    /// Reads the format.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        _ = try reader.read(UInt8.self)
    }
    /// Appends the format.
    public func encode(into writer: inout ValueWriter) { writer.write(UInt8(0)) }
    /// The end of the line before, and of the one before that.
    public var lookBehind: Int { 3 }
    /// The format's name.
    public static var _name: String { "stanzas" }
    /// Lines.
    public static var _reading: _FileReading { .lines }

    /// The first line that is not blank behind one that is, or at the file's beginning.
    public func firstBegin(_ window: _TextWindow, at position: Int) -> Int? {
        guard let base = unsafe window.bytes.baseAddress else { return nil }
        let size = unsafe window.bytes.count
        // The beginning of the first line at or after the position, and whether it follows a blank
        // one.
        var line = position - window.start
        var followsBlank = true
        if position > 0 {
            guard line >= min(position, 3), line <= size else { return nil }
            let newline = unsafe _firstByte(0x0a, base, from: line - 1, to: size)
            guard newline < size else { return nil }
            line = newline + 1
            followsBlank = unsafe Self.endsBlankLine(base, newline, fileStart: window.start == 0)
        }
        while line < size {
            let newline = unsafe _firstByte(0x0a, base, from: line, to: size)
            // Of a line whose end is not there, the first byte tells, but for a lone "\r".
            let blank = unsafe Self.isBlank(base, line, newline)
            if !blank && followsBlank { return window.start + line }
            guard newline < size else { return nil }
            followsBlank = blank
            line = newline + 1
        }
        return nil
    }

    /// Whether the newline at `newline` ends a blank line, judged by the bytes before it.
    static func endsBlankLine(_ base: UnsafeRawPointer, _ newline: Int, fileStart: Bool) -> Bool {
        func byte(_ index: Int) -> UInt8 {
            // Before the file's first byte stands a line end.
            index < 0 ? 0x0a : unsafe base.load(fromByteOffset: index, as: UInt8.self)
        }
        return byte(newline - 1) == 0x0a || byte(newline - 1) == 0x0d && byte(newline - 2) == 0x0a
    }

    /// Whether nothing but "\r" stands in `[start, newline)`.
    @usableFromInline static func isBlank(
        _ base: UnsafeRawPointer, _ start: Int, _ newline: Int
    ) -> Bool {
        if newline == start { return true }
        guard newline == start + 1 else { return false }
        return unsafe base.load(fromByteOffset: start, as: UInt8.self) == 0x0d
    }

    /// At the next blank line.
    @inlinable public func recordEnd(
        _ base: UnsafeRawPointer, start: Int, end: Int
    ) -> (content: Int, next: Int) {
        var newline = unsafe _firstByte(0x0a, base, from: start, to: end)
        var content = newline
        var line = min(newline &+ 1, end)
        while line < end {
            newline = unsafe _firstByte(0x0a, base, from: line, to: end)
            if unsafe Self.isBlank(base, line, newline) { break }
            content = newline
            line = min(newline &+ 1, end)
        }
        while line < end {
            newline = unsafe _firstByte(0x0a, base, from: line, to: end)
            if unsafe !Self.isBlank(base, line, newline) { break }
            line = min(newline &+ 1, end)
        }
        if content > start, unsafe base.load(fromByteOffset: content &- 1, as: UInt8.self) == 0x0d {
            content &-= 1
        }
        return (content, line)
    }
}
