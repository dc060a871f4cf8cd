// Pages of rows of other pages: the bytes are those that a builder of the same elements writes.

import SwoopElements
import SwoopSimulation
import Testing

private struct Grade: ConvertedElement, Equatable {
    typealias _Received = Grade
    typealias _Columns = _ConvertedColumns<Grade>
    typealias _Builder = _ConvertedBuilder<Grade>
    typealias StoredForm = Int
    var storedForm: Int
    init?(storedForm: Int) {
        guard storedForm > 0 else { return nil }
        self.storedForm = storedForm
    }
}

@Suite struct PageGatheringTests {
    private typealias Numbers = Pair<Int, Pair<Int32?, Bool>>
    private typealias Texts = Pair<String, Pair<String?, [String]>>
    private typealias Others = Pair<Grade?, Pair<Note?, [Int?]?>>
    private typealias Row = Pair<Numbers, Pair<Texts, Others>>

    private func row(_ i: Int) -> Row {
        let text = String(repeating: "ü\(i)", count: i % 5)
        let numbers = Numbers(i, Pair(i % 3 == 0 ? nil : Int32(i), i % 2 == 0))
        let texts = Texts(text, Pair(i % 4 == 0 ? nil : text, Array(repeating: text, count: i % 3)))
        let others = Others(
            i % 5 == 0 ? nil : Grade(storedForm: i),
            Pair(i % 3 == 1 ? nil : Note(text: text, stars: i), i % 6 == 0 ? nil : [i, nil]))
        return Row(numbers, Pair(texts, others))
    }

    @safe private final class Opened<Element: PageElement> {
        let region: UnsafeMutableRawBufferPointer
        let columns: Element._Columns

        init(_ elements: [Element]) throws {
            var builder = Element._Builder()
            for element in elements { builder.append(element) }
            let memory = UnsafeMutableRawBufferPointer.allocate(
                byteCount: builder.pageByteCount, alignment: 64)
            unsafe builder.writePage(into: memory)
            columns = try unsafe _openPage(of: Element.self, UnsafeRawBufferPointer(memory)).columns
            unsafe region = memory
        }

        deinit { unsafe region.deallocate() }
    }

    /// The bytes of a page with sections that `add` adds.
    private func bytes(
        _ layout: _PageLayout, count: Int, _ add: (inout _PageSections) -> Void
    ) -> [UInt8] {
        var sections = _PageSections()
        add(&sections)
        var bytes = [UInt8](repeating: 0xa5, count: sections.pageByteCount)
        unsafe bytes.withUnsafeMutableBytes {
            unsafe sections.writePage(layout, count: count, into: $0, goesOn: {})
        }
        return bytes
    }

    private func built<Element: PageElement>(
        _ builder: Element._Builder, of: Element.Type
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: builder.pageByteCount)
        unsafe bytes.withUnsafeMutableBytes { unsafe builder.writePage(into: $0) }
        return bytes
    }

    /// Places in pages of such sizes: neighbours, repeats and jumps.
    private func places(_ seed: UInt64, of counts: [Int], count: Int) -> [UInt64] {
        var draw = SeededGenerator(seed: seed)
        var places: [UInt64] = []
        while places.count < count {
            let page = Int(draw.next() % UInt64(counts.count))
            guard counts[page] > 0 else { continue }
            let row = Int(draw.next() % UInt64(counts[page]))
            let length = [1, 1, 2, 9, counts[page]][Int(draw.next() % 5)]
            for row in row..<min(row + length, counts[page]) {
                places.append(_RowPlaces.place(page: page, row: row))
            }
        }
        return Array(places.prefix(count))
    }

    @Test(arguments: [[40], [3, 50], [0, 1, 7]], [0, 1, 8, 900])
    func `gathered rows are the page that a builder makes of them`(
        counts: [Int], count: Int
    ) throws {
        let elements = counts.enumerated().map { page, count in
            (0..<count).map { row(page * 1_000 + $0 + 1) }
        }
        let pages = try elements.map { try Opened($0) }
        let places = places(UInt64(count + counts.count), of: counts, count: count)
        var builder = Row._Builder()
        for place in places {
            builder.append(elements[_RowPlaces.page(place)][_RowPlaces.row(place)])
        }
        let gathered = unsafe places.withUnsafeBufferPointer { places in
            guard let base = places.baseAddress else { return built(builder, of: Row.self) }
            let rows = unsafe _GatheredRows(
                _RowPlaces(base, count: count), of: pages.map(\.columns), hasNone: false)
            return bytes(Row._layout, count: count) { Row._Builder._gather(rows, into: &$0) }
        }
        #expect(gathered == built(builder, of: Row.self))
    }

    @Test func `no row leaves the place of an absent value`() throws {
        let counts = [30, 20]
        let elements = counts.enumerated().map { page, count in
            (0..<count).map { row(page * 1_000 + $0 + 1) }
        }
        let pages = try elements.map { try Opened($0) }
        let places = places(3, of: counts, count: 500).enumerated()
            .map { $0 % 7 < 2 ? _RowPlaces.none : $1 }
        var builder = Row._Builder()
        for place in places {
            guard place != _RowPlaces.none else {
                builder.appendAbsent()
                continue
            }
            builder.append(elements[_RowPlaces.page(place)][_RowPlaces.row(place)])
        }
        try unsafe places.withUnsafeBufferPointer { places in
            let base = try unsafe #require(places.baseAddress)
            let rows = unsafe _GatheredRows(
                _RowPlaces(base, count: places.count), of: pages.map(\.columns), hasNone: true)
            #expect(
                bytes(Row._layout, count: places.count) { Row._Builder._gather(rows, into: &$0) }
                    == built(builder, of: Row.self))
        }
    }

    @Test func `a text of damaged offsets becomes an empty one, and takes nothing from elsewhere`()
        throws
    {
        let page = try Opened((0..<10).map { "text \($0)" })
        let offsets = unsafe page.region.baseAddress.map { unsafe $0 + 64 }
        unsafe offsets?.storeBytes(of: UInt64.max / 2, toByteOffset: 5 * 8, as: UInt64.self)
        let places =
            (2..<8).map { _RowPlaces.place(page: 0, row: $0) }
            + [4, 4, 1].map { _RowPlaces.place(page: 0, row: $0) }
        let bytes = unsafe places.withUnsafeBufferPointer { places in
            guard let base = places.baseAddress else { return [UInt8]() }
            let rows = unsafe _GatheredRows(
                _RowPlaces(base, count: places.count), of: [page.columns], hasNone: false)
            return self.bytes(String._layout, count: places.count) {
                String._Builder._gather(rows, into: &$0)
            }
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
        defer { unsafe memory.deallocate() }
        unsafe memory.copyBytes(from: bytes)
        let (columns, count) = try unsafe _openPage(
            of: String.self, UnsafeRawBufferPointer(memory))
        let read = (0..<count).map { columns[$0] }
        #expect(read == [2, 3, nil, nil, 6, 7, nil, nil, 1].map { $0.map { "text \($0)" } ?? "" })
    }
}
