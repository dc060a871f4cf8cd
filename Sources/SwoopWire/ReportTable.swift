// News of runs as columns: a batch of reports, and the records inside of it and of histories. The
// ring has the same reports one after the other (RingReports.swift).

internal import SwoopModel

/// Records of runs on their way into a `ProtoRecordTable`.
struct RecordColumns {
    private var wall: [Int64] = []
    private var cpu: [Int64] = []
    private var elements: [Int64] = []
    private var bytesIn: [Int64] = []
    private var bytesOut: [Int64] = []
    private var isCold: [UInt32] = []
    private var featureCount: [UInt32] = []
    private var feature: [Double] = []

    mutating func append(_ record: RunRecord) {
        wall.append(record.wallNanoseconds)
        cpu.append(record.cpuNanoseconds)
        elements.append(record.elements)
        bytesIn.append(record.bytesIn)
        bytesOut.append(record.bytesOut)
        isCold.append(record.isCold ? 1 : 0)
        featureCount.append(UInt32(record.features.count))
        feature.append(contentsOf: record.features)
    }

    func finished() -> ProtoRecordTable {
        var table = ProtoRecordTable()
        table.wall = wall
        table.cpu = shrunk(cpu, neutral: 0)
        table.elements = shrunk(elements, neutral: 0)
        table.bytesIn = shrunk(bytesIn, neutral: 0)
        table.bytesOut = shrunk(bytesOut, neutral: 0)
        table.isCold = shrunk(isCold, neutral: 0)
        table.featureCount = shrunk(featureCount, neutral: 0)
        table.feature = feature
        return table
    }
}

extension ProtoRecordTable {
    init(_ records: [RunRecord]) {
        var columns = RecordColumns()
        for record in records { columns.append(record) }
        self = columns.finished()
    }

    func records() throws(WireError) -> [RunRecord] {
        let rows = wall.count
        let cpu = try Column(cpu, rows: rows, neutral: 0)
        let elements = try Column(elements, rows: rows, neutral: 0)
        let bytesIn = try Column(bytesIn, rows: rows, neutral: 0)
        let bytesOut = try Column(bytesOut, rows: rows, neutral: 0)
        let isCold = try Column(isCold, rows: rows, neutral: 0)
        let featureCount = try Column(featureCount, rows: rows, neutral: 0)
        var features = Feed(feature)
        var records: [RunRecord] = []
        records.reserveCapacity(rows)
        for row in 0..<rows {
            records.append(
                RunRecord(
                    features: try features.next(Int(featureCount[row])), elements: elements[row],
                    bytesIn: bytesIn[row], bytesOut: bytesOut[row], cpuNanoseconds: cpu[row],
                    wallNanoseconds: wall[row], isCold: isCold[row] != 0))
        }
        try features.finish()
        return records
    }
}

/// Which report a row is; the ends of runs are told apart by where the result is.
enum ReportKind: UInt8 {
    case started, suspended, resumed, endedWithValue, endedWithPage, failed, cancelled
    case childrenEnded, returned
}

/// Reports on their way into a `ProtoReports` and a frame of values.
struct ReportTableBuilder {
    // Columns beside the message, not in it: a generated message looks for copies at every append.
    private var kind: [UInt32] = []
    private var task = TaskIDColumns()
    private var attempt: [UInt32] = []
    private var valueLength: [UInt64] = []
    private var pageParts = PartColumns()
    private var failure: [ProtoFailure] = []
    private var childFunction: [String] = []
    private var childCount: [UInt32] = []
    private var records = RecordColumns()
    private var values = ByteWriter()

    mutating func append(_ report: RunReport) {
        let attempt = report.attempt
        task.append(attempt.task)
        self.attempt.append(attempt.number)
        kind.append(UInt32(content(of: report).rawValue))
    }

    private mutating func content(of report: RunReport) -> ReportKind {
        switch report {
        case .started: return .started
        case .suspended: return .suspended
        case .resumed: return .resumed
        case .returned: return .returned
        case .ended(_, let outcome, let record):
            records.append(record)
            return content(of: outcome)
        case .childrenEnded(_, let function, let ended):
            childFunction.append(function)
            childCount.append(UInt32(ended.count))
            for record in ended { records.append(record) }
            return .childrenEnded
        }
    }

    private mutating func content(of outcome: RunOutcome) -> ReportKind {
        switch outcome {
        case .finished(.inline(let bytes)):
            valueLength.append(UInt64(bytes.count))
            values.raw(bytes)
            return .endedWithValue
        case .finished(.page(let pages)):
            pageParts.append(pages)
            return .endedWithPage
        case .failed(let failure):
            self.failure.append(ProtoFailure(failure))
            return .failed
        case .cancelled: return .cancelled
        }
    }

    func finished() -> (message: ProtoReports, values: [UInt8]) {
        var message = ProtoReports()
        message.kind = kind
        message.attempt.task = task.finished()
        message.attempt.number = shrunk(attempt, neutral: 0)
        message.valueLength = valueLength
        message.pagePartCount = pageParts.count
        message.pageByteCount = pageParts.byteCount
        message.pageElementCount = pageParts.elementCount
        message.pageChecksum = pageParts.checksum
        message.failure = failure
        message.childFunction = childFunction
        message.childCount = childCount
        message.record = records.finished()
        return (message, values.bytes)
    }
}

extension ProtoReports {
    /// The reports, in order; `bytes` is the frame of their values.
    func reports(values bytes: [UInt8]) throws(WireError) -> [RunReport] {
        let attempts = try attempt.attempts()
        guard attempts.count == kind.count else { throw .malformed(.column, offset: 0) }
        var rest = ReportFeeds(self, records: try record.records(), values: bytes)
        var reports: [RunReport] = []
        reports.reserveCapacity(attempts.count)
        for (row, attempt) in attempts.enumerated() {
            reports.append(try rest.report(try enumeration(ReportKind.self, kind[row]), attempt))
        }
        try rest.finish()
        return reports
    }
}

/// What is left of each list of a table of reports.
private struct ReportFeeds {
    private var valueLength: Feed<UInt64>
    private var pages: PartFeeds
    private var failure: Feed<ProtoFailure>
    private var childFunction: Feed<String>
    private var childCount: Feed<UInt32>
    private var record: Feed<RunRecord>
    private var values: ByteReader

    init(_ message: ProtoReports, records: [RunRecord], values bytes: [UInt8]) {
        valueLength = Feed(message.valueLength)
        pages = PartFeeds(
            count: message.pagePartCount, byteCount: message.pageByteCount,
            elementCount: message.pageElementCount, checksum: message.pageChecksum)
        failure = Feed(message.failure)
        childFunction = Feed(message.childFunction)
        childCount = Feed(message.childCount)
        record = Feed(records)
        values = ByteReader(bytes)
    }

    mutating func report(
        _ kind: ReportKind, _ attempt: AttemptID
    ) throws(WireError) -> RunReport {
        switch kind {
        case .started: return .started(attempt)
        case .suspended: return .suspended(attempt)
        case .resumed: return .resumed(attempt)
        case .returned: return .returned(attempt)
        case .endedWithValue:
            let bytes = try values.block(length: try valueLength.next())
            return .ended(attempt, .finished(.inline(bytes)), try record.next())
        case .endedWithPage:
            return .ended(attempt, .finished(.page(try pages.next())), try record.next())
        case .failed:
            return .ended(
                attempt, .failed(try failure.next().failure()), try record.next())
        case .cancelled: return .ended(attempt, .cancelled, try record.next())
        case .childrenEnded:
            return .childrenEnded(
                attempt, function: try childFunction.next(),
                records: try record.next(Int(try childCount.next())))
        }
    }

    func finish() throws(WireError) {
        try valueLength.finish()
        try pages.finish()
        try failure.finish()
        try childFunction.finish()
        try childCount.finish()
        try record.finish()
        try values.finish(frame: 1)
    }
}

extension ByteReader {
    /// The next `length` bytes, a number that came in a column.
    mutating func block(length: UInt64) throws(WireError) -> [UInt8] {
        guard length <= UInt64(remaining) else { throw .truncated(.lengths, offset: offset) }
        return try block(count: Int(length), .lengths)
    }
}
