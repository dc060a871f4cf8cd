// Random elements whose sums are hard to get right, and reductions as users make them.

package import Swoop

/// Random elements whose sums are near the bounds of their type, and often beyond on the way.
package struct HardSums<Random: RandomNumberGenerator> {
    package var random: Random
    private let lengthMax: Int

    /// Makes up to three series of fewer than so many elements each.
    package init(_ random: Random, lengthMax: Int = 40) {
        self.random = random
        self.lengthMax = lengthMax
    }

    /// A number from 0 up to `limit`, which is none of them.
    package mutating func below(_ limit: Int) -> Int { .random(in: 0..<limit, using: &random) }

    /// Elements of a type.
    package mutating func elements<Number: FixedWidthInteger & Sendable>(
        _ type: Number.Type
    ) -> [Number] {
        var elements: [Number] = []
        let extremes: [Number] = [.min, .max, 0, 1, .max - 1, .min + 1]
        for _ in 0..<below(4) {
            let count = below(lengthMax)
            switch below(4) {
            case 0:  // far beyond, and back
                let far = Array(repeating: Number.max, count: count)
                let back = Array(repeating: Number.isSigned ? 0 &- Number.max : 0, count: count)
                elements += far + back
            case 1: elements += (0..<count).map { _ in extremes[below(extremes.count)] }
            case 2: elements += (0..<count).map { _ in .random(in: .min ... .max, using: &random) }
            default: elements += (0..<count).map { _ in Number(truncatingIfNeeded: below(5)) }
            }
        }
        if below(3) == 0 { elements.shuffle(using: &random) }
        // What takes the total to a bound of the type, or one beyond it.
        if Number.isSigned, below(2) == 0 {
            let cancelling = elements.filter { $0 != .min }.map { 0 &- $0 }
            elements = elements.filter { $0 != .min } + cancelling
            elements.append(below(2) == 0 ? .max : .min)
            if below(2) == 0 { elements.append(elements[elements.count - 1] < 0 ? -1 : 1) }
        }
        return elements
    }
}

/// The whole number in the middle, rounded towards 0; it fails if the sum does not fit.
package struct WholeMean<Number: FixedWidthInteger & RemoteValue>: ExactReduction {
    package var identity: Pair<IntegerTotal<Number>, Int> { Pair(IntegerTotal(), 0) }
    package func lift(_ element: Number) -> Number { element }
    package func fold(_ raw: Number, into partial: inout Pair<IntegerTotal<Number>, Int>) {
        partial.first.add(raw)
        partial.second += 1
    }
    package func combine(
        _ right: Pair<IntegerTotal<Number>, Int>, into left: inout Pair<IntegerTotal<Number>, Int>
    ) {
        left.first.add(right.first)
        left.second += right.second
    }
    package func answer(_ partial: Pair<IntegerTotal<Number>, Int>) throws -> Number? {
        Self.mean(of: try partial.first.value(), partial.second)
    }
    package func _encodeFields(into writer: inout ValueWriter) {}
    package init() {}
    package init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    package static var _name: String { "wholeMean" }

    /// The mean of so many numbers with this sum; nil of none.
    package static func mean(of sum: Number, _ count: Int) -> Number? {
        Number(exactly: count).flatMap { $0 == 0 ? nil : sum / $0 }
    }
}

/// The elements as the digits of one number, modulo a prime: every order gives another answer.
package struct DigitsReduction: ExactReduction {
    private static let prime: UInt128 = (1 << 61) - 1
    private static let base: UInt128 = 1_000_003

    private static func reduced(_ number: UInt128) -> UInt64 { UInt64(number % prime) }

    /// The number so far, and the weight of what is before it.
    package var identity: Pair<UInt64, UInt64> { Pair(0, 1) }
    package func lift(_ element: Int) -> UInt64 { UInt64(bitPattern: Int64(element)) }
    package func fold(_ raw: UInt64, into partial: inout Pair<UInt64, UInt64>) {
        partial.first = Self.reduced(UInt128(partial.first) * Self.base + UInt128(raw))
        partial.second = Self.reduced(UInt128(partial.second) * Self.base)
    }
    package func combine(_ right: Pair<UInt64, UInt64>, into left: inout Pair<UInt64, UInt64>) {
        left.first = Self.reduced(
            UInt128(left.first) * UInt128(right.second) + UInt128(right.first))
        left.second = Self.reduced(UInt128(left.second) * UInt128(right.second))
    }
    package func answer(_ partial: Pair<UInt64, UInt64>) -> UInt64 { partial.first }
    package func _encodeFields(into writer: inout ValueWriter) {}
    package init() {}
    package init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {}
    package static var _name: String { "digits" }

    /// The same of all elements, from left to right.
    package static func serial(_ elements: [Int]) -> UInt64 {
        elements.reduce(0) { reduced(UInt128($0) * base + UInt128(UInt64(bitPattern: Int64($1)))) }
    }
}
