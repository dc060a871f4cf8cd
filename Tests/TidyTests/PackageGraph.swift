// The graph of targets that Package.swift declares, as SwiftPM itself reads it. It gets a scratch
// folder of its own: on the package's own it would wait for `swift test`, which waits for these
// tests.

import Foundation

/// The targets of the package and what each declares to depend on.
struct PackageGraph: Sendable {
    /// One target.
    struct Room: Sendable {
        let name: String
        let isTest: Bool
        let isSystemLibrary: Bool
        /// Relative to the package's root.
        let folder: String
        /// Modules that it may import because it declares them: targets and products.
        let dependencies: Set<String>
    }

    /// In the manifest's order.
    let rooms: [Room]

    /// Reads Package.swift by asking SwiftPM.
    static let declared: Result<PackageGraph, any Error> = Result {
        let json = try HouseTree.output(
            of: ["swift", "package", "--scratch-path", ".build/tidy", "dump-package"])
        let dump = try JSONDecoder().decode(PackageDump.self, from: Data(json.utf8))
        return PackageGraph(rooms: dump.targets.map(Room.init))
    }

    /// The room that a file belongs to.
    func room(of path: String) -> Room? {
        rooms.first { path.hasPrefix($0.folder + "/") }
    }

    func room(named name: String) -> Room? {
        rooms.first { $0.name == name }
    }
}

/// What of SwiftPM's answer is needed here.
private struct PackageDump: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]
    }

    /// `{"byName": [name, condition]}`, `{"target": …}` or `{"product": [name, package, …]}`.
    struct Dependency: Decodable {
        let names: [String]

        init(from decoder: any Decoder) throws {
            let kinds = try decoder.singleValueContainer().decode([String: [Part?]].self)
            names = kinds.values.compactMap { $0.first??.text }
        }
    }

    /// A name, or something else that is not looked at.
    struct Part: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    let targets: [Target]
}

extension PackageGraph.Room {
    fileprivate init(_ target: PackageDump.Target) {
        name = target.name
        isTest = target.type == "test"
        isSystemLibrary = target.type == "system"
        folder = target.path ?? "\(target.type == "test" ? "Tests" : "Sources")/\(target.name)"
        dependencies = Set(target.dependencies.flatMap(\.names))
    }
}
