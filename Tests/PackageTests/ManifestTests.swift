// The manifest where other packages depend on this one: by a version, beside macros of others, on
// hosts that are not supported. Only macros are built here; InitTests builds a whole program.

import Foundation
import Testing

@Suite struct ManifestTests {
    /// A package with a macro, and a swift-syntax of its own: modules of the same names, with
    /// nothing in them that Swoop's macros could be compiled with.
    private static let otherPackage = [
        "swift-syntax/Package.swift": """
        // swift-tools-version: 6.0
        import PackageDescription
        let names = ["SwiftSyntax", "SwiftSyntaxMacros", "SwiftDiagnostics"]
        let package = Package(
            name: "swift-syntax", products: names.map { .library(name: $0, targets: [$0]) },
            targets: names.map { .target(name: $0) })
        """,
        "swift-syntax/Sources/SwiftSyntax/Empty.swift": "public struct Nothing {}\n",
        "swift-syntax/Sources/SwiftSyntaxMacros/Empty.swift": "public struct Nothing {}\n",
        "swift-syntax/Sources/SwiftDiagnostics/Empty.swift": "public struct Nothing {}\n",
        "other/Package.swift": """
        // swift-tools-version: 6.0
        import CompilerPluginSupport
        import PackageDescription
        let package = Package(
            name: "other", products: [.library(name: "Other", targets: ["Other"])],
            dependencies: [.package(path: "../swift-syntax")],
            targets: [
                .macro(
                    name: "OtherMacros",
                    dependencies: [
                        .product(name: "SwiftSyntax", package: "swift-syntax"),
                        .product(name: "SwiftSyntaxMacros", package: "swift-syntax"),
                        .product(name: "SwiftDiagnostics", package: "swift-syntax"),
                    ]),
                .target(name: "Other", dependencies: ["OtherMacros"]),
            ])
        """,
        "other/Sources/OtherMacros/Plugin.swift": """
        import SwiftDiagnostics
        import SwiftSyntax
        import SwiftSyntaxMacros
        @main struct Plugin { static func main() {} }
        """,
        "other/Sources/Other/Other.swift": "public let other = 1\n",
        "user/Package.swift": """
        // swift-tools-version: 6.2
        import Foundation
        import PackageDescription
        let here = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().path(percentEncoded: false)
        let package = Package(
            name: "user",
            dependencies: [
                .package(url: "file://\\(here)swoop", from: "0.1.0"),
                .package(path: "../other"),
            ],
            targets: [
                .executableTarget(
                    name: "User",
                    dependencies: [
                        .product(name: "Swoop", package: "swoop"),
                        .product(name: "Other", package: "other"),
                    ])
            ])
        """,
        "user/Sources/User/User.swift": """
        import Other
        import Swoop
        @main struct User { static func main() { print(other) } }
        """,
    ]

    @Test func `a version of Swoop beside a package with macros and a swift-syntax of its own`()
        throws
    {
        let shop = try Workshop()
        try shop.makeTaggedClone()
        for (name, text) in Self.otherPackage { try shop.write(text, to: name) }
        // The other package's modules are there before Swoop's macros are compiled.
        let others = try shop.run("swift build --target OtherMacros 2>&1", in: "user")
        try #require(others.status == 0, "\(others.output.suffix(4_000))")
        let macros = try shop.run("swift build --target SwoopMacros 2>&1", in: "user")
        #expect(macros.status == 0, "\(macros.output.suffix(4_000))")
        let pins = try String(contentsOfFile: shop.path("user/Package.resolved"), encoding: .utf8)
        #expect(pins.contains("\"version\" : \"0.1.0\""), "\(pins)")
        #expect(!pins.contains("github.com/swiftlang/swift-syntax"), "\(pins)")
    }

    @Test func `on another system or processor the build stops with one sentence`() throws {
        let shop = try Workshop()
        let supported = "#if !(os(Linux) && arch(x86_64))"
        for name in ["Package.swift", "Sources/SwoopModel/SupportedPlatform.swift"] {
            let text = try String(
                contentsOf: Workshop.root.appending(path: name), encoding: .utf8)
            #expect(text.contains(supported))
            try shop.write(text.replacing(supported, with: "#if true"), to: "swoop/\(name)")
        }
        let build = try shop.run("swift build 2>&1", in: "swoop")
        #expect(build.status != 0)
        let errors = Set(build.output.split(separator: "\n").filter { $0.contains(": error: ") })
        #expect(errors.count == 1, "\(build.output)")
        #expect(errors.first?.contains("Swoop runs on Linux on x86-64") == true)
    }
}
