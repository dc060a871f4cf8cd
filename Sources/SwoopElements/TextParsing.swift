// Numbers from text without making a String, by the grammar of DecimalText.swift. A decimal
// fraction with at most 15 digits and a small exponent is exact in two steps of Double arithmetic
// (Clinger); anything else goes to the standard library's parser, so that every result is the
// correctly rounded one.

extension FixedWidthInteger {
    /// Reads decimal digits with an optional sign; nil for anything else, or if it does not fit.
    @inlinable public init?(_ slice: TextSlice) {
        var index = 0
        let negative = !slice.isEmpty && slice.byte(0) == UInt8(ascii: "-")
        if negative || !slice.isEmpty && slice.byte(0) == UInt8(ascii: "+") { index = 1 }
        guard index < slice.byteCount else { return nil }
        var value: Self = 0
        while index < slice.byteCount {
            let digit = slice.byte(index) &- 0x30
            guard digit < 10 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) =
                negative
                ? tens.subtractingReportingOverflow(Self(truncatingIfNeeded: digit))
                : tens.addingReportingOverflow(Self(truncatingIfNeeded: digit))
            guard !overflow, !overflow2 else { return nil }
            value = sum
            index &+= 1
        }
        self = value
    }
}

extension Double {
    /// Reads a decimal number, correctly rounded; nil for anything else, or if it is beyond the
    /// type.
    @inlinable public init?(_ slice: TextSlice) {
        guard let value = slice.shortDecimal ?? slice.floating(Double.self) else { return nil }
        self = value
    }
}

extension Float {
    /// Reads a decimal number, correctly rounded; nil for anything else, or if it is beyond the
    /// type.
    @inlinable public init?(_ slice: TextSlice) {
        // Seven digits and their power of ten are floats: rounding twice, by way of a Double that
        // has more than twice as many bits, is rounding once (Figueroa).
        if slice.byteCount <= 7, let value = slice.tinyDecimal {
            self = Float(value)
        } else {
            guard let value = slice.floating(Float.self) else { return nil }
            self = value
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
        if exponent == 1 { return 10 }
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
    @inlinable @inline(__always) var shortDecimal: Double? {
        if byteCount <= 8, let value = tinyDecimal { return value }
        return longDecimal
    }

    /// The value of at most eight bytes of a decimal number, all of them at a time and without a
    /// branch that depends on where the point is; nil for any other form.
    @inlinable @inline(__always) var tinyDecimal: Double? {
        var word: UInt64
        if byteCount >= 4 {
            // Two words that may overlap: what both have is the same.
            let low = unsafe UInt32(
                littleEndian: base.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            let high = unsafe UInt32(
                littleEndian: base.loadUnaligned(fromByteOffset: byteCount &- 4, as: UInt32.self))
            word = UInt64(low) | UInt64(high) &<< UInt64((byteCount &- 4) &* 8)
        } else {
            guard byteCount > 0 else { return nil }
            let middle = byteCount &>> 1
            let last = byteCount &- 1
            word =
                UInt64(byte(0)) | UInt64(byte(middle)) &<< UInt64(middle &* 8)
                | UInt64(byte(last)) &<< UInt64(last &* 8)
        }
        let negative: UInt64 = word & 0xff == 0x2d ? 1 : 0
        word &>>= negative &* 8
        var count = UInt64(byteCount) &- negative
        // The place of the first point; 8, and a shift by 64, if there is none.
        let points = word ^ 0x2e2e_2e2e_2e2e_2e2e
        let hits = (points &- 0x0101_0101_0101_0101) & ~points & 0x8080_8080_8080_8080
        var fraction: UInt64 = 0
        if hits != 0 {
            let place = UInt64(hits.trailingZeroBitCount &>> 3)
            let before = (1 as UInt64) &<< (place &* 8) &- 1
            word = (word & before) | ((word &>> 8) & ~before)
            count &-= 1
            fraction = count &- place
        }
        guard count > 0 else { return nil }
        // The digits go to the word's end, zeros in front; every byte is then a digit or the form
        // is another one.
        let shift = (8 &- count) &* 8
        let zeros: UInt64 = 0x3030_3030_3030_3030
        let aligned = word &<< shift | (shift == 0 ? 0 : zeros &>> (64 &- shift))
        let digits = aligned ^ zeros
        let isWrong = (digits | (digits &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080
        guard isWrong == 0 else { return nil }
        // Pairs, then fours, then all eight.
        var number = digits &* 10 &+ digits &>> 8
        number =
            ((number & 0x0000_00ff_0000_00ff) &* 0x000f_4240_0000_0064
                &+ ((number &>> 16) & 0x0000_00ff_0000_00ff) &* 0x0000_2710_0000_0001) &>> 32
        let value = Double(Int64(truncatingIfNeeded: number)) / TextSlice.powerOfTen(Int(fraction))
        return negative == 0 ? value : -value
    }

    /// As `shortDecimal`, byte by byte.
    @inlinable var longDecimal: Double? {
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
