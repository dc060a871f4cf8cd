// Which variables of cells the code for workers uses. A worker is another process: it loads the
// libraries of cells and runs no cell, so a variable is zeros there. What nobody would notice, a
// number that is 0, is an error of the cell.

import SwoopModel

/// Code of a cell, by the names that it uses and does not declare.
struct CodeUse: Hashable, Sendable {
    /// The function that it is; empty: a closure.
    var function: String
    /// Names that it uses.
    var names: Set<String>
    /// Its bytes in the cell.
    var range: Range<Int>
}

extension CellText {
    /// What a cell has to do with variables.
    struct Variables: Hashable, Sendable {
        /// Variables at its top level that have memory.
        var stored: Set<String> = []
        /// Functions and computed variables at its top level.
        var code: [CodeUse] = []
        /// What workers run: functions with `@Remote` and closures of `#remote`.
        var remote: [CodeUse] = []
    }

    /// Reads them from the tree that the compiler made of the text.
    static func variables(in tree: JSONValue, of text: [UInt8]) -> Variables {
        var found = Variables()
        for item in tree["items"].elements {
            if let name = CodeUse.declaredName(item) {
                switch item["_kind"].string {
                case "func_decl": found.code.append(CodeUse(item, named: name))
                case "var_decl" where item["accessors"].elements.contains { $0["get"] == true }:
                    found.code.append(CodeUse(item, named: name))
                case "var_decl": found.stored.insert(name)
                default: break
                }
            }
            CodeUse.collectRemote(in: item, of: item, text, into: &found.remote)
        }
        return found
    }
}

extension CodeUse {
    /// Reads what a part of the tree uses; names that the `whole` around it declares are its own.
    fileprivate init(_ part: JSONValue, named name: String, in whole: JSONValue? = nil) {
        function = name
        names = []
        range = CodeUse.range(of: part) ?? 0..<0
        var declared: Set<String> = []
        collect(in: part, &declared)
        if let whole { CodeUse.collectDeclared(in: whole, &declared) }
        names.subtract(declared.subtracting([function]))
    }

    /// From the first byte to the last one of which the tree says anything.
    private static func range(of part: JSONValue) -> Range<Int>? {
        if let start = part["range"]["start"].int, let end = part["range"]["end"].int {
            return start..<max(start, end) + 1
        }
        return (part.elements + part.members.values).compactMap { range(of: $0) }
            .reduce(nil) { whole, next in
                min(
                    whole?.lowerBound ?? .max, next.lowerBound)..<max(
                        whole?.upperBound ?? 0, next.upperBound)
            }
    }

    static func declaredName(_ part: JSONValue) -> String? {
        part["name"]["base_name"]["name"].string
    }

    private mutating func collect(in part: JSONValue, _ declared: inout Set<String>) {
        for element in part.elements { collect(in: element, &declared) }
        let members = part.members
        if let name = CodeUse.declaredName(part) { declared.insert(name) }
        if members["_kind"] == "unresolved_decl_ref_expr", let name = members["name"]?.string {
            names.insert(name)
        }
        for (key, member) in members {
            // What is captured is evaluated where the closure is made.
            if key == "captures" {
                CodeUse.collectDeclared(in: member, &declared)
            } else {
                collect(in: member, &declared)
            }
        }
    }

    private static func collectDeclared(in part: JSONValue, _ declared: inout Set<String>) {
        for element in part.elements { collectDeclared(in: element, &declared) }
        if let name = declaredName(part) { declared.insert(name) }
        for member in part.members.values { collectDeclared(in: member, &declared) }
    }

    fileprivate static func collectRemote(
        in part: JSONValue, of item: JSONValue, _ text: [UInt8], into all: inout [CodeUse]
    ) {
        for element in part.elements { collectRemote(in: element, of: item, text, into: &all) }
        let isType = item["members"] != .null
        if part["_kind"] == "func_decl", let name = declaredName(part),
            part["attrs"].elements.contains(where: { isRemote($0, text) })
        {
            all.append(CodeUse(part, named: name, in: isType ? item : nil))
        } else if part["_kind"] == "macro_expansion_expr", part["name"] == "remote" {
            all.append(CodeUse(part, named: "", in: isType ? item : nil))
        }
        for member in part.members.values { collectRemote(in: member, of: item, text, into: &all) }
    }

    private static func isRemote(_ attribute: JSONValue, _ text: [UInt8]) -> Bool {
        guard let start = attribute["range"]["start"].int, text.indices.contains(start) else {
            return false
        }
        let word = text[start...].prefix { $0 == UInt8(ascii: "@") || CellText.isOfName($0) }
        return word.elementsEqual("@Remote".utf8)
    }
}

/// Which names are variables of cells, and which functions use them.
struct CellVariableNames: Sendable {
    private var stored: Set<String> = []
    /// Names that functions use, by theirs.
    private var uses: [String: Set<String>] = [:]

    /// Takes what a cell declares in place of what had those names before.
    mutating func add(_ text: CellText) {
        for declaration in text.declarations {
            stored.remove(declaration.name)
            uses[declaration.name] = nil
        }
        stored.formUnion(text.variables.stored)
        for code in text.variables.code {
            uses[code.function, default: []].formUnion(code.names)
        }
    }

    /// What is wrong with a cell whose remote code uses variables; nil: nothing.
    func problem(of text: CellText) -> (words: String, offset: Int)? {
        var all = self
        all.add(text)
        let problems = text.variables.remote.flatMap { code in
            code.names.sorted().compactMap { name in
                all.variable(behind: name).map { variable, user in
                    (all.words(code, variable, user), text.place(of: name, in: code.range))
                }
            }
        }
        return problems.min { $0.1 < $1.1 }.map { (words: $0.0, offset: $0.1) }
    }

    private func words(_ code: CodeUse, _ variable: String, _ user: String?) -> String {
        let who = code.function.isEmpty ? "this closure" : code.function
        let start =
            "\(who) runs in other processes, which do not have the value of \(variable), a variable "
            + "of a cell" + (user.map { " that \($0) uses" } ?? "")
        return start
            + (code.function.isEmpty && user == nil
                ? ": capture it, as in `#remote { [\(variable) = \(variable) as Int] … }`"
                : ": pass it as an argument")
    }

    /// The variable that a name is, or that the function of this name leads to, and the function
    /// that uses it.
    private func variable(behind name: String) -> (variable: String, user: String?)? {
        if stored.contains(name) { return (name, nil) }
        var seen: Set<String> = [name]
        var next = [name]
        while let function = next.popLast() {
            for used in (uses[function] ?? []).sorted() {
                if stored.contains(used) { return (used, function) }
                if seen.insert(used).inserted { next.append(used) }
            }
        }
        return nil
    }
}
