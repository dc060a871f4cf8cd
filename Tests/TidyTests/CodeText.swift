// Enough of Swift's lexical rules to look for words in code and not in comments or literals, and to
// find where a function ends. Not a parser: it knows comments, string literals and brackets.

/// Views of Swift source text.
enum CodeText {
    /// The text with comments and string literals (their interpolations too) turned to spaces.
    ///
    /// Line breaks stay, so that line numbers do.
    static func withoutCommentsAndLiterals(_ text: String) -> String {
        var scanner = CodeScanner(Array(text.utf8))
        scanner.blankAll()
        return String(decoding: scanner.bytes, as: UTF8.self)
    }

    /// Whether `token` stands in `line` as words of its own.
    static func contains(_ token: String, in line: Substring) -> Bool {
        var rest = line
        while let range = rest.firstRange(of: token) {
            let before =
                range.lowerBound > line.startIndex
                ? line[line.index(before: range.lowerBound)] : " "
            let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
            let startsInside = isWord(token.first) && isWord(before)
            let endsInside = isWord(token.last) && isWord(after)
            if !startsInside && !endsInside { return true }
            rest = line[line.index(after: range.lowerBound)...]
        }
        return false
    }

    /// Index of the first line and number of lines of every function, initialiser and subscript.
    static func functions(in code: [Substring]) -> [(start: Int, count: Int)] {
        let bytes = Array(code.joined(separator: "\n").utf8)
        var found: [(start: Int, count: Int)] = []
        var line = 0
        var index = 0
        var previous = UInt8(ascii: "\n")
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") { line += 1 }
            let startsWord =
                !isWordByte(previous) && previous != UInt8(ascii: ".") && isWordByte(byte)
            if startsWord, let end = wordEnd(opening(at: index, in: bytes), index) {
                if let close = bodyEnd(after: end, in: bytes) {
                    let count = bytes[index...close].count { $0 == UInt8(ascii: "\n") } + 1
                    found.append((line, count))
                }
            }
            previous = byte
            index += 1
        }
        return found
    }

    static func isWord(_ character: Character?) -> Bool {
        guard let character else { return false }
        return character.isLetter || character.isNumber || character == "_"
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 128...:
            true
        default: false
        }
    }

    private static func opening(at index: Int, in bytes: [UInt8]) -> String? {
        guard "fisd".utf8.contains(bytes[index]) else { return nil }
        for word in ["func", "init", "subscript", "deinit"] {
            let end = index + word.utf8.count
            guard end < bytes.count, bytes[index..<end].elementsEqual(word.utf8) else { continue }
            if !isWordByte(bytes[end]) { return word }
        }
        return nil
    }

    private static func wordEnd(_ word: String?, _ index: Int) -> Int? {
        word.map { index + $0.utf8.count }
    }

    /// Where the body that follows a signature closes; nil for a requirement without a body.
    private static func bodyEnd(after start: Int, in bytes: [UInt8]) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in start..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
            case UInt8(ascii: "{"): braces += 1
            case UInt8(ascii: "}"):
                if braces == 0 { return nil }
                braces -= 1
                if braces == 0 && parentheses == 0 { return index }
            default:
                let opensNext = braces == 0 && parentheses == 0 && !isWordByte(bytes[index - 1])
                if opensNext && declares(at: index, in: bytes) { return nil }
            }
            if parentheses < 0 { return nil }
        }
        return nil
    }

    private static func declares(at index: Int, in bytes: [UInt8]) -> Bool {
        for word in ["func ", "var ", "init", "static ", "mutating ", "subscript", "case ", "let "]
        where bytes[index...].starts(with: word.utf8) {
            return true
        }
        return false
    }
}

/// Goes through source text once and blanks what is no code.
private struct CodeScanner {
    var bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func blankAll() {
        while index < bytes.count {
            if starts("//") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { blank() }
            } else if starts("/*") {
                blankBlockComment()
            } else if let hashes = literalOpening() {
                blankLiteral(hashes: hashes)
            } else {
                index += 1
            }
        }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < bytes.count
    }

    /// Number of `#` before a string literal that opens here; nil if none does.
    private func literalOpening() -> Int? {
        var end = index
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "\"") else { return nil }
        return end - index
    }

    private mutating func blankLiteral(hashes: Int) {
        let fence = String(repeating: "#", count: hashes)
        blank(hashes)
        let quote = starts("\"\"\"") ? "\"\"\"" : "\""
        blank(quote.utf8.count)
        while index < bytes.count, !starts(quote + fence) {
            if starts("\\" + fence + "(") {
                blank(2 + hashes)
                blankInterpolation()
            } else if starts("\\" + fence) {
                blank(2 + hashes)
            } else if quote.utf8.count == 1, bytes[index] == UInt8(ascii: "\n") {
                return
            } else {
                blank()
            }
        }
        blank(quote.utf8.count + hashes)
    }

    private mutating func blankInterpolation() {
        var depth = 1
        while index < bytes.count, depth > 0 {
            if let hashes = literalOpening() {
                blankLiteral(hashes: hashes)
                continue
            }
            if bytes[index] == UInt8(ascii: "(") { depth += 1 }
            if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
            blank()
        }
    }

    private func starts(_ text: String) -> Bool {
        bytes[index...].starts(with: text.utf8)
    }

    private mutating func blank(_ count: Int = 1) {
        let end = min(index + count, bytes.count)
        while index < end {
            if bytes[index] != UInt8(ascii: "\n") { bytes[index] = UInt8(ascii: " ") }
            index += 1
        }
    }
}
