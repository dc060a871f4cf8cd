// Where a kernel finds the compiler, Swoop's modules and the C modules beneath them. The tool lies
// beside what it was built with, so that nothing is built for a kernel and nothing copied.

import Glibc
import SwoopModel
import SwoopTransport

/// The files that compiling a cell needs.
struct SwiftToolchain: Sendable {
    /// The folder of `swift-frontend`.
    let binaries: String
    /// The folder of Swoop's Swift modules.
    let modules: String
    /// The macros of Swoop.
    let macros: String
    /// Module maps of C modules.
    let moduleMaps: [String]

    /// Variable of the environment that names the folder of the compiler.
    static let variable = "SWOOP_SWIFT"

    /// What belongs to this executable.
    static func find() throws -> SwiftToolchain {
        let executable = try path(ofLink: "/proc/self/exe")
        let folder = parent(of: executable)
        let modules = folder + "/Modules"
        guard isThere(modules + "/Swoop.swiftmodule"), isThere(folder + "/SwoopMacros-tool") else {
            throw ToolError(
                "the modules of Swoop are not beside \(executable): cells need them, so call the "
                    + "tool where it was built, as .build/release/swoop of a clone "
                    + "(`swift build -c release --product swoop`)")
        }
        return SwiftToolchain(
            binaries: try compilerFolder(), modules: modules, macros: folder + "/SwoopMacros-tool",
            moduleMaps: try moduleMaps(above: folder))
    }

    /// The toolchain's folder of libraries for this system.
    var libraries: String { SwiftToolchain.parent(of: binaries) + "/lib/swift/linux" }

    /// The toolchain's SourceKit.
    var sourceKit: String {
        SwiftToolchain.parent(of: binaries) + "/lib/libsourcekitdInProc.so"
    }

    /// What the compiler needs for code that imports Swoop.
    var swoopFlags: [String] {
        ["-I", modules, "-load-plugin-executable", "\(macros)#SwoopMacros"]
            + SwiftToolchain.flags(ofMaps: moduleMaps)
    }

    /// What the compiler needs to find C modules by their maps.
    static func flags(ofMaps maps: [String]) -> [String] {
        maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
    }

    private static func compilerFolder() throws -> String {
        var folders = environment("PATH")?.pieces(at: ":").map(String.init) ?? []
        if let named = environment(variable) { folders.insert(named, at: 0) }
        for folder in folders {
            for name in ["swift-frontend", "swift"] where isThere("\(folder)/\(name)") {
                let place = parent(of: try path(ofLink: "\(folder)/\(name)"))
                if isThere(place + "/swift-frontend") { return place }
            }
        }
        throw ToolError(
            "no Swift compiler was found on PATH: install Swift, or say in \(variable) in which "
                + "folder swift-frontend is, and install the kernel again")
    }

    /// Those of the package's own C modules, and of what it depends on.
    private static func moduleMaps(above folder: String) throws -> [String] {
        let shims = "checkouts/swift-numerics/Sources/_NumericsShims/include/module.modulemap"
        let own = "Sources/CSwoopSystem/include/module.modulemap"
        var maps: [String] = []
        var place = folder
        while place.count > 1 {
            if isThere("\(place)/\(shims)") { maps.append("\(place)/\(shims)") }
            if isThere("\(place)/\(own)") {
                maps.append("\(place)/\(own)")
                let names = ["ZeroMQ", "Zlib", "Sodium", "SQLite", "YAML", "SSH2"]
                return maps + names.map { "\(place)/Sources/CSwoop\($0)/module.modulemap" }
            }
            place = parent(of: place)
        }
        throw ToolError(
            "the sources of Swoop are not above \(folder): cells need its C modules, so call the "
                + "tool in the clone where it was built")
    }

    private static func environment(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }

    static func isThere(_ path: String) -> Bool { unsafe access(path, R_OK) == 0 }

    static func parent(of path: String) -> String {
        let rest = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        return rest.isEmpty ? "/" : rest
    }

    static func path(ofLink link: String) throws -> String {
        guard let found = unsafe realpath(link, nil) else {
            throw ToolError("\(link) cannot be read: \(SystemWords.of(errno))")
        }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }
}
