// The files of a package that `swoop init` writes, its name, and where its Swoop comes from.

import FoundationEssentials

/// A name that SwiftPM takes for a package and the compiler for a module.
package struct PackageName: Hashable, Sendable {
    /// As the user wrote it.
    package let text: String

    /// The module: a dash is no part of a name of Swift's.
    package var module: String { String(text.map { $0 == "-" ? "_" : $0 }) }

    /// Modules that the package uses, and words that no module may be called.
    private static let taken: Set<String> = [
        "swift", "swoop", "testing", "foundation", "foundationessentials", "glibc", "main",
        "program",
        "any", "as", "associatedtype", "break", "case", "catch", "class", "continue", "default",
        "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate",
        "for", "func", "guard", "if", "import", "in", "init", "inout", "internal", "is", "let",
        "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows",
        "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws",
        "true", "try", "typealias", "var", "where", "while",
        // What Swoop is built from, and modules of the system that it imports.
        "argumentparser", "argumentparsertoolinfo", "collections", "complexmodule", "containers",
        "basiccontainers", "bitcollections", "debianrank", "dequemodule",
        "hashtreecollections", "heapmodule", "integerutilities", "internalcollectionsutilities",
        "numerics", "orderedcollections", "realmodule", "ropemodule", "sortedcollections",
        "synchronization", "trailingelementsmodule", "dispatch", "musl", "xctest",
    ]
    private static let lengthMax = 64

    package init(_ text: String) throws {
        guard text.utf8.count <= Self.lengthMax else {
            throw ToolError(
                "\"\(text.prefix(20))…\" is too long for a name:"
                    + " \(Self.lengthMax) letters at most")
        }
        let isName =
            text.first?.isLetter == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
        guard isName else {
            throw ToolError(
                "\"\(text)\" is no name of a package: letters, digits, - and _, a letter first")
        }
        let isOurs = text.hasPrefix("Swoop") || text.hasPrefix("CSwoop")
        guard !Self.taken.contains(text.lowercased()), !isOurs else {
            throw ToolError("\"\(text)\" is the name of something else: take another one")
        }
        self.text = text
    }
}

/// Where the package's Swoop comes from.
package enum SwoopSource: Hashable, Sendable {
    /// A clone on this machine, by an absolute path.
    case clone(String)
    case repository(String)

    /// What the user names, or the clone that this tool was built from.
    package static func find(_ named: String?) throws -> SwoopSource {
        if let named {
            if named.contains("://") || named.hasPrefix("git@") { return .repository(named) }
            let home = FileManager.default.homeDirectoryForCurrentUser
            let path =
                named.hasPrefix("~/")
                ? home.appending(path: String(named.dropFirst(2))) : URL(filePath: named)
            guard let clone = Self.clone(at: path.standardizedFileURL) else {
                throw ToolError("there is no clone of Swoop in \(named)")
            }
            return clone
        }
        // The tool lies in the .build of its clone, unless it was copied elsewhere; the compiler
        // noted where this file was.
        var places = [URL(filePath: #filePath)]
        if let program = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/exe")
        {
            places.insert(URL(filePath: program), at: 0)
        }
        for place in places {
            var folder = place.deletingLastPathComponent()
            while folder.pathComponents.count > 1 {
                if let clone = Self.clone(at: folder) { return clone }
                folder = folder.deletingLastPathComponent()
            }
        }
        throw ToolError(
            "the clone of Swoop that this tool was built from is gone: name one, or a repository,"
                + " with --swoop")
    }

    private static func clone(at folder: URL) -> SwoopSource? {
        let manifest = folder.appending(path: "Package.swift")
        guard let text = try? String(contentsOf: manifest, encoding: .utf8),
            text.contains("name: \"Swoop\"")
        else { return nil }
        var path = folder.path(percentEncoded: false)
        while path.count > 1, path.last == "/" { path.removeLast() }
        return .clone(path)
    }

    /// The dependency in a manifest.
    var dependency: String {
        switch self {
        case .clone(let path): ".package(path: \(Self.literal(path)))"
        case .repository(let url): ".package(url: \(Self.literal(url)), branch: \"main\")"
        }
    }

    /// The product in a manifest.
    var product: String {
        ".product(name: \"Swoop\", package: \(Self.literal(identity)))"
    }

    /// What SwiftPM calls the package: the last part of its place.
    private var identity: String {
        let place =
            switch self {
            case .clone(let path): path
            case .repository(let url): url
            }
        let last = place.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? "swoop"
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    private static func literal(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

/// A package: a function, a plan with its estimate, a test.
package struct PackageTemplate: Sendable {
    package let name: PackageName
    package let source: SwoopSource

    package init(name: PackageName, source: SwoopSource) {
        self.name = name
        self.source = source
    }

    /// Paths in the package's folder, and what stands there.
    package var files: [(path: String, text: String)] {
        [
            ("Package.swift", manifest), (".gitignore", ".build/\nPackage.resolved\n"),
            ("Sources/\(name.text)/Functions.swift", functions),
            ("Sources/\(name.text)/Program.swift", program),
            ("Tests/\(name.text)Tests/FunctionTests.swift", tests),
        ]
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name.text)",
            dependencies: [
                \(source.dependency)
            ],
            targets: [
                .executableTarget(
                    name: "\(name.text)",
                    dependencies: [\(source.product)]),
                .testTarget(name: "\(name.text)Tests", dependencies: ["\(name.text)"]),
            ]
        )

        """
    }

    private var functions: String {
        """
        // Functions that any core may run, in a process of its own, more than once: they depend on
        // nothing but their arguments.

        import Swoop

        /// Whether the point of this number, of a grid over the unit square, is inside the circle.
        @Remote func isInside(_ i: Int) -> Bool {
            let side = 3_163
            let x = Double(i % side) / Double(side)
            let y = Double(i / side) / Double(side)
            return x * x + y * y < 1
        }

        """
    }

    private var program: String {
        """
        // What runs on the cluster: this machine's cores, or the hosts that `swoop up` brought up.

        import Swoop

        @main struct Program: SwoopProgram {
            func run(on cluster: Cluster) async throws {
                let points = 3_163 * 3_163
                let plan = cluster.plan { remote in
                    let hits = remote.range(0..<points).filter(isInside).count
                    return 4 * hits / Double(points)
                }
                print(try await plan.estimate())    // "unknown" the first time: run it twice
                print("pi is about", try await plan.run().value)
            }
        }

        """
    }

    private var tests: String {
        """
        import Swoop
        import Testing

        @testable import \(name.module)

        @Suite struct FunctionTests {
            @Test func `a remote function is a function`() {
                #expect(isInside(0))
                #expect(!isInside(3_163 * 3_163 - 1))
            }

            @Test func `a plan counts what a loop counts`() async throws {
                let counted = (0..<100_000).count(where: { isInside($0) })
                var options = LocalOptions()
                options.isVisible = false
                let hits = try await withCluster(.local(options)) { cluster in
                    try await cluster.remotely { remote in
                        remote.range(0..<100_000).filter(isInside).count
                    }.value
                }
                #expect(hits == counted)
            }
        }

        """
    }
}
