// Groups: the same bits however the source is cut and in whatever order parts are joined, equal to
// a serial run over the same tree of leaves; parts of some keys only; damaged parts.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing

/// A number with what it is grouped by.
struct Keyed: Hashable {
    var key: Int
    var value: Double
}

/// The sum of the values: rounding makes it sensitive to every change of order.
struct KeyedSum: Reduction {
    var identity: Double { 0 }
    func lift(_ element: Keyed) -> Double { element.value }
    func fold(_ raw: Double, into partial: inout Double) { partial += raw }
    func combine(_ right: Double, into left: inout Double) { left += right }
    func answer(_ partial: Double) -> Double { partial }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "sum" }
}

/// The values in their order: wrong if any two parts are joined in the wrong one.
struct KeyedList: ExactReduction {
    var identity: [Double] { [] }
    func lift(_ element: Keyed) -> Double { element.value }
    func fold(_ raw: Double, into partial: inout [Double]) { partial.append(raw) }
    func combine(_ right: [Double], into left: inout [Double]) { left += right }
    func answer(_ partial: [Double]) -> [Double] { partial }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "list" }
}

@Suite struct GroupTests {
    /// The elements, how they are cut into leaves, and one way of doing the work.
    struct Case {
        var random: SeededGenerator
        let leafWidth: Int
        let elements: [Keyed]

        init(seed: Int) {
            random = SeededGenerator(seed: seed)
            leafWidth = 1 + random.below(12)
            let keys = 1 + random.below(20)
            let count = random.below(500)
            var elements: [Keyed] = []
            for _ in 0..<count {
                // Some keys are everywhere, others in few leaves.
                let key = random.below(3) == 0 ? random.below(keys) : elements.count / 100
                elements.append(
                    Keyed(key: key, value: Double.random(in: -1e6...1e6, using: &random)))
            }
            self.elements = elements
        }

        /// The groups of some positions.
        mutating func folded<Inner: Reduction>(
            _ range: Range<Int>, _ inner: Inner
        ) throws -> _GroupFolding<IntegerKeys<Int>, Inner> where Inner.Element == Keyed {
            let context = unsafe _CallContext(
                range: range, sourceEnd: elements.count, host: FakeHost())
            var folding = _GroupFolding<IntegerKeys<Int>, Inner>(
                inner, leafWidth: leafWidth, context)
            var position = range.lowerBound
            while position < range.upperBound {
                let leafRest = leafWidth - position % leafWidth
                let end = min(position + 1 + random.below(leafRest), range.upperBound)
                for element in elements[position..<end] {
                    if folding.isFolding {
                        try folding.fold(element.key, element)
                    } else {
                        try folding.keep(element.key, element)
                    }
                }
                try folding.strideEnded(at: end)
                position = end
            }
            return folding
        }

        /// The encoded part of some positions.
        mutating func part<Inner: Reduction>(
            _ range: Range<Int>, _ inner: Inner
        ) throws -> [UInt8] where Inner.Element == Keyed {
            var folding = try folded(range, inner)
            var writer = ValueWriter()
            try folding.encode(into: &writer)
            return writer.bytes
        }

        /// Random parts, some of them joined beforehand, in random order.
        mutating func parts<Inner: Reduction>(_ inner: Inner) throws -> [[UInt8]]
        where Inner.Element == Keyed {
            var parts: [[UInt8]] = []
            for range in random.cuts(of: elements.count, at: 10) {
                parts.append(try part(range, inner))
            }
            parts.shuffle(using: &random)
            for _ in 0..<random.below(4) where parts.count > 1 {
                let pair = parts.removeLast() + parts.removeLast()
                parts.insert(try joined(pair, inner), at: random.below(parts.count + 1))
            }
            return parts
        }

        /// The tree of each key, written down directly: a node is the combination of its halves,
        /// and a half without the key is not there.
        func serial() -> [Int: Double] {
            let leaves = stride(from: 0, to: elements.count, by: leafWidth).map { start in
                var sums: [Int: Double] = [:]
                for element in elements[start..<min(start + leafWidth, elements.count)] {
                    sums[element.key, default: 0] += element.value
                }
                return sums
            }
            func node(_ start: Int, _ width: Int) -> [Int: Double] {
                if start >= leaves.count { return [:] }
                if width == 1 { return leaves[start] }
                let right = node(start + width / 2, width / 2)
                return node(start, width / 2).merging(right, uniquingKeysWith: +)
            }
            var width = 1
            while width < leaves.count { width *= 2 }
            return node(0, width)
        }
    }

    static func joined<Inner: Reduction>(_ bytes: [UInt8], _ inner: Inner) throws -> [UInt8]
    where Inner.Element == Keyed {
        var writer = ValueWriter()
        try unsafe bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            try _GroupFolding<IntegerKeys<Int>, Inner>.join(&reader, by: inner) {
                try $0.encode(into: &writer)
            }
        }
        return writer.bytes
    }

    func answers<Inner: Reduction>(
        _ bytes: [UInt8], _ inner: Inner
    ) throws -> [(key: Int, answer: Inner.Answer)] where Inner.Element == Keyed {
        var answers: [(key: Int, answer: Inner.Answer)] = []
        try unsafe bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            try _GroupFolding<IntegerKeys<Int>, Inner>.join(&reader, by: inner) {
                try $0.answers { answers.append(($0, $1)) }
            }
        }
        return answers
    }

    @Test func `any split and any order of joining gives the bits of each key's serial tree`()
        throws
    {
        for seed in 0..<1_000 {
            var example = Case(seed: seed)
            let parts = try example.parts(KeyedSum()).flatMap { $0 }
            let sums = try answers(parts, KeyedSum())
            let expected = example.serial()
            #expect(sums.map(\.key) == expected.keys.sorted(), "seed \(seed)")
            for sum in sums {
                #expect(
                    sum.answer.bitPattern == expected[sum.key]?.bitPattern,
                    "seed \(seed), key \(sum.key)")
            }
        }
    }

    @Test func `whole groups keep the order of the source`() throws {
        for seed in 0..<300 {
            var example = Case(seed: seed)
            let parts = try example.parts(KeyedList()).flatMap { $0 }
            let lists = try answers(parts, KeyedList())
            let expected = Dictionary(grouping: example.elements, by: \.key)
            #expect(lists.count == expected.count)
            for list in lists {
                #expect(list.answer == expected[list.key]?.map(\.value), "seed \(seed)")
            }
        }
    }

    @Test func `parts of some keys only are joined by themselves`() throws {
        for seed in 0..<100 {
            var example = Case(seed: seed)
            let parts = try example.parts(KeyedSum())
            var divided: [[UInt8]] = [[], []]
            for part in parts {
                try unsafe part.withUnsafeBytes { bytes in
                    var reader = unsafe ValueReader(bytes)
                    try _GroupFolding<IntegerKeys<Int>, KeyedSum>.join(&reader, by: KeyedSum()) {
                        for half in 0...1 {
                            var numbers: [Int] = []
                            for number in $0.keys.numbersInOrder()
                            where ($0.keys.stored(number) < 2) == (half == 0) {
                                numbers.append(number)
                            }
                            var writer = ValueWriter()
                            try $0.encode(into: &writer, numbers)
                            divided[half] += writer.bytes
                        }
                    }
                }
            }
            let sums = try divided.flatMap { try answers($0, KeyedSum()) }
            let expected = example.serial()
            #expect(sums.map(\.key) == expected.keys.sorted(), "seed \(seed)")
            for sum in sums {
                #expect(sum.answer.bitPattern == expected[sum.key]?.bitPattern, "seed \(seed)")
            }
        }
    }

    @Test func `missing and doubled parts are errors`() throws {
        var example = try #require(
            (0..<100).lazy.map { Case(seed: $0) }.first { $0.elements.count > 40 })
        let count = example.elements.count
        let first = try example.part(0..<13, KeyedSum())
        let last = try example.part(20..<count, KeyedSum())
        #expect(throws: ReductionError.gap) { try answers(last, KeyedSum()) }
        #expect(throws: ReductionError.gap) { try answers(first + last, KeyedSum()) }
        #expect(throws: ReductionError.overlap) { try answers(first + first, KeyedSum()) }
        #expect(try answers([], KeyedSum()).isEmpty)
    }

    @Test func `damaged parts never trap`() throws {
        var example = Case(seed: 7)
        let count = example.elements.count
        let left = try example.part(0..<count / 3, KeyedSum())
        let right = try example.part(count / 3..<count, KeyedSum())
        var isRefused = 0
        for seed in 0..<5_000 {
            var random = SeededGenerator(seed: seed)
            let bytes = random.damaged(right)
            do {
                _ = try answers(left + bytes, KeyedSum())
            } catch {
                isRefused += 1
            }
        }
        #expect(isRefused > 100)
    }

    // MARK: Through kernels

    func fields(_ parts: any ChainPart...) -> [UInt8] {
        var writer = ValueWriter()
        for part in parts { part._encodeFields(into: &writer) }
        return writer.bytes
    }

    @Test func `groups have one answer a key, in the order of the keys`() throws {
        typealias Sum = _OfFunction<Scaled, _ExactFloatSum<Double>>
        typealias Inner = _BothReductions<_CountReduction<Int>, Sum>
        typealias Answer = Pair<Int, Pair<Int, Double>>
        let grouping = Grouping<LastDigit, IntegerKeys<Int>, Inner>(
            by: LastDigit(), .both(.counting(), .summing(of: Scaled(factor: 0.1))))
        var writer = ValueWriter()
        grouping._encodeFields(into: &writer)
        let own = writer.bytes
        func groups(_ seed: Int) throws -> [Answer] {
            var random = SeededGenerator(seed: seed)
            var parts = try random.cuts(of: 140_001, at: 5).map { range in
                try run(
                    GroupKernel<_RangeSource, LastDigit, IntegerKeys<Int>, Inner>.self,
                    fields: fields(_RangeSource(lower: 0)) + own, range: range, sourceEnd: 140_001
                ).output.bytes
            }
            parts.shuffle(using: &random)
            let joined = try run(
                GroupCombineKernel<LastDigit, IntegerKeys<Int>, Inner>.self, fields: own,
                arguments: parts.flatMap { $0 })
            let host = FakeHost()
            _ = try run(
                GroupPagesKernel<LastDigit, IntegerKeys<Int>, Inner>.self, fields: own,
                arguments: joined.output.bytes, host: host)
            let page = try #require(host.inputs().first)
            let (columns, count) = try unsafe _openPage(of: Answer.self, page.bytes)
            return columns._array(0..<count)
        }
        let expected = try groups(0)
        #expect(expected.map(\.first) == Array(0..<10))
        #expect(expected[0].second.first == 14_001)
        #expect(expected[9].second.first == 14_000)
        for seed in 1..<6 { #expect(try groups(seed) == expected) }
    }

    @Test func `text is grouped in place, whatever windows it is seen through`() throws {
        typealias Inner = _OfFunction<Tail, FloatSum<Double>>
        var random = SeededGenerator(seed: 3)
        var text = ""
        var sums: [String: Double] = [:]
        while text.utf8.count < 2_300_000 {
            let name = String("Nøne-such-place of names".prefix(random.below(24)))
            let value = Double(random.below(2_000)) / 8
            text += "\(name);\(value)\n"
            sums[name, default: 0] += value
        }
        let file = Array(text.utf8)
        let loop = fields(_TextSource(format: _LineFormat()))
        func groups(_ seed: Int) throws -> [Pair<String, Double>] {
            var random = SeededGenerator(seed: seed)
            let parts = try random.cuts(of: file.count, at: 3).flatMap { range in
                let host = FakeHost()
                host.file = file
                host.strides = [1 + random.below(500_000)]
                return try run(
                    GroupKernel<_TextSource<_LineFormat>, Name, TextKeys, Inner>.self, fields: loop,
                    range: range, sourceEnd: file.count, host: host
                ).output.bytes
            }
            let host = FakeHost()
            _ = try run(
                GroupPagesKernel<Name, TextKeys, Inner>.self, arguments: parts, host: host)
            let page = try #require(host.inputs().first)
            let (columns, count) = try unsafe _openPage(of: Pair<String, Double>.self, page.bytes)
            return columns._array(0..<count)
        }
        // Eighths add up without rounding.
        let expected = sums.map { Pair($0.key, $0.value) }
            .sorted { $0.first.utf8.lexicographicallyPrecedes($1.first.utf8) }
        for seed in 0..<4 { #expect(try groups(seed) == expected, "seed \(seed)") }
    }
}

/// What stands before the semicolon.
struct Name: ElementFunction {
    func _apply(_ input: TextSlice) -> TextSlice { input.split(atFirst: 0x3b)?.head ?? input }
    func _encodeFields(into writer: inout ValueWriter) {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "name" }
}

/// The number behind the semicolon.
struct Tail: ElementFunction {
    func _apply(_ input: TextSlice) -> Double {
        input.split(atFirst: 0x3b).flatMap { Double($0.tail) } ?? .nan
    }
    func _encodeFields(into writer: inout ValueWriter) {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "tail" }
}
