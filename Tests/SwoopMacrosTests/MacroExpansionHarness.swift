// Expands Swoop's macros in source text, for tests: the toolchain's own modules lack the usual test
// support. Macro types are found by name only; nothing is compiled.

import SwiftDiagnostics
import SwiftParser
import SwiftSyntax
import SwiftSyntaxBuilder
import SwiftSyntaxMacroExpansion
import SwiftSyntaxMacros
import SwoopExpansion

/// What came out of expanding a source file.
struct Expansion {
    /// The expanded source, with runs of white space made one space.
    let text: String
    /// `line:column message` of each diagnostic, in order.
    let diagnostics: [String]

    init(_ source: String) {
        let file = Parser.parse(source: source)
        let context = BasicMacroExpansionContext(
            sourceFiles: [file: .init(moduleName: "App", fullFilePath: "App.swift")])
        let macros: [String: any Macro.Type] = [
            "Remote": RemoteMacro.self, "remote": RemoteClosureMacro.self,
            "Record": RecordMacro.self,
        ]
        let specs = macros.mapValues { type in
            MacroSpec(
                type: type,
                conformances: [
                    "RemoteValue", "PageElement", "RemoteArgument", "CSVRow", "_PropertyHolder",
                    "ConvertedElement", "CSVField", "PackedKey", "_SortValue",
                    "_ProxyEquatable",
                ].map { "\(raw: $0)" })
        }
        let expanded = file.expand(macroSpecs: specs) { node in
            BasicMacroExpansionContext(
                sharingWith: context, lexicalContext: node.allMacroLexicalContexts())
        }
        text = Expansion.normalised(expanded.description)
        diagnostics = context.diagnostics.map { diagnostic in
            let place = context.location(
                for: diagnostic.position, anchoredAt: diagnostic.node, fileName: "App.swift")
            return "\(place.line):\(place.column) \(diagnostic.message)"
        }
    }

    static func normalised(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    func contains(_ part: String) -> Bool { text.contains(Expansion.normalised(part)) }
}
