// A table's text read as runs read it: each part is scanned by itself, the scans are put together,
// and the rows that begin in a part are looked for in a window that grows as it is asked for.

package import SwoopElements

/// The rows of a table, read by as many runs as there are parts.
package struct PartedTable: Equatable {
    /// The texts of the fields that a record has; "?" for what is no text.
    package var rows: [[String]] = []
    /// What was no row.
    package var refused: [CSVError] = []

    /// No rows yet.
    package init() {}

    /// Reads a table whose head is known.
    ///
    /// - Parameters:
    ///   - parts: ranges of the bytes, in order.
    ///   - step: how many bytes the window grows by.
    ///   - look: called with every field of a row.
    package init(
        _ bytes: [UInt8], head: CSVHead, parts: [Range<Int>], dialect: _CSVDialect, step: Int = 3,
        look: (CSVFieldText) -> Void = { _ in }
    ) throws {
        let summaries = try parts.map { range in
            try Self.output(
                CSVScanKernel.self, bytes, fields: dialect.encodedBytes,
                arguments: head.bodyStart.encodedBytes, range)
        }
        let index = try Self.output(
            CSVIndexKernel.self, bytes, arguments: summaries.reversed().flatMap { $0 }, 0..<0)
        for range in parts {
            let host = FileHost(bytes)
            try Self.lend(arguments: head.encodedBytes + index, range, host) { context in
                let reading = try CSVReading(context, dialect: dialect)
                try walk(reading, range, host, step, look)
            }
        }
    }

    private static func output<K: _Kernel>(
        _ kernel: K.Type, _ bytes: [UInt8], fields: [UInt8] = [], arguments: [UInt8],
        _ range: Range<Int>
    ) throws -> [UInt8] {
        try lend(fields: fields, arguments: arguments, range, FileHost(bytes)) { context in
            try kernel.run(&context)
            return context.output.bytes
        }
    }

    private static func lend<Result>(
        fields: [UInt8] = [], arguments: [UInt8], _ range: Range<Int>, _ host: FileHost,
        _ body: (inout _CallContext) throws -> Result
    ) throws -> Result {
        try unsafe fields.withUnsafeBytes { fields in
            try unsafe arguments.withUnsafeBytes { arguments in
                var context = unsafe _CallContext(
                    fields: fields, arguments: arguments, range: range,
                    sourceEnd: host.file.count, host: host)
                return try body(&context)
            }
        }
    }

    private mutating func walk(
        _ reading: CSVReading, _ range: Range<Int>, _ host: FileHost, _ step: Int,
        _ look: (CSVFieldText) -> Void
    ) throws {
        let fileEnd = host.file.count
        var window = try host.text(from: max(0, range.lowerBound - 1), to: range.upperBound)
        func begin(at target: Int, from row: Int?) throws -> Int {
            var search = reading.search(from: row, fileEnd: fileEnd)
            while true {
                if let found = search.firstBegin(window, at: target) { return found }
                precondition(window.end < fileEnd, "the file's end is not seen")
                window = try host.text(from: window.start, to: window.end + max(1, step))
            }
        }
        var row = try begin(at: max(range.lowerBound, reading.head.bodyStart), from: nil)
        while row < range.upperBound {
            let end = try begin(at: row + 1, from: row)
            guard let base = unsafe window.bytes.baseAddress else { return }
            let start = row - window.start
            let (shape, next) = unsafe reading._divide(base, start: start, end: end - window.start)
            precondition(next + window.start == end, "a row ends where no other begins")
            switch shape {
            case .blank: break
            case .refused(let reason):
                refused.append(
                    unsafe reading._error(
                        reason, base, start: start, end: next, windowStart: window.start))
            case .row:
                let record = unsafe reading._record(base)
                let fields = reading.head.places.indices.map { record._field($0) }
                for field in fields { look(field) }
                rows.append(fields.map { $0.string ?? "?" })
            }
            row = end
        }
    }
}

/// Lends windows of a file, each of its own memory, so that reading beyond one is an error where
/// memory is watched.
@safe private final class FileHost: _CallHost {
    let file: [UInt8]
    private var windows: [UnsafeMutableRawBufferPointer] = unsafe []

    init(_ file: [UInt8]) { self.file = file }

    deinit { for index in unsafe windows.indices { unsafe windows[index].deallocate() } }

    func strideEnded(at position: Int, elements: Int, end: inout Int) throws -> Int { 1 }

    func pageRegion(parts: [_PageSize]) throws -> UnsafeMutableRawBufferPointer {
        throw _PageError.malformed("no pages")
    }

    func scratch(byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
        throw _PageError.malformed("no memory")
    }

    func text(from start: Int, to end: Int) throws -> _TextWindow {
        let range = start..<max(start, min(file.count, end))
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 1)
        unsafe copy.copyBytes(from: file[range])
        unsafe windows.append(copy)
        return unsafe _TextWindow(bytes: UnsafeRawBufferPointer(copy), start: start)
    }
}
