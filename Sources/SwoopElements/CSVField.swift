// What one field of a table's row can be: numbers, Bool, String and optionals of them, read from
// the field's bytes in place and written back. A type of a user's may be one too. Rows are in
// CSVRow.swift.

/// The text of one field, borrowed from the table.
@safe @frozen public struct CSVFieldText {
    /// The bytes, without the quotes around them.
    public let text: TextSlice
    /// Whether quotes stood around them.
    public let isQuoted: Bool
    /// Whether two quotes among the bytes stand for one.
    @usableFromInline let hasPairs: Bool
    @usableFromInline let quote: UInt8

    @inlinable init(text: TextSlice, isQuoted: Bool, hasPairs: Bool, quote: UInt8) {
        self.text = text
        self.isQuoted = isQuoted
        self.hasPairs = hasPairs
        self.quote = quote
    }

    /// A field without quotes.
    public init(_ text: TextSlice) {
        self.init(text: text, isQuoted: false, hasPairs: false, quote: 0)
    }

    /// Whether there is nothing, not even quotes: no value was given.
    @inlinable public var isMissing: Bool { text.isEmpty && !isQuoted }

    /// The text; nil if its bytes are no UTF-8.
    @inlinable public var string: String? {
        if hasPairs { return unpaired }
        // Made without looking again, which is most of the time that a short text takes.
        if text._isASCII { return String(text) }
        return unsafe text._withBytes { bytes in unsafe String(validating: bytes, as: UTF8.self) }
    }

    @usableFromInline var unpaired: String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.byteCount)
        var index = 0
        while index < text.byteCount {
            let byte = text[index]
            bytes.append(byte)
            index += byte == quote ? 2 : 1
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension TextSlice {
    /// Whether no byte has its highest bit set.
    @usableFromInline var _isASCII: Bool {
        var bits: UInt64 = 0
        var offset = 0
        while offset &+ 8 <= byteCount {
            bits |= unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < byteCount {
            bits |= UInt64(byte(offset))
            offset &+= 1
        }
        return bits & 0x8080_8080_8080_8080 == 0
    }

    @inlinable func _withBytes<Answer>(_ body: (UnsafeBufferPointer<UInt8>) -> Answer) -> Answer {
        unsafe body(
            UnsafeBufferPointer(
                start: base.assumingMemoryBound(to: UInt8.self), count: byteCount))
    }
}

/// A type that a field of a table can be read as, and written from.
public protocol CSVField: CSVCells {
    /// Reads a field; nil if it is no value of the type.
    init?(csv field: CSVFieldText)

    /// Appends the value to a row.
    func write(csv writer: inout CSVWriter)

    /// What stands in an error about a field that is no value of the type, such as `a number`.
    static var _csvName: String { get }

    /// Why `init(csv:)` refused a field.
    static func _csvReason(_ field: CSVFieldText) -> String
}

extension CSVField {
    /// The type's name.
    public static var _csvName: String { "\(Self.self)" }

    /// Why `init(csv:)` refused a field.
    public static func _csvReason(_ field: CSVFieldText) -> String {
        if field.isMissing { return "has no value" }
        guard let text = field.string else { return "is not UTF-8" }
        let shown = text.unicodeScalars.count > 40 ? text.prefix(40) + "…" : text[...]
        let isBeyond =
            switch DecimalText(field.text.trimmed) {
            case .integer?: self is any Numeric.Type
            case .fraction?: self is any BinaryFloatingPoint.Type
            case .word?, nil: false
            }
        let what = isBeyond ? "beyond" : "no"
        return "has \"\(shown)\", which is \(what) \(_csvName)"
    }
}

extension CSVField where Self: FixedWidthInteger {
    /// Reads decimal digits with an optional sign; blanks around them do not matter.
    @inlinable public init?(csv field: CSVFieldText) {
        guard let number = Self(field.text) ?? Self(field.text.trimmed) else { return nil }
        self = number
    }

    /// Appends decimal digits.
    @inlinable public func write(csv writer: inout CSVWriter) { writer.number(self) }
}

extension Int: CSVField {}
extension Int8: CSVField {}
extension Int16: CSVField {}
extension Int32: CSVField {}
extension Int64: CSVField {}
extension UInt: CSVField {}
extension UInt8: CSVField {}
extension UInt16: CSVField {}
extension UInt32: CSVField {}
extension UInt64: CSVField {}

extension Double: CSVField {
    /// Reads a decimal number; blanks around it do not matter.
    @inlinable public init?(csv field: CSVFieldText) {
        guard let number = Double(field.text) ?? Double(field.text.trimmed) else { return nil }
        self = number
    }

    /// Appends the shortest text that reads as this number; of what is no number `nan`.
    public func write(csv writer: inout CSVWriter) { writer.plain(isNaN ? "nan" : "\(self)") }
}

extension Float: CSVField {
    /// Reads a decimal number; blanks around it do not matter.
    @inlinable public init?(csv field: CSVFieldText) {
        guard let number = Float(field.text) ?? Float(field.text.trimmed) else { return nil }
        self = number
    }

    /// Appends the shortest text that reads as this number; of what is no number `nan`.
    public func write(csv writer: inout CSVWriter) { writer.plain(isNaN ? "nan" : "\(self)") }
}

extension Bool: CSVField {
    /// Reads `true` or `false`, in any case, or 1 or 0.
    public init?(csv field: CSVFieldText) {
        switch String(field.text.trimmed).lowercased() {
        case "true", "1": self = true
        case "false", "0": self = false
        default: return nil
        }
    }

    /// Appends `true` or `false`.
    public func write(csv writer: inout CSVWriter) { writer.plain(self ? "true" : "false") }
}

extension String: CSVField {
    /// Reads any text that is UTF-8; a field without a value is the empty text.
    @inlinable public init?(csv field: CSVFieldText) {
        guard let text = field.string else { return nil }
        self = text
    }

    /// Appends the text, in quotes where it needs them.
    public func write(csv writer: inout CSVWriter) { writer.text(self) }
}

extension Optional: CSVField where Wrapped: CSVField {
    /// Reads nil of a field without a value.
    @inlinable public init?(csv field: CSVFieldText) {
        if field.isMissing {
            self = .none
        } else {
            guard let value = Wrapped(csv: field) else { return nil }
            self = .some(value)
        }
    }

    /// Appends the value, or nothing.
    public func write(csv writer: inout CSVWriter) {
        if let value = self { value.write(csv: &writer) } else { writer.missing() }
    }

    /// The name of what is there.
    public static var _csvName: String { Wrapped._csvName }

    /// Why what is there was refused.
    public static func _csvReason(_ field: CSVFieldText) -> String { Wrapped._csvReason(field) }
}
