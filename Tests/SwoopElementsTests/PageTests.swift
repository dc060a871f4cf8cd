// Pages of every layout: what is written is read back, and damaged pages are refused or harmless.

import SwoopElements
import SwoopSimulation
import Testing

struct Note: CodablePage, Hashable {
    var text: String
    var stars: Int?
}

@Suite struct PageTests {
    @Test func `a pair is printed as its values`() {
        #expect("\(Pair("a", Pair(1, 2.5)))" == #"("a", (1, 2.5))"#)
        #expect("\([Pair("a", 1)])" == #"[("a", 1)]"#)
    }

    /// Writes a page into aligned memory and lends it.
    func withPage<Element: PageElement, Answer>(
        of elements: [Element], _ body: (UnsafeMutableRawBufferPointer) throws -> Answer
    ) rethrows -> Answer {
        var builder = Element._Builder()
        for element in elements { builder.append(element) }
        let region = UnsafeMutableRawBufferPointer.allocate(
            byteCount: builder.pageByteCount, alignment: 64)
        defer { unsafe region.deallocate() }
        unsafe region.initializeMemory(as: UInt8.self, repeating: 0xa5)
        unsafe builder.writePage(into: region)
        return try unsafe body(region)
    }

    func read<Element: PageElement>(
        _ type: Element.Type, _ bytes: UnsafeMutableRawBufferPointer
    ) throws -> [Element] {
        let (columns, count) = try unsafe _openPage(of: type, UnsafeRawBufferPointer(bytes))
        return (0..<count).map { columns[$0] }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 1_000])
    func `numbers are written from their array as a builder writes them`(count: Int) throws {
        let numbers = (0..<(count + 5)).map { Int32($0 &* 7) }
        let slice = numbers[3..<(3 + count)]
        var pieces: [UInt8] = []
        unsafe Int32.writePage(of: slice) { unsafe pieces.append(contentsOf: $0) }
        #expect(pieces.count == Int32.pageByteCount(of: count))
        unsafe withPage(of: Array(slice)) { page in
            unsafe #expect(pieces == Array(page))
        }
    }

    @Test func `a page that is handed over in pieces is the page that is written at once`() {
        let texts = ["a", "", "ü und mehr", String(repeating: "x", count: 1_000)]
        var builder = String._Builder()
        for text in texts { builder.append(text) }
        final class Collected { var bytes: [UInt8] = [] }
        let collected = Collected()
        unsafe builder.writePage { unsafe collected.bytes.append(contentsOf: $0) }
        unsafe withPage(of: texts) { page in
            unsafe #expect(collected.bytes == Array(page))
        }
    }

    func roundTrip<Element: PageElement & Equatable>(_ elements: [Element]) throws {
        try unsafe withPage(of: elements) { page in
            #expect(page.count % 64 == 0)
            let back = try unsafe read(Element.self, page)
            #expect(back == elements)
        }
    }

    /// Damages a page many times; opening and reading everything must not trap.
    func damage<Element: PageElement>(_ elements: [Element]) {
        unsafe withPage(of: elements) { page in
            let good = unsafe [UInt8](page)
            for seed in 0..<1_000 {
                var random = SeededGenerator(seed: seed)
                let bytes = random.damaged(good)
                unsafe page.copyBytes(from: bytes)
                _ = try? unsafe read(
                    Element.self, UnsafeMutableRawBufferPointer(rebasing: page[..<bytes.count]))
                unsafe page.copyBytes(from: good)
            }
        }
    }

    @Test func `every layout gives back its elements`() throws {
        try roundTrip([Int]())
        try roundTrip([1, -1, Int.max])
        try roundTrip((0..<1000).map { Float($0) / 3 })
        try roundTrip([UInt8(1), 2, 255])
        try roundTrip([true, false, true])
        try roundTrip(["", "é", "long enough not to be a small string", "\0"])
        try roundTrip([1.5, nil, -0.0])
        try roundTrip([["a"], [], ["b", "c"]])
        try roundTrip([[1, 2], [], [3]])
        try roundTrip([[[1], []], []])
        try roundTrip([Pair("k", 1), Pair("", 2)])
        try roundTrip([Pair(1, Pair([nil, true], "x"))])
        try roundTrip([Note(text: "a", stars: nil), Note(text: "", stars: 3)])
        try roundTrip([Note?.none, Note(text: "a", stars: 1)])
        try roundTrip([[Note?.none], [], [Note(text: "a", stars: 1)]])
    }

    @Test func `damaged pages never trap`() {
        damage([1, 2, 3])
        damage(["one", "", "three"])
        damage([["a", "b"], []])
        damage([Pair("k", [1.5, nil]), Pair("l", [])])
        damage([Note?.none, Note(text: "a", stars: 1), nil])
        damage([[Note(text: "a", stars: 1)], [Note]()])
    }

    @Test func `a page of another layout is refused`() throws {
        try unsafe withPage(of: [1.0]) { page in
            #expect(throws: _PageError.self) { try unsafe read(Int.self, page) }
            let back = try unsafe read(Double.self, page)
            #expect(back == [1])
        }
        #expect(Int._layout == Int64._layout)
        #expect(Pair<Int, String>._layout.hash != Pair<String, Int>._layout.hash)
        #expect([Double]._layout.text == "array(f64)")
    }

    @Test func `a page says what it holds`() throws {
        try unsafe withPage(of: ["a", "b"]) { page in
            let header = try unsafe _PageHeader(reading: UnsafeRawBufferPointer(page))
            #expect(header.count == 2)
            #expect(header.byteCount == page.count)
            #expect(header.layoutHash == String._layout.hash)
        }
    }

    @Test func `a builder that was emptied writes the next page`() throws {
        var builder = Pair<String, Int?>._Builder()
        builder.append(Pair("a", 1))
        builder.removeAll()
        builder.append(Pair("b", nil))
        #expect(builder.count == 1)
        let region = UnsafeMutableRawBufferPointer.allocate(
            byteCount: builder.pageByteCount, alignment: 64)
        defer { unsafe region.deallocate() }
        unsafe builder.writePage(into: region)
        #expect(try unsafe read(Pair<String, Int?>.self, region) == [Pair("b", nil)])
    }
}
