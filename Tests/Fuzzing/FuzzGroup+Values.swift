// The user's data as bytes: values, and pages of every kind of layout.

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
        Entry("set", seeds: { [(["a", "b"] as Set).encodedBytes] }) { value($0, Set<String>.self) },
        Entry("loop's note", seeds: { notes.map(\.encodedBytes) }) { value($0, LoopNote.self) },
        Entry("name of a type", seeds: { [Array("tSa d1f tG".utf8)] }) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            guard let found = _TypeReference(travelling: text, add: 4_096) else { return }
            let written = found.travelling(subtract: 4_096)
            expectSame(
                _TypeReference(travelling: written, add: 4_096)?.travelling(subtract: 4_096),
                written, "the name of a type")
        },
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
        Entry("runs", seeds: { [Array(repeating: 7, count: 120)] }) { runs($0) },
    ]

    private static let notes = [
        LoopNote(source: .range, sourceEnd: 9, leafBase: 1),
        LoopNote(source: .pages(counts: [4, 5]), sourceEnd: 9),
        LoopNote(source: .text(path: "/t", lookBehind: 1, version: 2), sourceEnd: 9),
        LoopNote(source: .zipped(counts: [9], others: [3, 6]), sourceEnd: 9),
        LoopNote(source: .joined(counts: [3, 9], partners: 2), sourceEnd: 12),
    ]

    private static let note = Note(text: "t", stars: [1, nil], kind: .marked(2))

    static func value<Value: RemoteValue>(_ bytes: [UInt8], _ type: Value.Type) {
        guard let found = try? Value(encodedBytes: bytes) else { return }
        // Sets have no order: their second form is compared with their third.
        let written = found.encodedBytes
        let again = (try? Value(encodedBytes: written))?.encodedBytes.count
        expectSame(again, written.count, "a value")
    }

    private static func page<Element: PageElement>(_ elements: [Element]) -> [UInt8] {
        var builder = Element._Builder()
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
