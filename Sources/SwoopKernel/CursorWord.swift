// The word at a cursor, whose place is counted in Unicode scalars; whether a cell is complete;
// patterns of the history.

import SwoopModel

/// Words of a text by the place of a cursor.
enum CursorWord {
    /// Swift's words that begin declarations and statements.
    static let keywords = [
        "actor", "async", "await", "break", "case", "catch", "class", "continue", "default",
        "defer",
        "do", "else", "enum", "extension", "fallthrough", "false", "for", "func", "guard", "if",
        "import", "in", "init", "inout", "let", "nil", "print", "private", "protocol", "public",
        "repeat", "return", "self", "static", "struct", "switch", "throw", "throws", "true", "try",
        "typealias", "var", "where", "while",
    ]

    /// What stands before the cursor, and where it begins and ends.
    static func beforeCursor(in code: String, at cursor: Int) -> (String, Int, Int) {
        let scalars = Array(code.unicodeScalars)
        let end = min(max(cursor, 0), scalars.count)
        var start = end
        while start > 0, isOfName(scalars[start - 1]) { start -= 1 }
        return (text(scalars[start..<end]), start, end)
    }

    /// The whole word that the cursor is in or behind.
    static func aroundCursor(in code: String, at cursor: Int) -> String {
        let (_, start, end) = beforeCursor(in: code, at: cursor)
        let scalars = Array(code.unicodeScalars)
        var stop = end
        while stop < scalars.count, isOfName(scalars[stop]) { stop += 1 }
        return text(scalars[start..<stop])
    }

    /// Whether a name that begins there is asked of what stands before a dot.
    static func isMember(in code: String, at start: Int) -> Bool {
        let scalars = code.unicodeScalars.prefix(start)
        return scalars.last == "."
    }

    /// Where the name begins that a person at the cursor asks for: the one at the cursor, or that
    /// of the function whose arguments are typed there; nil: there is none.
    static func inspected(in code: String, at cursor: Int) -> Int? {
        let (_, start, _) = beforeCursor(in: code, at: cursor)
        // Of a number nobody asks what it is.
        if let first = aroundCursor(in: code, at: cursor).first, !first.isNumber { return start }
        return calledFunction(in: code, at: cursor)
    }

    /// Where the function's name begins whose arguments the cursor stands among; nil: nowhere.
    static func calledFunction(in code: String, at cursor: Int) -> Int? {
        let scalars = Array(code.unicodeScalars)
        var place = min(max(cursor, 0), scalars.count)
        var depth = 0
        while place > 0 {
            place -= 1
            switch scalars[place] {
            case ")", "]", "}": depth += 1
            case "[", "{":
                if depth == 0 { return nil }
                depth -= 1
            case "(" where depth > 0: depth -= 1
            case "(":
                let (word, start, _) = beforeCursor(in: code, at: place)
                return word.isEmpty ? nil : start
            default: break
            }
        }
        return nil
    }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        CellText.isOfName(Character(scalar))
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}

/// A pattern with `*` for anything and `?` for any one character.
struct TextPattern {
    private let pattern: [Character]

    init(_ text: String) { pattern = Array(text) }

    func matches(_ text: String) -> Bool {
        let text = Array(text)
        var place = 0
        var mark = 0
        var star: Int?
        var starMark = 0
        while mark < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = place
                starMark = mark
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[mark] {
                place += 1
                mark += 1
            } else if let last = star {
                place = last + 1
                starMark += 1
                mark = starMark
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
