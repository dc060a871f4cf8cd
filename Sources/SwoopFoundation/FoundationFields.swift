// Types of Foundation as fields of tables: what a record with them is written as, and read from.

public import FoundationEssentials
public import Swoop

extension Date: CSVField {
    /// Reads ISO 8601: `2026-11-30T02:20:00Z`, also with fractions of a second or another zone, or
    /// a day alone.
    public init?(csv field: CSVFieldText) {
        guard let text = field.string else { return nil }
        let whole = Date.ISO8601FormatStyle()
        let forms = [
            whole, Date.ISO8601FormatStyle(includingFractionalSeconds: true),
            whole.year().month().day(),
        ]
        for form in text.utf8.count > 10 ? forms.dropLast() : forms.suffix(1) {
            if let date = try? Date(text, strategy: form) {
                self = date
                return
            }
        }
        return nil
    }

    /// Appends ISO 8601 in UTC, with milliseconds where the date has a fraction of a second.
    public func write(csv writer: inout CSVWriter) {
        let seconds = timeIntervalSinceReferenceDate
        let hasFraction = seconds.rounded(.down) != seconds
        writer.text(formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)))
    }
}

extension UUID: CSVField {
    /// Reads `E621E1F8-C36C-495A-93FC-0C247A3E6E5F`.
    public init?(csv field: CSVFieldText) {
        guard let text = field.string else { return nil }
        self.init(uuidString: text)
    }

    /// Appends the usual text.
    public func write(csv writer: inout CSVWriter) { writer.plain(uuidString) }
}

extension URL: CSVField {
    /// Reads the text of a whole URL.
    public init?(csv field: CSVFieldText) {
        guard let text = field.string else { return nil }
        self.init(storedForm: text)
    }

    /// Appends the text of the whole URL.
    public func write(csv writer: inout CSVWriter) { writer.text(absoluteString) }
}

extension Decimal: CSVField {
    /// Reads digits with a point.
    public init?(csv field: CSVFieldText) {
        guard let text = field.string else { return nil }
        self.init(storedForm: text)
    }

    /// Appends all digits, with a point.
    public func write(csv writer: inout CSVWriter) { writer.plain(description) }
}
