// The tables that number keys: dense numbers in the order of first appearance, equal keys alike,
// the order of the keys.

import SwoopElements
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

    @Test func `Strings that are equal are one key, however they are spelled`() {
        var keys = StringKeys()
        let spellings = [
            "e\u{301}", "\u{e9}", "K", "\u{212a}", "", "e\u{301}", "\u{212a}", "z", "",
        ]
        var expected: [String: Int] = [:]
        for spelling in spellings {
            let number = keys.number(of: spelling)
            #expect(number == expected[spelling, default: expected.count])
            expected[spelling] = number
        }
        #expect(keys.count == 4)
        #expect(keys.numbersInOrder().map { keys.stored($0) } == expected.keys.sorted())
    }

    @Test func `other keys are ordered by their own order, else by their bytes`() {
        var keys = HashableKeys<Pair<Int, String>>()
        for pair in [Pair(2, "b"), Pair(1, "z"), Pair(2, "a"), Pair(1, "z")] {
            _ = keys.number(of: pair)
        }
        #expect(keys.numbersInOrder() == [1, 2, 0])
        var flags = HashableKeys<Bool?>()
        for flag in [true, nil, false, nil] { _ = flags.number(of: flag) }
        #expect(flags.numbersInOrder().map { flags.stored($0) } == [nil, false, true])
    }

    @Test func `keys that differ from themselves are found again, and stand behind the others`() {
        var pairs = HashableKeys<Pair<Double, Int>>()
        let odd = [Pair(Double.nan, 1), Pair(2, 5), Pair(Double.nan, 1), Pair(-1, 5)]
        #expect(odd.map { pairs.number(of: $0) } == [0, 1, 0, 2])
        #expect(pairs.numbersInOrder() == [2, 1, 0])
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
