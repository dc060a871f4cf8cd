// Chains run in this process, as a worker would run them: over any split of the source, with any
// strides, giving what plain Swift gives.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing

struct IsOdd: ElementFunction {
    func _apply(_ input: Int) -> Bool { input % 2 != 0 }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "isOdd" }
}

/// Fails from a number on.
struct Failing: ElementFunction {
    struct Beyond: Error { let number: Int }

    let from: Int
    func _apply(_ input: Int) throws -> Int {
        if input >= from { throw Beyond(number: input) }
        return input
    }
    func _encodeFields(into writer: inout ValueWriter) { from.encode(into: &writer) }
    init(from: Int) { self.from = from }
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        from = try Int(decoding: &reader)
    }
    static var _name: String { "failing" }
}

/// Has a captured value.
struct Scaled: ElementFunction {
    let factor: Double
    func _apply(_ input: Int) -> Double { Double(input) * factor + 0.1 }
    func _encodeFields(into writer: inout ValueWriter) { factor.encode(into: &writer) }
    init(factor: Double) { self.factor = factor }
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        factor = try Double(decoding: &reader)
    }
    static var _name: String { "scaled" }
}

struct LastDigit: ElementFunction {
    func _apply(_ input: Int) -> Int { input % 10 }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "lastDigit" }
}

struct Labelled: ElementFunction {
    func _apply(_ input: Int) -> Pair<String, Int?> {
        Pair("n\(input)", input % 3 == 0 ? nil : input)
    }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "labelled" }
}

struct Number: ElementFunction {
    func _apply(_ input: TextSlice) -> Double? { Double(input) }
    func _encodeFields(into writer: inout ValueWriter) {}
    init() {}
    init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    static var _name: String { "number" }
}

@Suite struct ChainTests {
    func fields(_ parts: any ChainPart...) -> [UInt8] {
        var writer = ValueWriter()
        for part in parts { part._encodeFields(into: &writer) }
        return writer.bytes
    }

    typealias Squares = _MapStage<_FilterStage<_RangeSource, IsOdd>, Scaled>

    func squares(_ range: Range<Int>) -> [Double] {
        let function = Scaled(factor: 1.0 / 3)
        return range.filter { $0 % 2 != 0 }.map { function._apply($0) }
    }

    func squareFields(_ lower: Int) -> [UInt8] {
        fields(_RangeSource(lower: lower), IsOdd(), Scaled(factor: 1.0 / 3))
    }

    /// Runs the loop over random parts, combines them in random order and makes the answer.
    func tree<Stage: _ChainStage, R: Reduction>(
        _ stage: Stage.Type, _ reduction: R, fields: [UInt8], count: Int, seed: Int,
        inputs: [_InputPage] = []
    ) throws -> R.Answer where R.Element == Stage.Output, R.Answer: RemoteValue {
        var random = SeededGenerator(seed: seed)
        var parts = try random.cuts(of: count, at: 6).map { range in
            let host = FakeHost()
            host.strides = [1 + random.below(100_000), 1, 5000]
            return try run(
                TreeKernel<Stage, R>.self, fields: fields, range: range, sourceEnd: count,
                inputs: inputs, host: host
            ).output.bytes
        }
        parts.shuffle(using: &random)
        var writer = ValueWriter()
        reduction._encodeFields(into: &writer)
        let own = writer.bytes
        while parts.count > 3 {
            let pair = parts.removeLast() + parts.removeLast()
            let merged = try run(TreeCombineKernel<R>.self, fields: own, arguments: pair)
            parts.insert(merged.output.bytes, at: 0)
        }
        let answer = try run(
            TreeAnswerKernel<R>.self, fields: own, arguments: parts.flatMap { $0 })
        return try R.Answer(encodedBytes: answer.output.bytes)
    }

    @Test func `a sum of doubles has the same bits for every split`() throws {
        let count = 300_000
        let expected = try tree(
            Squares.self, FloatSum<Double>(), fields: squareFields(5), count: count, seed: 0)
        let plain = squares(5..<count + 5)
        #expect(abs(expected / plain.reduce(0, +) - 1) < 1e-9)
        for seed in 1..<12 {
            let sum = try tree(
                Squares.self, FloatSum<Double>(), fields: squareFields(5), count: count, seed: seed)
            #expect(sum.bitPattern == expected.bitPattern, "seed \(seed)")
        }
    }

    @Test func `counts, extremes and prefixes combine from left to right`() throws {
        let count = 10_000
        func answer<R: ExactReduction>(_ reduction: R, seed: Int) throws -> R.Answer
        where R.Element == Double, R.Answer: RemoteValue {
            var random = SeededGenerator(seed: seed)
            var writer = ValueWriter()
            reduction._encodeFields(into: &writer)
            let own = writer.bytes
            let parts = try random.cuts(of: count, at: 6).flatMap { range in
                try run(
                    FoldKernel<Squares, R>.self, fields: squareFields(0) + own, range: range,
                    sourceEnd: count
                ).output.bytes
            }
            let bytes = try run(FoldAnswerKernel<R>.self, fields: own, arguments: parts)
            return try R.Answer(encodedBytes: bytes.output.bytes)
        }
        let plain = squares(0..<count)
        for seed in 0..<20 {
            #expect(try answer(_CountReduction<Double>(), seed: seed) == plain.count)
            #expect(try answer(_MinReduction<Double>(), seed: seed) == plain.min())
            #expect(try answer(_MaxReduction<Double>(), seed: seed) == plain.max())
            let first = try answer(CollectReduction<Double>(limit: 7), seed: seed)
            #expect(first == Array(plain.prefix(7)))
            let all = try answer(CollectReduction<Double>(limit: .max), seed: seed)
            #expect(all == plain)
        }
    }

    @Test func `a prefix stops when it is complete`() throws {
        let host = FakeHost()
        host.strides = [10]
        _ = try run(
            FoldKernel<_RangeSource, CollectReduction<Int>>.self,
            fields: fields(_RangeSource(lower: 0), CollectReduction<Int>(limit: 15)),
            range: 0..<1_000_000, host: host)
        #expect(host.strideCount <= 3)
    }

    @Test func `a prefix fails if and only if one of its elements does, however it is cut`() throws
    {
        typealias Checked = _MapStage<_RangeSource, Failing>
        let failing = 40
        for (seed, limit) in (0..<60).map({ ($0, [0, 1, 39, 40, 41, 300, Int.max][$0 % 7]) }) {
            var random = SeededGenerator(seed: seed)
            let reduction = CollectReduction<Int>(limit: limit)
            var own = ValueWriter()
            reduction._encodeFields(into: &own)
            let result = Result {
                let parts = try random.cuts(of: 200, at: 6).flatMap { range in
                    let host = FakeHost()
                    host.strides = [1 + random.below(90)]
                    return try run(
                        FoldKernel<Checked, CollectReduction<Int>>.self,
                        fields: fields(_RangeSource(lower: 0), Failing(from: failing)) + own.bytes,
                        range: range, sourceEnd: 200, host: host
                    ).output.bytes
                }
                let combined = try run(
                    FoldCombineKernel<CollectReduction<Int>>.self, fields: own.bytes,
                    arguments: parts)
                return try [Int](
                    encodedBytes: run(
                        FoldAnswerKernel<CollectReduction<Int>>.self, fields: own.bytes,
                        arguments: combined.output.bytes
                    ).output.bytes)
            }
            if limit <= failing {
                #expect(try result.get() == Array(0..<limit), "seed \(seed)")
            } else {
                // By the run over the beginning itself, or by the answer.
                #expect("\(result)".contains("Beyond(number: 4"), "seed \(seed): \(result)")
            }
        }
    }

    @Test func `a prefix computes nothing behind its last element`() throws {
        let context = try run(
            FoldKernel<_MapStage<_RangeSource, Failing>, CollectReduction<Int>>.self,
            fields: fields(
                _RangeSource(lower: 0), Failing(from: 7), CollectReduction<Int>(limit: 7)),
            range: 0..<1_000)
        let first = try FirstElements<Int>(encodedBytes: context.output.bytes)
        #expect(first.elements == Array(0..<7))
    }

    @Test func `pages of a map are read by the next chain`() throws {
        typealias Names = _MapStage<_RangeSource, Labelled>
        let host = FakeHost()
        host.strides = [100]
        let context = try run(
            PagesKernel<Names>.self, fields: fields(_RangeSource(lower: 0), Labelled()),
            range: 0..<1000, pageByteCountTarget: 2048, host: host)
        #expect(context.producedCount == 1000)
        #expect(host.elementCounts.count > 5)
        #expect(host.elementCounts.reduce(0, +) == 1000)
        typealias Row = Pair<String, Int?>
        let rows = try run(
            FoldKernel<_PagesSource<Row>, CollectReduction<Row>>.self,
            fields: fields(_PagesSource<Row>(), CollectReduction<Row>(limit: .max)),
            range: 10..<990, sourceEnd: 1000, inputs: host.inputs())
        let back = try FirstElements<Row>(encodedBytes: rows.output.bytes).elements
        #expect(back == (10..<990).map { Labelled()._apply($0) })
        #expect(throws: ChainError.missingPage(element: 1000)) {
            try run(
                FoldKernel<_PagesSource<Row>, _CountReduction<Row>>.self,
                fields: fields(_PagesSource<Row>(), _CountReduction<Row>()), range: 0..<1001,
                inputs: host.inputs())
        }
    }

    @Test func `a loop without results writes one empty page`() throws {
        let host = FakeHost()
        _ = try run(
            PagesKernel<_FilterStage<_RangeSource, IsOdd>>.self,
            fields: fields(_RangeSource(lower: 0), IsOdd()), range: 0..<1, host: host)
        #expect(host.elementCounts == [0])
    }

    @Test func `a join keeps the elements whose key is in the table`() throws {
        typealias Joined = _JoinStage<_RangeSource, LastDigit, String>
        var writer = ValueWriter()
        _RangeSource(lower: 0)._encodeFields(into: &writer)
        [3: "three", 7: "seven"].encode(into: &writer)
        CollectReduction<Pair<Int, String>>(limit: .max)._encodeFields(into: &writer)
        let joined = try run(
            FoldKernel<Joined, CollectReduction<Pair<Int, String>>>.self, fields: writer.bytes,
            range: 0..<20)
        let pairs = try FirstElements<Pair<Int, String>>(encodedBytes: joined.output.bytes).elements
        #expect(
            pairs == [Pair(3, "three"), Pair(7, "seven"), Pair(13, "three"), Pair(17, "seven")])
    }

    @Test func `a range that was given away half-way is done by others`() throws {
        let host = FakeHost()
        host.strides = [100]
        var given = 0..<0
        host.onStride = { position, end in
            if position > 400, given.isEmpty {
                given = (position + end) / 2..<end
                end = given.lowerBound
            }
        }
        let loop = squareFields(0)
        let first = try run(
            TreeKernel<Squares, FloatSum<Double>>.self, fields: loop, range: 0..<200_000, host: host
        )
        #expect(first.range.upperBound == given.lowerBound)
        let second = try run(
            TreeKernel<Squares, FloatSum<Double>>.self, fields: loop, range: given)
        let whole = try run(
            TreeKernel<Squares, FloatSum<Double>>.self, fields: loop, range: 0..<200_000)
        func answer(_ parts: [UInt8]) throws -> [UInt8] {
            try run(TreeAnswerKernel<FloatSum<Double>>.self, arguments: parts).output.bytes
        }
        #expect(try answer(second.output.bytes + first.output.bytes) == answer(whole.output.bytes))
    }

    struct Cancelled: Error {}

    @Test func `a cancelled run ends at its next stride`() {
        let host = FakeHost()
        host.onStride = { position, _ in if position > 1000 { throw Cancelled() } }
        #expect(throws: Cancelled.self) {
            try run(
                FoldKernel<_RangeSource, _CountReduction<Int>>.self,
                fields: fields(_RangeSource(lower: 0)), range: 0..<Int.max, host: host)
        }
    }

    @Test func `two text files, cut anywhere, sum to the same bits`() throws {
        typealias Numbers = _CompactMapStage<_TextSource<_LineFormat>, Number, Double>
        let loop = fields(_TextSource(format: _LineFormat()), Number())
        var random = SeededGenerator(seed: 1)
        let files = [2_500_000, 300_000].map { size in
            var text: [UInt8] = []
            while text.count < size {
                text +=
                    "\(Double(random.below(1_000_000)) / 7)\(random.below(9) == 0 ? "\r" : "")\n"
                    .utf8
            }
            return text
        }
        func sum(seed: Int) throws -> UInt64 {
            var random = SeededGenerator(seed: seed)
            var parts: [[UInt8]] = []
            var leafBase = 0
            for file in files {
                for range in random.cuts(of: file.count, at: 4) {
                    let host = FakeHost()
                    host.file = file
                    host.strides = [1 + random.below(200_000), 1000]
                    let part = try run(
                        TreeKernel<Numbers, FloatSum<Double>>.self, fields: loop, range: range,
                        sourceEnd: file.count, leafBase: leafBase, host: host)
                    parts.append(part.output.bytes)
                }
                leafBase += (file.count + (1 << 20) - 1) >> 20
            }
            parts.shuffle(using: &random)
            let answer = try run(
                TreeAnswerKernel<FloatSum<Double>>.self, arguments: parts.flatMap { $0 })
            return try Double(encodedBytes: answer.output.bytes).bitPattern
        }
        let expected = try sum(seed: 0)
        let plain = files.flatMap {
            String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isNewline)
        }
        .compactMap { Double($0) }.reduce(0, +)
        #expect(abs(Double(bitPattern: expected) - plain) / plain < 1e-12)
        for seed in 1..<8 { #expect(try sum(seed: seed) == expected, "seed \(seed)") }
    }

    @Test func `loops are named as the user would write them`() {
        #expect(Squares._name == "range.filter(isOdd).map(scaled)")
        typealias Tens = Grouping<
            LastDigit, IntegerKeys<Int>, _OfFunction<Scaled, FloatSum<Double>>
        >
        #expect(Tens._name == "grouped(by: lastDigit, sum(of: scaled))")
    }
}

/// What encodes captured values: stages, functions and reductions.
protocol ChainPart { func _encodeFields(into writer: inout ValueWriter) }
extension _RangeSource: ChainPart {}
extension _PagesSource: ChainPart {}
extension _TextSource: ChainPart {}
extension IsOdd: ChainPart {}
extension Scaled: ChainPart {}
extension Labelled: ChainPart {}
extension Number: ChainPart {}
extension CollectReduction: ChainPart {}
extension Failing: ChainPart {}
extension _CountReduction: ChainPart {}
