// swift-tools-version: 6.2
// The rooms of Swoop and what each may import. ARCHITECTURE.md describes them; a test compares
// every file's imports with this graph. Swoop runs on Linux on x86-64: on other hosts the package is
// one file that stops the build with that sentence.
import CompilerPluginSupport
import PackageDescription

#if canImport(Glibc)
    import Glibc
#endif

// Warnings are errors for the compilers that continuous integration has. A newer one may warn of
// what was right when this was written, and a user's build must not stop for it.
#if compiler(<6.4)
    let warnings: [SwiftSetting] = [.treatAllWarnings(as: .error)]
#else
    let warnings: [SwiftSetting] = []
#endif

let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        .strictMemorySafety(),
    ] + warnings

/// What release builds of rooms go without, since every program carries them to every host: debug
/// information; tables for unwinding, since Swift's errors are returned and nothing is thrown through
/// these functions (frame pointers and names stay); and functions that nothing calls, for which the
/// linker needs each in a section of its own.
let small: [SwiftSetting] = [
    .unsafeFlags(
        [
            "-Xfrontend", "-gnone", "-Xfrontend", "-function-sections",
            "-Xllvm", "-force-attribute=nounwind",
        ], .when(configuration: .release))
]

/// The same for rooms whose time goes into waiting for hosts, disks and messages, and for what users
/// import, whose loops over elements are compiled with the user's own code: smaller by an eighth.
let smallest: [SwiftSetting] =
    small + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

/// The same for rooms that run when hosts come and go and never for a task: without the optimiser of
/// Swift, which takes half of their compile time and makes their code no smaller; LLVM's runs.
let cold: [SwiftSetting] =
    smallest + [
        .unsafeFlags(["-Xfrontend", "-disable-sil-perf-optzns"], .when(configuration: .release))
    ]

/// What runs inside the compiler only, and for moments: optimising it takes longer than it saves.
let unoptimized: [SwiftSetting] = [
    .unsafeFlags(["-Xfrontend", "-gnone", "-Onone"], .when(configuration: .release))
]

/// One room of the house: a target of Sources with the strict settings.
func room(
    _ name: String, _ dependencies: [Target.Dependency], _ release: [SwiftSetting] = small
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + release)
}

/// The folder lib/swift/host of the toolchain that runs this manifest, if swift-syntax is there.
///
/// The manifest is linked with the toolchain's lib/swift/pm/ManifestAPI/libPackageDescription.so,
/// so the list of this process's mappings says where the toolchain is.
func toolchainHost() -> String? {
    #if os(Linux)
        guard let maps = fopen("/proc/self/maps", "r") else { return nil }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, maps) > 0, let bytes = line {
            let path = String(cString: bytes).drop { $0 != "/" }.prefix { $0 != "\n" }
            guard path.hasSuffix("/libPackageDescription.so") else { continue }
            let folders = path.split(separator: "/").map(String.init).dropLast(3)
            let host = "/" + (folders + ["host"]).joined(separator: "/")
            let needed = ["/SwiftSyntaxMacros.swiftmodule", "/libSwiftSyntaxMacros.so"]
            return needed.allSatisfy { access(host + $0, R_OK) == 0 } ? host : nil
        }
    #endif
    return nil
}

/// The toolchain's modules of swift-syntax.
let syntaxModules = [
    "SwiftBasicFormat", "SwiftCompilerPluginMessageHandling", "SwiftDiagnostics", "SwiftIDEUtils",
    "SwiftIfConfig", "SwiftLibraryPluginProvider", "SwiftOperators", "SwiftParser",
    "SwiftParserDiagnostics", "SwiftRefactor", "SwiftSyntax", "SwiftSyntaxBuilder",
    "SwiftSyntaxMacroExpansion", "SwiftSyntaxMacros",
]

/// A folder with the toolchain's interfaces of swift-syntax under names of their own, which is
/// written where it is missing; nil: it cannot be. It lies beside SwiftPM's cache of what manifests
/// said, so that whoever clears the one clears the other.
///
/// Another package's macros may bring swift-syntax from source into the same build. Its modules have
/// the same names and come first in the search, so under their own names the toolchain's would not
/// be found. Symbols are told apart already: the toolchain's have "CompilerSwift…" in their names.
func renamedInterfaces(of host: String) -> String? {
    #if os(Linux)
        var status = stat()
        let environment = Context.environment
        guard stat(host + "/SwiftSyntax.swiftmodule", &status) == 0,
            let caches = environment["XDG_CACHE_HOME"].flatMap({ $0.hasPrefix("/") ? $0 : nil })
                ?? environment["HOME"].map({ $0 + "/.cache" })
        else { return nil }
        let toolchain = String(host.dropFirst().map { $0 == "/" ? "-" : $0 })
        let version = "3-\(status.st_ino)-\(status.st_mtim.tv_sec)"
        let folder = "\(caches)/org.swift.swiftpm/swoop-syntax/\(toolchain)-\(version)"
        if access(folder, R_OK) == 0 { return folder }
        setenv("SYNTAX_HOST", host, 1)
        setenv("SYNTAX_FOLDER", folder, 1)
        setenv("SYNTAX_MODULES", syntaxModules.joined(separator: " "), 1)
        _ = system(
            #"""
            exec 2>/dev/null
            mkdir -p "${SYNTAX_FOLDER%/*}" && new="$(mktemp -d "$SYNTAX_FOLDER.XXXXXX")" || exit 1
            edits=
            for name in $SYNTAX_MODULES; do edits="$edits;s/\b$name\b/Toolchain$name/g"; done
            for name in $SYNTAX_MODULES; do
                mkdir "$new/Toolchain$name.swiftmodule" || exit 1
                for file in "$SYNTAX_HOST/$name.swiftmodule"/*.swiftinterface; do
                    # Compiled first where it is there, and half as large again; one is needed.
                    case "$name $file" in
                        SwiftCompilerPluginMessageHandling*) ;;
                        *.private.swiftinterface) continue ;;
                    esac
                    # The third line has the flags: only the module's own name is another one there,
                    # and its inlinable code is not optimised: that takes a build 3 s.
                    sed -E "3 {s/-module-name $name\b/-module-name Toolchain$name/;s/ -O\b/ -Onone/}
                        4,\$ {${edits#;}}" \
                        "$file" >"$new/Toolchain$name.swiftmodule/${file##*/}" || exit 1
                done
            done
            chmod 755 "$new" && mv -T "$new" "$SYNTAX_FOLDER" || rm -rf "$new"
            """#)
        return access(folder, R_OK) == 0 ? folder : nil
    #else
        return nil
    #endif
}

// Macros link the toolchain's own build of swift-syntax: from source it takes minutes.
let host = toolchainHost()
let interfaces = host.flatMap(renamedInterfaces)
let syntaxSettings: [SwiftSetting] =
    host.map {
        let aliases = syntaxModules.flatMap { ["-module-alias", "\($0)=Toolchain\($0)"] }
        return [
            .unsafeFlags(["-I", interfaces ?? $0] + (interfaces == nil ? [] : aliases)),
            .define(interfaces == nil ? "TOOLCHAIN_SYNTAX_IN_PLACE" : "TOOLCHAIN_SYNTAX"),
        ]
    } ?? []
let syntaxLinking: [LinkerSetting] =
    host.map { [.unsafeFlags(["-L", $0, "-Xlinker", "-rpath", "-Xlinker", $0])] } ?? []

func syntax(_ products: [String]) -> [Target.Dependency] {
    host == nil ? products.map { .product(name: $0, package: "swift-syntax") } : []
}

/// The tests of some rooms.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let real = Target.Dependency.product(name: "RealModule", package: "swift-numerics")

let package = Package(
    name: "Swoop",
    products: [
        .library(name: "Swoop", targets: ["Swoop", "SwoopRoles"]),
        .library(name: "SwoopFoundation", targets: ["SwoopFoundation"]),
        .executable(name: "swoop", targets: ["swoop"]),
    ],
    dependencies: (host == nil
        ? [.package(url: "https://github.com/swiftlang/swift-syntax", "602.0.0"..<"604.0.0")] : [])
        + [
            .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
            .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
            .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
        ],
    targets: [
        .systemLibrary(name: "CSwoopZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CSwoopZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSwoopSodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CSwoopSQLite", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CSwoopYAML", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CSwoopSSH2", providers: [.apt(["libssh2-1-dev"])]),
        // A library asks programs for this function by a name that linkers do not see: swoop_copy.h.
        .target(
            name: "CSwoopSystem",
            linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic-symbol=strlcpy"])]),
        .target(name: "CSwoopSourceKit"),
        room("SwoopModel", []),
        room("SwoopElements", []),
        room("SwoopScheduling", ["SwoopModel", heap]),
        room("SwoopExecution", ["SwoopModel", heap]),
        room("SwoopSession", ["SwoopModel"], smallest),
        room("SwoopForecast", ["SwoopModel", real], smallest),
        room("SwoopWire", ["SwoopModel"]),
        room("SwoopKernel", ["SwoopModel"], smallest),
        room("SwoopDisplay", ["SwoopModel"], smallest),
        room(
            "SwoopTransport", ["SwoopModel", "CSwoopZeroMQ", "CSwoopSodium", "CSwoopSystem"],
            smallest),
        room(
            "SwoopStorage", ["SwoopModel", "SwoopTransport", "CSwoopSystem", "CSwoopSQLite"],
            smallest),
        room(
            "SwoopLaunching",
            ["SwoopModel", "SwoopTransport", "CSwoopSystem", "CSwoopZlib", "CSwoopSodium"],
            cold),
        room(
            "SwoopHosts",
            [
                "SwoopModel", "SwoopTransport", "SwoopLaunching", "CSwoopSSH2", "CSwoopSodium",
                "CSwoopYAML", "CSwoopSystem",
            ], cold),
        room(
            "SwoopCoordinator",
            [
                "SwoopModel", "SwoopScheduling", "SwoopForecast", "SwoopWire", "SwoopTransport",
                "SwoopStorage", "SwoopLaunching",
            ], smallest),
        room(
            "SwoopAgent",
            [
                "SwoopModel", "SwoopElements", "SwoopExecution", "SwoopWire", "SwoopTransport",
                "SwoopStorage",
                "SwoopLaunching",
            ], smallest),
        room(
            "SwoopWorker",
            [
                "SwoopModel", "SwoopElements", "SwoopExecution", "SwoopWire", "SwoopTransport",
                "SwoopStorage", "SwoopLaunching", "CSwoopSystem",
            ], smallest),
        .target(
            name: "SwoopSimulation",
            dependencies: [
                "SwoopModel", "SwoopScheduling", "SwoopExecution", "SwoopSession", "SwoopForecast",
                "SwoopWire", heap,
            ], swiftSettings: strict + smallest),
        .target(
            name: "SwoopExpansion", dependencies: syntax(["SwiftSyntaxMacros"]),
            swiftSettings: strict + unoptimized + syntaxSettings, linkerSettings: syntaxLinking),
        .macro(
            name: "SwoopMacros",
            dependencies: ["SwoopExpansion"]
                + syntax(["SwiftSyntaxMacros", "SwiftCompilerPlugin"]),
            swiftSettings: strict + unoptimized + syntaxSettings, linkerSettings: syntaxLinking),
        room(
            "Swoop",
            [
                "SwoopMacros", "SwoopModel", "SwoopElements", "SwoopSession", "SwoopSimulation",
                "SwoopWire", "SwoopTransport", "SwoopStorage", "SwoopLaunching", "SwoopHosts",
                "SwoopCoordinator", "CSwoopSystem",
            ], smallest),
        room(
            "SwoopRoles",
            [
                "Swoop", "SwoopModel", "SwoopElements", "SwoopLaunching", "SwoopAgent",
                "SwoopWorker", "CSwoopSystem",
            ], smallest),
        room("SwoopFoundation", ["Swoop"]),
        room(
            "SwoopCells",
            [
                "Swoop", "SwoopKernel", "SwoopDisplay", "SwoopModel", "SwoopTransport",
                "CSwoopSystem", "CSwoopZlib",
            ], smallest),
        .executableTarget(
            name: "swoop",
            dependencies: [
                "Swoop", "SwoopRoles", "SwoopFoundation", "SwoopCells", "SwoopKernel", "SwoopModel",
                "SwoopForecast", "SwoopWire", "SwoopTransport", "SwoopStorage", "SwoopLaunching",
                "SwoopHosts", "CSwoopSystem", "CSwoopSourceKit", arguments,
            ], swiftSettings: strict,
            // Cells of notebooks are libraries that use this program's functions.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--export-dynamic"])],
            plugins: ["SwoopCommit"]),
        .plugin(name: "SwoopCommit", capability: .buildTool, path: "Sources/SwoopCommit"),
        .executableTarget(
            name: "DebianRank", dependencies: ["Swoop", "SwoopRoles"],
            path: "Sources/Examples/DebianRank", swiftSettings: strict),
        .executableTarget(
            name: "swoop-bench",
            dependencies: [
                "Swoop", "SwoopRoles", "SwoopModel", "SwoopTransport", "SwoopLaunching",
                "SwoopAgent", "SwoopCoordinator", "SwoopScheduling", "SwoopForecast",
                "TestPrograms", "ForecastFamilies",
            ], path: "Tests/Benchmarks", swiftSettings: strict),
        .executableTarget(
            name: "TransportProbe",
            dependencies: [
                "CSwoopSystem", "SwoopModel", "SwoopTransport", "SwoopLaunching", "TestPrograms",
            ], path: "Tests/TransportProbe", swiftSettings: strict),
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
            name: "ForecastFamilies", path: "Tests/ForecastFamilies", swiftSettings: strict),
        .target(
            name: "WideSums", dependencies: ["Swoop"], path: "Tests/WideSums",
            swiftSettings: strict),
        .target(
            name: "TestPrograms", dependencies: ["SwoopTransport", "SwoopLaunching"],
            path: "Tests/TestPrograms", swiftSettings: strict),
        .target(name: "CFuzzer", path: "Tests/CFuzzer"),
        .target(
            name: "Fuzzing",
            dependencies: [
                "SwoopModel", "SwoopElements", "SwoopForecast", "SwoopWire", "SwoopTransport",
                "SwoopStorage", "SwoopLaunching", "SwoopHosts", "SwoopKernel",
            ], path: "Tests/Fuzzing", swiftSettings: strict),
        .executableTarget(
            name: "swoop-fuzz", dependencies: ["CFuzzer", "Fuzzing"], path: "Tests/Fuzz",
            swiftSettings: strict),
        tests("FuzzTests", ["Fuzzing", "SwoopSimulation"]),
        tests("TidyTests", ["TestPrograms"]),
        tests(
            "SimulationTests",
            [
                "Faults", "SwoopModel", "SwoopForecast", "SwoopScheduling", "SwoopSession",
                "SwoopSimulation",
            ]),
        tests("SwoopModelTests", ["SwoopModel"]),
        tests(
            "SwoopSchedulingTests",
            ["SwoopModel", "SwoopScheduling", "SwoopSimulation", "SwoopWire"]),
        tests("SwoopExecutionTests", ["SwoopModel", "SwoopExecution", "SwoopWire"]),
        tests("SwoopSessionTests", ["SwoopModel", "SwoopSession", "SwoopWire"]),
        tests(
            "SwoopElementsTests",
            ["SwoopElements", "SwoopSimulation", "Swoop", "Fuzzing", "WideSums"]),
        tests("SwoopWireTests", ["SwoopModel", "SwoopSimulation", "SwoopWire"]),
        tests(
            "SwoopForecastTests", ["SwoopModel", "SwoopForecast", "SwoopSimulation", real]),
        .testTarget(
            name: "KernelTests",
            dependencies: [
                "SwoopKernel", "SwoopDisplay", "SwoopModel", "SwoopTransport", "SwoopLaunching",
                "TestHosts", "TestPrograms", "swoop", "SwoopTestProgram",
            ], exclude: ["client.py", "lab.py"], swiftSettings: strict),
        tests("SwoopStorageTests", ["SwoopModel", "SwoopStorage", "SwoopTransport"]),
        tests(
            "SwoopAgentTests",
            [
                "SwoopModel", "SwoopExecution", "SwoopWire", "SwoopStorage", "SwoopTransport",
                "SwoopLaunching", "SwoopScheduling", "SwoopSimulation", "SwoopAgent",
                "SwoopCoordinator",
            ]),
        tests(
            "SwoopTransportTests",
            [
                "SwoopSimulation", "SwoopTransport", "SwoopLaunching", "TestPrograms",
                "TransportProbe",
            ]),
        tests(
            "SwoopLaunchingTests",
            [
                "CSwoopSystem", "SwoopModel", "SwoopTransport", "SwoopLaunching", "TestPrograms",
                "TransportProbe",
            ]),
        .testTarget(
            name: "SwoopMacrosTests",
            dependencies: ["SwoopExpansion", "Swoop"]
                + syntax(["SwiftSyntaxMacroExpansion", "SwiftParser", "SwiftSyntaxBuilder"]),
            swiftSettings: strict + syntaxSettings, linkerSettings: syntaxLinking),
        .executableTarget(
            name: "SwoopTestProgram",
            dependencies: [
                "Swoop", "SwoopRoles", "SwoopModel", "SwoopTransport", "SwoopLaunching",
                "SwoopAgent", "SwoopCoordinator", "SwoopSimulation", "WideSums",
            ], path: "Tests/TestProgram", swiftSettings: strict),
        .executableTarget(
            name: "SwoopMainProgram", dependencies: ["Swoop", "SwoopRoles"],
            path: "Tests/MainProgram", swiftSettings: strict),
        tests(
            "SwoopHostsTests",
            [
                "SwoopModel", "SwoopTransport", "SwoopLaunching", "SwoopHosts", "TestPrograms",
                "TransportProbe",
            ]),
        tests("TestHostsTests", ["TestHosts", "TestLab", "SwoopTransport"]),
        tests("ToolTests", ["swoop", "SwoopModel", "SwoopForecast", "SwoopHosts"]),
        tests("PackageTests", ["swoop", "SwoopLaunching", "TestPrograms"]),
        tests(
            "IntegrationTests",
            [
                "Swoop", "SwoopFoundation", "SwoopModel", "SwoopStorage", "SwoopLaunching",
                "SwoopTransport", "TestPrograms", "SwoopTestProgram", "SwoopMainProgram",
                "TransportProbe",
                "DebianRank", "swoop",
            ]),
        tests(
            "HostTests",
            [
                "SwoopModel", "SwoopWire", "SwoopTransport", "SwoopLaunching", "SwoopHosts",
                "SwoopAgent", "SwoopCoordinator", "SwoopSimulation", "TestHosts", "TestPrograms",
                "swoop", "SwoopTestProgram", "DebianRank",
            ]),
    ]
)

#if !(os(Linux) && arch(x86_64))
    package.products = [.library(name: "Swoop", targets: ["Swoop"])]
    package.dependencies = []
    package.targets = [
        .target(
            name: "Swoop", path: "Sources/SwoopModel", sources: ["SupportedPlatform.swift"])
    ]
#endif

// Sanitizers look at some of the tests, and nothing else is built for them (`make asan`): half the
// time. Named are targets of tests.
if let named = Context.environment["SWOOP_TESTS"], !named.isEmpty {
    var needed: Set<String> = []
    var next = named.split(separator: " ").map(String.init)
    while let name = next.popLast() {
        guard needed.insert(name).inserted else { continue }
        let target = package.targets.first { $0.name == name }
        for dependency in target?.dependencies ?? [] {
            switch dependency {
            case .byNameItem(let name, _), .targetItem(let name, _): next.append(name)
            default: break
            }
        }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
}
