// Numbered, zipped and whole pages: the same answer wherever pages begin and whatever part a run
// covers.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing

/// A pair's product with something that does not round away.
struct Product: ElementFunction {
    func _apply(_ input: Pair<Int, Double>) -> Double { Double(input.first % 1_000) * input.second }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "product" }
}

/// A sum over a page's memory.
struct SpanSum: ElementFunction {
    func _apply(_ input: PageView<Double>) -> Double {
        input.withSpan { span in
            var sum = 0.0
            for index in span.indices { sum += span[index] }
            return sum
        }
    }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "spanSum" }
}

@Suite struct IndexedTests {
    /// Elements in pages of random sizes; keeps the pages alive.
    struct Collection {
        let host = FakeHost()
        var counts: [Int] = []

        init<Element: PageElement>(_ elements: [Element], _ random: inout SeededGenerator) throws {
            for range in random.cuts(of: elements.count, at: 5) {
                var builder = Element._Builder()
                for element in elements[range] { builder.append(element) }
                try _emit(&builder, host)
                counts.append(range.count)
            }
        }

        /// The pages with elements of a range.
        func pages(_ range: Range<Int>) -> [_InputPage] {
            zip(host.inputs(), counts).filter {
                $0.firstElement < range.upperBound && $0.firstElement + $1 > range.lowerBound
            }.map(\.0)
        }
    }

    func answer<Stage: _ChainStage>(
        _ stage: Stage.Type, _ parts: [Range<Int>], _ inputs: (Range<Int>) -> [_InputPage],
        _ others: (Range<Int>) -> [_InputPage] = { _ in [] }
    ) throws -> UInt64 where Stage.Output == Double {
        let partials = try parts.flatMap { range in
            try run(
                TreeKernel<Stage, FloatSum<Double>>.self, range: range, inputs: inputs(range),
                otherInputs: others(range)
            ).output.bytes
        }
        let sum = try run(TreeAnswerKernel<FloatSum<Double>>.self, arguments: partials)
        return try Double(encodedBytes: sum.output.bytes).bitPattern
    }

    /// The tree of leaves of 65,536, written down for fewer than three leaves.
    func serial(_ terms: [Double]) -> UInt64 {
        let leaves = stride(from: 0, to: terms.count, by: 65_536).map { start in
            terms[start..<min(start + 65_536, terms.count)].reduce(0, +)
        }
        precondition(leaves.count <= 3)
        return leaves.dropFirst().reduce(leaves.first ?? 0, +).bitPattern
    }

    let values = (0..<150_000).map { Double($0 * 7_919 % 10_007) / 3 }

    @Test func `elements are numbered over all pages`() throws {
        typealias Numbered = _MapStage<_EnumeratedStage<_PagesSource<Double>>, Product>
        let product = Product()
        let expected = serial(values.enumerated().map { product._apply(Pair($0, $1)) })
        for seed in 0..<8 {
            var random = SeededGenerator(seed: seed)
            let pages = try Collection(values, &random)
            let cuts = random.cuts(of: values.count, at: 6)
            let sum = try answer(Numbered.self, cuts, pages.pages)
            #expect(sum == expected, "seed \(seed)")
        }
    }

    @Test func `two arrays are zipped wherever their pages begin`() throws {
        typealias Zipped = _MapStage<_ZippedSource<Int, Double>, Product>
        let product = Product()
        let numbers = (0..<values.count).map { $0 * 31 }
        let expected = serial(zip(numbers, values).map { product._apply(Pair($0, $1)) })
        for seed in 0..<8 {
            var random = SeededGenerator(seed: seed)
            let first = try Collection(numbers, &random)
            let second = try Collection(values, &random)
            // A run covers elements of one page of the first.
            var parts: [Range<Int>] = []
            var start = 0
            for count in first.counts {
                parts += random.cuts(of: count, at: 2).map {
                    $0.lowerBound + start..<$0.upperBound + start
                }
                start += count
            }
            let sum = try answer(Zipped.self, parts, first.pages, second.pages)
            #expect(sum == expected, "seed \(seed)")
        }
    }

    @Test func `a missing page of either array is an error`() throws {
        typealias Zipped = _MapStage<_ZippedSource<Int, Double>, Product>
        var random = SeededGenerator(seed: 1)
        let numbers = try Collection(Array(0..<100), &random)
        let others = try Collection(Array(values.prefix(50)), &random)
        let range = 0..<(numbers.counts.first ?? 0)
        #expect(throws: ChainError.self) {
            try answer(Zipped.self, [range], { _ in [] }, others.pages)
        }
        #expect(throws: ChainError.self) {
            try answer(Zipped.self, [range], numbers.pages, { _ in [] })
        }
    }

    @Test func `a function gets a whole page, and its memory`() throws {
        typealias Sums = _MapStage<_WholePagesSource<Double>, SpanSum>
        var random = SeededGenerator(seed: 2)
        // Whole numbers: their sum does not depend on how it is made.
        let whole = values.map { $0.rounded() }
        let pages = try Collection(whole, &random)
        try #require(pages.counts.count > 2)
        let inputs = pages.host.inputs()
        let sum = try answer(
            Sums.self, inputs.indices.map { $0..<$0 + 1 } + [inputs.count..<inputs.count + 1]
        ) { range in
            // The last page is empty.
            range.lowerBound < inputs.count ? [inputs[range.lowerBound]] : []
        }
        #expect(sum == whole.reduce(0, +).bitPattern)
    }

    @Test func `a page is a collection of its elements`() throws {
        var random = SeededGenerator(seed: 3)
        let rows = (0..<40).map { Pair("row \($0)", $0 % 3 == 0 ? nil : $0) }
        let collection = try Collection(rows, &random)
        var found: [Pair<String, Int?>] = []
        for page in collection.host.inputs() {
            typealias Row = Pair<String, Int?>
            let (columns, count) = try unsafe _openPage(of: Row.self, page.bytes)
            let view = PageView<Row>(
                _columns: columns, count: count, firstElement: page.firstElement)
            #expect(view.firstElement == found.count)
            found += view
        }
        #expect(found == rows)
    }
}
