// Sums of floating-point numbers that have the same bits in any order: nothing is rounded until the
// total is asked for. Most sums stay within a window of 128 bits around their numbers, which costs
// an addition of two words a number; what lies outside of the window goes into an accumulator as
// wide as all numbers are (Kulisch; Neal, Fast exact summation using small and large
// superaccumulators, 2015).

/// An exact sum of `Double`s, rounded once, to the nearest, when it is asked for.
///
/// An infinity, or NaN, makes the total what adding one by one would make it; zeros of either sign
/// add up to 0.
@frozen public struct _ExactTotal: Sendable {
    /// The window: an integer of two words, in units of the place `base`.
    @usableFromInline var low: UInt64 = 0
    @usableFromInline var high: Int64 = 0
    /// The exponent field of numbers whose last bit is the window's last bit; `noBase`: no number
    /// was added yet.
    @usableFromInline var base: UInt64 = _ExactTotal.noBase
    /// What did not fit into the window; nil: everything did.
    @usableFromInline var rest: WideTotal?

    /// Beyond every exponent field, so that the first number finds no window.
    @inlinable static var noBase: UInt64 { 4_096 }
    /// The highest base: infinities and NaN lie beyond its window.
    @usableFromInline static let baseMax: UInt64 = 2_047 - 64
    /// How far below the last bit of the number for which it was made a window begins.
    @usableFromInline static let roomBelow: UInt64 = 32

    /// A sum of no numbers.
    @inlinable public init() {}

    @inlinable @inline(__always) var words: Int128 {
        get { Int128(_low: low, _high: high) }
        set { (low, high) = (newValue._low, newValue._high) }
    }

    /// Adds a number.
    @inlinable @inline(__always) public mutating func add(_ number: Double) {
        let bits = number.bitPattern
        let shift = (bits >> 52 & 0x7ff) &- base
        guard shift < 64 else { return addBeyond(number) }
        let significand = bits & (1 << 52 &- 1) | 1 << 52
        let sign = Int64(bitPattern: bits) >> 63
        let flip = UInt64(bitPattern: sign)
        let upper = (significand &>> 1) &>> (63 &- shift)
        let flipped = Int128(
            _low: (significand &<< shift) ^ flip, _high: Int64(bitPattern: upper ^ flip))
        let (sum, isBeyond) = words.addingReportingOverflow(flipped &- Int128(sign))
        if _slowPath(isBeyond) { return addBeyond(number) }
        words = sum
    }

    /// Adds a number for which the window is too small, or has to be made.
    @usableFromInline @inline(never) mutating func addBeyond(_ number: Double) {
        guard number != 0 else { return }
        guard number.isFinite else { return keepApart { $0.add(special: number) } }
        let field = UInt64(number.exponentBitPattern)
        let hidden: UInt64 = field == 0 ? 0 : 1 << 52
        let significand = UInt64(number.significandBitPattern) | hidden
        let place = max(1, field)
        // The window follows numbers upwards, so that a first one that is tiny does not decide.
        if base == Self.noBase || place > base &+ 63 {
            flushWindow()
            base = min(max(place, Self.roomBelow + 1) - Self.roomBelow, Self.baseMax)
        }
        let isNegative = number < 0
        if place >= base {
            let value = Int128(significand) << Int128(place - base)
            let (sum, isBeyond) = words.addingReportingOverflow(isNegative ? -value : value)
            if isBeyond { flushWindow() }
            words = isBeyond ? (isNegative ? -value : value) : sum
            return
        }
        keepApart { $0.add(UInt128(significand), at: place, isNegative: isNegative) }
    }

    /// Moves what the window has into the wide accumulator.
    private mutating func flushWindow() {
        let (words, place) = (words, base)
        guard words != 0 else { return }
        self.words = 0
        keepApart { $0.add(words.magnitude, at: place, isNegative: words < 0) }
    }

    private mutating func keepApart(_ change: (inout WideTotal) -> Void) {
        var wide = rest.take() ?? WideTotal()
        change(&wide)
        rest = wide
    }

    /// Adds another sum.
    @inlinable public mutating func add(_ other: _ExactTotal) {
        if other.base == base, other.rest == nil, base != Self.noBase {
            let (sum, isBeyond) = words.addingReportingOverflow(other.words)
            if !isBeyond { return words = sum }
        }
        addOther(other)
    }

    /// Adds a sum whose window is another one.
    @usableFromInline @inline(never) mutating func addOther(_ other: _ExactTotal) {
        if let wide = other.rest { keepApart { $0.add(wide) } }
        guard other.base != Self.noBase else { return }
        if base == Self.noBase {
            (base, low, high) = (other.base, other.low, other.high)
            return
        }
        let lowest = min(base, other.base)
        if let own = Self.moved(words, by: base - lowest),
            let others = Self.moved(other.words, by: other.base - lowest)
        {
            let (sum, isBeyond) = own.addingReportingOverflow(others)
            if !isBeyond {
                (words, base) = (sum, lowest)
                return
            }
        }
        let (words, place) = (other.words, other.base)
        keepApart { $0.add(words.magnitude, at: place, isNegative: words < 0) }
    }

    /// The words in units of a lower place; nil where that takes more than 128 bits.
    private static func moved(_ words: Int128, by shift: UInt64) -> Int128? {
        guard shift < 127 else { return words == 0 ? 0 : nil }
        let moved = words << Int128(shift)
        return moved >> Int128(shift) == words ? moved : nil
    }

    /// The sum, rounded to the nearest number.
    public var value: Double {
        guard let rest else {
            guard base != Self.noBase else { return 0 }
            return Self.rounded(words.magnitude, at: Int(base) - 1, isNegative: words < 0)
        }
        if let special = rest.special { return special }
        var all = rest
        if base != Self.noBase {
            all.add(words.magnitude, at: base, isNegative: words < 0)
        }
        return all.value
    }

    /// A number of which the last bit counts 2^(place - 1074).
    static func rounded(_ magnitude: UInt128, at place: Int, isNegative: Bool) -> Double {
        // 64 bits and whether any bit below them is set decide how the number is rounded.
        let surplus = max(0, 64 - magnitude.leadingZeroBitCount)
        var head = UInt64(truncatingIfNeeded: magnitude >> UInt128(surplus))
        if magnitude & ((1 << UInt128(surplus)) - 1) != 0 { head |= 1 }
        let number = Double(
            sign: .plus, exponent: place + surplus - 1_074, significand: Double(head))
        return isNegative ? -number : number
    }
}

extension _ExactTotal: RemoteValue {
    /// The window, and whether there is more.
    public static var _byteCountMin: Int { 25 }

    /// Reads the window and what lies outside of it.
    @inlinable public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        low = try reader.read(UInt64.self)
        high = try reader.read(Int64.self)
        base = try reader.read(UInt64.self)
        guard base >= 1, base <= Self.baseMax || base == Self.noBase else {
            throw .malformed("the window of a sum")
        }
        rest = try reader.read(UInt8.self) == 0 ? nil : try WideTotal(decoding: &reader)
    }

    /// Appends the window and what lies outside of it.
    @inlinable public func encode(into writer: inout ValueWriter) {
        writer.write(low)
        writer.write(high)
        writer.write(base)
        writer.write(UInt8(rest == nil ? 0 : 1))
        rest?.encode(into: &writer)
    }
}

/// An integer of 2,304 bits that holds every sum of fewer than 2^63 numbers, in units of the
/// smallest one; and whether numbers were added that are none.
@usableFromInline package struct WideTotal: RemoteValue, Equatable {
    /// Lowest first, as a two's complement; behind them, of numbers that were added: 1, NaN; 2,
    /// positive, and 4, negative infinity.
    private var words = [UInt64](repeating: 0, count: Self.wordCount + 1)

    private static let wordCount = 36

    init() {}

    /// Reads the words.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        for index in words.indices { words[index] = try reader.read(UInt64.self) }
    }

    /// Appends the words.
    public func encode(into writer: inout ValueWriter) {
        for word in words { writer.write(word) }
    }

    /// What the sum is if numbers were added that are none.
    var special: Double? {
        switch words[Self.wordCount] {
        case 0: nil
        case 2: .infinity
        case 4: -.infinity
        default: .nan
        }
    }

    mutating func add(special number: Double) {
        words[Self.wordCount] |= number.isNaN ? 1 : number > 0 ? 2 : 4
    }

    /// Adds an integer whose last bit is that of numbers with this exponent field.
    mutating func add(_ magnitude: UInt128, at place: UInt64, isNegative: Bool) {
        let bit = Int(place) - 1
        let shift = UInt64(bit & 63)
        let (low, high) = (magnitude._low, magnitude._high)
        let pieces = [
            low &<< shift, high &<< shift | (low &>> 1) &>> (63 &- shift),
            (high &>> 1) &>> (63 &- shift),
        ]
        var carry: UInt64 = 0
        for index in (bit >> 6)..<Self.wordCount {
            let place = index - bit >> 6
            let piece = place < 3 ? pieces[place] : 0
            if place >= 3, carry == 0 { return }
            let (next, first, second): (UInt64, Bool, Bool)
            if isNegative {
                let (less, borrows) = words[index].subtractingReportingOverflow(piece)
                let (least, again) = less.subtractingReportingOverflow(carry)
                (next, first, second) = (least, borrows, again)
            } else {
                let (more, carries) = words[index].addingReportingOverflow(piece)
                let (most, again) = more.addingReportingOverflow(carry)
                (next, first, second) = (most, carries, again)
            }
            words[index] = next
            carry = first || second ? 1 : 0
        }
    }

    mutating func add(_ other: WideTotal) {
        words[Self.wordCount] |= other.words[Self.wordCount]
        var carry: UInt64 = 0
        for index in 0..<Self.wordCount {
            let (sum, first) = words[index].addingReportingOverflow(other.words[index])
            let (all, second) = sum.addingReportingOverflow(carry)
            words[index] = all
            carry = first || second ? 1 : 0
        }
    }

    /// The sum, rounded to the nearest number.
    var value: Double {
        var magnitude = Array(words.prefix(Self.wordCount))
        let isNegative = words[Self.wordCount - 1] >> 63 == 1
        if isNegative {
            var carry = true
            for index in magnitude.indices {
                let (sum, overflow) = (~magnitude[index]).addingReportingOverflow(carry ? 1 : 0)
                magnitude[index] = sum
                carry = overflow
            }
        }
        guard let top = magnitude.lastIndex(where: { $0 != 0 }) else { return 0 }
        let low = max(0, top - 1)
        var head = UInt128(_low: magnitude[low], _high: top > low ? magnitude[top] : 0)
        // The bits below decide only whether it lies on one side of the middle of two numbers.
        if magnitude[..<low].contains(where: { $0 != 0 }) { head |= 1 }
        return _ExactTotal.rounded(head, at: low * 64, isNegative: isNegative)
    }
}
