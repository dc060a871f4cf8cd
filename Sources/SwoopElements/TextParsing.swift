// Numbers from text without making a String. A decimal fraction with at most 15 digits and a small
// exponent is exact in two steps of Double arithmetic (Clinger); anything else goes to the standard
// library's parser, so that every result is the correctly rounded one.

extension Int {
    /// Reads decimal digits with an optional sign; nil for anything else, or if it does not fit.
    @inlinable public init?(_ slice: TextSlice) {
        var index = 0
        let negative = !slice.isEmpty && slice[0] == UInt8(ascii: "-")
        if negative || !slice.isEmpty && slice[0] == UInt8(ascii: "+") { index = 1 }
        guard index < slice.byteCount else { return nil }
        var value = 0
        while index < slice.byteCount {
            let digit = Int(slice.byte(index)) - 48
            guard digit >= 0, digit <= 9 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) =
                negative
                ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            guard !overflow, !overflow2 else { return nil }
            value = sum
            index += 1
        }
        self = value
    }
}

extension Double {
    /// Reads a decimal number as `Double(String(slice))` does, without a String where possible.
    @inlinable public init?(_ slice: TextSlice) {
        if let value = slice.shortDecimal {
            self = value
        } else {
            self.init(String(slice))
        }
    }
}

extension TextSlice {
    /// The byte at an index that is known to be inside.
    @inlinable @inline(__always) func byte(_ index: Int) -> UInt8 {
        unsafe base.load(fromByteOffset: index, as: UInt8.self)
    }

    /// 10 to the power of `exponent`, which is 0 to 15: exact, as up to 22.
    @inlinable static func powerOfTen(_ exponent: Int) -> Double {
        var power = 1.0
        var rest = exponent
        while rest >= 4 {
            power *= 1e4
            rest &-= 4
        }
        while rest > 0 {
            power *= 10
            rest &-= 1
        }
        return power
    }

    /// The value of at most 15 digits with a point among them; nil for any other form.
    @inlinable var shortDecimal: Double? {
        var index = 0
        var digits = 0
        var mantissa = 0
        var fraction = 0
        var afterPoint = false
        let negative = byteCount > 0 && byte(0) == UInt8(ascii: "-")
        if negative { index = 1 }
        while index < byteCount {
            let byte = byte(index)
            index &+= 1
            if byte == UInt8(ascii: "."), !afterPoint {
                afterPoint = true
                continue
            }
            let digit = Int(byte) - 48
            guard digit >= 0, digit <= 9, digits < 15 else { return nil }
            mantissa = mantissa &* 10 &+ digit
            digits &+= 1
            if afterPoint { fraction &+= 1 }
        }
        guard digits > 0 else { return nil }
        let value = Double(mantissa) / TextSlice.powerOfTen(fraction)
        return negative ? -value : value
    }
}
