// The user's data as bytes: values, pages of every kind of layout, text and tables.

import SwoopElements
import SwoopForecast
import SwoopModel

/// A record that is a value and an element.
private struct Note: CodablePage, Hashable {
    var text: String
    var stars: [Int?]
    var kind: Kind

    enum Kind: Codable, Hashable {
        case plain
        case marked(Double)
    }
}

extension FuzzGroup {
    static let values: [Entry] = [
        Entry("integers", seeds: { [[5, 200, 0, 1].encodedBytes] }) { value($0, [Int].self) },
        Entry("texts", seeds: { [["a": ["b", "ü"], "": []].encodedBytes] }) {
            value($0, [String: [String]].self)
        },
        Entry("optionals", seeds: { [([1.5, nil] as [Double?]).encodedBytes] }) {
            value($0, [Double?].self)
        },
        Entry("codable value", seeds: { [[note].encodedBytes] }) { value($0, [Note].self) },
        Entry("page of numbers", seeds: { [page([1, 2, 3] as [Int32])] }) {
            open($0, Int32.self)
        },
        Entry("page of texts", seeds: { [page(["a", "", "ü"])] }) { open($0, String.self) },
        Entry("page of lists", seeds: { [page([[1], [], [2, 3]] as [[Int]])] }) {
            open($0, [Int].self)
        },
        Entry("page of optionals", seeds: { [page(["a", nil] as [String?])] }) {
            open($0, String?.self)
        },
        Entry("page of records", seeds: { [page([note, note])] }) { open($0, Note.self) },
        Entry("table", seeds: { [Array("number,text\n1,\"a\"\"b\"\n2,c\n".utf8)] }) {
            table($0)
        },
        Entry("text", seeds: { [Array("one 1\r\n\n2.5e3;-4\n".utf8)] }) { text($0) },
        Entry("runs", seeds: { [Array(repeating: 7, count: 120)] }) { runs($0) },
    ]

    private static let note = Note(text: "t", stars: [1, nil], kind: .marked(2))

    private static func value<Value: RemoteValue>(_ bytes: [UInt8], _ type: Value.Type) {
        let found = unsafe bytes.withUnsafeBytes { raw -> Value? in
            var reader = unsafe ValueReader(raw)
            guard let value = try? Value(decoding: &reader) else { return nil }
            return (try? reader.finish()) == nil ? nil : value
        }
        guard let found else { return }
        // Sets have no order: their second form is compared with their third.
        let written = found.encodedBytes
        let again = unsafe written.withUnsafeBytes { raw -> Int? in
            var reader = unsafe ValueReader(raw)
            return (try? Value(decoding: &reader))?.encodedBytes.count
        }
        expectSame(again, written.count, "a value")
    }

    private static func page<Element: PageElement>(_ elements: [Element]) -> [UInt8] {
        var builder = Element.Builder()
        for element in elements { builder.append(element) }
        var bytes: [UInt8] = []
        let region = UnsafeMutableRawBufferPointer.allocate(
            byteCount: builder.pageByteCount, alignment: 64)
        defer { unsafe region.deallocate() }
        unsafe builder.writePage(into: region)
        unsafe bytes.append(contentsOf: region)
        return bytes
    }

    private static func open<Element: PageElement>(_ bytes: [UInt8], _ type: Element.Type) {
        let region = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { unsafe region.deallocate() }
        unsafe region.copyBytes(from: bytes)
        guard let (columns, count) = unsafe try? _openPage(of: type, UnsafeRawBufferPointer(region))
        else { return }
        for index in 0..<count { _ = columns[index] }
    }

    private static func table(_ bytes: [UInt8]) {
        let columns = [
            CSVColumn(name: "number", type: "Int", isReadable: true),
            CSVColumn(name: "text", type: "String", isReadable: true),
        ]
        for hasHeader in [true, false] {
            let head = try? CSVHead(
                path: "t", bytes: bytes, isWhole: true, dialect: CSVDialect(), hasHeader: hasHeader,
                columns: columns, names: [:])
            if let head { value(head.encodedBytes, CSVHead.self) }
        }
        value(bytes, CSVHead.self)
        value(bytes, CSVDialect.self)
        unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            let text = unsafe CSVText(
                base: base, first: 0, end: raw.count, isWhole: true, dialect: CSVDialect())
            for state in CSVState.allCases {
                for target in stride(from: 0, through: raw.count, by: max(1, raw.count / 7)) {
                    let begin = text.firstBegin(at: target, from: 0, state)
                    precondition(begin.map { $0 <= raw.count } ?? true, "a record behind the end")
                }
            }
        }
    }

    private static func text(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            let line = LineFormat()
            let stanza = StanzaFormat()
            var start = 0
            while start < raw.count {
                let (content, next) = unsafe line.recordEnd(base, start: start, end: raw.count)
                precondition(
                    content >= start && content <= next && next > start && next <= raw.count,
                    "a line does not lie in its text")
                let slice = unsafe TextSlice(_base: base + start, byteCount: content - start)
                slice.forEachField(separatedBy: 0x20) { field in
                    _ = Int(field.trimmed)
                    _ = Double(field.trimmed)
                }
                start = next
            }
            start = 0
            while start < raw.count {
                let (content, next) = unsafe stanza.recordEnd(base, start: start, end: raw.count)
                precondition(
                    content >= start && next > start && next <= raw.count,
                    "a stanza does not lie in its text")
                start = next
            }
        }
    }

    /// Records of runs of any figures, learned from.
    private static func runs(_ bytes: [UInt8]) {
        var reader = ByteRun(bytes)
        var forecaster = Forecaster()
        for _ in 0..<64 where !reader.isAtEnd {
            let features = (0..<Int(reader.byte() % 4)).map { _ in
                Double(bitPattern: UInt64(bitPattern: reader.number()))
            }
            forecaster.record(
                RunRecord(
                    features: features, elements: reader.number(), bytesIn: reader.number(),
                    bytesOut: reader.number(), cpuNanoseconds: reader.number(),
                    wallNanoseconds: reader.number(), isCold: reader.byte() & 1 == 1),
                of: function, node: "n")
        }
        let key = ForecastKey(function)
        _ = forecaster.model(for: key)
        _ = forecaster.histories(for: [function.identity])
    }
}

/// Numbers out of bytes, zero behind their end.
private struct ByteRun {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// Of any magnitude: a byte says which.
    mutating func number() -> Int64 {
        let shift = Int64(byte() % 64)
        return (0..<8).reduce(Int64(0)) { sum, _ in sum << 8 | Int64(byte()) } >> shift
    }
}
