// Types of Foundation as fields of records, arguments and keys. Each stands in pages as another
// type: a date as its seconds, a UUID as 128 bits, a URL and a decimal number as text. What they
// are in tables is in FoundationFields.swift. Swoop itself does not link Foundation: a program that
// imports this product does already.

public import FoundationEssentials
public import Swoop

extension Date: ConvertedElement, RemoteArgument {
    /// Itself.
    public typealias _Received = Date
    /// The seconds since the beginning of 2001: what a date keeps.
    public var storedForm: Double { timeIntervalSinceReferenceDate }
    /// The date that is so many seconds after the beginning of 2001.
    public init?(storedForm: Double) { self.init(timeIntervalSinceReferenceDate: storedForm) }
}

extension Date: _SortValue {
    /// That of the seconds.
    public var _sortNumber: UInt64 { storedForm._sortNumber }
    /// True.
    public static var _numberDecides: Bool { true }
}

extension Date: _WordKey {
    /// Itself.
    public typealias _Stored = Date
    /// The bits of the seconds.
    public var _packedWord: UInt64 { (storedForm + 0).bitPattern }
    /// The date of such bits.
    public static func _unpacked(_ word: UInt64) -> Date {
        Date(timeIntervalSinceReferenceDate: Double(bitPattern: word))
    }
}

extension UUID: ConvertedElement, RemoteArgument {
    /// Itself.
    public typealias _Received = UUID
    /// The bytes as one number, the first byte the highest.
    public var storedForm: UInt128 {
        unsafe withUnsafeBytes(of: uuid) { bytes in
            unsafe bytes.reduce(0) { $0 << 8 | UInt128($1) }
        }
    }
    /// The UUID of such a number.
    public init?(storedForm: UInt128) {
        var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &uuid) { bytes in
            for index in bytes.indices {
                unsafe bytes[index] = UInt8(truncatingIfNeeded: storedForm >> (120 - 8 * index))
            }
        }
        self.init(uuid: uuid)
    }
}

extension UUID: _SortValue {
    /// The upper half.
    public var _sortNumber: UInt64 { UInt64(truncatingIfNeeded: storedForm >> 64) }
    /// False: there is a lower half.
    public static var _numberDecides: Bool { false }
    /// By the bytes.
    public func _isBefore(_ other: UUID) -> Bool { storedForm < other.storedForm }
}

extension UUID: PackedKey {
    /// Itself.
    public typealias _Stored = UUID
    /// 2.
    public static var _wordCount: Int { 2 }
    /// No.
    public static var _hasText: Bool { false }
    /// Writes both halves.
    public func _pack(
        into words: UnsafeMutablePointer<UInt64>, _ hash: UInt64, _ scratch: inout _TextScratch
    ) -> UInt64 {
        let form = storedForm
        let upper = UInt64(truncatingIfNeeded: form >> 64)
        let lower = UInt64(truncatingIfNeeded: form)
        let first = unsafe upper._pack(into: words, hash, &scratch)
        return unsafe lower._pack(into: words + 1, first, &scratch)
    }
    /// Whether both halves are the same.
    public static func _isSame(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool { unsafe left[0] == right[0] && left[1] == right[1] }
    /// There is none.
    public static func _forEachLongText(
        _ words: UnsafeMutablePointer<UInt64>, _ body: (UnsafeMutablePointer<UInt64>) -> Void
    ) {}
    /// By the bytes.
    public static func _precedes(
        _ left: UnsafePointer<UInt64>, _ right: UnsafePointer<UInt64>
    ) -> Bool? {
        unsafe UInt64._precedes(left, right) ?? UInt64._precedes(left + 1, right + 1)
    }
    /// Adds the UUID.
    public static func _append(
        _ words: UnsafePointer<UInt64>, to builder: inout _ConvertedBuilder<UUID>
    ) {
        let form = unsafe UInt128(words[0]) << 64 | UInt128(words[1])
        if let uuid = UUID(storedForm: form) { builder.append(uuid) }
    }
}

extension URL: ConvertedElement, RemoteArgument {
    /// Itself.
    public typealias _Received = URL
    /// The text of the whole URL.
    public var storedForm: String { absoluteString }
    /// The URL of a text; nil if it is none.
    public init?(storedForm: String) { self.init(string: storedForm) }
}

extension Decimal: ConvertedElement, RemoteArgument {
    /// Itself.
    public typealias _Received = Decimal
    /// All digits, with a point.
    public var storedForm: String { description }
    /// The number of a text; nil if it is none.
    public init?(storedForm: String) {
        guard Self.isNumber(storedForm), let number = Decimal(string: storedForm) else {
            return nil
        }
        self = number
    }

    /// Whether a text is a decimal number as a whole, or `NaN`: Foundation reads what a text begins
    /// with.
    private static func isNumber(_ text: String) -> Bool {
        if text == "NaN" { return true }
        var digits = 0
        var exponentDigits: Int?
        var hasPoint = false
        var previous: UInt8 = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if let count = exponentDigits { exponentDigits = count + 1 } else { digits += 1 }
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard index == 0 || previous | 0x20 == UInt8(ascii: "e") else { return false }
            case UInt8(ascii: "."):
                guard !hasPoint, exponentDigits == nil else { return false }
                hasPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard digits > 0, exponentDigits == nil else { return false }
                exponentDigits = 0
            default: return false
            }
            previous = byte
        }
        return digits > 0 && exponentDigits != 0
    }
}
