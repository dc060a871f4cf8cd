// The header of a table: which column each field of a record is in.

/// Why a file cannot be read as a table of a record.
package enum CSVHeadError: Error, Equatable, Sendable {
    /// The bytes end inside of the header: more are needed.
    case tooShort
    /// The header does not fit; the text says why.
    case wrong(String)
    /// A column has another name than its field, or none.
    case unnamed(String)
}

extension CSVHead {
    /// Looks at the beginning of a file.
    ///
    /// - Parameters:
    ///   - bytes: the file's first bytes.
    ///   - isWhole: whether these are all.
    ///   - columns: what the record has.
    ///   - names: names of columns by the record's fields, where they differ.
    public init(
        path: String, bytes: [UInt8], isWhole: Bool, dialect: _CSVDialect, hasHeader: Bool,
        columns: [_CSVColumn], names: [String: String]
    ) throws(CSVHeadError) {
        if let column = columns.first(where: { !$0.isReadable }) {
            throw .wrong(
                "the field \"\(column.name)\" is of a type that no text stands for, \(column.type)")
        }
        for name in names.keys.sorted() where !columns.contains(where: { $0.name == name }) {
            throw .unnamed("the record has no field \"\(name)\"")
        }
        let begin = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        let (first, empty) = Self.afterEmptyLines(bytes, from: begin)
        guard bytes.count > first else {
            if !isWhole { throw .tooShort }
            if hasHeader {
                let what = empty == 0 ? "the file is empty" : "the file has nothing but empty lines"
                throw .unnamed("\(what): it has no header")
            }
            self.init(
                path: path, bodyStart: begin, bodyLine: 1, columnCount: columns.count,
                places: columns.indices.map { Int32($0) }, names: columns.map(\.name))
            return
        }
        let (fields, next, lines) = try Self.firstRow(
            bytes, from: first, isWhole: isWhole, dialect: dialect)
        guard hasHeader else {
            guard names.isEmpty else {
                throw .wrong("without a header its columns have no names: they go by position")
            }
            guard fields.count >= columns.count else {
                throw .wrong(
                    "its first row has \(fields.count) fields, and the record has \(columns.count)")
            }
            self.init(
                path: path, bodyStart: begin, bodyLine: 1, columnCount: fields.count,
                places: columns.indices.map { Int32($0) },
                names: columns.map(\.name))
            return
        }
        var places: [Int32] = []
        let wanted = columns.map { names[$0.name] ?? $0.name }
        for name in wanted {
            let found = fields.indices.filter { fields[$0] == name }
            guard let place = found.first else {
                throw .unnamed(
                    "it has no column \"\(name)\"; its columns are \(Self.list(fields))")
            }
            guard found.count == 1 else {
                throw .wrong("it has \(found.count) columns \"\(name)\"")
            }
            places.append(Int32(place))
        }
        self.init(
            path: path, bodyStart: next, bodyLine: 1 + empty + lines, columnCount: fields.count,
            places: places, names: wanted)
    }

    /// Where the first line begins that is not empty, and how many are before it.
    private static func afterEmptyLines(
        _ bytes: [UInt8], from start: Int
    ) -> (first: Int, lines: Int) {
        var first = start
        var lines = 0
        while first < bytes.count {
            let feed = bytes[first] == 0x0d ? first + 1 : first
            guard feed < bytes.count, bytes[feed] == 0x0a else { break }
            first = feed + 1
            lines += 1
        }
        return (first, lines)
    }

    /// Names of columns for a message: as many as somebody reads, none longer than a line.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(namesMax).map { name in
            let isLong = name.unicodeScalars.count > 40
            return "\"\((isLong ? name.prefix(40) + "…" : name[...]))\""
        }
        let rest = names.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static let namesMax = 40

    /// The fields of the row that begins at `first`, where the next begins, and its line feeds.
    private static func firstRow(
        _ bytes: [UInt8], from first: Int, isWhole: Bool, dialect: _CSVDialect
    ) throws(CSVHeadError) -> (fields: [String], next: Int, lines: Int) {
        var fields: [String] = []
        var field: [UInt8] = []
        var lines = 0
        var index = first
        var isQuoted = false
        func add() throws(CSVHeadError) {
            guard let text = String(validating: field, as: UTF8.self) else {
                throw .wrong("its first row is not UTF-8")
            }
            fields.append(text)
            field = []
        }
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if isQuoted {
                if byte == 0x0a { lines += 1 }
                guard byte == dialect.quote else {
                    field.append(byte)
                    continue
                }
                guard index < bytes.count || isWhole else { throw .tooShort }
                if index < bytes.count, bytes[index] == dialect.quote {
                    field.append(byte)
                    index += 1
                } else {
                    isQuoted = false
                }
            } else if byte == dialect.separator {
                try add()
            } else if byte == 0x0a {
                if field.last == 0x0d { field.removeLast() }
                try add()
                return (fields, index, lines + 1)
            } else if byte == dialect.quote, field.isEmpty {
                isQuoted = true
            } else {
                field.append(byte)
            }
        }
        guard isWhole else { throw .tooShort }
        if isQuoted { throw .wrong("a quoted field that begins in its first row has no end") }
        if field.last == 0x0d { field.removeLast() }
        try add()
        return (fields, index, lines)
    }
}
