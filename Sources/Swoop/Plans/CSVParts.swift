// Tables written as text, cut into parts. Where the first row of a part begins needs a scan of all
// the table before it: tasks of their own scan the parts where nodes read the file, one puts what
// they found together, and every loop over the table takes that as an argument. Where the parts
// are sent, this program scans them as it reads them.

import SwoopElements
import SwoopModel
import Synchronization

/// Tables of one record, and how they are written.
public final class _CSVFiles: Sendable {
    struct Table: Sendable {
        let source: ByteSource
        let head: CSVHead
    }

    let dialect: _CSVDialect
    let tables: [Table]
    /// Several loops over the same tables scan them once.
    let parts = Mutex<[LoopPart]?>(nil)

    init(dialect: _CSVDialect, tables: [Table]) {
        self.dialect = dialect
        self.tables = tables
    }

    /// The most bytes that a header may have.
    private static let headerByteCountMax = 4 << 20

    /// Reads the header of a file.
    static func head(
        of source: ByteSource, dialect: _CSVDialect, hasHeader: Bool, columns: [_CSVColumn],
        names: [String: String]
    ) throws(SwoopError) -> CSVHead {
        var count = 1 << 16
        while count <= headerByteCountMax {
            let bytes = try source.bytes(0..<min(count, source.byteCount))
            do throws(CSVHeadError) {
                return try CSVHead(
                    path: source.path, bytes: bytes, isWhole: bytes.count == source.byteCount,
                    dialect: dialect, hasHeader: hasHeader, columns: columns, names: names)
            } catch {
                switch error {
                case .tooShort: count *= 4
                case .wrong(let reason):
                    throw SwoopError(.invalidPlan, "\(source.path): \(reason)"._printable)
                case .unnamed(let reason):
                    throw SwoopError(
                        .invalidPlan, "\(source.path): \(reason)"._printable,
                        advice: "`columns:` names columns whose names differ from the fields'; "
                            + "`hasHeader: false` is for tables without a header.")
                }
            }
        }
        throw SwoopError(
            .invalidPlan, "\(source.path): its header does not end within four MiB",
            advice: "Look at the separator, and for a quote without an end.")
    }
}

extension PlanRecording {
    /// The parts of tables, in the files' order; leaves are counted over all of them.
    func csvParts(_ files: _CSVFiles, leafWidth: Int) -> [LoopPart] {
        if let known = files.parts.withLock({ $0 }) { return known }
        var parts: [LoopPart] = []
        var leafBase = 0
        for table in files.tables {
            let ranges = cut(table.source, leafWidth: leafWidth)
            switch table.source.reader {
            case .nodes:
                parts += scanned(table, ranges, files.dialect, leafBase: leafBase)
            case .client: parts += sent(table, ranges, files.dialect, leafBase: leafBase)
            }
            leafBase = leafBase.addingClamped(table.source.byteCount.pieces(of: leafWidth))
        }
        files.parts.withLock { $0 = parts }
        return parts
    }

    /// Parts that nodes read: scanned by tasks.
    private func scanned(
        _ table: _CSVFiles.Table, _ ranges: [Range<Int>], _ dialect: _CSVDialect, leafBase: Int
    ) -> [LoopPart] {
        let fields = Argument.bytes(dialect.encodedBytes)
        let first = Argument.bytes(table.head.bodyStart.encodedBytes)
        let scan = place(of: _kernel(CSVScanKernel.self), name: "csv (scan)", code: Self.ownCode)
        let notes = ranges.map { range in
            encoded(
                table.source.note(
                    lookBehind: 1, sentFrom: range.lowerBound, leafBase: leafBase))
        }
        let summaries = zip(ranges, notes).map { range, note in
            let task = session.newTask()
            let spec = TaskSpec(
                id: task, function: scan, arguments: [fields, note, first],
                lower: Int64(range.lowerBound), upper: Int64(range.upperBound),
                features: [Double(range.count)])
            state.withLock { $0.part.tasks.append(spec) }
            return task
        }
        let index = add(
            function: place(
                of: _kernel(CSVIndexKernel.self), name: "csv (index)", code: Self.ownCode),
            arguments: [.bytes([]), encoded(LoopNote(source: .none))]
                + summaries.map { .output($0) },
            features: [Double(ranges.count)])
        let head = Argument.bytes(table.head.encodedBytes)
        return zip(ranges, notes).map { range, note in
            var part = LoopPart(
                range: range, note: note, arguments: [head, index.argument],
                feature: Double(range.count))
            part.hold(index)
            return part
        }
    }

    /// Parts that are sent: scanned here, while they are read.
    private func sent(
        _ table: _CSVFiles.Table, _ ranges: [Range<Int>], _ dialect: _CSVDialect, leafBase: Int
    ) -> [LoopPart] {
        let scan = SentCSV(table, ranges, dialect)
        let head = Argument.bytes(table.head.encodedBytes)
        return ranges.indices.map { index in
            let start = scan.start(of: index)
            let note = table.source.note(lookBehind: 1, sentFrom: start, leafBase: leafBase)
            // The cluster asks in this order: what the entry says of the part's end is known once
            // the part is read.
            let text = sent(start..<ranges[index].upperBound, of: table.source) {
                () throws(SwoopError) in try scan.read(index)
            }
            let entry = store(
                .later { () throws(SwoopError) in try scan.entry(index).encodedBytes },
                byteCount: 32, output: .value)
            var part = LoopPart(
                range: ranges[index], note: encoded(note), arguments: [head, entry.argument],
                feature: Double(ranges[index].count))
            part.hold(entry)
            part.keep(text)
            return part
        }
    }
}

/// A table that this program sends: scanned part by part, in order.
final class SentCSV: Sendable {
    private let source: ByteSource
    private let first: Int
    private let ranges: [Range<Int>]
    private let dialect: _CSVDialect
    private let summaries = Mutex<[CSVSummary]>([])
    /// How the parts that were read end, by their numbers.
    private let rests = Mutex<[Int: CSVRest?]>([:])

    init(_ table: _CSVFiles.Table, _ ranges: [Range<Int>], _ dialect: _CSVDialect) {
        source = table.source
        first = table.head.bodyStart
        self.ranges = ranges
        self.dialect = dialect
    }

    /// Where the bytes of a part begin that are sent.
    func start(of part: Int) -> Int { max(0, ranges[part].lowerBound - 1) }

    /// What is known of a part's beginning, and of its end.
    func entry(_ part: Int) throws(SwoopError) -> CSVIndex {
        var entry = try beginning(of: part)
        if rests.withLock({ $0[part] }) == nil { _ = try read(part) }
        entry.rest = rests.withLock { $0[part] ?? nil }
        return entry
    }

    private func beginning(of part: Int) throws(SwoopError) -> CSVIndex {
        try scan(before: part)
        let known = summaries.withLock { Array($0.prefix(part)) }
        return CSVIndex(known + [CSVSummary(lower: ranges[part].lowerBound)]).from(part)
    }

    /// The bytes of a part, to the end of its last row; none at all if no row begins in it.
    ///
    /// Of a row that is too long to be one, no more than its beginning; the lines of its rest are
    /// counted.
    func read(_ part: Int) throws(SwoopError) -> [UInt8] {
        let (bytes, rest) = try bytesAndRest(of: part)
        rests.withLock { $0[part] = .some(rest) }
        return bytes
    }

    private func bytesAndRest(of part: Int) throws(SwoopError) -> ([UInt8], CSVRest?) {
        let state = try beginning(of: part).entries[0].state
        let range = ranges[part]
        let start = start(of: part)
        let end = source.byteCount
        let bytes = try source.bytes(start..<min(end, range.upperBound + TextPart.margin))
        scan(part, in: bytes, start: start)
        let from = max(range.lowerBound, first)
        guard from < range.upperBound else { return ([], nil) }
        let table = first..<max(first, end)
        var search = CSVSearch(from: from, state, in: table, dialect)
        var rest = CSVRest(from: start + bytes.count)
        func begin(_ window: [UInt8], from offset: Int, at target: Int) -> Int? {
            unsafe window.withUnsafeBytes { bytes in
                let window = unsafe _TextWindow(bytes: bytes, start: offset)
                let found = search.firstBegin(window, at: target)
                rest.count(window, upTo: found ?? search.position)
                return found
            }
        }
        guard let row = begin(bytes, from: start, at: from), row < range.upperBound else {
            return ([], nil)
        }
        search = CSVSearch(from: row, .outside, in: table, dialect)
        var next = begin(bytes, from: start, at: range.upperBound)
        // The file's end ends a row at the latest.
        while next == nil {
            let offset = search.position - 1
            let window = try source.bytes(offset..<min(end, offset + TextPart.window))
            next = begin(window, from: offset, at: range.upperBound)
        }
        let known = start + bytes.count
        guard let next, known < next else { return (bytes, nil) }
        // The row begins before the part's end.
        if next - range.upperBound >= dialect.rowByteCountMax { return (bytes, rest) }
        return (bytes + (try source.bytes(known..<next)), nil)
    }

    /// Scans so many parts; each is read once here, if it was not when it was sent.
    private func scan(before count: Int) throws(SwoopError) {
        while true {
            let part = summaries.withLock { $0.count }
            guard part < count else { return }
            let end = min(source.byteCount, ranges[part].upperBound.addingClamped(1))
            let start = start(of: part)
            scan(part, in: try source.bytes(start..<end), start: start)
        }
    }

    /// Notes what the scan of a part finds, if it is the next one.
    private func scan(_ part: Int, in bytes: [UInt8], start: Int) {
        guard summaries.withLock({ $0.count }) == part else { return }
        let range = ranges[part]
        var summary = CSVSummary(lower: range.lowerBound)
        let from = max(range.lowerBound, first)
        if from < range.upperBound {
            unsafe bytes.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                let text = unsafe CSVText(
                    base: base, first: first - start, end: bytes.count,
                    isWhole: start + bytes.count == source.byteCount, dialect: dialect)
                summary.scan(text, from: from - start, to: range.upperBound - start)
            }
        }
        summaries.withLock { if $0.count == part { $0.append(summary) } }
    }
}
