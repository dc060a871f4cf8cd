// Collects the text of a table, row after row.

/// A growing text of rows, fields quoted where they need it.
public struct CSVWriter: Sendable {
    /// What separates and quotes.
    package let dialect: _CSVDialect
    /// Everything written so far.
    public private(set) var bytes: [UInt8] = []
    private var isAtRowStart = true

    /// Makes an empty text.
    package init(dialect: _CSVDialect = _CSVDialect()) { self.dialect = dialect }

    /// Ends a row.
    package mutating func endRow() {
        bytes.append(0x0a)
        isAtRowStart = true
    }

    /// Forgets the text and keeps the memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        isAtRowStart = true
    }

    private mutating func beginField() {
        if !isAtRowStart { bytes.append(dialect.separator) }
        isAtRowStart = false
    }

    /// Adds a field without a value.
    public mutating func missing() { beginField() }

    /// Adds a field that needs no quotes, whatever the separator.
    public mutating func plain(_ text: String) {
        beginField()
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds decimal digits.
    public mutating func number<Number: FixedWidthInteger>(_ number: Number) {
        beginField()
        guard let value = Int(exactly: number) else {
            return bytes.append(contentsOf: String(number).utf8)
        }
        bytes._appendDecimal(value)
    }

    /// Adds a text, in quotes if it is empty, or holds what would divide it, or blanks at an end.
    public mutating func text(_ text: String) {
        beginField()
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        var needsQuotes = bytes.count == start || bytes[start] == 0x20 || bytes.last == 0x20
        var quotes = 0
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte == dialect.quote { quotes += 1 }
            if byte == dialect.separator || byte == 0x0a || byte == 0x0d { needsQuotes = true }
        }
        guard needsQuotes || quotes > 0 else { return }
        let own = Array(bytes[start...])
        bytes.removeSubrange(start...)
        bytes.append(dialect.quote)
        for byte in own {
            if byte == dialect.quote { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(dialect.quote)
    }
}

extension [UInt8] {
    /// Appends decimal digits without making a String.
    public mutating func _appendDecimal(_ number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = count
        repeat {
            append(UInt8(truncatingIfNeeded: rest % 10) + 48)
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }
}
