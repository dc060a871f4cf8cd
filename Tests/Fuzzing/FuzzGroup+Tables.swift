// Users' text files: tables and records, cut anywhere. However a text is cut, what is read of it is
// what one run reads of the whole.

import SwoopElements

extension FuzzGroup {
    static let tables: [Entry] = [
        Entry("table's head", seeds: { [text("number,text\n1,\"a\"\"b\"\n2,c\n")] }) { head($0) },
        Entry("table's rows", seeds: { tables([0, 9, 20, 2], [1, 2, 40, 0]) }) { rows($0) },
        Entry("table's scan", seeds: scans) { bytes in
            value(bytes, CSVHead.self)
            value(bytes, _CSVDialect.self)
            value(bytes, CSVSummary.self)
            if let summaries = try? [CSVSummary](encodedBytes: bytes) {
                value(CSVIndex(summaries).encodedBytes, CSVIndex.self)
            }
            value(bytes, CSVIndex.self)
        },
        Entry("records of a text", seeds: { [text("one 1\r\n\n2.5e3;-4\n")] }) { records($0) },
        Entry("cuts of a text", seeds: { cutTexts }) { cuts($0) },
        Entry("form of a file", seeds: { [[0x1f, 0x8b, 8], [0xff, 0xfe, 97, 0], [97, 13, 98]] }) {
            form($0)
        },
    ]

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static let columns = [
        _CSVColumn(name: "number", type: "Int", isReadable: true),
        _CSVColumn(name: "text", type: "String", isReadable: true),
    ]

    // MARK: Tables

    private static func head(_ bytes: [UInt8]) {
        for hasHeader in [true, false] {
            let head = try? CSVHead(
                path: "t", bytes: bytes, isWhole: true, dialect: _CSVDialect(),
                hasHeader: hasHeader,
                columns: columns, names: [:])
            if let head { value(head.encodedBytes, CSVHead.self) }
        }
    }

    /// A table behind what `rows` reads first.
    private static func tables(_ scripts: [UInt8]...) -> [[UInt8]] {
        let rows = [
            "number,text\n1,\"a\"\"b\"\n2,c\r\n\n3,\"x\ny\"\n", "text;number;other\n'a';1;\n\n;2\n",
            "\"number\",text\n1\n\"2,3\n", "number,text\n1,\"a\"b\n-2.5e3,true\n",
        ]
        return scripts.flatMap { script in rows.map { script + text($0) } }
    }

    @Sendable private static func scans() -> [[UInt8]] {
        let summaries = [CSVSummary(lower: 0), CSVSummary(lower: 9)]
        return [
            _CSVDialect().encodedBytes, summaries[0].encodedBytes,
            CSVIndex(summaries).encodedBytes, summaries.encodedBytes,
        ]
    }

    /// The rows of a table are the same whether one run reads it or several.
    ///
    /// Its first bytes say how it is divided, where it is cut twice, and in what steps it is read.
    private static func rows(_ bytes: [UInt8]) {
        guard bytes.count > 4 else { return }
        let dialects = [
            _CSVDialect(), _CSVDialect(separator: 0x3b, quote: 0x27), _CSVDialect(separator: 9),
        ]
        let dialect = dialects[Int(bytes[0]) % dialects.count]
        let table = Array(bytes.dropFirst(4))
        let head = try? CSVHead(
            path: "t", bytes: table, isWhole: true, dialect: dialect, hasHeader: bytes[0] < 128,
            columns: columns, names: [:])
        guard let head else { return }
        func read(_ cuts: [Int], step: Int) -> PartedTable? {
            let bounds = ([0] + cuts + [table.count]).sorted()
            let parts = zip(bounds, bounds.dropFirst()).map { $0..<$1 }.filter { !$0.isEmpty }
            return try? PartedTable(table, head: head, parts: parts, dialect: dialect, step: step) {
                field in
                _ = Int(csv: field)
                _ = Double?(csv: field)
                _ = Bool(csv: field)
                _ = UInt8(csv: field)
            }
        }
        let whole = read([], step: table.count)
        precondition(whole != nil, "a table is not read")
        let cuts = [bytes[1], bytes[2]].map { Int($0) * 3 % (table.count + 1) }
        expectSame(read(cuts, step: 1 + Int(bytes[3] % 64)), whole, "a table that was cut")
        searches(table, dialect)
    }

    private static func searches(_ table: [UInt8], _ dialect: _CSVDialect) {
        unsafe table.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            let text = unsafe CSVText(
                base: base, first: 0, end: raw.count, isWhole: true, dialect: dialect)
            for state in CSVState.allCases {
                for target in stride(from: 0, through: raw.count, by: max(1, raw.count / 7)) {
                    let begin = text.firstBegin(at: target, from: 0, state)
                    precondition(begin.map { $0 <= raw.count } ?? true, "a record behind the end")
                }
            }
        }
    }

    // MARK: Records

    private static func records(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            var start = 0
            while start < raw.count {
                let (content, next) = unsafe _LineFormat().recordEnd(
                    base, start: start, end: raw.count)
                precondition(content >= start && content <= next, "a line does not lie in its text")
                let slice = unsafe TextSlice(_base: base + start, byteCount: content - start)
                slice.forEachField(separatedBy: 0x20) { field in
                    _ = Int(field.trimmed)
                    _ = Double(field.trimmed)
                    _ = Float(field.trimmed)
                }
                start = next
            }
        }
    }

    private static let cutTexts: [[UInt8]] = [
        [0, 5] + text("one\r\ntwo\n\nthree"), [1, 3] + text("a\nb\n\n\r\nc\n\n\n"),
        [2, 4] + text("a||b||c"), [3, 2] + text("0123456789"),
    ]

    /// Where records begin does not depend on where a text is cut.
    ///
    /// The first bytes name the format, and how far a window reaches.
    private static func cuts(_ bytes: [UInt8]) {
        guard bytes.count > 2 else { return }
        let text = Array(bytes.dropFirst(2))
        let reach = 1 + Int(bytes[1])
        switch bytes[0] % 4 {
        case 0: cuts(_LineFormat(), text, reach)
        case 1: cuts(_StanzaFormat(), text, reach)
        case 2:
            let separators = [[0x7c, 0x7c], [0x0d, 0x0a], [0], [0x61, 0x62, 0x63]] as [[UInt8]]
            let format = _SeparatorFormat(bytes: separators[Int(bytes[0] / 4) % separators.count])
            if let format { cuts(format, text, reach) }
        default: cuts(_FixedWidthFormat(byteCount: Int(bytes[0] / 4)), text, reach)
        }
    }

    private static func cuts<Format: _TextFormat>(_ format: Format, _ text: [UInt8], _ reach: Int) {
        let begins = begins(format, text)
        for position in stride(from: 0, to: text.count, by: max(1, text.count / 32)) {
            let expected = begins.first { $0 >= position }
            let start = max(0, position - format.lookBehind)
            for end in Set([min(text.count, position + reach), text.count]) {
                // Memory of its own, so that reading beyond it is an error where memory is watched.
                let found = unsafe Array(text[start..<end]).withUnsafeBytes { raw in
                    format.firstBegin(unsafe _TextWindow(bytes: raw, start: start), at: position)
                }.flatMap { $0 < text.count ? $0 : nil }
                precondition(
                    found == expected || found == nil && end < text.count,
                    "a record begins elsewhere where the text is cut")
            }
        }
    }

    private static func begins<Format: _TextFormat>(_ format: Format, _ text: [UInt8]) -> [Int] {
        unsafe text.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return [] }
            let window = unsafe _TextWindow(bytes: raw, start: 0)
            var begins: [Int] = []
            var start = format.firstBegin(window, at: 0) ?? raw.count
            while start < raw.count {
                begins.append(start)
                let (content, next) = unsafe format.recordEnd(base, start: start, end: raw.count)
                precondition(
                    content >= start && content <= next && next > start && next <= raw.count,
                    "a record does not lie in its text")
                start = next
            }
            return begins
        }
    }

    private static func form(_ bytes: [UInt8]) {
        let path = String(decoding: bytes.prefix(20), as: UTF8.self)
        for reading in [_FileReading.lines, .pieces, .records] {
            _ = FileForm.of(
                head: bytes, tail: bytes.suffix(8), byteCount: bytes.count, path: path,
                for: reading)
        }
    }
}
