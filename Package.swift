// swift-tools-version: 6.2
// The rooms of Swoop and what each may import. ARCHITECTURE.md describes them; a test compares
// every file's imports with this graph.
import CompilerPluginSupport
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// One room of the house: a target of Sources with the strict settings.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

// The toolchain's own build of swift-syntax (its folder lib/swift/host), where the Makefile names
// one: from source it takes most of a clean build. Without it the package is built as usual.
let systemSyntax = Context.environment["SWOOP_SYSTEM_SYNTAX"].flatMap { $0.isEmpty ? nil : $0 }
let syntaxSettings: [SwiftSetting] = systemSyntax.map { [.unsafeFlags(["-I", $0])] } ?? []
let syntaxLinking: [LinkerSetting] =
    systemSyntax.map { [.unsafeFlags(["-L", $0, "-Xlinker", "-rpath", "-Xlinker", $0])] } ?? []

func syntax(_ products: [String]) -> [Target.Dependency] {
    systemSyntax == nil ? products.map { .product(name: $0, package: "swift-syntax") } : []
}

/// The tests of some rooms.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let real = Target.Dependency.product(name: "RealModule", package: "swift-numerics")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "Swoop",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Swoop", targets: ["Swoop"]),
        .executable(name: "swoop", targets: ["swoop"]),
        .executable(name: "DebianRank", targets: ["DebianRank"]),
        .executable(name: "swoop-bench", targets: ["swoop-bench"]),
    ],
    dependencies: (systemSyntax == nil
        ? [.package(url: "https://github.com/swiftlang/swift-syntax", exact: "603.0.1")] : []) + [
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
            .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
            .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        ],
    targets: [
        .systemLibrary(name: "CSwoopZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CSwoopZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSwoopSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CSwoopSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CSwoopSSH2", providers: [.apt(["libssh2-1-dev"])]),
        .target(name: "CSwoopSystem"),
        room("SwoopModel", []),
        room("SwoopElements", []),
        room("SwoopScheduling", ["SwoopModel", heap]),
        room("SwoopExecution", ["SwoopModel", heap]),
        room("SwoopSession", ["SwoopModel"]),
        room("SwoopForecast", ["SwoopModel", real]),
        room("SwoopWire", ["SwoopModel"]),
        room("SwoopTransport", ["SwoopModel", "CSwoopZeroMQ", "CSwoopSodium", "CSwoopSystem"]),
        room("SwoopStorage", ["SwoopModel", "SwoopTransport", "CSwoopSystem", "CSwoopSQLite"]),
        room(
            "SwoopLaunching",
            ["SwoopModel", "SwoopTransport", "CSwoopSystem", "CSwoopZlib", "CSwoopSodium"]),
        room(
            "SwoopHosts",
            [
                "SwoopModel", "SwoopTransport", "SwoopLaunching", "CSwoopSSH2", "CSwoopSodium",
                yams,
            ]),
        room(
            "SwoopCoordinator",
            [
                "SwoopModel", "SwoopScheduling", "SwoopForecast", "SwoopWire", "SwoopTransport",
                "SwoopStorage", "SwoopLaunching",
            ]),
        room(
            "SwoopAgent",
            [
                "SwoopModel", "SwoopElements", "SwoopExecution", "SwoopWire", "SwoopTransport",
                "SwoopStorage",
                "SwoopLaunching",
            ]),
        room(
            "SwoopWorker",
            [
                "SwoopModel", "SwoopElements", "SwoopExecution", "SwoopWire", "SwoopTransport",
                "SwoopStorage", "SwoopLaunching", "CSwoopSystem",
            ]),
        .target(
            name: "SwoopSimulation",
            dependencies: [
                "SwoopModel", "SwoopScheduling", "SwoopExecution", "SwoopSession", "SwoopForecast",
                "SwoopWire", heap,
            ], swiftSettings: strict),
        .target(
            name: "SwoopExpansion", dependencies: syntax(["SwiftSyntaxMacros"]),
            swiftSettings: strict + syntaxSettings, linkerSettings: syntaxLinking),
        .macro(
            name: "SwoopMacros",
            dependencies: ["SwoopExpansion"]
                + syntax(["SwiftSyntaxMacros", "SwiftCompilerPlugin"]),
            swiftSettings: strict + syntaxSettings, linkerSettings: syntaxLinking),
        room(
            "Swoop",
            [
                "SwoopMacros", "SwoopModel", "SwoopElements", "SwoopSession", "SwoopSimulation",
                "SwoopWire", "SwoopTransport", "SwoopStorage", "SwoopLaunching", "SwoopHosts",
                "SwoopCoordinator", "SwoopAgent", "SwoopWorker", "CSwoopSystem",
            ]),
        .executableTarget(
            name: "swoop",
            dependencies: [
                "Swoop", "SwoopModel", "SwoopWire", "SwoopTransport", "SwoopLaunching", arguments,
            ], swiftSettings: strict),
        .executableTarget(
            name: "DebianRank", dependencies: ["Swoop"], path: "Sources/Examples/DebianRank",
            swiftSettings: strict),
        .executableTarget(
            name: "swoop-bench",
            dependencies: [
                "Swoop", "SwoopModel", "SwoopTransport", "SwoopLaunching", "SwoopAgent",
                "SwoopCoordinator",
            ], path: "Tests/Benchmarks", swiftSettings: strict),
        .executableTarget(
            name: "TransportProbe",
            dependencies: ["CSwoopSystem", "SwoopModel", "SwoopTransport", "SwoopLaunching"],
            path: "Tests/TransportProbe", swiftSettings: strict),
        .executableTarget(
            name: "PageProbe",
            dependencies: [
                "CSwoopZeroMQ", "SwoopModel", "SwoopTransport", "SwoopStorage", "SwoopAgent",
            ], path: "Tests/PageProbe", swiftSettings: strict),
        .target(
            name: "Faults",
            dependencies: [
                "SwoopModel", "SwoopScheduling", "SwoopExecution", "SwoopSession",
                "SwoopSimulation",
            ], path: "Tests/Faults", swiftSettings: strict),
        .target(
            name: "TestHosts", dependencies: ["CSwoopSystem", "SwoopTransport", "SwoopLaunching"],
            path: "Tests/TestHosts", swiftSettings: strict),
        .executableTarget(
            name: "TestLab", dependencies: ["TestHosts", "SwoopLaunching"], path: "Tests/TestLab",
            swiftSettings: strict),
        .target(
            name: "TestPrograms", dependencies: ["SwoopTransport", "SwoopLaunching"],
            path: "Tests/TestPrograms", swiftSettings: strict),
        .target(name: "CFuzzer", path: "Tests/CFuzzer"),
        .target(
            name: "Fuzzing",
            dependencies: [
                "SwoopModel", "SwoopElements", "SwoopForecast", "SwoopWire", "SwoopTransport",
                "SwoopLaunching", "SwoopHosts",
            ], path: "Tests/Fuzzing", swiftSettings: strict),
        .executableTarget(
            name: "swoop-fuzz", dependencies: ["CFuzzer", "Fuzzing"], path: "Tests/Fuzz",
            swiftSettings: strict),
        tests("FuzzTests", ["Fuzzing"]),
        tests("TidyTests", []),
        tests(
            "SimulationTests",
            [
                "Faults", "SwoopModel", "SwoopForecast", "SwoopScheduling", "SwoopSession",
                "SwoopSimulation",
            ]),
        tests("SwoopModelTests", ["SwoopModel"]),
        tests("SwoopSchedulingTests", ["SwoopModel", "SwoopScheduling", "SwoopWire"]),
        tests("SwoopExecutionTests", ["SwoopModel", "SwoopExecution", "SwoopWire"]),
        tests("SwoopSessionTests", ["SwoopModel", "SwoopSession", "SwoopWire"]),
        tests("SwoopElementsTests", ["SwoopElements", "Swoop"]),
        tests("SwoopWireTests", ["SwoopModel", "SwoopWire"]),
        tests("SwoopForecastTests", ["SwoopModel", "SwoopForecast", real]),
        tests("SwoopStorageTests", ["SwoopModel", "SwoopStorage", "SwoopTransport"]),
        tests(
            "SwoopAgentTests",
            [
                "SwoopModel", "SwoopExecution", "SwoopWire", "SwoopStorage", "SwoopTransport",
                "SwoopLaunching", "SwoopScheduling", "SwoopAgent", "SwoopCoordinator",
            ]),
        tests("SwoopTransportTests", ["SwoopTransport", "SwoopLaunching", "TransportProbe"]),
        tests(
            "SwoopLaunchingTests",
            ["CSwoopSystem", "SwoopModel", "SwoopTransport", "SwoopLaunching", "TransportProbe"]),
        .testTarget(
            name: "SwoopMacrosTests",
            dependencies: ["SwoopExpansion", "Swoop"]
                + syntax(["SwiftSyntaxMacroExpansion", "SwiftParser", "SwiftSyntaxBuilder"]),
            swiftSettings: strict + syntaxSettings, linkerSettings: syntaxLinking),
        .executableTarget(
            name: "SwoopTestProgram",
            dependencies: [
                "Swoop", "SwoopModel", "SwoopTransport", "SwoopLaunching", "SwoopAgent",
                "SwoopCoordinator",
            ], path: "Tests/TestProgram", swiftSettings: strict),
        .executableTarget(
            name: "SwoopMainProgram", dependencies: ["Swoop"], path: "Tests/MainProgram",
            swiftSettings: strict),
        tests(
            "SwoopHostsTests", ["SwoopModel", "SwoopTransport", "SwoopLaunching", "SwoopHosts"]),
        tests("TestHostsTests", ["TestHosts", "TestLab", "SwoopTransport"]),
        tests("ToolTests", ["swoop", "SwoopModel"]),
        tests(
            "IntegrationTests",
            [
                "Swoop", "SwoopModel", "SwoopLaunching", "SwoopTransport", "TestPrograms",
                "SwoopTestProgram", "SwoopMainProgram", "DebianRank", "swoop",
            ]),
        tests(
            "HostTests",
            [
                "SwoopModel", "SwoopWire", "SwoopTransport", "SwoopLaunching", "SwoopHosts",
                "SwoopAgent", "SwoopCoordinator", "TestHosts", "TestPrograms", "swoop",
                "SwoopTestProgram", "DebianRank",
            ]),
    ]
)
