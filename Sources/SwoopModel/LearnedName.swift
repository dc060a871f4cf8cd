// The names that functions are learned under. A worker finds a function by where it stands; what is
// learned of it should outlast the cell of a notebook that it was declared in, and the file.

/// Names of functions as they are learned.
package enum LearnedName {
    /// The module that a cell of a notebook is.
    package static func module(ofCell cell: Int) -> String { "Cell\(cell)" }

    /// Whether a module is a cell of a notebook.
    package static func isCell(module: some StringProtocol) -> Bool {
        isNumbered(Substring(module), between: "Cell", and: "")
    }

    /// The file that a cell of a notebook is, by the number that people see.
    package static func file(ofCell count: Int) -> String { "In[\(count)]" }

    /// What stands in place of module and file of every cell.
    package static let cells = "notebook/cells"

    /// What forecasts of a function are kept under: its identity, without the number of a cell.
    ///
    /// The version of the code is its fingerprint, so a cell that is run again goes on learning,
    /// and a function that is declared anew is another version of the one before.
    package static func of(_ identity: String) -> String {
        guard let (place, signature) = identity[...].halves(at: ":"),
            let (module, file) = place.halves(at: "/"),
            isCell(module: module), isNumbered(file, between: "In[", and: "]")
        else { return identity }
        return "\(cells):\(signature)"
    }

    /// Path, name and signature of a function's identity, or the steps of a chain's: what it shares
    /// with the same code in another file or program; nil: it has no place.
    package static func signature(of identity: String) -> String? {
        identity[...].halves(at: ":").map { String($0.1) }
    }

    /// Whether an identity is a chain's: its steps, behind the name of a program.
    package static func isChain(_ identity: String) -> Bool {
        identity[...].halves(at: ":").map { !$0.0.utf8.contains(UInt8(ascii: "/")) } ?? false
    }

    private static func isNumbered(
        _ text: Substring, between start: String, and end: String
    ) -> Bool {
        let (text, start, end) = (text.utf8, start.utf8, end.utf8)
        guard text.count > start.count + end.count, text.starts(with: start),
            text.suffix(end.count).elementsEqual(end)
        else { return false }
        return text.dropFirst(start.count).dropLast(end.count).allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }
}
