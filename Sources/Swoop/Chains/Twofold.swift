// Numbers of twice the digits of a Double, as the sum of two of them: what is left when sums that
// are nearly equal are subtracted is still right (Dekker, A floating-point technique for extending
// the available precision, 1971).

import SwoopElements

/// A number of about 106 bits.
@frozen public struct _Twofold: Sendable, Hashable {
    /// The number, rounded to a Double.
    public let high: Double
    /// What the rounding left.
    public let low: Double

    init(_ high: Double, _ low: Double = 0) {
        self.high = high
        self.low = low
    }

    init(_ integer: Int128) {
        let high = Double(integer)
        // The largest one is rounded to a number that no Int128 holds.
        let back = Int128(exactly: high)
        self.init(high, back.map { Double(integer &- $0) } ?? 0)
    }

    /// The sum of two Doubles, exactly.
    private static func sum(_ left: Double, _ right: Double) -> _Twofold {
        let sum = left + right
        let part = sum - left
        return _Twofold(sum, (left - (sum - part)) + (right - part))
    }

    static func + (left: _Twofold, right: _Twofold) -> _Twofold {
        let high = sum(left.high, right.high)
        guard high.high.isFinite else { return _Twofold(high.high) }
        let low = sum(left.low, right.low)
        let first = sum(high.high, high.low + low.high)
        return sum(first.high, first.low + low.low)
    }

    static func - (left: _Twofold, right: _Twofold) -> _Twofold {
        left + _Twofold(-right.high, -right.low)
    }

    static func * (left: _Twofold, right: _Twofold) -> _Twofold {
        let product = left.high * right.high
        guard product.isFinite else { return _Twofold(product) }
        let rest = (-product).addingProduct(left.high, right.high)
        return sum(product, rest + (left.high * right.low + left.low * right.high))
    }
}

extension _ExactTotal {
    /// The sum to twice the digits of a Double.
    var twofold: _Twofold {
        let high = value
        guard high.isFinite else { return _Twofold(high) }
        var rest = self
        rest.add(-high)
        return _Twofold(high, rest.value)
    }
}
