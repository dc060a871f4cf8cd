// Exact reductions of random elements, cut at random places, read from pages of random sizes and
// combined in random groups: each gives what a serial computation with wide integers gives, and
// fails if and only if its total does.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing
import WideSums

/// One way of doing the work: pages, parts, groups of partial results.
struct ReductionCase<Number: FixedWidthInteger & FixedWidthElement> {
    let elements: [Number]
    let inputs: [_InputPage]
    let host = FakeHost()
    private var random: SeededGenerator

    init(_ elements: [Number], seed: Int) throws {
        self.elements = elements
        random = SeededGenerator(seed: seed)
        // A budget of some bytes: pages of one element, of few, or one of all.
        let most = [1, 7, 50, elements.count + 1][random.below(4)]
        var builder = Number._Builder()
        for element in elements {
            builder.append(element)
            if builder.count >= most { try _emit(&builder, host) }
        }
        if builder.count > 0 || elements.isEmpty { try _emit(&builder, host) }
        inputs = host.inputs()
    }

    private mutating func context() -> FakeHost {
        let host = FakeHost()
        host.strides = [1 + random.below(30), 1 + random.below(9)]
        return host
    }

    /// The encoded answer.
    mutating func answer<R: ExactReduction>(_ reduction: R) throws -> [UInt8]
    where R.Element == Number, R.Answer: RemoteValue {
        var writer = ValueWriter()
        reduction._encodeFields(into: &writer)
        let own = writer.bytes
        var parts: [[UInt8]] = []
        for range in random.cuts(of: elements.count, at: 12) {
            parts.append(
                try run(
                    FoldKernel<_PagesSource<Number>, R>.self, fields: own, range: range,
                    sourceEnd: elements.count, inputs: inputs, host: context()
                ).output.bytes)
        }
        // Neighbours are combined, as the steps of a plan do, here and there.
        for _ in 0..<random.below(5) where parts.count > 1 {
            let place = random.below(parts.count - 1)
            let both = parts[place] + parts[place + 1]
            parts[place...place + 1] = [
                try run(FoldCombineKernel<R>.self, fields: own, arguments: both).output.bytes
            ]
        }
        return try run(
            FoldAnswerKernel<R>.self, fields: own, arguments: parts.flatMap { $0 }
        ).output.bytes
    }

    /// The answer of each prefix.
    mutating func scan<R: ExactReduction>(_ reduction: R) throws -> [R.Answer]
    where R.Element == Number, R.Answer: PageElement {
        var writer = ValueWriter()
        reduction._encodeFields(into: &writer)
        let own = writer.bytes
        let ranges = random.cuts(of: elements.count, at: 6)
        var pieces: [UInt8] = []
        for range in ranges {
            pieces += try run(
                ScanKernel<Number, R>.self, fields: own, range: range, inputs: inputs,
                host: context()
            ).output.bytes
        }
        let starts = try run(ScanStartsKernel<R>.self, fields: own, arguments: pieces).output.bytes
        var answers: [R.Answer] = []
        for range in ranges {
            let host = context()
            _ = try run(
                ScanPagesKernel<Number, R>.self, fields: own + starts, range: range,
                inputs: inputs, pageByteCountTarget: 1 + random.below(2_000), host: host)
            for page in host.inputs() where host.elementCounts.reduce(0, +) > 0 {
                let (columns, count) = try unsafe _openPage(of: R.Answer.self, page.bytes)
                answers += columns._array(0..<count)
            }
        }
        return answers
    }

    /// The answer of each group of `key`.
    mutating func groups<R: Reduction>(
        _ reduction: R, by key: (Number) -> Int
    ) throws -> [Int: R.Answer] where R.Element == Number {
        let leafWidth = 1 + random.below(20)
        var parts: [[UInt8]] = []
        for range in random.cuts(of: elements.count, at: 8) {
            let context = unsafe _CallContext(
                range: range, sourceEnd: elements.count, host: FakeHost())
            var folding = _GroupFolding<IntegerKeys<Int>, R>(
                reduction, leafWidth: leafWidth, context)
            var position = range.lowerBound
            while position < range.upperBound {
                let end = min(position + leafWidth - position % leafWidth, range.upperBound)
                for element in elements[position..<end] {
                    if folding.isFolding {
                        try folding.fold(key(element), element)
                    } else {
                        try folding.keep(key(element), element)
                    }
                }
                try folding.strideEnded(at: end)
                position = end
            }
            var writer = ValueWriter()
            try folding.encode(into: &writer)
            parts.append(writer.bytes)
        }
        parts.shuffle(using: &random)
        var answers: [Int: R.Answer] = [:]
        let bytes = parts.flatMap { $0 }
        try unsafe bytes.withUnsafeBytes { bytes in
            var reader = unsafe ValueReader(bytes)
            try _GroupFolding<IntegerKeys<Int>, R>.join(&reader, by: reduction) {
                try $0.answers { answers[$0] = $1 }
            }
        }
        return answers
    }
}

@Suite struct ExactReductionTests {
    /// The answer, or nil where the reduction said that its sum is beyond its type.
    private func told<Value>(_ make: () throws -> Value) throws -> Value? {
        do {
            return try make()
        } catch is SumOverflow {
            return nil
        }
    }

    /// Sums alone, in pairs and of the user's making; answers with how many did not fit.
    private func checkSums<Number: FixedWidthInteger & FixedWidthElement>(
        of type: Number.Type, seeds: Range<Int>
    ) throws -> (fitting: Int, beyond: Int) {
        var counts = (fitting: 0, beyond: 0)
        for seed in seeds {
            var hard = HardSums(SeededGenerator(seed: seed))
            let elements = hard.elements(type)
            var example = try ReductionCase(elements, seed: seed &* 31)
            let right = WideSum(elements).exactly(type)
            if right == nil { counts.beyond += 1 } else { counts.fitting += 1 }
            let sum = try told { try example.answer(_IntegerSum<Number>()) }
            #expect(sum == right.map(\.encodedBytes), "\(type), seed \(seed)")
            let both = try told {
                try example.answer(
                    _BothReductions(_CountReduction<Number>(), _IntegerSum<Number>()))
            }
            #expect(
                both == right.map { Pair(elements.count, $0).encodedBytes },
                "\(type), seed \(seed)")
            let mean = try told { try example.answer(WholeMean<Number>()) }
            let rightMean = right.map { WholeMean.mean(of: $0, elements.count) }
            #expect(mean == rightMean.map(\.encodedBytes), "\(type), seed \(seed)")
        }
        return counts
    }

    @Test func `a sum of any integers fails if and only if its total does not fit`() throws {
        let seeds = 0..<80
        let types: [any (FixedWidthInteger & FixedWidthElement).Type] = [
            Int8.self, Int16.self, Int32.self, Int64.self, Int.self, Int128.self, UInt8.self,
            UInt16.self, UInt32.self, UInt64.self, UInt.self, UInt128.self,
        ]
        let counts = try types.map { try checkSums(of: $0, seeds: seeds) }
        // Both kinds are there for every type.
        for count in counts { #expect(count.fitting > 10 && count.beyond > 10, "\(counts)") }
    }

    private func checkPrefixes<Number: FixedWidthInteger & FixedWidthElement>(
        of type: Number.Type, seeds: Range<Int>
    ) throws {
        for seed in seeds {
            var hard = HardSums(SeededGenerator(seed: seed))
            let elements = hard.elements(type)
            var example = try ReductionCase(elements, seed: seed)
            let right = widePrefixSums(elements)
            let sums = try told { try example.scan(_IntegerSum<Number>()) }
            #expect(sums == right, "\(type), seed \(seed)")
        }
    }

    @Test func `prefix sums fail if and only if one of them does not fit`() throws {
        let seeds = 0..<80
        try checkPrefixes(of: Int8.self, seeds: seeds)
        try checkPrefixes(of: Int32.self, seeds: seeds)
        try checkPrefixes(of: Int.self, seeds: seeds)
        try checkPrefixes(of: UInt64.self, seeds: seeds)
        try checkPrefixes(of: Int128.self, seeds: seeds)
    }

    @Test func `prefix sums over many leaves meet no partial sum that matters`() throws {
        // The second leaf alone is beyond, and the third one brings it back.
        let width = _PagesSource<Int>._leafWidth
        let most = Int.max / width
        var elements = Array(repeating: -most, count: width)
        elements += Array(repeating: most, count: 2 * width)
        elements += Array(repeating: -most, count: width)
        var sum = 0
        let right = elements.map { element -> Int in
            sum += element
            return sum
        }
        for seed in 0..<4 {
            var example = try ReductionCase(elements, seed: 4 * seed + 3)
            #expect(try example.scan(_IntegerSum<Int>()) == right, "seed \(seed)")
        }
    }

    private func checkGroups<Number: FixedWidthInteger & FixedWidthElement>(
        of type: Number.Type, seeds: Range<Int>
    ) throws {
        for seed in seeds {
            var hard = HardSums(SeededGenerator(seed: seed))
            let elements = hard.elements(type)
            var example = try ReductionCase(elements, seed: seed)
            let key = { (number: Number) in Int(truncatingIfNeeded: number) & 1 }
            let groups = Dictionary(grouping: elements, by: key)
            let sums = groups.mapValues { WideSum($0).exactly(type) }
            let isRight = sums.values.allSatisfy { $0 != nil }
            let found = try told { try example.groups(_IntegerSum<Number>(), by: key) }
            #expect(found == (isRight ? sums.compactMapValues { $0 } : nil), "\(type) \(seed)")
            let both = _BothReductions(_IntegerSum<Number>(), _MaxReduction<Number>())
            let pairs = try told { try example.groups(both, by: key) }
            #expect(pairs?.mapValues(\.first) == found, "\(type) \(seed)")
            if isRight {
                #expect(
                    pairs?.mapValues(\.second) == groups.mapValues { $0.max() }, "\(type) \(seed)")
            }
        }
    }

    @Test func `sums of groups fail if and only if one of them does not fit`() throws {
        let seeds = 0..<80
        try checkGroups(of: Int8.self, seeds: seeds)
        try checkGroups(of: Int16.self, seeds: seeds)
        try checkGroups(of: Int.self, seeds: seeds)
        try checkGroups(of: UInt64.self, seeds: seeds)
        try checkGroups(of: UInt128.self, seeds: seeds)
    }

    @Test func `other exact reductions give what a serial run gives, with limits of any size`()
        throws
    {
        for seed in 0..<250 {
            var hard = HardSums(SeededGenerator(seed: seed))
            let elements = hard.elements(Int.self)
            var example = try ReductionCase(elements, seed: seed)
            let limit = [0, 1, 5, 63, 64, Int.max][hard.below(6)]
            #expect(try example.answer(_CountReduction<Int>()) == elements.count.encodedBytes)
            #expect(try example.answer(_MinReduction<Int>()) == elements.min().encodedBytes)
            #expect(try example.answer(_MaxReduction<Int>()) == elements.max().encodedBytes)
            #expect(
                try example.answer(CollectReduction<Int>(limit: limit))
                    == Array(elements.prefix(limit)).encodedBytes, "seed \(seed)")
            let best = BestReduction(limit, by: Itself<Int>(), largestFirst: true)
            #expect(
                try example.answer(best)
                    == Array(elements.sorted(by: >).prefix(limit)).encodedBytes, "seed \(seed)")
            let cap = 8 * hard.below(elements.count + 2)
            let capped = Result { try example.answer(CappedCollection<Int>(cap: cap)) }
            if elements.count * 8 <= cap {
                #expect(try capped.get() == elements.encodedBytes, "seed \(seed)")
            } else {
                #expect(throws: CollectionTooLarge.self, "seed \(seed)") { try capped.get() }
            }
        }
    }

    @Test func `a total keeps what more than 2^32 elements add up to`() throws {
        // So many as no test can go through: sums are doubled instead.
        func check<Number: FixedWidthInteger & RemoteValue>(_ number: Number) throws {
            var total = IntegerTotal(number)
            var wide = WideSum([number])
            for doubling in 1...60 {
                total.add(total)
                wide.add(wide)
                #expect(total.exactly == wide.exactly(), "\(number) doubled \(doubling) times")
            }
            let back = try IntegerTotal<Number>(encodedBytes: total.encodedBytes)
            #expect(back == total)
        }
        try check(Int8.min)
        try check(Int32.max)
        try check(UInt32.max)
        try check(Int.min)
        try check(UInt64.max)
        try check(Int128.min)
        try check(UInt128.max)
        try check(Int8(0))
        var total = IntegerTotal(Int64.max)
        for _ in 0..<40 { total.add(total) }
        var same = IntegerTotal(Int64.min)
        for _ in 0..<40 { same.add(same) }
        total.add(same)
        #expect(total.exactly == -1 << 40)
    }
}
