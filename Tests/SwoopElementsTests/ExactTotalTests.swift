// Exact sums of floating-point numbers: rounded once, in any order, however they are divided; held
// against sums by Shewchuk's partial sums, which know nothing of windows.

import SwoopElements
import SwoopSimulation
import Testing

/// The exact sum of finite numbers, rounded to the nearest (Shewchuk 1997, as in Python's fsum).
private func partialSums(of numbers: [Double]) -> Double {
    var partials: [Double] = []
    for number in numbers {
        var kept: [Double] = []
        var x = number
        for partial in partials {
            let (large, small) = abs(x) < abs(partial) ? (partial, x) : (x, partial)
            let sum = large + small
            let rest = small - (sum - large)
            if rest != 0 { kept.append(rest) }
            x = sum
        }
        partials = kept + [x]
    }
    guard var high = partials.popLast() else { return 0 }
    var low = 0.0
    while let next = partials.popLast() {
        let sum = high + next
        low = next - (sum - high)
        high = sum
        if low != 0 { break }
    }
    // Half a unit, and more of the same sign behind it: the rounding went the wrong way.
    if let next = partials.last, low < 0 && next < 0 || low > 0 && next > 0 {
        let twice = low * 2
        let sum = high + twice
        if twice == sum - high { high = sum }
    }
    return high
}

@Suite struct ExactTotalTests {
    /// Numbers of one of several kinds.
    private func numbers(_ random: inout SeededGenerator) -> [Double] {
        let kind = random.below(6)
        let count = random.below(80)
        var numbers: [Double] = []
        for _ in 0..<count {
            let significand = Double.random(in: 1..<2, using: &random)
            let exponent =
                switch kind {
                case 0: random.below(4)
                case 1: random.below(60) - 30
                case 2: random.below(1_900) - 1_000
                case 3: -1_022 - random.below(52)
                case 4: 900 + random.below(100)
                default: random.below(300) * 3 - 500
                }
            let number = Double(sign: .plus, exponent: exponent, significand: significand)
            numbers.append(random.below(2) == 0 ? number : -number)
            // What cancels, and what lies in the middle of two numbers.
            if random.below(4) == 0 {
                numbers.append(-(numbers.randomElement(using: &random) ?? 0))
            }
            if random.below(6) == 0 { numbers.append(number.ulp / 2) }
            if random.below(9) == 0 { numbers.append(0) }
        }
        return numbers
    }

    private func total(_ numbers: some Sequence<Double>) -> _ExactTotal {
        var total = _ExactTotal()
        for number in numbers { total.add(number) }
        return total
    }

    @Test func `a total is rounded once, in any order and however it is divided`() throws {
        for seed in 0..<3_000 {
            var random = SeededGenerator(seed: seed)
            var numbers = numbers(&random)
            let right = partialSums(of: numbers)
            #expect(total(numbers).value == right, "seed \(seed)")
            numbers.shuffle(using: &random)
            var parts = try random.cuts(of: numbers.count, at: 5).map { range in
                try _ExactTotal(encodedBytes: total(numbers[range]).encodedBytes)
            }
            parts.shuffle(using: &random)
            var whole = _ExactTotal()
            for part in parts { whole.add(part) }
            #expect(whole.value.bitPattern == (right + 0).bitPattern, "seed \(seed), divided")
        }
    }

    @Test func `infinities and NaN make of a total what they make of a sum`() {
        let infinity = Double.infinity
        #expect(total([1, infinity, 2]).value == infinity)
        #expect(total([-infinity, 1e300]).value == -infinity)
        #expect(total([infinity, -infinity]).value.isNaN)
        #expect(total([.nan, 1]).value.isNaN)
        var both = total([infinity])
        both.add(total([-infinity]))
        #expect(both.value.isNaN)
        #expect(total([1e308, 1e308]).value == infinity)
        // What a sum from the left would lose on its way.
        #expect(total([1e308, 1e308, -1e308]).value == 1e308)
        #expect(total([]).value.sign == .plus)
        #expect(total([-0.0, -0.0]).value.sign == .plus)
    }

    @Test func `a window fills up and is emptied`() {
        let numbers = [1] + [Double](repeating: 0x1p31 * (2 - 0x1p-52), count: 5_000)
        #expect(total(numbers).value == partialSums(of: numbers))
    }

    @Test func `damaged totals are refused`() {
        var bytes = total([1, 2]).encodedBytes
        bytes[17] = 0xff
        #expect(throws: ValueDecodingError.self) { try _ExactTotal(encodedBytes: bytes) }
        #expect(throws: ValueDecodingError.self) { try _ExactTotal(encodedBytes: [1, 2, 3]) }
    }
}
