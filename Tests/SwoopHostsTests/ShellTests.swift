// Words that reach a shell, against real shells: whatever they hold, they stay words.

import Foundation
import Glibc
import SwoopHosts
import SwoopLaunching
import SwoopModel
import Testing

/// A folder for one test.
private final class Place {
    let path: String

    init() throws {
        var template = Array("/tmp/swoop-shell-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func bytes(of name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// Runs a script of `ProbeScript.command` as a host does, with more input behind it; the status
    /// and what it printed.
    func runAsHost(_ script: String, input: [UInt8] = []) throws -> (status: String, output: String)
    {
        try write(Array(script.utf8) + input, to: "input")
        try write(Array(ProbeScript.command.utf8), to: "command")
        let words = """
            HOME=\(path); export HOME; cd '\(path)'
            /bin/sh command <input >output 2>errors; echo $? >status
            """
        try TestServer.run("/bin/sh", ["-c", words])
        let status = String(decoding: try bytes(of: "status"), as: UTF8.self)
        return (
            String(status.dropLast()), String(decoding: try bytes(of: "output"), as: UTF8.self)
        )
    }
}

/// Names that somebody may give a folder, and that a shell would take apart.
private let oddNames = [
    "my data", "two  spaces ", " leading", "*", "?[a-z]*", "it's", "a\"b", "`touch x`",
    "back\\slash",
    "back\\", "-rf", "--help", "~", "~root", "a&b|c", "!history", "#remark", "a(b){c}<d>",
    "é\u{301}",
    "'\u{301}", "'\u{301}touch x'\u{301}", "=ls", "a=b", "tab\tinside", "\u{202e}turned", "漢字",
    "%s%n", "${HOME}", "$(touch x)",
]

@Suite struct ShellTests {
    /// Random bytes, most of them those that mean something to a shell.
    private func randomWord(_ generator: inout SystemRandomNumberGenerator) -> [UInt8] {
        let special = Array("'\"\\$`*?[]{}()<>|&;#~=!-/ \t\n\r\u{301}\u{e9}".utf8)
        return (0..<Int.random(in: 0...24, using: &generator)).map { _ in
            Bool.random(using: &generator)
                ? special.randomElement(using: &generator) ?? 39
                : UInt8.random(in: 1...255, using: &generator)
        }
    }

    @Test(arguments: ["/bin/sh", "/bin/bash"])
    func `five thousand words of random bytes come out of a shell as they went in`(
        _ shell: String
    ) throws {
        let place = try Place()
        var generator = SystemRandomNumberGenerator()
        var words = (0..<5_000).map { _ in randomWord(&generator) }
        words += oddNames.map { Array($0.utf8) }
        var script: [UInt8] = []
        for word in words {
            script += Array("printf '%s\\0' ".utf8) + ShellWord.quoted(word) + [10]
        }
        try place.write(script, to: "script")
        // With a locale, a shell may take bytes for characters.
        for locale in ["C", "C.UTF-8"] {
            try TestServer.run(
                "/bin/sh",
                ["-c", "cd \(place.path) && LC_ALL=\(locale) \(shell) script >output 2>errors"])
            let output = try place.bytes(of: "output")
            let found = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            #expect(found.count == words.count)
            let wrong = zip(found, words).first { Array($0) != $1 }
            #expect(wrong == nil, "\(locale): \(wrong.map { "\($1) became \(Array($0))" } ?? "")")
            #expect(try place.bytes(of: "errors") == [])
        }
        #expect(place.names(in: place.path) == ["errors", "output", "script"])
    }

    @Test func `a quote with an accent behind it ends no word, and no word has a NUL`() {
        #expect(
            ShellWord.quoted("'\u{301}; touch x; '\u{301}")
                == "''\\''\u{301}; touch x; '\\''\u{301}'")
        #expect(ShellWord.quoted("plain/word-1.so") == "plain/word-1.so")
        #expect(ShellWord.quoted("") == "''")
        #expect(ShellWord.quoted([97, 0, 98]) == Array("'ab'".utf8))
    }

    private func placement(_ folder: String, missing: [String]) -> PlacementScript {
        let manifest = ProgramManifest(
            id: ProgramID("x"), name: "made-up", architecture: "any", files: [])
        return PlacementScript(
            manifest: manifest, folder: folder, missing: missing, temporary: "ssh-1")
    }

    @Test(arguments: oddNames)
    func `what cannot be unpacked is removed, and nothing beside it, whatever the folder is called`(
        _ name: String
    ) throws {
        let place = try Place()
        let folder = "\(place.path)/\(name)"
        // What an unquoted name would be taken for.
        let first = name.split(separator: " ").first.map(String.init) ?? "other"
        let neighbours = ["kept", first, "incoming", "x y"].filter { $0 != name && $0 != "" }
        let manager = FileManager.default
        for neighbour in neighbours {
            try? manager.createDirectory(
                atPath: "\(place.path)/\(neighbour)/inside", withIntermediateDirectories: true)
        }
        try manager.createDirectory(
            atPath: "\(folder)/incoming", withIntermediateDirectories: true)
        let before = place.names(in: place.path)
        let script = placement(folder, missing: ["digest"]).unpacking
        let end = try place.runAsHost(script, input: Array("no archive".utf8))
        #expect(end.status != "0")
        #expect(place.names(in: "\(folder)/incoming") == [])
        let after = place.names(in: place.path).filter {
            !["input", "command", "output", "errors", "status"].contains($0)
        }
        #expect(after == before)
        for neighbour in neighbours {
            #expect(place.names(in: "\(place.path)/\(neighbour)").contains("inside"))
        }
    }

    @Test func `what another run made is not removed by one that fails`() throws {
        let place = try Place()
        let work = "\(place.path)/cache/incoming/ssh-1"
        try FileManager.default.createDirectory(
            atPath: work, withIntermediateDirectories: true)
        try place.write([1], to: "cache/incoming/ssh-1/theirs")
        let script = placement("\(place.path)/cache", missing: ["digest"])
        #expect(try place.runAsHost(script.unpacking).status == "1")
        #expect(place.names(in: work) == ["theirs"])
        // The same of what is put in place: the folder of the program is another run's.
        try FileManager.default.createDirectory(
            atPath: work + ".p/theirs", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: "\(place.path)/cache/files", withIntermediateDirectories: true)
        let placing = placement("\(place.path)/cache", missing: []).placing
        #expect(try place.runAsHost(placing).status == "1")
        #expect(place.names(in: work + ".p") == ["theirs"])
        #expect(place.names(in: work) == ["theirs"])
    }

    @Test(arguments: oddNames)
    func `the probe makes and names the folder that it was told, whatever it is called`(
        _ name: String
    ) throws {
        let place = try Place()
        let manifest = ProgramManifest(name: "made-up", architecture: "any", files: [])
        let under = name == "~" || name == "~root" ? "x\(name)" : name
        for folder in ["~/\(under)", "\(place.path)/\(under)"] {
            let script = ProbeScript.text(folder: folder, manifest: manifest)
            let end = try place.runAsHost(script)
            #expect(end.output.contains("\nfolder=\(place.path)/\(under)\n"), "\(end.output)")
            #expect(end.output.contains("\nexecuted=1\n"), "\(end.output)")
            let made = place.names(in: "\(place.path)/\(under)")
            #expect(made == ["files", "incoming", "programs"])
        }
        #expect(!place.names(in: place.path).contains("x"))
    }
}
