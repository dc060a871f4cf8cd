// Builds a package that a cell asks for, with SwiftPM, in a folder of the notebook's: a package of
// our own whose one product is a library of all that the other one has for others.

import ArgumentParser
import FoundationEssentials
import Glibc
import SwoopKernel
import SwoopLaunching
import SwoopModel
import SwoopTransport

/// Builds a package; the kernel calls this.
struct KernelPackageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package", abstract: "Builds a package for cells: the kernel calls this.",
        shouldDisplay: false)

    @ArgumentParser.Argument(help: "The line that asks for it.") var directive: String
    @ArgumentParser.Argument(help: "Where it is.") var path: String
    @ArgumentParser.Argument(help: "A folder to build in.") var folder: String
    @ArgumentParser.Argument(help: "What the library is called.") var library: String
    @ArgumentParser.Argument(help: "Folders of packages that are loaded.") var others: [String] = []

    func run() throws {
        try SwoopTool.report(needsProcesses: false) {
            guard let wish = try CellDirectives(directive).packages.first?.wish else { return }
            try PackageBuildSteps(
                wish: wish, path: path, folder: folder, library: library,
                others: others.compactMap(LoadedPackage.init), toolchain: SwiftToolchain.find()
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
    let others: [LoadedPackage]
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
        let targets = Set(products.flatMap { $0["targets"].elements.compactMap(\.string) })
        let modules = targets.sorted().map(Self.module)
        let swoop = try nameOfSwoop(in: description).map { try standInForSwoop(named: $0) }
        let needs = try members(standIns: [swoop].compactMap { $0 })
        if let whole = needs.first, let other = others.first(where: { $0.has(whole, modules) }) {
            return try report(library: other.library, flags: [], modules: modules, members: [])
        }
        let shared = try needs.dropFirst().compactMap { try share($0) }
        let standIns = [swoop].compactMap { $0 } + shared.map(\.standIn)
        try write(
            wish.manifest(
                path: path, products: products.compactMap { $0["name"].string }, library: library,
                standIns: standIns), to: "Package.swift")
        let otherFlags = shared.flatMap(\.package.flags).flatMap { ["-Xswiftc", $0] }
        _ = try swiftPM(
            "build", ["--package-path", folder],
            then: [
                // The linker of cells: another one keeps to itself where a section begins.
                "-c", "release", "--product", library, "-Xswiftc", "-use-ld=lld",
                "-Xlinker", "-rpath", "-Xlinker",
                "\(folder)/.build/release",
            ] + (swoop == nil ? [] : swoopFlags) + otherFlags)
        let built = try SwiftToolchain.path(ofLink: folder + "/.build/release")
        // Workers and nodes find the libraries of a notebook, cells' and packages', in one folder.
        let path = "\(folder)/../lib\(library).so"
        guard unsafe link("\(built)/lib\(library).so", path) == 0 else {
            throw ToolError("\(path) cannot be made: \(SystemWords.of(errno))")
        }
        let own = Set(needs.map(\.identity)).subtracting(shared.map(\.member.identity))
        try report(
            library: SwiftToolchain.path(ofLink: path), flags: flags(built: built, place: place),
            modules: modules, members: needs.filter { own.contains($0.identity) }, built: built)
    }

    private func report(
        library: String, flags: [String], modules: [String], members: [PackageMember],
        built: String = ""
    ) throws {
        let result: JSONValue = [
            "built": .text(library), "flags": .array(flags.map { .text($0) }),
            "modules": .array(modules.map { .text($0) }), "folder": .text(built),
            "members": .array(members.map(\.value)),
        ]
        try write(result.encoded, to: "result.json")
    }

    /// The name that SwiftPM gives to a target's module.
    private static func module(of target: String) -> String {
        String(target.map { $0.isLetter || $0.isNumber || $0 == "_" ? $0 : "_" })
    }

    /// Fetches the package's repository at the version that the line names; returns its folder.
    private func fetchedPath() throws -> String {
        guard let place = try graph(standIns: [])["dependencies"].elements.first?["path"].string
        else { throw ToolError("SwiftPM says nothing of where it has put \(wish.place)") }
        return place
    }

    /// What SwiftPM says of what the package needs. It has a folder of its own for that: where it
    /// has once seen a package, it keeps to it whatever the manifest says then.
    private func graph(standIns: [String]) throws -> JSONValue {
        try write("// Nothing.\n", to: "graph/Sources/\(library)/Package.swift")
        try write(
            wish.manifest(path: path, products: [], library: library, standIns: standIns),
            to: "graph/Package.swift")
        return try Self.json(
            of: swiftPM(
                "package", ["--package-path", folder + "/graph"],
                then: ["show-dependencies", "--format", "json"]))
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
        try standIn(for: "Swoop", in: name, products: ["Swoop", "SwoopFoundation"])
    }

    /// A package without anything, in a folder of this name.
    private func standIn(
        for package: String, in name: String, products: [String]
    ) throws -> String {
        let target = "StandInFor" + Self.module(of: name)
        let list = products.map {
            ".library(name: \(JSONValue.text($0).encoded), targets: [\"\(target)\"])"
        }
        try write("// It is here.\n", to: "\(name)/Sources/\(target)/StandIn.swift")
        try write(
            """
            // swift-tools-version: 6.0
            import PackageDescription
            let package = Package(
                name: \(JSONValue.text(package).encoded), products: [\(list.joined(separator: ", "))],
                targets: [.target(name: "\(target)")])

            """, to: "\(name)/Package.swift")
        return try SwiftToolchain.path(ofLink: "\(folder)/\(name)")
    }

    private var swoopFlags: [String] {
        toolchain.swoopFlags.flatMap { ["-Xswiftc", $0] }
            + ["__start_swoop_remote", "__stop_swoop_remote"].flatMap {
                ["-Xlinker", "-u", "-Xlinker", $0]
            }
    }

    // MARK: Packages that are loaded already

    /// The package and all that it needs, itself first; what a stand-in takes the place of is left
    /// out.
    private func members(standIns: [String]) throws -> [PackageMember] {
        let names = standIns.map { URL(filePath: $0).lastPathComponent.lowercased() }
        let graph = try graph(standIns: standIns)
        var members: [PackageMember] = []
        func add(_ node: JSONValue) {
            guard let member = PackageMember(node), !names.contains(member.identity),
                !members.contains(where: { $0.identity == member.identity })
            else { return }
            members.append(member)
            for next in node["dependencies"].elements { add(next) }
        }
        for node in graph["dependencies"].elements { add(node) }
        return members
    }

    /// Takes a needed package from a library that is loaded: two copies of a type are two types.
    ///
    /// - Returns: nil: no library has all of it.
    private func share(
        _ member: PackageMember
    ) throws -> (member: PackageMember, package: LoadedPackage, standIn: String)? {
        guard others.contains(where: { $0.has(member, []) }) else { return nil }
        let description = try Self.json(
            of: swiftPM(
                "package", ["--package-path", member.path, "--scratch-path", folder + "/read"],
                then: ["dump-package"]))
        let products = description["products"].elements.filter { $0["type"]["library"] != .null }
        let targets = Set(products.flatMap { $0["targets"].elements.compactMap(\.string) })
        guard let package = others.first(where: { $0.has(member, targets.map(Self.module)) }) else {
            return nil
        }
        let standIn = try standIn(
            for: description["name"].string ?? member.identity, in: member.identity,
            products: products.compactMap { $0["name"].string })
        return (member, package, standIn)
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
        // SwiftPM calls the program of a macro's target by its name and this ending.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: built)) ?? []
        let macros = files.filter { $0.hasSuffix("-tool") }.sorted().flatMap { file in
            [
                "-load-plugin-executable",
                "\(built)/\(file)#\(Self.module(of: String(file.dropLast(5))))",
            ]
        }
        return ["-I", built + "/Modules"] + SwiftToolchain.flags(ofMaps: maps.sorted()) + macros
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
        // Of the package that only lists what is needed.
        if bytes.starts(with: "warning: 'graph'".utf8) { return }
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
