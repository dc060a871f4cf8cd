// Recognises files that are no text in UTF-8: compressed, in another encoding, a database. Goes by
// the first bytes: by signatures that no text begins with, else by where zeros and line ends are.

/// What a reader takes a file for.
public enum _FileReading: Sendable {
    /// Text whose lines end in line feeds.
    case lines
    /// Text in pieces between separators.
    case pieces
    /// Records of one width, which may be any bytes.
    case records
}

/// A form of files that is not what a reader wants.
package struct FileForm: Equatable, Sendable {
    /// What the file is, as the end of a sentence: `compressed with gzip`.
    public let what: String
    /// What makes a text of it.
    public let advice: String

    private init(_ what: String, _ advice: String) {
        self.what = what
        self.advice = advice
    }

    /// Looks at a file.
    ///
    /// - Parameters:
    ///   - head: its first bytes: some thousands, and for lines those up to the first line feed,
    ///     as far as is reasonable.
    ///   - tail: its last eight.
    ///   - path: its name, for the advice.
    /// - Returns: nil if the file may well be what the reader takes it for.
    public static func of(
        head: [UInt8], tail: [UInt8], byteCount: Int, path: String, for reading: _FileReading
    ) -> FileForm? {
        let packed = self.packed(head, tail, path)
        // Records may begin with any bytes: there the name must say so, too.
        if reading == .records {
            guard let packed, packed.suffixes.contains(where: { path.hasSuffix($0) }) else {
                return nil
            }
            return packed.form
        }
        if let packed { return packed.form }
        // Zeros may be what the pieces are separated by.
        if reading != .pieces || head.first ?? 0 >= 0xfe, let name = encoding(head, byteCount) {
            return FileForm(
                "text in \(name)",
                "Make it UTF-8: `iconv -f \(name) -t UTF-8 \(quoted(path)) > NEW`.")
        }
        return reading == .lines ? otherLineEnds(head, path) : nil
    }

    /// What ends the lines of a text that has no line feed, if anything does.
    private static func otherLineEnds(_ head: [UInt8], _ path: String) -> FileForm? {
        guard !head.contains(0x0a) else { return nil }
        if head.dropLast().contains(0x0d), isText(head[...]) {
            return FileForm(
                "text whose lines end in carriage returns alone",
                "End them in line feeds: `tr '\\r' '\\n' < \(quoted(path)) > NEW`; or read it with "
                    + "`text(_:separator: \"\\r\")`.")
        }
        // Zeros alone are no text.
        guard head.dropLast().contains(0), head.allSatisfy({ $0 == 0 || $0 >= 9 }),
            head.contains(where: { $0 != 0 })
        else { return nil }
        return FileForm(
            "text in pieces that end in zero bytes",
            "Read it with `text(_:separator: \"\\0\")`; or make lines of it: "
                + "`tr '\\0' '\\n' < \(quoted(path)) > NEW`.")
    }

    // MARK: Signatures

    /// The first bytes of a form, and what they say.
    private struct Signature {
        let bytes: [UInt8]
        let what: String
        /// `%` stands for the path.
        let advice: String
        let suffixes: [String]

        init(_ bytes: [UInt8], _ what: String, _ advice: String, _ suffixes: String...) {
            self.bytes = bytes
            self.what = what
            self.advice = advice
            self.suffixes = suffixes
        }
    }

    private static let export = "Write what is in it as CSV, as lines or as records first."

    private static let signatures = [
        Signature(
            [0x1f, 0x8b, 0x08], "compressed with gzip", "Decompress it first: `gzip -dk %`.", ".gz",
            ".tgz"),
        Signature(
            [0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "Decompress it first: `zstd -d %`.",
            ".zst"),
        Signature(
            [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "compressed with xz",
            "Decompress it first: `xz -dk %`.", ".xz"),
        Signature(
            [0x04, 0x22, 0x4d, 0x18], "compressed with lz4", "Decompress it first: `lz4 -d %`.",
            ".lz4"),
        Signature(
            [0x02, 0x21, 0x4c, 0x18], "compressed with lz4 (legacy frames)",
            "Decompress it first: `lz4 -d %`.", ".lz4"),
        Signature(
            Array("LZIP".utf8) + [1], "compressed with lzip", "Decompress it first: `lzip -dk %`.",
            ".lz"),
        Signature(
            [0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a], "compressed with lzop",
            "Decompress it first: `lzop -d %`.", ".lzo"),
        Signature(
            [0x1f, 0x9d], "compressed with compress", "Decompress it first: `gzip -dk %`.", ".Z"),
        Signature(
            [0xff, 0x06, 0, 0, 0x73, 0x4e, 0x61, 0x50], "compressed with snappy",
            "Decompress it first.", ".sz", ".snappy"),
        Signature(
            [0x50, 0x4b, 3, 4], "a zip archive, as spreadsheets are", "Unpack it first: `unzip %`.",
            ".zip", ".xlsx", ".ods", ".npz"),
        Signature([0x50, 0x4b, 5, 6], "an empty zip archive", "Unpack it first.", ".zip"),
        Signature(
            [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z archive", "Unpack it first: `7z x %`.",
            ".7z"),
        Signature(
            Array("Rar!".utf8) + [0x1a, 7], "a rar archive", "Unpack it first: `unrar x %`.",
            ".rar"),
        Signature(
            Array("SQLite format 3".utf8) + [0], "an SQLite database",
            "Export a table first: `sqlite3 -csv -header % 'SELECT * FROM …' > NEW`.", ".sqlite",
            ".db", ".sqlite3"),
        Signature(Array("ARROW1".utf8) + [0, 0], "an Arrow file", export, ".arrow", ".feather"),
        Signature(Array("Obj".utf8) + [1], "an Avro file", export, ".avro"),
        Signature(
            [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a], "an HDF5 file", export, ".h5",
            ".hdf5"),
        Signature(
            [0x93] + Array("NUMPY".utf8), "a NumPy array", export, ".npy"),
        Signature([0x7f, 0x45, 0x4c, 0x46], "an executable (ELF)", "Check the path.", ".so", ".o"),
        Signature(
            [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a], "an image (PNG)", "Check the path.", ".png"),
        Signature([0xff, 0xd8, 0xff], "an image (JPEG)", "Check the path.", ".jpg", ".jpeg"),
        Signature(
            [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], "an old Office document", export,
            ".xls", ".doc"),
    ]

    private static func packed(
        _ head: [UInt8], _ tail: [UInt8], _ path: String
    ) -> (form: FileForm, suffixes: [String])? {
        func made(_ what: String, _ advice: String, _ suffixes: [String]) -> (FileForm, [String]) {
            (FileForm(what, advice.split(separator: "%").joined(separator: quoted(path))), suffixes)
        }
        for signature in signatures where head.starts(with: signature.bytes) {
            return made(signature.what, signature.advice, signature.suffixes)
        }
        if let frames = skippableFrames(head) {
            return made(
                "compressed with \(frames)", "Decompress it first: `\(frames) -d %`.",
                [".zst", ".lz4"])
        }
        if isLZMA(head) {
            return made("compressed with lzma", "Decompress it first: `xz -dk %`.", [".lzma"])
        }
        // Words that a text may begin with: more is looked at.
        if isPDF(head, tail) {
            return made("a PDF document", "Take the text out of it first.", [".pdf"])
        }
        if head.starts(with: Array("BZh".utf8)), head.count >= 10,
            head[4..<10] == [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]
                || head[4..<10] == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]
        {
            return made(
                "compressed with bzip2", "Decompress it first: `bzip2 -dk %`.", [".bz2"])
        }
        if head.dropFirst(257).starts(with: Array("ustar".utf8)), head.prefix(257).contains(0) {
            return made("a tar archive", "Unpack it first: `tar -xf %`.", [".tar"])
        }
        if head.dropFirst(8).starts(with: Array("DUCK".utf8)), head.prefix(64).contains(0) {
            return made("a DuckDB database", export, [".duckdb", ".db"])
        }
        if head.starts(with: Array("PAR1".utf8)), tail.suffix(4) == Array("PAR1".utf8),
            tail.dropLast(4).contains(0)
        {
            return made("a Parquet file", export, [".parquet"])
        }
        if head.starts(with: Array("ORC".utf8)), head.prefix(64).contains(where: { $0 < 9 }) {
            return made("an ORC file", export, [".orc"])
        }
        return nil
    }

    /// The program whose frames follow one or more frames that decoders skip; zstd and lz4 share
    /// the form of those.
    private static func skippableFrames(_ head: [UInt8]) -> String? {
        var offset = 0
        while head.count - offset >= 8, head[offset] & 0xf0 == 0x50,
            head[(offset + 1)..<(offset + 4)] == [0x2a, 0x4d, 0x18]
        {
            let size = head[(offset + 4)..<(offset + 8)].reversed().reduce(0) { $0 << 8 | Int($1) }
            offset += 8 + size
        }
        guard offset > 0 else { return nil }
        return head.dropFirst(offset).starts(with: [0x04, 0x22, 0x4d, 0x18]) ? "lz4" : "zstd"
    }

    /// Whether a file begins with the header of the format before xz: the usual parameters, the
    /// size of a dictionary, and a size that is unknown or less than 2^40.
    private static func isLZMA(_ head: [UInt8]) -> Bool {
        guard head.count >= 14, head.starts(with: [0x5d, 0, 0]) else { return false }
        let size = head[5..<13]
        // The compressed data begins with a zero.
        return (size.allSatisfy { $0 == 0xff } || size.suffix(3).allSatisfy { $0 == 0 })
            && head[13] == 0
    }

    /// Whether a file is a document, and not a text that begins with the name of the format: the
    /// version stands alone in the first line, and the end mark, an object or a comment that is no
    /// text follows.
    private static func isPDF(_ head: [UInt8], _ tail: [UInt8]) -> Bool {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard head.starts(with: Array("%PDF-".utf8)), head.count >= 9, digits.contains(head[5]),
            head[6] == UInt8(ascii: "."), digits.contains(head[7]),
            head[8] == 0x0a || head[8] == 0x0d
        else { return false }
        if holds(tail[...], "%%EOF") { return true }
        let next = head[8...].drop { $0 == 0x0a || $0 == 0x0d }
        let line = next.prefix { $0 != 0x0a && $0 != 0x0d }
        return line.first == UInt8(ascii: "%") && !isText(line)
            || holds(line, " obj")
    }

    private static func holds(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        let text = Array(text.description.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: text) }
    }

    // MARK: Encodings

    /// The encoding of a text that is not one of bytes, by its mark or by where its zeros are.
    private static func encoding(_ head: [UInt8], _ byteCount: Int) -> String? {
        if head.starts(with: [0xff, 0xfe, 0, 0]) || head.starts(with: [0, 0, 0xfe, 0xff]) {
            return "UTF-32"
        }
        // No text in UTF-8 has these bytes. An odd number of them is a text that was cut off.
        if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff]) { return "UTF-16" }
        guard head.count >= 4, head.contains(0) else { return nil }
        var zeros = [0, 0, 0, 0]
        let fours = head.count / 4
        for index in 0..<fours * 4 where head[index] == 0 { zeros[index % 4] += 1 }
        // Nine of ten letters are of the first 256, which a text of mostly ASCII has.
        let isZero = zeros.map { $0 * 10 >= fours * 9 }
        let isNone = zeros.map { $0 == 0 }
        if isNone[0], isZero[1], isZero[2], isZero[3] { return "UTF-32LE" }
        if isZero[0], isZero[1], isZero[2], isNone[3] { return "UTF-32BE" }
        if isNone[0], isZero[1], isNone[2], isZero[3] { return "UTF-16LE" }
        if isZero[0], isNone[1], isZero[2], isNone[3] { return "UTF-16BE" }
        if byteCount % 2 == 0 {
            if isSixteenBits(head, lowFirst: true) { return "UTF-16LE" }
            if isSixteenBits(head, lowFirst: false) { return "UTF-16BE" }
        }
        return nil
    }

    /// Whether bytes are text of 16-bit units, most of which are not ASCII: no text in UTF-8, a
    /// space or line end among the units, no control characters, and surrogates in pairs.
    private static func isSixteenBits(_ head: [UInt8], lowFirst: Bool) -> Bool {
        guard head.count >= 8 else { return false }
        var hasBlank = false
        var isPairOpen = false
        for index in stride(from: 0, to: head.count - 1, by: 2) {
            let (low, high) = (head[index + (lowFirst ? 0 : 1)], head[index + (lowFirst ? 1 : 0)])
            let unit = UInt16(high) << 8 | UInt16(low)
            let isLow = 0xdc00...0xdfff ~= unit
            if isLow != isPairOpen { return false }
            isPairOpen = 0xd800...0xdbff ~= unit
            switch unit {
            case 0x20, 0x0a, 0x0d: hasBlank = true
            case 0x09: break
            case ..<0x20, 0x7f..<0xa0, 0xe000..<0xf900, 0xfff0...: return false
            default: break
            }
        }
        return hasBlank && !isText(head[...])
    }

    /// Whether bytes are text in UTF-8: without control characters, but for blanks and zeros.
    private static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.allSatisfy({ $0 >= 0x20 || 9...0x0d ~= $0 || $0 == 0 || $0 == 0x1b }) else {
            return false
        }
        // A character that begins in the last bytes may not be whole.
        let end = bytes.suffix(3).lastIndex { $0 >= 0xc0 } ?? bytes.endIndex
        return String(validating: bytes[..<end], as: UTF8.self) != nil
    }

    /// A path as a shell takes it.
    private static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { byte in
            byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a
                || byte == 0x2f || byte == 0x2e || byte == 0x5f || byte == 0x2d
        }
        if plain { return path }
        // By bytes: a quote and an accent behind it are one character, which is none to a shell.
        let pieces = path.utf8.split(separator: 0x27, omittingEmptySubsequences: false)
        return "'" + pieces.map { String(Substring($0)) }.joined(separator: "'\\''") + "'"
    }
}
