// Quantiles of numbers that come in parts: those of all numbers in order, whatever the parts.

import Swoop
import SwoopElements
import SwoopSimulation
import Testing

@Suite struct QuantileTests {
    /// Numbers of some kind.
    private func numbers(_ kind: Int, count: Int, _ random: inout SeededGenerator) -> [Double] {
        (0..<count).map { index in
            switch kind {
            case 0: Double.random(in: -1e3...1e3, using: &random)
            case 1: Double(random.below(3))
            case 2: Double(index)
            case 3: Double(count - index)
            case 4: 7
            case 5: index % 2 == 0 ? .infinity : -.infinity
            default: random.below(9) == 0 ? .nan : Double(random.below(count))
            }
        }
    }

    /// The quantile of numbers in order.
    private func expected(_ share: Double, _ numbers: [Double]) -> Double {
        let sorted = numbers.filter { $0 == $0 }.sorted()
        guard !sorted.isEmpty else { return .nan }
        let place = share * Double(sorted.count - 1)
        let (low, part) = (sorted[Int(place)], place - place.rounded(.down))
        let high = sorted[min(Int(place) + 1, sorted.count - 1)]
        return part == 0 || low == high ? low : low + (high - low) * part
    }

    @Test(arguments: 0...6)
    func `quantiles are those of the numbers in order, however they are cut`(kind: Int) throws {
        var random = SeededGenerator(seed: kind)
        for count in [0, 1, 2, 7, 8, 9, 17, 18, 19, 100, 3_000] {
            let numbers = numbers(kind, count: count, &random)
            for share in [0, 0.5, 0.9, 1] {
                let quantile = _QuantileReduction<Double>(share)
                var all = quantile.identity
                for range in random.cuts(of: count, at: 5) {
                    var part = quantile.identity
                    for number in numbers[range] { quantile.fold(number, into: &part) }
                    quantile.combine(try _KeptNumbers(encodedBytes: part.encodedBytes), into: &all)
                    quantile.combine(quantile.identity, into: &all)
                }
                let (found, wanted) = (quantile.answer(all), expected(share, numbers))
                #expect(
                    found == wanted || found.isNaN && wanted.isNaN,
                    "\(share) of \(count) numbers of kind \(kind)")
            }
        }
    }

    @Test(arguments: 0...5)
    func `what is chosen divides the numbers`(kind: Int) {
        var random = SeededGenerator(seed: kind)
        for count in [1, 2, 16, 17, 18, 500] {
            for index in [0, count / 3, count - 1] {
                var numbers = numbers(kind, count: count, &random)
                let sorted = numbers.sorted()
                #expect(numbers._select(index) == sorted[index])
                #expect(numbers[index] == sorted[index])
                #expect(numbers[..<index].allSatisfy { $0 <= sorted[index] })
                #expect(numbers[index...].allSatisfy { $0 >= sorted[index] })
                #expect(numbers.sorted() == sorted)
            }
        }
    }
}
