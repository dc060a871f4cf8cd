// Sums of integers that are computed serially and exactly, for tests to compare with.

/// A sum of 256 bits: beyond every sum of these tests.
package struct WideSum {
    private var low: UInt128 = 0
    private var high: Int128 = 0

    /// The sum of some numbers.
    package init<Number: FixedWidthInteger>(_ numbers: some Sequence<Number>) {
        for number in numbers { add(number) }
    }

    /// Adds a number.
    package mutating func add<Number: FixedWidthInteger>(_ number: Number) {
        let (sum, carries) = low.addingReportingOverflow(UInt128(truncatingIfNeeded: number))
        low = sum
        high += (number < 0 ? -1 : 0) + (carries ? 1 : 0)
    }

    /// Adds another sum.
    package mutating func add(_ other: WideSum) {
        let (sum, carries) = low.addingReportingOverflow(other.low)
        low = sum
        high += other.high + (carries ? 1 : 0)
    }

    /// The sum as a number; nil if its type cannot hold it.
    package func exactly<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
        let signed = Int128(truncatingIfNeeded: low)
        if high == (signed < 0 ? -1 : 0) { return Number(exactly: signed) }
        return high == 0 ? Number(exactly: low) : nil
    }
}

/// The sums of all beginnings of some numbers; nil if the type cannot hold one of them.
package func widePrefixSums<Number: FixedWidthInteger>(_ numbers: [Number]) -> [Number]? {
    var wide = WideSum([Number]())
    var sums: [Number] = []
    for number in numbers {
        wide.add(number)
        guard let sum = wide.exactly(Number.self) else { return nil }
        sums.append(sum)
    }
    return sums
}
