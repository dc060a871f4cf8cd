// Records that are longer than the parts that a file is cut into: each is found once, and its
// length is read once, however many parts it lies in.

import Swoop
import SwoopElements
import Testing

private struct Length: ElementFunction {
    func _apply(_ input: TextSlice) -> Int { input.byteCount }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "length" }
}

/// Two fields, of which the first must be a number.
private struct Entry: CSVRow {
    var number: Int
    var text: String

    static var _csvColumns: [_CSVColumn] {
        [_csvColumn("number", Int.self), _csvColumn("text", String.self)]
    }

    init(_csv row: _CSVRecord) throws(CSVFieldError) {
        number = try _csvField(Int.self, 0, row)
        text = try _csvField(String.self, 1, row)
    }

    func _write(csv writer: inout CSVWriter) {
        _csvWrite(number, into: &writer)
        _csvWrite(text, into: &writer)
    }
}

@Suite struct LongRecordTests {
    /// The lengths of all records, the bytes that were read for them, and most of them at once.
    private func lengths<Format: _TextFormat>(
        _ file: [UInt8], _ format: Format, parts: Int
    ) throws -> (lengths: [Int], read: Int, most: Int) {
        typealias Lengths = _MapStage<_TextSource<Format>, Length>
        var fields = ValueWriter()
        _TextSource(format: format)._encodeFields(into: &fields)
        let collect = CollectReduction<Int>(limit: .max)
        collect._encodeFields(into: &fields)
        var partials: [UInt8] = []
        var (read, most) = (0, 0)
        for part in 0..<parts {
            let host = FakeHost()
            host.file = file
            host.strides = [100_000, 3_000_000]
            let range = file.count * part / parts..<file.count * (part + 1) / parts
            partials += try run(
                TreeKernel<Lengths, CollectReduction<Int>>.self, fields: fields.bytes, range: range,
                sourceEnd: file.count, host: host
            ).output.bytes
            read += host.textRead.sum
            most = max(most, host.textRead.most)
        }
        var own = ValueWriter()
        collect._encodeFields(into: &own)
        let answer = try run(
            TreeAnswerKernel<CollectReduction<Int>>.self, fields: own.bytes, arguments: partials)
        return (try [Int](encodedBytes: answer.output.bytes), read, most)
    }

    private func expect<Format: _TextFormat>(
        _ text: String, _ format: Format, _ lengths: [Int],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let file = Array(text.utf8)
        for parts in [1, 2, 3, 5, 8, 24, 64] {
            let found = try self.lengths(file, format, parts: parts)
            #expect(found.lengths == lengths, "\(parts) parts", sourceLocation: sourceLocation)
            // Each part's own bytes to find where records begin, those of a record's rest to find
            // its end, and the record: not more in more parts, but for what is beside a window.
            #expect(
                found.read <= 3 * file.count + parts * (1 << 18), "\(parts) parts",
                sourceLocation: sourceLocation)
            #expect(
                found.most <= (lengths.max() ?? 0) + (2 << 20), "\(parts) parts",
                sourceLocation: sourceLocation)
        }
    }

    @Test func `a long line is read once, wherever it is cut`() throws {
        let long = String(repeating: "x", count: 9 << 20)
        try expect(long, _LineFormat(), [9 << 20])
        try expect("ab\n\(long)\ncd\n", _LineFormat(), [2, 9 << 20, 2])
        try expect("ab\r\n\(long)\r\n\(long)\r\n", _LineFormat(), [2, 9 << 20, 9 << 20])
    }

    @Test func `a separator that is not there makes one record, read once`() throws {
        let long = String(repeating: "x\n", count: 4 << 20)
        let format = try #require(_SeparatorFormat("<->"))
        try expect(long, format, [8 << 20])
        try expect("ab<->\(long)<->", format, [2, 8 << 20])
    }

    @Test func `stanzas without blank lines are one record, read once`() throws {
        let long = String(repeating: "word: x\n", count: 1 << 20)
        try expect(long, _StanzaFormat(), [(8 << 20) - 1])
        try expect("ab\n\n\n\(long)\r\ncd\n", _StanzaFormat(), [2, (8 << 20) - 1, 2])
    }

    @Test func `records of a megabyte are found by where they are`() throws {
        let format = _FixedWidthFormat(byteCount: 3 << 20)
        try expect(String(repeating: "x", count: 9 << 20), format, [3 << 20, 3 << 20, 3 << 20])
    }

    @Test func `the mark of UTF-8 is no part of a text, and is one of records`() throws {
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        func found<Format: _TextFormat>(_ text: String, _ format: Format) throws -> [Int] {
            try lengths(mark + Array(text.utf8), format, parts: 1).lengths
        }
        #expect(try found("ab\ncde", _LineFormat()) == [2, 3])
        #expect(try found("ab\ncde", _StanzaFormat()) == [6])
        #expect(try found("", _LineFormat()) == [])
        #expect(try found("a;b", #require(_SeparatorFormat(";"))) == [1, 1])
        #expect(try found("abc", _FixedWidthFormat(byteCount: 3)) == [3, 3])
        // In the middle of a text it is what it is.
        #expect(
            try lengths(Array("a\n".utf8) + mark, _LineFormat(), parts: 2).lengths == [1, 3])
    }

    // MARK: Tables

    /// What is wrong with a table, found by so many runs, and the bytes that were read for it.
    private func report(
        _ file: [UInt8], parts: Int, dialect: _CSVDialect = _CSVDialect(),
        strides: [Int] = [100_000, 3_000_000]
    ) throws -> (CSVReport, read: Int, most: Int) {
        let head = try CSVHead(
            path: "table", bytes: Array(file.prefix(1_000)), isWhole: true, dialect: dialect,
            hasHeader: true, columns: Entry._csvColumns, names: [:])
        let ranges = (0..<parts).map {
            file.count * $0 / parts..<file.count * ($0 + 1) / parts
        }
        let host = FakeHost()
        host.file = file
        let summaries = try ranges.flatMap { range in
            try run(
                CSVScanKernel.self, fields: dialect.encodedBytes,
                arguments: head.bodyStart.encodedBytes, range: range, sourceEnd: file.count,
                host: host
            ).output.bytes
        }
        let index = try run(CSVIndexKernel.self, arguments: summaries).output.bytes
        var partials: [UInt8] = []
        var (read, most) = (0, 0)
        for range in ranges {
            let host = FakeHost()
            host.file = file
            host.strides = strides
            partials += try run(
                TreeKernel<_CSVRefusals<Entry>, CSVReportReduction>.self,
                fields: dialect.encodedBytes, arguments: head.encodedBytes + index, range: range,
                sourceEnd: file.count, host: host
            ).output.bytes
            read += host.textRead.sum
            most = max(most, host.textRead.most)
        }
        let answer = try run(
            TreeAnswerKernel<CSVReportReduction>.self, arguments: partials)
        return (try CSVReport(encodedBytes: answer.output.bytes), read, most)
    }

    private func refused(_ line: Int, _ lastLine: Int, _ reason: String) -> CSVError {
        CSVError(path: "table", line: line, lastLine: lastLine, reason: reason)
    }

    @Test func `a long row is read once, and lines are counted over it`() throws {
        let long = String(repeating: "line, of a text\n", count: 300_000)
        let text = "number,text\n1,a\nx,b\n2,\"\(long)\"\n3\ny,\"\(long)\"\nz,c\n"
        let file = Array(text.utf8)
        let last = 5 + 300_000
        for parts in [1, 2, 3, 5, 24] {
            let (report, read, most) = try report(file, parts: parts)
            let reasons = ["x", "y", "z"].map { "column \"number\" has \"\($0)\", which is no Int" }
            #expect(
                report.first == [
                    refused(3, 3, reasons[0]),
                    refused(last, last, "it has 1 field, and the table has 2 columns"),
                    refused(last + 1, last + 300_001, reasons[1]),
                    refused(last + 300_002, last + 300_002, reasons[2]),
                ], "\(parts) parts")
            #expect(report.count == 4 && report.lineCount == 300_004)
            #expect(read <= 3 * file.count + parts * (1 << 19), "\(parts) parts")
            #expect(most <= long.utf8.count + (2 << 20), "\(parts) parts")
        }
    }

    @Test func `a quote without an end makes one row that is refused, with its lines`() throws {
        let rest = String(repeating: "3,abc\n", count: 200_000)
        let file = Array("number,text\n1,a\n2,\"b\n\(rest)".utf8)
        for parts in [1, 2, 3, 5, 24] {
            let (report, _, _) = try report(file, parts: parts)
            #expect(report.count == 1 && report.lineCount == 200_001)
            #expect(
                report.first
                    == [refused(3, 200_003, "a quoted field that begins in it has no end")])
            #expect(
                "\(report)" == """
                    1 row was refused, 200001 lines in all
                    table, lines 3 to 200003: a quoted field that begins in it has no end; a row \
                    of 200001 lines: is a quote missing in it, or one too many?
                    """)
        }
    }

    @Test func `a row of more than 64 MiB is refused without being held, and rows go on behind it`()
        throws
    {
        let line = "0123456789,bcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy\n"
        let count = (70 << 20) / line.utf8.count
        let long = String(repeating: line, count: count)
        let file = Array("number,text\n1,a\n2,\"\(long)\"\nx,b\n4,c\n".utf8)
        for parts in [1, 3] {
            let (report, read, most) = try report(file, parts: parts)
            #expect(report.count == 2, "\(parts) parts")
            #expect(
                report.first == [
                    refused(
                        3, 3 + count, "it has more than 64 MiB, the most that a row may have"),
                    refused(
                        4 + count, 4 + count, "column \"number\" has \"x\", which is no Int"),
                ], "\(parts) parts")
            #expect(read <= 3 * file.count, "\(parts) parts")
            #expect(most <= 3 << 20, "\(parts) parts")
        }
    }

    @Test func `whether a row is too long depends on its bytes alone`() throws {
        let limit = 10_000
        let dialect = _CSVDialect(rowByteCountMax: limit)
        func row(_ number: String, _ byteCount: Int) -> String {
            let rest = byteCount - number.utf8.count - 4
            return "\(number),\"" + String(repeating: "ab\n", count: rest / 3)
                + String(repeating: "c", count: rest % 3) + "\"\n"
        }
        var text = "number,text\n"
        var line = 2
        var errors: [CSVError] = []
        for (number, byteCount) in [
            ("1", 20), ("2", limit), ("x", 20), ("3", limit + 1), ("y", limit), ("4", limit - 1),
            ("5", 3 * limit), ("z", 20), ("6", limit),
        ] {
            let row = row(number, byteCount)
            #expect(row.utf8.count == byteCount)
            let last = line + row.utf8.count { $0 == 0x0a } - 1
            if byteCount > limit {
                errors.append(refused(line, last, dialect.tooLong))
            } else if Int(number) == nil {
                let reason = "column \"number\" has \"\(number)\", which is no Int"
                errors.append(refused(line, last, reason))
            }
            text += row
            line = last + 1
        }
        for parts in 1...40 {
            let strides = [[100_000], [13], [7, 4_000], [900, 20_000]][parts % 4]
            let (report, _, _) = try report(
                Array(text.utf8), parts: parts, dialect: dialect, strides: strides)
            #expect(report.first == errors, "\(parts) parts")
        }
    }
}
