// The rows of a table that are no records: how many, and the first of them with file, lines and
// reason. They are looked for in a pass of their own over the table.

public import SwoopElements

/// What is wrong with a table.
public struct CSVReport: RemoteValue, Hashable {
    /// Rows that are no records.
    public var count = 0
    /// The lines that they take: one row may take many.
    public var lineCount = 0
    /// The first of them, in the order of the files; ten at most.
    public var first: [CSVError] = []

    /// How many are named.
    static let namedMax = 10

    /// A table without fault.
    @inlinable public init() {}

    /// Reads a report.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        count = try Int(decoding: &reader)
        lineCount = try Int(decoding: &reader)
        first = try [CSVError](decoding: &reader)
    }

    /// Appends everything.
    public func encode(into writer: inout ValueWriter) {
        count.encode(into: &writer)
        lineCount.encode(into: &writer)
        first.encode(into: &writer)
    }

    /// Adds what is wrong further on.
    public mutating func add(_ other: CSVReport) {
        count += other.count
        lineCount += other.lineCount
        first.append(contentsOf: other.first.prefix(Self.namedMax - first.count))
    }
}

extension CSVReport: CustomStringConvertible {
    /// The number, and a line for each that is named.
    public var description: String {
        if count == 0 { return "no row was refused" }
        var rows = count == 1 ? "1 row was refused" : "\(count) rows were refused"
        if lineCount > count { rows += ", \(lineCount) lines in all" }
        return ([rows] + first.map(\.description)).joined(separator: "\n")
    }
}

/// The rows of a table that are no records.
public struct _CSVRefusals<Row: CSVRow>: _ChainSource {
    /// What is wrong with a row.
    public typealias Output = CSVError
    /// Itself.
    public typealias Source = _CSVRefusals<Row>
    /// Whole rows in memory.
    public typealias Block = _CSVSource<Row>.Block

    private let dialect: _CSVDialect

    init(_ source: _CSVSource<Row>) { dialect = source.dialect }

    /// Reads the dialect.
    public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        dialect = try _CSVDialect(decoding: &reader)
    }

    /// Appends the dialect; takes note of the rows' type.
    public func _encodeFields(into writer: inout ValueWriter) {
        writer._note(code: Self._name)
        dialect.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "csv(\(Row.self)).badRows" }
    /// That of the rows.
    public static var _leafWidth: Int { _CSVSource<Row>._leafWidth }

    /// Goes through the table as through its rows.
    public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        let reading = try CSVReading(context, dialect: dialect)
        try _CSVSource<Row>(dialect: dialect, badRows: .leftOut)._walk(&context, reading, body)
    }

    /// Calls `body` with what is wrong with each row that is no record.
    public func _forEach(_ block: Block, _ body: (CSVError) throws -> Void) throws {
        let reading = block.reading
        var start = block.start
        while start < block.end {
            let (shape, next) = block.divide(start)
            var reason: String?
            switch shape {
            case .row:
                do throws(CSVFieldError) {
                    _ = try unsafe Row(_csv: reading._record(block.base))
                } catch {
                    reason = reading._reason(error)
                }
            case .blank: break
            case .refused(let text): reason = text
            }
            if let reason { try body(block.error(reason, start: start, end: next)) }
            start = next
        }
    }
}

/// Counts rows that are no records, and keeps the first.
@usableFromInline package struct CSVReportReduction: PlainReduction, ExactReduction {
    /// Makes the reduction.
    public init() {}
    /// A table without fault.
    public var identity: CSVReport { CSVReport() }
    /// The error.
    public func lift(_ element: CSVError) -> CSVError { element }
    /// Adds a row.
    public func fold(_ raw: CSVError, into partial: inout CSVReport) {
        partial.count += 1
        partial.lineCount += raw.lastLine - raw.line + 1
        if partial.first.count < CSVReport.namedMax { partial.first.append(raw) }
    }
    /// Adds what is wrong further on.
    public func combine(_ right: CSVReport, into left: inout CSVReport) { left.add(right) }
    /// The report.
    public func answer(_ partial: CSVReport) -> CSVReport { partial }
    /// The reduction's name.
    public static var _name: String { "report" }
}

extension Chain {
    /// How many rows of the tables are no records, and the first ten, with their lines and reasons.
    ///
    /// It reads the tables once more; for tables that are read with `badRows: .leftOut`.
    @inlinable @inline(__always)
    public func badRows<Row: CSVRow>() -> Proxy<CSVReport> where Stage == _CSVSource<Row> {
        Chain<_CSVRefusals<Row>>._refusals(of: self).reduce(CSVReportReduction())
    }

    /// The rows that are no records, as a chain of their own.
    public static func _refusals<Row: CSVRow>(
        of rows: Chain<_CSVSource<Row>>
    ) -> Chain where Stage == _CSVRefusals<Row> {
        Chain(_CSVRefusals(rows.stage), rows.source, rows.recorder)
    }
}
