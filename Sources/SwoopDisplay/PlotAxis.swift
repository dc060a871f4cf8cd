// An axis: its range, and the round numbers that are written along it.

import SwoopModel

struct PlotAxis {
    let low: Double
    let high: Double
    /// Round numbers inside of the range.
    let ticks: [Double]
    private let step: Double

    /// An axis that holds all values; around a single one there is some room.
    init(_ values: some Sequence<Double>, withZero: Bool = false) {
        var (low, high) = (Double.infinity, -Double.infinity)
        for value in values where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        if withZero { (low, high) = (min(low, 0), max(high, 0)) }
        if low > high { (low, high) = (0, 1) }
        if low == high {
            (low, high) = low == 0 ? (0, 1) : (low - abs(low) / 2, low + abs(low) / 2)
        }
        let step = PlotAxis.step(over: high - low)
        // The ends are round numbers too, unless the numbers are too large for that.
        let first = (low / step).rounded(.down) * step
        let last = (high / step).rounded(.up) * step
        self.low = first.isFinite ? first : low
        self.high = last.isFinite ? last : high
        self.step = step
        let count = Int(max(0, min(20, ((self.high - self.low) / step).rounded())))
        ticks = (0...count).map { first + Double($0) * step }
    }

    /// 1, 2 or 5 of a power of ten, so that about five fit.
    private static func step(over span: Double) -> Double {
        guard span.isFinite, span > 0 else { return 1 }
        var power = 1.0
        while power * 10 <= span / 5 { power *= 10 }
        while power > span / 5, power > .leastNormalMagnitude { power /= 10 }
        let rest = span / 5 / power
        return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10)
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    func share(_ value: Double) -> Double { (value - low) / (high - low) }

    /// A tick in few characters.
    func label(_ value: Double) -> String {
        // What should be 0 is often a little beside it.
        let value = abs(value) < step / 1_000 ? 0 : value
        switch abs(value) {
        case 1e9...: return Quantity.number(value / 1e9) + "G"
        case 1e6...: return trimmed(Quantity.number(value / 1e6)) + "M"
        case 1e4...: return trimmed(Quantity.number(value / 1e3)) + "k"
        default: return trimmed(Quantity.number(value, digits: 4))
        }
    }

    private func trimmed(_ text: String) -> String {
        guard text.contains("."), !text.contains("e") else { return text }
        var text = text
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}
