// The list of what a program sees of Swoop, Tests/PublicSymbols/Swoop.txt, against the modules that
// were built: whoever makes something public, or takes it away, sees it in a review.

import Foundation
import TestPrograms
import Testing

@Suite struct PublicSymbolsTests {
    /// The modules that `import Swoop` brings along.
    private static let modules = ["Swoop", "SwoopElements", "SwoopModel", "SwoopRoles"]
    private static let list = Workshop.root.appending(path: "Tests/PublicSymbols/Swoop.txt")

    /// The part of a graph of symbols that is read here; the compiler writes it.
    private struct Graph: Decodable {
        struct Symbol: Decodable {
            struct Kind: Decodable { var identifier: String }
            var kind: Kind
            var pathComponents: [String]
            var accessLevel: String

            /// Whether a program may write it.
            var isSeen: Bool {
                ["public", "open"].contains(accessLevel)
                    && !pathComponents.contains { $0.hasPrefix("_") || $0.contains(/\(_\w/) }
            }
        }
        var symbols: [Symbol]
    }

    @Test func `what a program sees of Swoop is what the list says`() throws {
        let seen = try Self.symbols()
        if ProcessInfo.processInfo.environment["SWOOP_SYMBOLS"] == "write" {
            try Data((seen.joined(separator: "\n") + "\n").utf8).write(to: Self.list)
        }
        let listed = try String(contentsOf: Self.list, encoding: .utf8).split(separator: "\n")
            .map(String.init)
        let new = Set(seen).subtracting(listed).sorted()
        let gone = Set(listed).subtracting(seen).sorted()
        let advice =
            "make it package, or let its name begin with _; if programs need it, make symbols "
            + "writes Tests/PublicSymbols/Swoop.txt anew"
        #expect(new.isEmpty, "new: \(new.joined(separator: "\n")): \(advice)")
        #expect(gone.isEmpty, "gone: \(gone.joined(separator: "\n")): make symbols writes the list")
        #expect(seen == listed, "the list is sorted as make symbols writes it")
    }

    /// Every public symbol without an underscore, with its kind, and how many share its name.
    private static func symbols() throws -> [String] {
        let modules = try #require(ProgramRun.path(of: "Modules"), "no modules beside the tests")
        let shop = try Workshop()
        let root = Workshop.root.path(percentEncoded: false)
        let done = try shop.run(
            """
            set -eu
            fetched=$(dirname "$(realpath '\(modules)')")/../../checkouts
            set -- $(find '\(root)Sources' "$fetched"/swift-numerics/Sources -name module.modulemap \
                -printf '-I %h ')
            for name in \(Self.modules.joined(separator: " ")); do
                swift symbolgraph-extract -module-name $name -I '\(modules)' "$@" \
                    -target x86_64-unknown-linux-gnu -minimum-access-level public \
                    -skip-synthesized-members -output-dir . 2>&1
            done
            """)
        try #require(done.status == 0, "\(done.output)")
        var counts: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: shop.path("."))
        where name.hasSuffix(".symbols.json") {
            let graph = try JSONDecoder().decode(
                Graph.self, from: Data(contentsOf: shop.folder.appending(path: name)))
            for symbol in graph.symbols where symbol.isSeen {
                let kind = symbol.kind.identifier.replacing("swift.", with: "")
                counts["\(symbol.pathComponents.joined(separator: ".")) (\(kind))", default: 0] += 1
            }
        }
        return counts.map { $1 == 1 ? $0 : "\($0) x \($1)" }.sorted()
    }
}
