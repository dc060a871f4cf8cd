// The form of files: length of lines, functions and files, the comment that opens a file,
// documentation, and what a comment may promise. Layout is swift-format's business (`make format`).

import Foundation
import Testing

@Suite struct FormTests {
    @Test func `lines keep within 100 columns`() {
        var violations: [String] = []
        for file in HouseTree.sources {
            for (index, line) in file.lines.enumerated()
            where line.utf8.count > HouseRules.lineLengthMax
                && line.count > HouseRules.lineLengthMax
            {
                // A sentence or a line of made code in a literal is easier to find in one piece.
                let code = file.code[index].trimmed
                let isLiteral = !line.contains("//") && code <= HouseRules.lineLengthMax
                if !isLiteral { violations.append("\(file.place(index)): \(line.count) columns") }
            }
        }
        expectNone(violations)
    }

    @Test func `functions keep within 70 lines`() {
        var violations: [String] = []
        for file in HouseTree.sources where file.isSwift {
            for function in CodeText.functions(in: file.code)
            where function.count > HouseRules.functionLengthMax {
                let place = file.place(function.start)
                violations.append("\(place): a function of \(function.count) lines: name its parts")
            }
        }
        expectNone(violations)
    }

    @Test func `files keep within 600 lines`() {
        var violations: [String] = []
        for file in HouseTree.sources {
            if file.lines.count > HouseRules.fileLengthMax {
                violations.append("\(file.path): \(file.lines.count) lines: split it by subject")
            } else if file.lines.count > HouseRules.fileLengthUsual {
                print(
                    "tidy: \(file.path) has \(file.lines.count) lines; files here have 100 to 300")
            }
        }
        expectNone(violations)
    }

    @Test func `every file opens with a comment on what it holds`() {
        let bare = HouseTree.sources.filter { !$0.text.hasPrefix("//") && !$0.text.hasPrefix("/*") }
        expectNone(bare.map { "\($0.path): open with `//` lines: what it holds, what it does not" })
    }

    @Test func `what other modules may use is documented`() {
        var violations: [String] = []
        for file in HouseTree.sources
        where file.isSwift && file.path.hasPrefix("Sources/") {
            for (index, line) in file.code.enumerated()
            where Documentation.isNeeded(by: line) && !Documentation.exists(above: index, in: file)
            {
                violations.append(
                    "\(file.place(index)): say in a `///` line what the name does not")
            }
        }
        expectNone(violations)
    }

    @Test func `a promise to do something names its issue`() {
        var violations: [String] = []
        for file in HouseTree.ruled {
            for (index, line) in file.lines.enumerated() {
                for word in ["TODO", "FIXME", "XXX", "HACK"] {
                    guard CodeText.contains(word, in: line), !line.contains("\(word)(#") else {
                        continue
                    }
                    violations.append("\(file.place(index)): write \(word)(#issue), or do it")
                }
            }
        }
        expectNone(violations)
    }

    @Test func `no file name says that it has no better one`() {
        let vague = HouseTree.sources.filter { file in
            HouseRules.namesWithoutReason.contains { file.name.contains($0) }
        }
        expectNone(vague.map { "\($0.path): name it for what it holds" })
    }
}

extension Substring {
    /// Columns up to the last that is no space.
    fileprivate var trimmed: Int {
        lastIndex { $0 != " " }.map { distance(from: startIndex, to: $0) + 1 } ?? 0
    }
}

/// Which declarations other modules see, and whether they are documented.
private enum Documentation {
    static let modifiers: Set<Substring> = [
        "static", "final", "mutating", "nonmutating", "consuming", "borrowing", "indirect",
        "nonisolated", "isolated", "weak", "unowned", "convenience", "override", "required",
        "private(set)", "package(set)", "internal(set)",
    ]
    static let types: Set<Substring> = [
        "struct", "class", "enum", "protocol", "actor", "macro", "func",
    ]
    static let members: Set<Substring> = ["var", "let", "init", "subscript"]

    /// Whether a line of code begins a declaration that other modules see.
    ///
    /// Underscored names are for code that macros make or that is inlined: no reader meets them.
    /// Stored properties, initialisers and requirements of `package` types may stand under the
    /// type's comment.
    static func isNeeded(by line: Substring) -> Bool {
        guard line.contains("public ") || line.contains("package ") else { return false }
        let words = line.split(separator: " ", maxSplits: 10)
        guard let access = words.firstIndex(where: { $0 == "public" || $0 == "package" }),
            words[..<access].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
        else { return false }
        let rest = words[(access + 1)...].drop { modifiers.contains($0) }
        guard let keyword = rest.first?.prefix(while: { CodeText.isWord($0) }) else { return false }
        let isOperator =
            keyword == "func" && rest.dropFirst().first?.first.map(CodeText.isWord) == false
        let isUnderscored = rest.dropFirst().first?.hasPrefix("_") == true
        let isNamed =
            types.contains(keyword) || words[access] == "public" && members.contains(keyword)
        return isNamed && !isUnderscored && !isOperator
    }

    /// A documentation comment above, attributes between.
    static func exists(above index: Int, in file: HouseFile) -> Bool {
        // Closing parentheses of an attribute on several lines, not yet opened.
        var open = 0
        for line in file.lines[..<index].reversed() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            open += text.count { $0 == ")" } - text.count { $0 == "(" }
            if open > 0 { continue }
            guard text.hasPrefix("@") || text.hasPrefix("#if") else { return false }
        }
        return false
    }
}
