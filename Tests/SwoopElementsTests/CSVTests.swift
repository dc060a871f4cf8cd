// Tables written as text, held against a reader that goes byte by byte, cut at every place.

import Fuzzing
import SwoopElements
import SwoopSimulation
import Testing

/// What a row is here: two fields, of which the first must be a number.
private struct Line: CSVRow, Equatable {
    var number: Int
    var text: String

    init(_ number: Int, _ text: String) { (self.number, self.text) = (number, text) }

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

@Suite struct CSVTests {
    @Test(arguments: [-1, Int.min, 1 << 24, Int.max])
    func `a head with columns that no table has is refused`(count: Int) {
        var writer = ValueWriter()
        "table".encode(into: &writer)
        for number in [0, 1, count] { number.encode(into: &writer) }
        [Int32]().encode(into: &writer)
        [String]().encode(into: &writer)
        let bytes = writer.bytes
        let isRefused = unsafe bytes.withUnsafeBytes { raw in
            var reader = unsafe ValueReader(raw)
            return (try? CSVHead(decoding: &reader)) == nil
        }
        #expect(isRefused)
    }

    private func head(
        _ bytes: [UInt8], hasHeader: Bool = true, columns: [_CSVColumn] = Line._csvColumns,
        names: [String: String] = [:], dialect: _CSVDialect = _CSVDialect()
    ) throws -> CSVHead {
        try CSVHead(
            path: "table", bytes: bytes, isWhole: true, dialect: dialect, hasHeader: hasHeader,
            columns: columns, names: names)
    }

    private func read(
        _ bytes: [UInt8], _ head: CSVHead, parts: [Range<Int>], dialect: _CSVDialect = _CSVDialect()
    ) throws -> PartedTable {
        try PartedTable(bytes, head: head, parts: parts, dialect: dialect)
    }

    // MARK: What a reader that goes byte by byte finds

    private func expected(_ bytes: [UInt8], from first: Int, columns: Int) -> PartedTable {
        var outcome = PartedTable()
        var line = 1 + bytes[..<first].count { $0 == 10 }
        var index = first
        while index < bytes.count {
            let began = line
            var fields: [[UInt8]] = [[]]
            var isBlank = true
            var fault: String?
            var isOver = false
            var isQuoted = false
            var isFieldStart = true
            var wasQuoted = false
            while index < bytes.count, !isOver {
                let byte = bytes[index]
                index += 1
                if byte == 10 { line += 1 }
                if isQuoted {
                    if byte == 34, index < bytes.count, bytes[index] == 34 {
                        fields[fields.count - 1].append(34)
                        index += 1
                    } else if byte == 34 {
                        (isQuoted, wasQuoted) = (false, true)
                    } else {
                        fields[fields.count - 1].append(byte)
                    }
                    continue
                }
                switch byte {
                case 34 where isFieldStart:
                    (isQuoted, isFieldStart, isBlank) = (true, false, false)
                case 44:
                    fields.append([])
                    (isFieldStart, isBlank, wasQuoted) = (true, false, false)
                case 10: isOver = true
                case 13 where index == bytes.count || bytes[index] == 10: break
                default:
                    if wasQuoted { fault = fault ?? "text follows the quote that ends a field" }
                    fields[fields.count - 1].append(byte)
                    (isFieldStart, isBlank) = (false, false)
                }
            }
            if isQuoted { fault = fault ?? "a quoted field that begins in it has no end" }
            if isBlank { continue }
            if fault == nil, fields.count != columns {
                let text = fields.count == 1 ? "1 field" : "\(fields.count) fields"
                fault = "it has \(text), and the table has \(columns) columns"
            }
            if let fault {
                outcome.refused.append(
                    CSVError(
                        path: "table", line: began,
                        lastLine: bytes[index - 1] == 10 ? line - 1 : line,
                        reason: fault))
            } else {
                outcome.rows.append(fields.map { String(validating: $0, as: UTF8.self) ?? "?" })
            }
        }
        return outcome
    }

    @Test func `a table gives the same rows wherever it is cut`() throws {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "a", "é", "1", ",", ",", "\n", "\n", "\r\n", "\"", "\"", "\"\"", "\",\"", "\"\n",
            ",\"", "x\"y", "\r", " ",
        ]
        for _ in 0..<400 {
            let body = (0..<random.below(40)).map { _ in pieces[random.below(pieces.count)] }
            let bytes = Array(("number,text\n" + body.joined()).utf8)
            let head = try head(bytes)
            let expected = expected(bytes, from: 12, columns: 2)
            let whole = try read(bytes, head, parts: [0..<bytes.count])
            #expect(whole == expected, "\(body.joined().debugDescription)")
            let parts = random.cuts(of: bytes.count, at: 6)
            let cut = try read(bytes, head, parts: parts)
            #expect(cut == expected, "\(body.joined().debugDescription) \(parts)")
        }
    }

    @Test func `a long table, scanned in blocks, gives the rows of a short one`() throws {
        var random = SeededGenerator(seed: 6)
        var text = "number,text\n"
        while text.utf8.count < 60_000 {
            // Long stretches without a quote, inside of quotes and outside.
            let filler = String(repeating: "lorem, ipsum\n", count: random.below(900))
            text += "\(random.below(1_000)),\"\(filler)\"\n"
            text += String(repeating: "7,dolor\n", count: random.below(900))
        }
        let bytes = Array(text.utf8)
        let head = try head(bytes)
        let expected = expected(bytes, from: 12, columns: 2)
        #expect(expected.rows.count > 1_000 && expected.refused.isEmpty)
        for _ in 0..<5 {
            let parts = random.cuts(of: bytes.count, at: 6)
            #expect(try read(bytes, head, parts: parts) == expected)
        }
    }

    @Test func `what is no number is written in the one way that is read`() {
        for number in [.nan, -.nan, .signalingNaN, Double(nan: 5, signaling: false)] {
            var writer = CSVWriter()
            number.write(csv: &writer)
            #expect(String(decoding: writer.bytes, as: UTF8.self) == "nan")
        }
    }

    @Test func `what is written reads as what it was`() throws {
        var random = SeededGenerator(seed: 7)
        let dialect = _CSVDialect(separator: UInt8(ascii: ";"))
        var writer = CSVWriter(dialect: dialect)
        var rows: [[String]] = []
        for _ in 0..<300 {
            let texts = ["", " ", "a;b", "\"", "\"\"", "x\ny", "\r\n", random.text(), "plain"]
            let line = Line(random.below(2_000_000) - 1_000_000, texts[random.below(texts.count)])
            line._write(csv: &writer)
            writer.endRow()
            rows.append(["\(line.number)", line.text])
        }
        let head = try head(writer.bytes, hasHeader: false, dialect: dialect)
        let outcome = try read(
            writer.bytes, head, parts: [0..<writer.bytes.count], dialect: dialect)
        #expect(outcome.rows == rows)
        #expect(outcome.refused.isEmpty)
    }

    // MARK: Headers

    private func refusal(
        _ text: String, hasHeader: Bool = true, columns: [_CSVColumn] = Line._csvColumns,
        names: [String: String] = [:]
    ) -> String? {
        do {
            _ = try head(Array(text.utf8), hasHeader: hasHeader, columns: columns, names: names)
            return nil
        } catch CSVHeadError.wrong(let reason), CSVHeadError.unnamed(let reason) {
            return reason
        } catch {
            return "\(error)"
        }
    }

    @Test func `columns are found by name, behind a byte order mark too`() throws {
        let bytes = Array("\u{feff}other,\"the \"\"text\"\"\",number\r\nx,y,1\r\n".utf8)
        let head = try head(bytes, names: ["text": "the \"text\""])
        #expect(head.places == [2, 1])
        #expect(head.columnCount == 3)
        #expect(head.bodyLine == 2)
        let outcome = try read(bytes, head, parts: [0..<7, 7..<bytes.count])
        #expect(outcome.rows == [["1", "y"]])
    }

    @Test func `empty lines before a header are none, and are counted`() throws {
        for text in ["\n\r\n\nnumber,text\nx,a\n", "\u{feff}\n\n\nnumber,text\nx,a\n"] {
            let bytes = Array(text.utf8)
            let head = try head(bytes)
            #expect(head.bodyLine == 5)
            for cut in 0...bytes.count {
                let parts = [0..<cut, cut..<bytes.count].filter { !$0.isEmpty }
                let outcome = try read(bytes, head, parts: parts)
                #expect(outcome.rows == [["x", "a"]])
            }
        }
        let headless = try head(Array("\n\n1,a\n".utf8), hasHeader: false)
        #expect(headless.columnCount == 2 && headless.bodyLine == 1)
    }

    @Test func `an error names the lines of its row, and says where these are many`() {
        let one = CSVError(path: "t", line: 3, reason: "r")
        #expect(one.description == "t, line 3: r")
        #expect(
            CSVError(path: "t", line: 3, lastLine: 5, reason: "r").description
                == "t, lines 3 to 5: r")
        let long = CSVError(path: "t\u{1b}", line: 5, lastLine: 200_001, reason: "has \"\u{7}\n\"")
        #expect(
            long.description
                == #"t\u{1b}, lines 5 to 200001: has "\u{7}\n"; a row of 199997 lines: "#
                + "is a quote missing in it, or one too many?")
    }

    @Test func `a header that does not fit says what is missing`() {
        #expect(
            refusal("number,other\n")
                == #"it has no column "text"; its columns are "number", "other""#)
        #expect(refusal("number,text,text\n") == #"it has 2 columns "text""#)
        #expect(refusal("") == "the file is empty: it has no header")
        #expect(
            refusal("\n\r\n\n") == "the file has nothing but empty lines: it has no header")
        let many = (0..<60).map { "c\($0)" }.joined(separator: ",")
        #expect(refusal(many)?.hasSuffix("\"c38\", \"c39\" and 20 more") == true)
        #expect(refusal("number,text\n", names: ["txt": "b"]) == #"the record has no field "txt""#)
        #expect(
            refusal("1\n", hasHeader: false) == "its first row has 1 fields, and the record has 2")
        #expect(
            refusal("\"number,text\n") == "a quoted field that begins in its first row has no end")
        let odd = [_csvColumn("list", [Int].self)]
        #expect(
            refusal("list\n", columns: odd)
                == #"the field "list" is of a type that no text stands for, Array<Int>"#)
        #expect(throws: CSVHeadError.wrong("its first row is not UTF-8")) {
            try head([0x6e, 0xff, 0x0a])
        }
        #expect(throws: CSVHeadError.tooShort) {
            try CSVHead(
                path: "table", bytes: Array("number,te".utf8), isWhole: false,
                dialect: _CSVDialect(), hasHeader: true, columns: Line._csvColumns, names: [:])
        }
    }

    @Test(arguments: [(0, Int.max), (0, -1), (-1, 0), (0, 1 << 40)])
    func `lines that no file has are refused`(lower: Int, lines: Int) throws {
        let states: [UInt8] = [0, 1, 2]
        let summary = lower.encodedBytes + lines.encodedBytes + states
        #expect(throws: ValueDecodingError.self) { try CSVSummary(encodedBytes: summary) }
        let entry = lower.encodedBytes + [0] + lines.encodedBytes
        let index = 1.encodedBytes + entry + [0]
        #expect(throws: ValueDecodingError.self) { try CSVIndex(encodedBytes: index) }
        // The same bytes with other numbers are taken.
        let fine = 1.encodedBytes + 7.encodedBytes + [0] + 3.encodedBytes + [0]
        #expect(try CSVIndex(encodedBytes: fine).entries.map(\.lines) == [3])
    }

    @Test func `bytes that are no index or head are refused`() throws {
        var random = SeededGenerator(seed: 8)
        let head = try head(Array("number,text\n".utf8)).encodedBytes
        for _ in 0..<200 {
            if let damaged = try? CSVHead(encodedBytes: random.damaged(head)) {
                #expect(damaged.places.allSatisfy { Int($0) < damaged.columnCount && $0 >= 0 })
            }
            _ = try? CSVIndex(encodedBytes: random.damaged([1, 0, 0, 0, 0, 0, 0, 0] + head))
        }
    }
}
