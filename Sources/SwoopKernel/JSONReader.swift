// Reads JSON that came from elsewhere: whatever is wrong with it is an error, and never a trap.

/// Text that is no JSON, and where.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Bytes before the place.
    package let offset: Int
    /// What was expected there.
    package let expected: String

    package var description: String { "no JSON: \(expected) expected at byte \(offset)" }
}

extension JSONValue {
    /// Nesting beyond this is refused: a reader's stack is finite.
    private static let depthMax = 512

    /// Reads one value, and nothing behind it but white space.
    package init(_ bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes: bytes, depthMax: JSONValue.depthMax)
        self = try reader.document()
    }

    /// Reads one value of a text.
    package init(parsing text: String) throws(JSONError) { try self.init(Array(text.utf8)) }
}

private struct JSONReader {
    let bytes: [UInt8]
    let depthMax: Int
    var place = 0

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard place == bytes.count else { throw wrong("the end") }
        return value
    }

    private func wrong(_ expected: String) -> JSONError {
        JSONError(offset: place, expected: expected)
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            place += 1
        }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard let ascii = byte.asciiValue, next == ascii else { return false }
        place += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        let word = Array(word.utf8)
        guard bytes[place...].starts(with: word) else { return false }
        place += word.count
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth < depthMax else { throw wrong("less nesting") }
        skipSpace()
        if take("{") { return try object(depth: depth) }
        if take("[") { return try array(depth: depth) }
        if next == UInt8(ascii: "\"") { return .text(try text()) }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        if take(word: "null") { return .null }
        return try number()
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw wrong("a key") }
            let key = try text()
            skipSpace()
            guard take(":") else { throw wrong("a colon") }
            members[key] = try value(depth: depth + 1)
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw wrong("a comma or a brace") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw wrong("a comma or a bracket") }
        }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = place
        while let byte = next, "+-.0123456789eE".utf8.contains(byte) { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self)
        // Swift's numbers may begin with a plus, JSON's may not.
        let isPlain = text.utf8.first != UInt8(ascii: "+")
        if isPlain, let whole = Int(text) { return .integer(whole) }
        guard isPlain, let value = Double(text) else {
            place = start
            throw wrong("a value")
        }
        return .number(value)
    }

    private mutating func text() throws(JSONError) -> String {
        place += 1
        var result: [UInt8] = []
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &result)
            default: result.append(byte)
            }
        }
        throw wrong("a quotation mark")
    }

    private mutating func escape(into result: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw wrong("an escape") }
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "u"): result += Array(String(try scalar()).utf8)
        default:
            place -= 1
            throw wrong("an escape")
        }
    }

    /// A scalar of one or two escapes; half of a pair is the replacement character.
    private mutating func scalar() throws(JSONError) -> Unicode.Scalar {
        let high = try unit()
        if let scalar = Unicode.Scalar(UInt32(high)) { return scalar }
        let start = place
        guard high < 0xDC00, take("\\"), take("u") else {
            place = start
            return "\u{FFFD}"
        }
        let low = try unit()
        guard (0xDC00..<0xE000).contains(low) else {
            place = start
            return "\u{FFFD}"
        }
        let value = 0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00)
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    private mutating func unit() throws(JSONError) -> UInt16 {
        guard place + 4 <= bytes.count,
            let unit = UInt16(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw wrong("four hexadecimal digits") }
        place += 4
        return unit
    }
}
