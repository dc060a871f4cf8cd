// Builds a package that a cell asks for, with SwiftPM, in a folder of the notebook's: a package of
// our own whose one product is a library of all that the other one has for others. The tool does it
// in a process of its own, which prints its progress and writes its result to a file.

import ArgumentParser
import FoundationEssentials
import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// The kernel's end of a build.
final class PackageBuild {
    let cell: Int
    let wish: PackageWish
    /// What a compiler needs to import what was built.
    private(set) var flags: [String] = []
    private let folder: String
    private var output = PipeLines()
    private var messages: [UInt8] = []
    /// The process.
    let child: ChildProcess

    /// Begins a build in a new folder.
    init(_ wish: PackageWish, cell: Int, folder: String, toolchain: SwiftToolchain) throws {
        self.wish = wish
        self.cell = cell
        self.folder = folder
        let path = try PackageBuild.path(of: wish)
        var request = LaunchRequest(
            program: "/proc/self/exe",
            arguments: [
                "kernel", "package", wish.directive, path, folder, "NotebookPackage\(cell)",
            ])
        request.output = .piped
        request.environment = [SwiftToolchain.variable: toolchain.binaries]
        child = try ChildProcess(starting: request)
    }

    /// A path is one from the notebook's folder, which is where Jupyter starts a kernel.
    private static func path(of wish: PackageWish) throws -> String {
        if wish.isRemote { return wish.place }
        var path = wish.place
        if path.hasPrefix("~/"), let home = unsafe getenv("HOME") {
            path = unsafe String(cString: home) + path.dropFirst(1)
        }
        guard SwiftToolchain.isThere(path) else {
            throw ToolError("there is nothing at \(path), seen from \(currentFolder())")
        }
        let whole = try SwiftToolchain.path(ofLink: path)
        guard SwiftToolchain.isThere(whole + "/Package.swift") else {
            throw ToolError("\(whole) is no package: it has no Package.swift")
        }
        return whole
    }

    private static func currentFolder() -> String {
        (try? SwiftToolchain.path(ofLink: ".")) ?? "."
    }

    /// The newest line of what SwiftPM says; nil: nothing new.
    func takeProgress() -> String? {
        output.append(child.standardOutput?.read(limit: 1 << 20) ?? [])
        messages += child.standardError?.read(limit: 1 << 20) ?? []
        return output.take().last.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The package and what SwiftPM said, once the build has ended.
    func result() -> (package: BuiltPackage?, messages: String)? {
        guard child.standardOutput?.isEnded != false, child.standardError?.isEnded != false,
            let status = child.reap()
        else { return nil }
        let said = String(decoding: messages, as: UTF8.self)
        guard status == .exited(0),
            let bytes = try? Data(contentsOf: URL(filePath: folder + "/result.json")),
            let value = try? JSONValue(Array(bytes)), let library = value["built"].string
        else { return (nil, said) }
        flags = value["flags"].elements.compactMap(\.string)
        let modules = value["modules"].elements.compactMap(\.string)
        return (BuiltPackage(wish: wish, library: library, modules: modules), said)
    }
}

/// Builds a package; the kernel calls this.
struct KernelPackageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package", abstract: "Builds a package for cells: the kernel calls this.",
        shouldDisplay: false)

    @ArgumentParser.Argument(help: "The line that asks for it.") var directive: String
    @ArgumentParser.Argument(help: "Where it is.") var path: String
    @ArgumentParser.Argument(help: "A folder to build in.") var folder: String
    @ArgumentParser.Argument(help: "What the library is called.") var library: String

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            guard let wish = try CellDirectives(directive).packages.first?.wish else { return }
            try PackageBuildSteps(
                wish: wish, path: path, folder: folder, library: library,
                toolchain: SwiftToolchain.find()
            ).run()
        }
    }
}

/// The steps of a build.
private struct PackageBuildSteps {
    let wish: PackageWish
    let path: String
    let folder: String
    let library: String
    let toolchain: SwiftToolchain

    func run() throws {
        try write("// All of a package, for cells.\n", to: "Sources/\(library)/Package.swift")
        let isHere = wish.version == nil
        let place = isHere ? path : try fetchedPath()
        let description = try Self.json(
            of: swiftPM(
                "package", ["--package-path", place, "--scratch-path", folder + "/read"],
                then: ["dump-package"]))
        let products = description["products"].elements.filter {
            $0["type"]["library"] != .null
        }
        let standIn = try nameOfSwoop(in: description).map { try standInForSwoop(named: $0) }
        try write(
            wish.manifest(
                path: path, products: products.compactMap { $0["name"].string }, library: library,
                standIn: standIn), to: "Package.swift")
        _ = try swiftPM(
            "build", ["--package-path", folder],
            then: [
                // The linker of cells: another one keeps to itself where a section begins.
                "-c", "release", "--product", library, "-Xswiftc", "-use-ld=lld",
                "-Xlinker", "-rpath", "-Xlinker",
                "\(folder)/.build/release",
            ] + (standIn == nil ? [] : swoopFlags))
        let built = try SwiftToolchain.path(ofLink: folder + "/.build/release")
        // Beside those of the cells: what is told of libraries to other processes is in one folder.
        let path = "\(folder)/../lib\(library).so"
        guard unsafe link("\(built)/lib\(library).so", path) == 0 else {
            throw ToolError("\(path) cannot be made: \(SystemWords.of(errno))")
        }
        let targets = Set(products.flatMap { $0["targets"].elements.compactMap(\.string) })
        let result: JSONValue = [
            "built": .text(try SwiftToolchain.path(ofLink: path)),
            "flags": .array(flags(built: built, place: place).map { .text($0) }),
            "modules": .array(targets.sorted().map { .text(Self.module(of: $0)) }),
        ]
        try write(result.encoded, to: "result.json")
    }

    /// The name that SwiftPM gives to a target's module.
    private static func module(of target: String) -> String {
        String(target.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    }

    /// Where the state of a repository that the wish names lies, fetched.
    private func fetchedPath() throws -> String {
        try write(
            wish.manifest(path: path, products: [], library: library), to: "Package.swift")
        let graph = try Self.json(
            of: swiftPM(
                "package", ["--package-path", folder],
                then: ["show-dependencies", "--format", "json"]))
        guard let place = graph["dependencies"].elements.first?["path"].string else {
            throw ToolError("SwiftPM says nothing of where it has put \(wish.place)")
        }
        return place
    }

    // MARK: Packages with remote functions

    /// What a package calls Swoop, where a target of it uses that; nil: none does.
    private func nameOfSwoop(in description: JSONValue) -> String? {
        let needs = description["targets"].elements.flatMap { $0["dependencies"].elements }
            .map { $0["product"].elements }
        return needs.first { need in
            need.first?.string == "Swoop" || need.first?.string == "SwoopFoundation"
        }?.dropFirst().first?.string
    }

    /// Swoop is in the notebook's process already, and its modules are beside this tool: a package
    /// of that name without anything takes its place, and the modules are named to the compiler.
    ///
    /// - Returns: its folder.
    private func standInForSwoop(named name: String) throws -> String {
        let products = ["Swoop", "SwoopFoundation"].map {
            ".library(name: \"\($0)\", targets: [\"StandIn\"])"
        }
        try write("// Swoop is here.\n", to: "\(name)/Sources/StandIn/StandIn.swift")
        try write(
            """
            // swift-tools-version: 6.0
            import PackageDescription
            let package = Package(
                name: "Swoop", products: [\(products.joined(separator: ", "))],
                targets: [.target(name: "StandIn")])

            """, to: "\(name)/Package.swift")
        return "\(folder)/\(name)"
    }

    private var swoopFlags: [String] {
        toolchain.swoopFlags.flatMap { ["-Xswiftc", $0] }
            + ["__start_swoop_remote", "__stop_swoop_remote"].flatMap {
                ["-Xlinker", "-u", "-Xlinker", $0]
            }
    }

    // MARK: Files and programs

    /// What a compiler needs to import the package's modules, those of C with their maps.
    private func flags(built: String, place: String) -> [String] {
        var maps: [String] = []
        for (root, isWhole) in [
            (built, false), (place, true), (folder + "/.build/checkouts", true),
        ] {
            let files = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
            maps += files.filter { file in
                file.hasSuffix(isWhole ? "/include/module.modulemap" : ".build/module.modulemap")
                    && !file.hasPrefix(".build/") && !file[...].mentions("/.build/")
            }.map { "\(root)/\($0)" }
        }
        return ["-I", built + "/Modules"] + SwiftToolchain.flags(ofMaps: maps.sorted())
    }

    private func write(_ text: String, to name: String) throws {
        let file = URL(filePath: "\(folder)/\(name)")
        do {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        } catch { throw ToolError("\(file.path) cannot be written: \(error)") }
    }

    private static func json(of text: [UInt8]) throws -> JSONValue {
        // Remarks may stand before it.
        let start = text.firstIndex(of: UInt8(ascii: "{")) ?? 0
        do { return try JSONValue(Array(text[start...])) } catch {
            throw ToolError("SwiftPM's description cannot be read: \(error)")
        }
    }

    /// Runs one of SwiftPM's programs; what it prints goes on, line by line, and is the answer.
    private func swiftPM(
        _ program: String, _ first: [String], then rest: [String]
    ) throws -> [UInt8] {
        var request = LaunchRequest(
            program: "\(toolchain.binaries)/swift-\(program)", arguments: first + rest)
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endNow() }
        var all: [UInt8] = []
        var told: [UInt8] = []
        while true {
            var poll = PollLoop()
            let pipes = [child.standardOutput, child.standardError].compactMap { $0 }
                .filter { !$0.isEnded }
            if pipes.isEmpty { break }
            for pipe in pipes { _ = poll.watch(descriptor: pipe.descriptor) }
            try poll.wait(until: nil)
            let (output, words) = (
                child.standardOutput?.read() ?? [], child.standardError?.read() ?? []
            )
            all += output
            told += words
            if program == "build" { show(output) }
            show(words)
        }
        guard child.waitUntilEnded() == .exited(0) else {
            throw ToolError(Self.errors(in: program == "build" ? all + told : told))
        }
        return all
    }

    private func show(_ bytes: [UInt8]) {
        StandardOutput.write(String(decoding: bytes, as: UTF8.self))
    }

    /// What a person reads of a build that failed: not which files were compiled before.
    private static func errors(in bytes: [UInt8]) -> String {
        var seen: Set<Substring> = []
        let lines = String(decoding: bytes, as: UTF8.self).pieces(at: "\n").filter { line in
            !line.hasPrefix("[") && !line.hasPrefix("Building for") && seen.insert(line).inserted
        }
        return lines.suffix(60).joined(separator: "\n")
    }
}
