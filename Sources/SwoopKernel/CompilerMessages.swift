// The compiler's messages as the person sees them: at the lines and columns of the cell as it was
// written, without remarks about what the kernel has put in.

import SwoopModel

/// What a compiler said about a cell.
package struct CompilerMessages: Hashable, Sendable {
    /// For people.
    package private(set) var text = ""
    /// The first error, in one line; nil where there is none.
    package private(set) var firstError: String?

    /// Reads what the compiler printed (in the style of LLVM).
    package init(_ output: String, file: String, written: String, shifts: ColumnShifts) {
        let lines = output.pieces(at: "\n", omittingEmpty: false).map(String.init)
        let source = written.pieces(at: "\n", omittingEmpty: false).map(String.init)
        var index = 0
        var isShown = true
        while index < lines.count {
            guard let head = Head(lines[index]) else {
                index += 1
                continue
            }
            index += 1
            var marks: [String] = []
            while index < lines.count, Head(lines[index]) == nil {
                marks.append(lines[index])
                index += 1
            }
            while marks.last?.isEmpty == true { marks.removeLast() }
            if head.kind != "note" { isShown = CompilerMessages.concernsPeople(head, file: file) }
            guard isShown else { continue }
            add(head, marks, file: file, source: source, shifts: shifts)
        }
        while text.hasSuffix("\n") { text.removeLast() }
    }

    /// Warnings about what stands outside of the cell, or about what was put into it, are ours.
    private static func concernsPeople(_ head: Head, file: String) -> Bool {
        if head.kind == "error" { return true }
        return head.file == file && !head.words.contains("'nonisolated(unsafe)'")
    }

    private mutating func add(
        _ head: Head, _ marks: [String], file: String, source: [String], shifts: ColumnShifts
    ) {
        guard head.file == file, head.line > 0, head.line <= source.count else {
            // A note about a declaration of an earlier cell, or of a library: its words are enough.
            let place = head.kind == "note" ? "" : "\(head.file):\(head.line): "
            text += "\(place)\(head.kind): \(head.words)\n"
            if head.kind == "error", firstError == nil { firstError = head.words }
            return
        }
        let column = shifts.original(line: head.line, column: head.column)
        let line = source[head.line - 1]
        if head.kind == "error", firstError == nil { firstError = head.words }
        let first = "\(head.file):\(head.line):\(column): \(head.kind): \(head.words)\n"
        // Of two statements of which one was put in, the compiler warns twice.
        if head.kind == "warning", text.hasPrefix(first) || text.contains("\n" + first) { return }
        text += "\(first)\(line)\n"
        // The compiler leaves the mark out beneath a line with letters beyond ASCII.
        if marks.count == 1, !line.utf8.allSatisfy({ $0 < 0x80 }) {
            let before = String(
                decoding: line.utf8.prefix(max(1, column) - 1), as: UTF8.self)
            text += before.map { $0 == "\t" ? "\t" : " " }.joined() + "^\n"
        }
        for mark in marks.dropFirst() {
            let width = head.column - column
            let spaces = mark.prefix { $0 == " " }.count
            text += mark.dropFirst(min(width, spaces)) + "\n"
        }
    }
}

/// The first line of a message.
private struct Head {
    let file: String
    let line: Int
    let column: Int
    let kind: String
    let words: String

    init?(_ text: String) {
        for kind in ["error", "warning", "note", "remark"] {
            guard let range = text.firstRange(ofText: ": \(kind): ") else { continue }
            let place = text[..<range.lowerBound].split(separator: ":")
            guard place.count >= 3, let column = Int(place[place.count - 1]),
                let line = Int(place[place.count - 2])
            else {
                guard text[..<range.lowerBound] == "<unknown>:0" else { continue }
                self.init(
                    file: "compiler", line: 0, column: 0, kind: kind,
                    words: String(text[range.upperBound...]))
                return
            }
            self.init(
                file: place.dropLast(2).joined(separator: ":"), line: line, column: column,
                kind: kind, words: String(text[range.upperBound...]))
            return
        }
        return nil
    }

    private init(file: String, line: Int, column: Int, kind: String, words: String) {
        self.file = file
        self.line = line
        self.column = column
        self.kind = kind
        self.words = words
    }
}

extension String {
    /// Where some text first stands.
    fileprivate func firstRange(ofText text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
