// The one grammar of decimal numbers, for every type and for everything that reads text:
//
//     number   = [sign] digits ["." [digits]] [exponent] | [sign] "." digits [exponent]
//     exponent = ("e" | "E") [sign] digits
//     words    = [sign] ("inf" | "infinity" | "nan"), in any case, for floating-point types alone
//
// Integers are the numbers of nothing but a sign and digits. There are no other forms: no blanks,
// no hexadecimal digits, no separators of thousands, no payload of a NaN. What is beyond a type is
// no number of it, for floating-point types too; what is nearer to 0 than any but 0 is 0.
// TextParsing.swift has the short ways by which most numbers are read.

/// What a text is in the grammar of decimal numbers.
package enum DecimalText: Sendable {
    /// A sign and digits.
    case integer
    /// A number that is not written as an integer.
    case fraction
    /// Infinity or not a number, in words.
    case word

    /// Looks at all bytes of a text; nil if it is none of these.
    public init?(_ text: TextSlice) {
        var index = 0
        func byte(_ index: Int) -> UInt8 { index < text.byteCount ? text.byte(index) : 0 }
        func isSign(_ byte: UInt8) -> Bool { byte == 0x2b || byte == 0x2d }
        func digits() -> Int {
            let start = index
            while byte(index) &- 0x30 < 10 { index += 1 }
            return index - start
        }
        if isSign(byte(0)) { index = 1 }
        let first = index
        var count = digits()
        if index == text.byteCount, count > 0 {
            self = .integer
            return
        }
        if byte(index) == 0x2e {
            index += 1
            count += digits()
        }
        guard count > 0 else {
            guard first == index, Self.isWord(text[first..<text.byteCount]) else { return nil }
            self = .word
            return
        }
        if byte(index) | 0x20 == 0x65 {
            index += 1
            if isSign(byte(index)) { index += 1 }
            guard digits() > 0 else { return nil }
        }
        guard index == text.byteCount else { return nil }
        self = .fraction
    }

    private static func isWord(_ text: TextSlice) -> Bool {
        func isSame(_ word: StaticString) -> Bool {
            guard text.byteCount == word.utf8CodeUnitCount else { return false }
            for index in 0..<text.byteCount
            where unsafe text.byte(index) | 0x20 != word.utf8Start[index] { return false }
            return true
        }
        return isSame("nan") || isSame("inf") || isSame("infinity")
    }
}

extension TextSlice {
    /// The floating-point number that the text is by the grammar, correctly rounded.
    ///
    /// Nil if it is none, or beyond the type.
    @usableFromInline
    func floating<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ type: Number.Type
    ) -> Number? {
        guard let kind = DecimalText(self), let number = Number(String(self)) else { return nil }
        if case .word = kind { return number }
        return number.isFinite ? number : nil
    }
}
