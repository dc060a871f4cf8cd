// How programs begin in their roles: after all initialisers of what they are linked from, before
// their own main, whichever way they were linked and wherever they run from.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

/// A program whose top level is the program (main.swift), as `swift build` links it.
private let mainProgram = ProgramRun.path(of: "SwoopMainProgram")

/// The same objects with the Swift runtime and Foundation inside, linked once.
private let staticMainProgram = Result { try linkStatically("SwoopMainProgram") }

/// Links a program of this package as `--static-swift-stdlib` does, from the objects of its build.
private func linkStatically(_ name: String) throws -> String {
    let built = try #require(ProgramRun.path(of: name))
    let compiler = try #require(path(of: "swiftc"))
    // Beside the other, so that the next run of the tests replaces it.
    let linked = "\(built)-static"
    let archives = [
        "Foundation", "CoreFoundation", "FoundationEssentials", "FoundationInternationalization",
        "_FoundationCShims", "_FoundationCollections", "_FoundationICU", "dispatch",
        "BlocksRuntime", "stdc++",
    ]
    let words =
        ["-static-stdlib", "-o", linked, "-module-name", name, "-emit-executable"]
        + ["-Xlinker", "--defsym", "-Xlinker", "main=\(name)_main"]
        + ["@\(built).product/Objects.LinkFileList"] + archives.map { "-l\($0)" }
    let run = try ProgramRun(words, in: TestFolder(), program: compiler)
    try #require(run.end(within: 300) == .exited(0), "\(run.output)\(run.errors)")
    return linked
}

/// A program of PATH's.
private func path(of tool: String) -> String? {
    let folders = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
    return folders.split(separator: ":").map { "\($0)/\(tool)" }
        .first { unsafe access($0, X_OK) == 0 }
}

/// What Foundation's parts answer, some of which have initialisers of their own.
private func expectFoundation(
    _ run: ProgramRun, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    #expect(
        try run.end() == .exited(0), "\(run.output)\(run.errors)", sourceLocation: sourceLocation)
    let right = [
        "expression": "3", "resource": "true", "date": "1970-01-02", "json": #"["a", "b"]"#,
        "process": "here", "notification": "4",
    ]
    for (name, value) in right {
        #expect(run.values[name] == value, "\(name)", sourceLocation: sourceLocation)
    }
    // Its top level ran in this process only, and its initialisers once in each.
    let mains = run.output.split(separator: "\n").count { $0.hasPrefix("top level = ") }
    #expect(mains == 1, sourceLocation: sourceLocation)
}

extension ProgramTests {
    @Suite struct StartTests {
        @Test func `Foundation works in tasks of a program that shares the Swift runtime`() throws {
            try expectFoundation(
                ProgramRun(["foundation"], in: TestFolder(), program: mainProgram))
        }

        @Test func `Foundation works in tasks of a program with the Swift runtime inside`() throws {
            let program = try staticMainProgram.get()
            try expectFoundation(ProgramRun(["foundation"], in: TestFolder(), program: program))
        }

        @Test func `Foundation works in tasks that run from a program's shipped files`() throws {
            let folder = try TestFolder()
            let standing = try ProgramRun(["standing", "alpha"], in: folder)
            try folder.waitForAddress(of: "alpha")
            // Neither is the cluster's own build: both are placed, and started by their own loader.
            for program in [try #require(mainProgram), try staticMainProgram.get()] {
                let run = try ProgramRun(
                    ["foundation"], in: folder, program: program,
                    environment: ["SWOOP_CONNECT": "alpha"])
                try expectFoundation(run)
            }
            standing.process.kill(SIGTERM)
            try standing.end()
        }

        @Test func `the tool with the Swift runtime inside brings a cluster up again and again`()
            throws
        {
            let tool = try linkStatically("swoop")
            let folder = try TestFolder()
            for _ in 0..<2 {
                let up = try ProgramRun(["up", "local"], in: folder, program: tool)
                #expect(try up.end() == .exited(0), "\(up.output)\(up.errors)")
                // So there are models when it is brought up again.
                let run = try ProgramRun(
                    ["foundation"], in: folder, program: mainProgram,
                    environment: ["SWOOP_CONNECT": "standing"])
                try expectFoundation(run)
                let down = try ProgramRun(["down"], in: folder, program: tool)
                #expect(try down.end() == .exited(0), "\(down.output)\(down.errors)")
            }
        }

        @Test func `whoever reads all that the tool says of a start comes to its end`() throws {
            let tool = try #require(ProgramRun.path(of: "swoop"))
            let folder = try TestFolder()
            let up = try ProgramRun(
                ["-c", "'\(tool)' up local:cores=1 2>&1 | cat"], in: folder, program: "/bin/sh")
            #expect(try up.end(within: 30) == .exited(0))
            #expect(up.output.contains("1 of 1 host is up"), "\(up.output)")
            let down = try ProgramRun(["down"], in: folder, program: tool)
            #expect(try down.end() == .exited(0), "\(down.output)\(down.errors)")
        }

        @Test func `globals that main sets are said to be the cause, and tried once`() throws {
            let run = try ProgramRun(["globals"], in: TestFolder(), program: mainProgram)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            for name in ["array", "dictionary", "object", "lazy"] {
                let told = run.values[name] ?? ""
                #expect(told.hasPrefix("workerDied | "), "\(name): \(told)")
                #expect(told.contains("used something that was not set"), "\(name): \(told)")
                #expect(told.contains("| attempt 1 |"), "\(name): \(told)")
                #expect(told.contains("pass it as an argument"), "\(name): \(told)")
            }
            // As the README says of what has no memory of its own, and of what is set later.
            #expect(run.values["string"] == "!" && run.values["number"] == "1")
            #expect(run.values["setting"] == "2" && run.values["other file"] == "6")
            let wild = run.values["pointer"] ?? ""
            #expect(wild.contains("| attempt 3 |") && wild.contains("unsafe pointers"), "\(wild)")
        }
    }
}
