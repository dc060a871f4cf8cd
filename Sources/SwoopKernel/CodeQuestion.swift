// Questions about a cell that is being typed, as SourceKit is asked them, and what its answers mean
// to the person: names that could stand there, declarations, documentation.

import SwoopModel

/// A question about a place in a text.
package struct CodeQuestion: Hashable, Sendable {
    /// What is asked.
    package enum Kind: String, Hashable, Sendable {
        /// What could stand there.
        case completion
        /// What stands there.
        case inspection
    }

    /// By which its answer is known.
    package let number: Int
    package let kind: Kind
    /// The cell with the imports that it needs.
    package let source: String
    /// The byte of the source where the name begins.
    package let offset: Int
    /// What was typed of the name.
    package let typed: String

    /// A question about a cell among the session's names; the place is counted in Unicode scalars.
    init(
        _ number: Int, _ kind: Kind, of code: String, at place: Int, typed: String,
        names: CellNames
    ) {
        // Names that the text may come to name are there too.
        let others =
            kind == .completion && !typed.isEmpty
            ? names.names(beginningWith: typed).prefix(CodeQuestion.namesMax) : []
        let needed = names.imports(for: ([code] + others).joined(separator: " "))
        let head = (["import SwoopCells"] + needed).joined(separator: "\n") + "\n"
        let before = code.unicodeScalars.prefix(place)
        self.number = number
        self.kind = kind
        source = head + code
        offset = head.utf8.count + before.reduce(0) { $0 + UTF8.width($1) }
        self.typed = typed
    }

    /// The module that a cell is which is being typed.
    package static let module = "Question"

    /// As a line for the process that has SourceKit: the compiler's arguments, and the library.
    ///
    /// Of its requests the second one has the answer.
    package func line(arguments: [String], library: String) -> String {
        let value: JSONValue = [
            "number": .integer(number), "library": .text(library),
            "requests": .array(requests(arguments: arguments).map { .text($0) }),
        ]
        return value.encoded
    }

    private static let file = "/swoop/Cell.swift"

    private func requests(arguments: [String]) -> [String] {
        let all = (["-module-name", CodeQuestion.module] + arguments + [CodeQuestion.file])
            .map { JSONValue.text($0).encoded }.joined(separator: ", ")
        let file = JSONValue.text(CodeQuestion.file).encoded
        let text = JSONValue.text(source).encoded
        let opening = """
            {key.request: source.request.editor.open, key.name: \(file), key.sourcetext: \(text), \
            key.compilerargs: [\(file)], key.enablesyntaxmap: 0, key.enablesubstructure: 0, \
            key.enablediagnostics: 0, key.syntactic_only: 1}
            """
        let place = """
            key.name: \(file), key.sourcefile: \(file), key.sourcetext: \(text), \
            key.offset: \(offset), key.compilerargs: [\(all)]
            """
        let closing = "{key.request: source.request.editor.close, key.name: \(file)}"
        switch kind {
        case .completion:
            let options = """
                {key.codecomplete.filtertext: \(JSONValue.text(typed).encoded), \
                key.codecomplete.requestlimit: \(CodeQuestion.namesMax), \
                key.codecomplete.sort.fuzzymatching: 0, key.codecomplete.group.overloads: 0, \
                key.codecomplete.group.stems: 0}
                """
            return [
                opening,
                """
                {key.request: source.request.codecomplete.open, \
                key.codecomplete.options: \(options), \(place)}
                """,
                """
                {key.request: source.request.codecomplete.close, key.name: \(file), \
                key.sourcefile: \(file), key.offset: \(offset)}
                """, closing,
            ]
        case .inspection:
            return [opening, "{key.request: source.request.cursorinfo, \(place)}", closing]
        }
    }

    /// Names that are offered at most.
    private static let namesMax = 200
}

/// The answer to a question.
package enum CodeAnswer: Hashable, Sendable {
    /// What SourceKit says.
    case said(JSONValue)
    /// It cannot be asked, for this reason.
    case missing(String)
    /// It has no answer.
    case nothing

    /// Reads the line of an answer, and the question's number.
    package static func read(_ line: [UInt8]) -> (number: Int, answer: CodeAnswer)? {
        guard let value = try? JSONValue(line), let number = value["number"].int else { return nil }
        if let reason = value["missing"].string { return (number, .missing(reason)) }
        return (number, value["answer"] == .null ? .nothing : .said(value["answer"]))
    }

    /// As a line.
    package static func line(number: Int, missing: String) -> String {
        JSONValue.object(["number": .integer(number), "missing": .text(missing)]).encoded
    }

    /// As a line; the answer is JSON already.
    package static func line(number: Int, answer: String?) -> String {
        "{\"number\":\(number),\"answer\":\(answer ?? "null")}"
    }
}

/// A name that could stand at a place.
struct CodeCompletion: Hashable {
    let text: String
    /// What a client marks it with: `function`, `instance`, `keyword`.
    let kind: String
    /// Arguments and type.
    let signature: String

    /// What an answer offers that begins as was typed.
    static func all(in answer: JSONValue, typed: String) -> [CodeCompletion] {
        var seen: Set<String> = []
        return answer["key.results"].elements.compactMap { item in
            let name = item["key.name"].string ?? ""
            // Of a call the arguments are the person's.
            let text =
                name.hasSuffix("()")
                ? name
                : name.prefix { $0 != "(" } + (name.utf8.contains(UInt8(ascii: "(")) ? "(" : "")
            guard !text.isEmpty, text.first != "(", text.hasPrefix(typed),
                seen.insert(text).inserted
            else { return nil }
            let words = item["key.kind"].string ?? ""
            return CodeCompletion(
                text: text, kind: kind(of: words),
                signature: [item["key.description"].string, item["key.typename"].string]
                    .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": "))
        }
    }

    private static func kind(of words: String) -> String {
        for (part, kind) in [
            (".keyword", "keyword"), (".module", "module"), (".function", "function"),
            (".struct", "class"), (".class", "class"), (".enumelement", "instance"),
            (".enum", "class"), (".protocol", "class"), (".typealias", "class"),
            (".var", "instance"),
        ] where words.mentions(part) { return kind }
        return "text"
    }

    /// As clients of Jupyter take it.
    func content(start: Int, end: Int) -> JSONValue {
        [
            "text": .text(text), "type": .text(kind), "signature": .text(signature),
            "start": .integer(start), "end": .integer(end),
        ]
    }
}

/// The description of a name that SourceKit gives.
enum CodeInspection {
    /// The declaration and its documentation; nil: an answer has none.
    static func text(of answer: JSONValue) -> String? {
        guard let declaration = answer["key.annotated_decl"].string.map(Markup.plain) else {
            return nil
        }
        let documentation = answer["key.doc_comment"].string ?? ""
        let module = answer["key.modulename"].string ?? ""
        let place = LearnedName.isCell(module: module) ? "declared in a cell" : "module \(module)"
        let parts = [
            declaration, documentation,
            module.isEmpty || module == CodeQuestion.module ? "" : place,
        ]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}

extension Markup {
    /// A text without its marks.
    static func plain(_ xml: String) -> String {
        var text = ""
        var isMark = false
        for character in xml {
            switch character {
            case "<": isMark = true
            case ">" where isMark: isMark = false
            default: if !isMark { text.append(character) }
            }
        }
        for (mark, character) in [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&"),
        ] { text = text.pieces(between: mark).joined(separator: character) }
        return text
    }
}

extension String {
    /// The pieces between occurrences of a text.
    fileprivate func pieces(between text: String) -> [Substring] {
        var pieces: [Substring] = []
        var rest = self[...]
        while let place = rest.place(of: text) {
            pieces.append(rest[..<place])
            rest = rest[place...].dropFirst(text.count)
        }
        return pieces + [rest]
    }
}
