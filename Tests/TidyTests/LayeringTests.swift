// Imports go downward only. SwiftPM does not see to it (an undeclared transitive import builds
// silently), so these tests compare every import with the graph that Package.swift declares, and
// that graph with the table of rooms.

import Foundation
import Testing

@Suite struct LayeringTests {
    let graph: PackageGraph

    init() throws { graph = try PackageGraph.declared.get() }

    @Test func `every target has a kind in the table of rooms`() {
        let unknown = graph.rooms.filter { HouseRules.kind(of: $0) == nil }
        expectNone(unknown.map { "\($0.name): say in HouseRules.kinds what kind of room it is" })
    }

    @Test func `no target depends on a room that is not below it`() {
        var violations: [String] = []
        for room in graph.rooms {
            guard let kind = HouseRules.kind(of: room) else { continue }
            for used in graph.rooms where room.dependencies.contains(used.name) {
                guard let usedKind = HouseRules.kind(of: used) else { continue }
                if kind.mayUse.contains(usedKind) || kind == .test { continue }
                violations.append(
                    "\(room.name) (\(kind)) may not depend on \(used.name) (\(usedKind))")
            }
        }
        expectNone(violations)
    }

    @Test func `every import is declared in Package.swift`() {
        let ours = Set(graph.rooms.map(\.name))
        var violations: [String] = []
        for file in HouseTree.sources where file.isSwift {
            guard let room = graph.room(of: file.path), let kind = HouseRules.kind(of: room) else {
                continue
            }
            for (index, module) in Imports.of(file) {
                let isSystem = !ours.contains(module) && kind.systemModules.contains(module)
                if isSystem || room.dependencies.contains(module) { continue }
                let reason = HouseRules.reason(against: module, in: kind)
                violations.append("\(file.place(index)): no \(module) in \(room.name): \(reason)")
            }
        }
        expectNone(violations)
    }

    @Test func `every source file belongs to a target`() {
        let orphans = HouseTree.sources.filter { graph.room(of: $0.path) == nil }
        expectNone(orphans.map { "\($0.path): no target of Package.swift has it" })
    }
}

/// The import statements of a file.
private enum Imports {
    static let access: Set<Substring> = ["public", "package", "internal", "private", "fileprivate"]
    static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    /// The modules that a file imports, each with the index of its line.
    static func of(_ file: HouseFile) -> [(Int, String)] {
        file.code.enumerated().compactMap { index, line in
            guard line.contains("import ") else { return nil }
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import") else { return nil }
            guard words[..<place].allSatisfy({ $0.hasPrefix("@") || access.contains($0) }) else {
                return nil
            }
            let named = words[(place + 1)...].drop { kinds.contains($0) }.first
            return (named?.split(separator: ".").first).map { (index, String($0)) }
        }
    }
}
