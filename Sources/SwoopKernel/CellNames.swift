// What the names of a session mean: each cell is a module, and a name means what the last cell that
// declares it says. Functions of one name and other labels stand beside one another.

import SwoopModel

/// The names that cells have declared.
package struct CellNames: Sendable {
    private struct Entry: Hashable, Sendable {
        let cell: Int
        let declaration: CellDeclaration
    }

    private var entries: [String: [Entry]] = [:]
    private var declarers: [String: [Int]] = [:]
    private var namelessCells: [Int] = []
    /// Lines of import of all cells.
    private(set) var imports: [String] = []
    /// The cells whose types a cell may name, by names of its own or because what it uses has them.
    private var reached: [Int: Set<Int>] = [:]
    /// What code for workers must not use.
    private(set) var variables = CellVariableNames()

    /// Nothing is declared.
    package init() {}

    /// The module of a cell.
    package static func module(of cell: Int) -> String { LearnedName.module(ofCell: cell) }

    /// Takes what a cell declares; of variables those that had their value when it ended: `steps`
    /// of its statements had begun (nil: all, and the last one too).
    package mutating func add(_ text: CellText, cell: Int, steps: Int? = nil) {
        variables.add(text)
        let used = use(of: text.text).cells
        reached[cell] = used.reduce(into: used) { $0.formUnion(reached[$1] ?? []) }
        let assigned = text.declarations.filter { $0.step < steps ?? .max || $0.step == 0 }
        for (name, new) in Dictionary(grouping: assigned, by: \.name) {
            let names = Set(new.map(\.fullName))
            let isFunction = new.allSatisfy { $0.kind == "func" }
            let old = entries[name] ?? []
            let replaced = Set(old.filter { names.contains($0.declaration.fullName) }.map(\.cell))
            let kept = old.filter {
                isFunction && $0.declaration.kind == "func" && !replaced.contains($0.cell)
            }
            declarers[name, default: []].append(cell)
            entries[name] = kept + new.map { Entry(cell: cell, declaration: $0) }
        }
        if text.hasNameless { namelessCells.append(cell) }
        for line in text.imports where !imports.contains(line) { imports.append(line) }
    }

    /// The lines of import that a cell of this text needs.
    ///
    /// What is imported by its name goes before what a whole module brings. What macros have marked
    /// comes as a whole module: then no older one may come that has the name too. Of cells that the
    /// text does not name, but whose types come with what it names, a type comes that nobody uses:
    /// without any import the compiler takes their types for hidden.
    package func imports(for text: String) -> [String] {
        let (lines, cells) = use(of: text)
        let others = cells.reduce(into: Set<Int>()) { $0.formUnion(reached[$1] ?? []) }
        let markers = others.subtracting(cells).sorted().map {
            "@testable import enum \(CellNames.module(of: $0)).\(CellNames.marker(of: $0))"
        }
        return imports + markers + lines
    }

    /// The type that every cell has so that it can be imported alone.
    static func marker(of cell: Int) -> String { "_Marker\(cell)" }

    /// What a text needs of the cells that it names, and which cells those are.
    private func use(of text: String) -> (lines: [String], cells: Set<Int>) {
        var lines: [String] = []
        var cells: Set<Int> = []
        var whole = namelessCells
        var hidden: Set<Int> = []
        for name in CellNames.words(of: text).sorted() {
            let found = entries[name] ?? []
            for entry in found where !entry.declaration.isMarked {
                let line =
                    "@testable import \(entry.declaration.kind) "
                    + "\(CellNames.module(of: entry.cell)).\(CellNames.quoted(name))"
                cells.insert(entry.cell)
                if !lines.contains(line) { lines.append(line) }
            }
            let marked = found.filter(\.declaration.isMarked).map(\.cell)
            for cell in marked where !whole.contains(cell) { whole.append(cell) }
            if let newest = marked.max() {
                hidden.formUnion(
                    (declarers[name] ?? []).filter { $0 < newest && !marked.contains($0) })
            }
        }
        let modules = whole.filter { !hidden.contains($0) }.sorted()
        cells.formUnion(modules)
        return (
            modules.map { "@testable import \(CellNames.module(of: $0))" } + lines, cells
        )
    }

    /// Names that begin so, in their order.
    package func names(beginningWith prefix: String) -> [String] {
        entries.keys.filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// What is declared under a name, as it was written but for its body, and the cell.
    package func declarations(of name: String) -> [(text: String, cell: Int)] {
        (entries[name] ?? []).map { entry in
            (entry.declaration.signature, entry.cell)
        }
    }

    private static func quoted(_ name: String) -> String { "`\(name)`" }

    /// Every word that may be a name, in texts and remarks too: one too many costs an import.
    static func words(of text: String) -> Set<String> {
        var words: Set<String> = []
        var word = ""
        for character in text + " " {
            if CellText.isOfName(character) {
                word.append(character)
            } else if !word.isEmpty {
                words.insert(word)
                word = ""
            }
        }
        return words
    }
}

extension CellText {
    /// Whether a character can be part of a name.
    static func isOfName(_ character: Character) -> Bool {
        character == "_" || character.isLetter || character.isNumber
            || (!character.isASCII && !character.isWhitespace && !character.isPunctuation)
    }

    /// The same of a byte of UTF-8: what is not ASCII counts as part of one.
    static func isOfName(_ byte: UInt8) -> Bool {
        byte >= 0x80 || isOfName(Character(Unicode.Scalar(byte)))
    }
}
