// Data that outlives its program: one program keeps it in a cluster that stands, others read it,
// and the tool lists and frees it.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct KeptTests {
        private let folder: TestFolder
        private let standing: ProgramRun

        init() throws {
            folder = try TestFolder()
            standing = try ProgramRun(["standing", "alpha"], in: folder)
            try folder.waitForAddress(of: "alpha")
        }

        private func run(_ command: String, program: String? = nil) throws -> ProgramRun {
            let run = try ProgramRun([command, "alpha"], in: folder, program: program)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            return run
        }

        private func tool(_ words: String..., status: Int32 = 0) throws -> ProgramRun {
            let tool = try #require(ProgramRun.path(of: "swoop"))
            let run = try ProgramRun(words, in: folder, program: tool)
            #expect(try run.end() == .exited(status), "\(run.output)\(run.errors)")
            return run
        }

        @Test func `what one program keeps another build of it reads, of any kind`() throws {
            let values = try run("keep").values
            for name in ["sales", "replaced", "local", "empty", "value", "arithmetic", "model"] {
                #expect(values[name] == "()", "\(name): \(values[name] ?? "nothing")")
            }
            #expect(
                values["taken"]?.contains(
                    "sales is kept already, by SwoopTestProgram, as an array of KeptSale") == true)
            #expect(values["wrong name"]?.contains("\"two words\" is no name") == true)
            #expect(values["failed"]?.contains("error taskFailed: examine threw") == true)
            #expect(
                values["kept"]?.contains("sales: [KeptSale] of 40000 elements") == true, "\(values)"
            )
            let build: String = try #require(folder.otherBuild())
            let other = try run("kept", program: build).values
            #expect(other["sum"] == "1980000.0", "\(other)")
            #expect(other["elements"] == "40000 true" && other["in a later plan"] == "40000")
            #expect(other["rates"] == "[2.5, 3.5]" && other["none"] == "0")
            #expect(other["total"] == "1980001.0" && other["half"] == "990000.0")
            #expect(other["model"] == "KeptModel(weights: [12.0, 0.5])")
            #expect(other["still held"] == "40000")
        }

        @Test func `wrong names and types are errors that name what there is`() throws {
            _ = try run("keep")
            let values = try run("kept").values
            func expect(_ name: String, _ words: String...) {
                for word in words {
                    #expect(
                        values[name]?.contains(word) == true, "\(name): \(values[name] ?? "")")
                }
            }
            expect(
                "unknown", "error notKept: nothing is kept as \"sails\"",
                "these are kept: half, models/first, none, rates, sales, total", "`swoop data`")
            expect(
                "other layout", "\"sales\" is an array of KeptSale",
                "record KeptSale(shop: i64, amount: f64)",
                "record Changed.KeptSale(shop: i64, amount: i64)")
            expect("other type", "an array of KeptSale, and an array of String was asked for")
            expect("a value as an array", "remote.kept(\"total\", as: Double.self)")
            expect("an array as a value", "remote.kept(\"rates\", of: Double.self)")
            expect("freed", "()")
            expect("freed before the run", "error notKept", "was freed, lost or replaced since")
            expect("freed twice", "nothing is kept as \"half\"")
        }

        @Test func `the tool lists what is kept, frees it, and tells what ends with a cluster`()
            throws
        {
            let nothing = try tool("data")
            #expect(nothing.output.isEmpty)
            #expect(nothing.errors.contains("nothing is kept in alpha"), "\(nothing.errors)")
            #expect(try tool("data", "--json").output == "[]\n")
            _ = try run("keep")
            let lines = try tool("data").output.split(separator: "\n").map(String.init)
            #expect(lines.count == 1 + 6, "\(lines)")
            let heading = lines[0].split(separator: " ").map(String.init)
            #expect(
                heading == [
                    "NAME", "CLUSTER", "TYPE", "ELEMENTS", "BYTES", "WHERE", "KEPT", "BY",
                ])
            let sales = try #require(lines.first { $0.hasPrefix("sales ") })
            #expect(sales.contains("[KeptSale]") && sales.contains("40000"), "\(sales)")
            #expect(sales.contains("local") && sales.contains("SwoopTestProgram"), "\(sales)")
            let total = try #require(lines.first { $0.hasPrefix("total ") })
            #expect(total.contains("Double") && total.contains("coordinator"), "\(total)")
            let json = try tool("data", "--json").output
            #expect(json.contains("\"name\":\"sales\"") && json.contains("\"elements\":40000"))
            let unknown = try tool("data", "free", "total", "sails", status: 1)
            #expect(unknown.errors.contains("nothing is kept as \"sails\""), "\(unknown.errors)")
            #expect(try tool("data").output.contains("total "))
            #expect(
                try tool("data", "free", "total", "half").errors
                    == "swoop: total half: kept no longer\n")
            #expect(try !tool("data").output.contains("total "))
            let down = try tool("down", "alpha")
            #expect(
                down.errors.contains("alpha is down, and with it what it kept: models/first, none"),
                "\(down.errors)")
            let absent = try tool("data", status: 1)
            #expect(absent.errors.contains("no cluster is up here"), "\(absent.errors)")
        }

        @Test func `more is kept than the memory for pages holds, and read part by part`() throws {
            // 48 MB in 16.
            let small = try ProgramRun(["standing", "small", "\(16 << 20)"], in: folder)
            try folder.waitForAddress(of: "small")
            let kept = try ProgramRun(["keep-large", "small"], in: folder)
            #expect(try kept.end() == .exited(0), "\(kept.output)\(kept.errors)")
            #expect(kept.values["large"] == "()", "\(kept.output)")
            let read = try ProgramRun(["kept-large", "small"], in: folder)
            #expect(try read.end() == .exited(0), "\(read.output)\(read.errors)")
            #expect(read.values["sum"] == "2997000000", "\(read.output)")
            #expect(read.values["first"] == "[0, 1, 2]", "\(read.output)")
            #expect(read.values["estimate"]?.contains("error") == false, "\(read.output)")
            let listed = try tool("data", "--name", "small", "--json").output
            #expect(listed.contains("\"elements\":6000000"), "\(listed)")
            let several = try tool("data", "free", "large", status: 1)
            #expect(several.errors.contains("several clusters are up: alpha, small"))
            _ = try tool("data", "free", "--name", "small", "large")
            let again = try ProgramRun(["kept-large", "small"], in: folder)
            #expect(try again.end() == .exited(0), "\(again.errors)")
            #expect(again.values["sum"]?.contains("nothing is kept as \"large\"") == true)
            small.process.kill(SIGTERM)
            try small.end()
        }

        @Test func `a cluster that ends with its program says that it keeps nothing`() throws {
            let run = try ProgramRun(["keeps-nothing"], in: folder)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            for name in ["keep", "kept"] {
                #expect(
                    run.values[name]?.contains("this cluster ends with the program") == true,
                    "\(run.output)")
            }
            #expect(run.values["there"] == "0")
        }
    }
}
