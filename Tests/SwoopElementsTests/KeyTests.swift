// The tables that number keys: dense numbers in the order of first appearance, equal keys alike,
// the order of the keys.

import SwoopElements
import SwoopSimulation
import Testing

@Suite struct KeyTests {
    @Test func `integers are numbered as they come`() {
        var keys = IntegerKeys<Int>()
        var expected: [Int: Int] = [:]
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200_000 {
            let key = random.below(60_000) &* 65_536 &- 1_000_000
            let number = keys.number(of: key)
            #expect(number == expected[key, default: expected.count])
            expected[key] = number
        }
        #expect(keys.count == expected.count)
        let ordered = keys.numbersInOrder().map { keys.stored($0) }
        #expect(ordered == expected.keys.sorted())
        #expect(keys.byteCount > keys.count * 16)
    }

    @Test func `extremes of narrow integers are keys like others`() {
        var keys = IntegerKeys<Int8>()
        for key in [Int8.min, .max, 0, -1, .min, -1] { _ = keys.number(of: key) }
        #expect(keys.numbersInOrder().map { keys.stored($0) } == [.min, -1, 0, .max])
    }

    /// Lends the text's bytes for the call alone.
    func number(_ text: String, in keys: inout TextKeys) -> Int {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: text.utf8.count + 1, alignment: 1)
        defer { unsafe bytes.deallocate() }
        unsafe bytes.copyBytes(from: Array(text.utf8) + [0])
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return -1 }
        return keys.number(of: unsafe TextSlice(_base: base, byteCount: text.utf8.count))
    }

    @Test func `texts of every length are told apart by any of their bytes`() {
        var keys = TextKeys()
        var expected: [String: Int] = [:]
        for round in 0..<2 {
            for length in 0..<70 {
                for place in 0...length {
                    var text = [UInt8](repeating: 0x61, count: length)
                    if place < length { text[place] = 0x62 }
                    let name = String(decoding: text, as: UTF8.self)
                    let number = number(name, in: &keys)
                    #expect(number == expected[name, default: expected.count])
                    #expect(round == 0 || expected[name] == number)
                    expected[name] = number
                }
            }
        }
        let ordered = keys.numbersInOrder().map { keys.stored($0) }
        #expect(ordered == expected.keys.sorted())
    }

    @Test func `a hundred thousand texts are kept`() {
        var keys = TextKeys()
        for i in 0..<100_000 { #expect(number("key \(i)", in: &keys) == i) }
        for i in 0..<100_000 { #expect(number("key \(i)", in: &keys) == i) }
        #expect(keys.stored(99_999) == "key 99999")
    }

    @Test func `Strings are one key where their bytes are, in the order of their bytes`() {
        var keys = StringKeys()
        let spellings = [
            "e\u{301}", "\u{e9}", "K", "\u{212a}", "", "e\u{301}", "\u{212a}", "z", "",
        ]
        #expect(spellings.map { keys.number(of: $0) } == [0, 1, 2, 3, 4, 0, 3, 5, 4])
        let inOrder = keys.numbersInOrder().map { Array(keys.stored($0).utf8) }
        #expect(inOrder == ["", "K", "e\u{301}", "z", "\u{e9}", "\u{212a}"].map { Array($0.utf8) })
    }

    @Test func `other keys are ordered as sorts have them, by their own order, else by bytes`() {
        var keys = ValueKeys<Pair<Int, String>>()
        for pair in [Pair(2, "b"), Pair(1, "z"), Pair(2, "a"), Pair(1, "z")] {
            _ = keys.number(of: pair)
        }
        #expect(keys.numbersInOrder() == [1, 2, 0])
        var flags = ValueKeys<Bool?>()
        for flag in [true, nil, false, nil] { _ = flags.number(of: flag) }
        #expect(flags.numbersInOrder().map { flags.stored($0) } == [nil, false, true])
        var texts = ValueKeys<String?>()
        for text in ["\u{e9}", nil, "z", "aa", "e\u{301}"] { _ = texts.number(of: text) }
        let order = texts.numbersInOrder().map { texts.stored($0).map { Array($0.utf8) } }
        #expect(order == [nil, "aa", "e\u{301}", "z", "\u{e9}"].map { $0.map { Array($0.utf8) } })
    }

    @Test func `text inside of a key goes by its bytes, numbers inside by what they are`() {
        let (composed, apart) = ("caf\u{e9}", "cafe\u{301}")
        var pairs = ValueKeys<Pair<String, Int>>()
        #expect(pairs.number(of: Pair(composed, 1)) == 0)
        #expect(pairs.number(of: Pair(apart, 1)) == 1)
        #expect(pairs.numbersInOrder() == [1, 0])
        var lists = ValueKeys<[String]>()
        #expect(
            [[composed], [apart], [composed, ""], [composed]].map { lists.number(of: $0) }
                == [0, 1, 2, 0])
        var numbers = ValueKeys<[Double]>()
        let other = Double(nan: 5, signaling: false)
        #expect(
            [[-0.0, .nan], [0, other], [0, -.nan], [-0.0, 1]].map { numbers.number(of: $0) }
                == [0, 0, 0, 1])
        // Which of them came first does not show.
        #expect(numbers.stored(0)[0].sign == .plus)
        var maybes = ValueKeys<Pair<Float?, String?>>()
        let few: [Pair<Float?, String?>] = [
            Pair(-0.0, nil), Pair(nil, nil), Pair(0, nil), Pair(.nan, apart), Pair(.nan, composed),
        ]
        #expect(few.map { maybes.number(of: $0) } == [0, 1, 0, 2, 3])
        #expect(maybes.numbersInOrder() == [1, 0, 2, 3])
    }

    /// The bytes that a key is hashed by are those that it is encoded as.
    private func checkWords<Key: PageElement & Hashable>(_ values: [Key]) {
        var keys = ValueKeys<Key>()
        var expected: [[UInt8]: Int] = [:]
        for value in values + values.reversed() {
            var writer = ValueWriter(_forKeys: ())
            value.encode(into: &writer)
            if let word = value._keyWord {
                let bytes = (0..<word.byteCount).map {
                    UInt8(truncatingIfNeeded: word.bits >> UInt64(8 * $0))
                }
                #expect(bytes == writer.bytes)
            }
            let number = keys.number(of: value)
            #expect(number == expected[writer.bytes, default: expected.count])
            expected[writer.bytes] = number
        }
        #expect(keys.count == expected.count)
    }

    private func checkIntegers<Key: FixedWidthInteger & PageElement>(_ type: Key.Type) {
        #expect((Key.zero._keyWord == nil) == (Key.bitWidth > 64))
        checkWords([.min, .max, 0, 1, 0 &- 1, .max / 3, .min / 3] as [Key])
    }

    @Test func `numbers of any type are keys by the bytes that they are encoded as`() {
        let types: [any (FixedWidthInteger & PageElement).Type] = [
            Int8.self, Int16.self, Int32.self, Int64.self, Int.self, Int128.self, UInt8.self,
            UInt16.self, UInt32.self, UInt64.self, UInt.self, UInt128.self,
        ]
        for type in types { checkIntegers(type) }
        checkWords([true, false])
        checkWords([0, -0.0, .nan, -.nan, 1, -1, .infinity, Double(nan: 5, signaling: true)])
        checkWords([0, -0.0, .nan, -.nan, 1, -1, Float.infinity, Float(nan: 5, signaling: true)])
        checkWords([Double?.none, 0, -0.0, .nan, -.nan])
        checkWords([Pair(-0.0, 1), Pair(0.0, 1), Pair(.nan, 1), Pair(-.nan, 1)])
    }

    @Test func `keys that are merely Codable are one where what they hold is, in any order`() {
        struct Tags: CodablePage, Hashable {
            var names: Set<String>
            var scores: [String: Double]
            var ranks: [Int: Float]
        }
        let names = (0..<50).map { "name \($0)" }
        func tags(_ zero: Double) -> Tags {
            var tags = Tags(names: [], scores: [:], ranks: [:])
            for name in names.shuffled() { tags.names.insert(name) }
            for name in names.shuffled() { tags.scores[name] = zero }
            for rank in (0..<50).shuffled() { tags.ranks[rank] = Float(zero) }
            return tags
        }
        var keys = ValueKeys<Tags>()
        for _ in 0..<20 {
            #expect(keys.number(of: tags(0)) == 0)
            #expect(keys.number(of: tags(-0.0)) == 0)
        }
        #expect(keys.number(of: tags(1)) == 1)
        #expect(keys.stored(0) == tags(0) && keys.stored(1) == tags(1))
    }

    @Test func `sets and dictionaries have one form as keys`() throws {
        for _ in 0..<20 {
            let names = (0..<40).map { "n\($0)" }.shuffled()
            var writers = [ValueWriter(_forKeys: ()), ValueWriter(_forKeys: ())]
            for place in writers.indices {
                Set(names.shuffled()).encode(into: &writers[place])
                Dictionary(uniqueKeysWithValues: names.shuffled().map { ($0, $0.count) })
                    .encode(into: &writers[place])
            }
            #expect(writers[0].bytes == writers[1].bytes)
            #expect(
                try _decodeAllOf(writers[0].bytes) { (reader) throws(ValueDecodingError) in
                    let set = try Set<String>(decoding: &reader)
                    return (set.count, try [String: Int](decoding: &reader).count)
                } == (40, 40))
        }
    }

    @Test func `keys that differ from themselves are found again, and stand behind the others`() {
        var pairs = ValueKeys<Pair<Double, Int>>()
        let odd = [Pair(Double.nan, 1), Pair(2, 5), Pair(Double.nan, 1), Pair(-1, 5)]
        #expect(odd.map { pairs.number(of: $0) } == [0, 1, 0, 2])
        #expect(pairs.numbersInOrder() == [2, 1, 0])
    }

    @Test func `the key of a group is the same whichever spelling of a number came first`() {
        #expect((-0.0)._canonicalKey.sign == .plus)
        #expect(Pair(-0.0, 1)._canonicalKey.first.sign == .plus)
        #expect((-Float.nan)._canonicalKey.bitPattern == Float.nan.bitPattern)
        #expect(Optional(-0.0)._canonicalKey?.sign == .plus)
        #expect("e\u{301}"._canonicalKey.utf8.count == 3)
    }

    @Test func `floating-point keys rise, both zeros are 0 and every NaN is one, the last`() throws
    {
        let numbers = [3, -.infinity, .nan, -0.0, 1e-300, -.nan, 0.0, -7.5, .infinity, 3]
        var keys = FloatKeys<Double>()
        #expect(numbers.map { keys.number(of: $0) } == [0, 1, 2, 3, 4, 2, 3, 5, 6, 0])
        let ordered = keys.numbersInOrder().map { keys.stored($0) }
        #expect(ordered.dropLast() == [-.infinity, -7.5, 0, 1e-300, 3, .infinity])
        #expect(ordered.last?.isNaN == true && ordered[2].sign == .plus)
        var floats = FloatKeys<Float>()
        let few: [Float] = [0.1, -2.5, .nan, 0.1]
        #expect(few.map { floats.number(of: $0) } == [0, 1, 2, 0])
        #expect(floats.stored(0) == 0.1 && floats.stored(1) == -2.5)
    }
}
