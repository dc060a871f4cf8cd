// `swoop init`: what it writes builds, runs and is tested, where nothing was built before and
// nothing is in the environment; and what it refuses.

import Foundation
import Glibc
import SwoopLaunching
import TestPrograms
import Testing
import swoop

@Suite struct InitTests {
    private static func tool() throws -> String { try #require(ProgramRun.path(of: "swoop")) }

    @Test func `in an empty folder of a bare root a package builds, runs and passes its test`()
        throws
    {
        let shop = try Workshop()
        try shop.write("", to: "empty/.keep")
        // Only root may make a root; others have at least nothing in their environment.
        func run(_ script: String, in place: String) throws -> Workshop.Ended {
            geteuid() == 0
                ? try shop.runInBareRoot(script, in: place) : try shop.run(script, in: place)
        }
        let written = try run("'\(try Self.tool())' init Hello", in: "empty")
        try #require(written.status == 0, "\(written.output)")
        let hello = "empty/Hello"
        let ran = try run("swift run 2>&1", in: hello)
        try #require(ran.status == 0, "\(ran.output.suffix(4_000))")
        #expect(ran.output.contains("pi is about 3.14"), "\(ran.output.suffix(4_000))")
        let objects = try run("find -L .build/debug -name '*.o'", in: hello).output
        #expect(objects.contains("/SwoopModel.build/"), "\(objects)")
        for name in ["ArgumentParser", "swoop", "DebianRank", "swoop_bench", "Faults"] {
            #expect(!objects.contains("/\(name).build/"), "\(objects)")
        }
        let libraries = try run("ldd .build/debug/Hello", in: hello).output
        #expect(libraries.contains("libswiftCore"), "\(libraries)")
        #expect(!libraries.contains("Foundation"), "\(libraries)")
        let test = try run("swift test 2>&1", in: hello)
        #expect(test.status == 0, "\(test.output.suffix(4_000))")
        #expect(test.output.contains("2 tests in 1 suite passed"), "\(test.output.suffix(4_000))")
    }

    @Test(arguments: [
        ("9lives", "is no name of a package"), ("a b", "is no name of a package"),
        ("../up", "is no name of a package"), ("class", "is the name of something else"),
        ("Swoop", "is the name of something else"), ("program", "is the name of something else"),
        ("", "is no name of a package"), ("HeapModule", "is the name of something else"),
        ("CSwoopSystem", "is the name of something else"),
        (String(repeating: "a", count: 65), "is too long for a name: 64 letters at most"),
    ])
    func `names that no package can have are refused`(_ name: String, _ words: String) throws {
        let shop = try Workshop()
        let done = try shop.run("'\(try Self.tool())' init '\(name)'")
        #expect(done.status == 1 && done.output.contains(words), "\(done.output)")
        let left = try FileManager.default.contentsOfDirectory(atPath: shop.path("."))
        #expect(left == ["home"])
    }

    @Test func `what is in the way is named, and stays`() throws {
        let shop = try Workshop()
        try shop.write("mine", to: "Pi/notes.txt")
        let done = try shop.run("'\(try Self.tool())' init Pi")
        #expect(done.status == 1 && done.output.contains("notes.txt"), "\(done.output)")
        #expect(try String(contentsOfFile: shop.path("Pi/notes.txt"), encoding: .utf8) == "mine")
        let absent = try shop.run("'\(try Self.tool())' init Pi2 --swoop /nonexistent")
        #expect(absent.output.contains("no clone of Swoop in /nonexistent"), "\(absent.output)")
    }

    @Test func `a file of the package's name is named, and a slash behind a folder's is no matter`()
        throws
    {
        let shop = try Workshop()
        let there = try shop.run("touch Pi; '\(try Self.tool())' init Pi")
        #expect(there.status == 1, "\(there.output)")
        #expect(there.output.contains("a file has that name"), "\(there.output)")
        let folder = try shop.run("mkdir Shop; '\(try Self.tool())' init Shop/")
        #expect(folder.status == 0 && folder.output.contains("Shop is written"), "\(folder.output)")
    }

    @Test func `an empty folder becomes the package of its name`() throws {
        let shop = try Workshop()
        try shop.write("", to: "my-pi/.keep")
        let done = try shop.run("'\(try Self.tool())' init", in: "my-pi")
        #expect(done.status == 0, "\(done.output)")
        let manifest = try String(contentsOfFile: shop.path("my-pi/Package.swift"), encoding: .utf8)
        #expect(manifest.contains("name: \"my-pi\""))
        let described = try shop.run("swift package dump-package 2>&1", in: "my-pi")
        #expect(described.status == 0, "\(described.output)")
    }

    @Test func `the folder of a clone may have any name`() throws {
        let shop = try Workshop()
        let folder = #"a "good" \ place"#
        try shop.write("let package = Package(name: \"Swoop\")", to: "\(folder)/Package.swift")
        let done = try shop.run("'\(try Self.tool())' init Pi --swoop '\(folder)'")
        #expect(done.status == 0, "\(done.output)")
        let described = try shop.run("swift package dump-package 2>&1", in: "Pi")
        #expect(described.status == 0, "\(described.output)")
    }

    @Test(arguments: [
        ("https://host/a/swoop.git", "swoop"), ("https://host/a/swoop", "swoop"),
        ("git@host:swoop.git", "swoop"),
    ])
    func `a repository is a dependency by its URL`(_ url: String, _ identity: String) throws {
        let template = PackageTemplate(
            name: try PackageName("Pi"), source: try SwoopSource.find(url))
        let manifest = template.files[0].text
        #expect(manifest.contains(".package(url: \"\(url)\", branch: \"main\")"))
        #expect(manifest.contains("package: \"\(identity)\""))
    }
}
