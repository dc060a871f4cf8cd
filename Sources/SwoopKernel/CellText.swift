// What a cell consists of, read from the compiler's parse tree: which names it declares, where its
// statements begin, and whether its last one is an expression whose value is to be shown.

/// A name that a cell declares.
package struct CellDeclaration: Hashable, Sendable {
    /// What an import calls its kind: `func`, `struct`, `let` and so on.
    package let kind: String
    /// The name without arguments.
    package let name: String
    /// With the labels of its arguments, for functions.
    package let fullName: String
    /// As it was written, without its body; of a variable kind and name.
    package let signature: String
    /// Whether macros put more beside it under the same name: no import can name one of those
    /// alone.
    let isMarked: Bool
    /// Of a variable: how many statements begin before it has its value; 0 for others.
    package let step: Int
}

/// The parts of a cell's text that matter.
package struct CellText: Hashable, Sendable {
    /// Text to be put in at a byte of the cell.
    struct Insertion: Hashable, Sendable {
        let offset: Int
        let text: String
    }

    /// The text as the person wrote it.
    package let text: String
    /// Names for later cells.
    package private(set) var declarations: [CellDeclaration] = []
    /// Whether it has what has no name: extensions, operators, what macros add.
    package private(set) var hasNameless = false
    /// Its lines of import, which hold for later cells too.
    package private(set) var imports: [String] = []
    /// In the order of their places.
    private(set) var insertions: [Insertion] = []
    /// What it has to do with variables.
    let variables: Variables
    private let bytes: [UInt8]

    /// Reads the tree that the compiler made of the text; `cell` is the cell's number.
    package init(_ text: String, tree: JSONValue, cell: Int) {
        self.text = text
        bytes = Array(text.utf8)
        variables = CellText.variables(in: tree, of: bytes)
        let items = tree["items"].elements
        let lastStatement = items.lastIndex { $0["_kind"].string != "var_decl" }
        var step = 0
        for (index, item) in items.enumerated() {
            let kind = item["_kind"].string ?? ""
            switch kind {
            case "top_level_code_decl":
                step += 1
                read(
                    statement: item, names: items[(index + 1)...], step: step,
                    isLast: index == lastStatement, cell: cell)
            case "import_decl": readImport(item)
            case "extension_decl", "infix_operator_decl", "prefix_operator_decl",
                "postfix_operator_decl", "precedence_group_decl", "macro_decl":
                hasNameless = true
            case "var_decl": declare(item, as: item["let"].bool == true ? "let" : "var", step)
            default: readDeclaration(item, kind)
            }
        }
    }

    private static let kinds = [
        "func_decl": "func", "struct_decl": "struct", "class_decl": "class", "enum_decl": "enum",
        "protocol": "protocol", "protocol_decl": "protocol", "typealias": "typealias",
    ]

    private mutating func readDeclaration(_ item: JSONValue, _ kind: String) {
        guard let word = CellText.kinds[kind] else { return }
        if item["name"]["base_name"]["is_operator"].bool == true {
            hasNameless = true
        } else {
            declare(item, as: word, 0)
        }
    }

    private mutating func declare(_ item: JSONValue, as kind: String, _ step: Int) {
        guard let name = item["name"]["base_name"]["name"].string else { return }
        let labels = item["name"]["args"].elements.map { label in
            (label.string.map { $0.isEmpty ? "_" : $0 } ?? "_") + ":"
        }
        let full = kind == "func" ? "\(name)(\(labels.joined()))" : name
        declarations.append(
            CellDeclaration(
                kind: kind, name: name, fullName: full,
                signature: signature(of: item) ?? "\(kind) \(full)",
                isMarked: item["attrs"] != .null, step: step))
    }

    /// A declaration up to its body; nil: it has none.
    private func signature(of item: JSONValue) -> String? {
        guard let start = item["range"]["start"].int, bytes.indices.contains(start) else {
            return nil
        }
        let body = item["body"]["range"]["start"].int
        let isType = item["members"] != .null
        let end = body ?? (isType ? bytes[start...].firstIndex(of: UInt8(ascii: "{")) : nil)
        guard let end, end > start, end <= bytes.count else { return nil }
        let words = bytes[start..<end].split {
            $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09
        }
        return String(decoding: Array(words.joined(separator: [0x20])), as: UTF8.self)
    }

    private mutating func readImport(_ item: JSONValue) {
        guard let start = item["range"]["start"].int, bytes.indices.contains(start) else { return }
        let line = bytes[start...].prefix { $0 != 0x0A && $0 != UInt8(ascii: ";") }
        imports.append(String(decoding: line, as: UTF8.self))
    }

    private mutating func read(
        statement item: JSONValue, names: ArraySlice<JSONValue>, step: Int, isLast: Bool, cell: Int
    ) {
        guard let start = item["range"]["start"].int, (0...bytes.count).contains(start),
            let element = item["body"]["elements"].elements.first
        else { return }
        let kind = element["_kind"].string ?? ""
        if step > 1 { insert("_cellStep(\(step)); ", at: start) }
        if kind == "defer_stmt" {
            // The cell's scope is never left: its task waits for ever. What runs at its end is
            // called there; another statement behind it keeps the compiler from a remark.
            guard let end = item["range"]["end"].int, start <= end, end < bytes.count else {
                return
            }
            insert("_cellAtEnd { ", at: start)
            insert("; _cellDeferred() }", at: end + 1)
        } else if kind == "pattern_binding_decl" {
            let place = element["range"]["start"].int ?? start
            guard place >= start, place <= bytes.count else { return }
            let before = String(decoding: bytes[start..<place], as: UTF8.self)
            let variables = names.prefix { $0["_kind"].string == "var_decl" }
            let entries = element["pattern_entries"].elements
            let isStored =
                entries.contains { $0["original_init"] != .null }
                || variables.contains { $0["accessors"] == .null }
            if isStored, !before.contains("nonisolated"), !before.contains("MainActor") {
                insert("nonisolated(unsafe) ", at: place)
            }
        } else if isLast, isShown(element, kind) {
            insert("_CellValue(\(cell)) <~~ ", at: start)
        }
    }

    private func isShown(_ element: JSONValue, _ kind: String) -> Bool {
        guard kind.hasSuffix("_expr"), kind != "assign_expr" else { return false }
        return !element["elements"].elements.contains { $0["_kind"].string == "assign_expr" }
    }

    private mutating func insert(_ text: String, at offset: Int) {
        insertions.append(Insertion(offset: offset, text: text))
    }

    /// The byte where a name is used first that nothing there declares; the compiler's tree has no
    /// place for it. Where the name does not stand, the first byte.
    func place(of name: String, in range: Range<Int>) -> Int {
        let (range, word) = (range.clamped(to: 0..<bytes.count), Array(name.utf8))
        func isOfName(_ place: Int) -> Bool {
            bytes.indices.contains(place) && CellText.isOfName(bytes[place])
        }
        return range.first { place in
            bytes[place...].starts(with: word) && !isOfName(place - 1)
                && !isOfName(place + word.count)
                && (place == 0 || bytes[place - 1] != UInt8(ascii: "."))
        } ?? range.lowerBound
    }

    /// A problem with the text, as the compiler would say it.
    func said(_ words: String, at offset: Int, of file: String) -> String {
        let before = bytes.prefix(offset)
        let start = (before.lastIndex(of: 0x0A) ?? -1) + 1
        let (line, column) = (1 + before.count { $0 == 0x0A }, before.count - start)
        let written = String(decoding: bytes[start...].prefix { $0 != 0x0A }, as: UTF8.self)
        let margin = String(decoding: before[start...], as: UTF8.self).map { _ in " " }.joined()
        return "\(file):\(line):\(column + 1): error: \(words)\n\(written)\n\(margin)^"
    }

    /// The text with what was put in, and where that is.
    package var extended: (text: String, shifts: ColumnShifts) {
        var result: [UInt8] = []
        var shifts = ColumnShifts()
        var place = 0
        for insertion in insertions where insertion.offset >= place {
            result += bytes[place..<insertion.offset]
            result += Array(insertion.text.utf8)
            place = insertion.offset
            let before = bytes[..<place]
            let line = 1 + before.count { $0 == 0x0A }
            let column = 1 + before.reversed().prefix { $0 != 0x0A }.count
            shifts.add(line: line, column: column, count: insertion.text.utf8.count)
        }
        result += bytes[place...]
        return (String(decoding: result, as: UTF8.self), shifts)
    }
}

/// How far columns of what is compiled are from those of what the person wrote.
package struct ColumnShifts: Hashable, Sendable {
    private struct Shift: Hashable, Sendable {
        let line: Int
        let column: Int
        let count: Int
    }

    private var shifts: [Shift] = []

    /// Nothing was put in.
    package init() {}

    mutating func add(line: Int, column: Int, count: Int) {
        shifts.append(Shift(line: line, column: column, count: count))
    }

    /// The column that the person sees; what was put in counts as the place behind it.
    package func original(line: Int, column: Int) -> Int {
        var column = column
        for shift in shifts where shift.line == line && column > shift.column {
            column = max(shift.column, column - shift.count)
        }
        return column
    }
}
