// Collections in another order and by key, with memory for all of them and for a part: what a
// program says of each against the same by hand.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct ShuffleTests {
        private static let sorts = [
            "numbers", "numbers downwards", "equal keys stay in order", "skewed keys",
            "nothing and one", "sums behind a sort have the bits of a serial one",
            "records by a number", "records by text or nothing", "records by two keys",
            "text with a long common beginning", "lines by their beginning", "lines into files",
        ]
        private static let joins = [
            "transactions by person", "then by vendor", "joined", "left joined",
            "several on both sides", "each number once",
        ]

        private func told(_ arguments: [String], in folder: TestFolder) throws -> [String: String] {
            let run = try ProgramRun(arguments, in: folder)
            #expect(try run.end(within: 300) == .exited(0), "\(run.output)\(run.errors)")
            return run.values
        }

        /// Lines with keys of no to twelve letters, the same ones every time.
        private func writeLines(_ count: Int, to path: String) throws {
            var state: UInt64 = 7
            var text: [UInt8] = []
            for line in 0..<count {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                var key = state >> 20
                for _ in 0..<(state >> 60 % 13) {
                    text.append(97 + UInt8(key % 5))
                    key /= 5
                }
                text += Array(" \(line)\n".utf8)
            }
            let opened = unsafe fopen(path, "w")
            let file = try unsafe #require(opened)
            let written = unsafe fwrite(text, 1, text.count, file)
            #expect(unsafe fclose(file) == 0 && written == text.count)
        }

        @Test(arguments: [(60_000, 0), (200_000, 4 << 20)])
        func `sorts are the standard library's, in memory and beyond it`(
            _ count: Int, _ budget: Int
        ) throws {
            let folder = try TestFolder()
            let path = folder.path + "/lines.txt"
            try writeLines(20_000, to: path)
            let values = try told(["sorts", "\(count)", "\(budget)", path], in: folder)
            for name in Self.sorts { #expect(values[name] == "true", "\(name)") }
        }

        @Test(arguments: [(20_000, 0), (60_000, 4 << 20)])
        func `groups and joins are those by hand, in memory and beyond it`(
            _ count: Int, _ budget: Int
        ) throws {
            let folder = try TestFolder()
            let values = try told(["joins", "\(count)", "\(budget)"], in: folder)
            for name in Self.joins { #expect(values[name] == "true", "\(name)") }
        }

        @Test(arguments: [(1, 64 << 20), (2, 8 << 20), (3, 16 << 20)])
        func `random joins of every kind are those of a serial computation`(
            _ agents: Int, _ budget: Int
        ) throws {
            let seed = Int.random(in: 0..<1_000)
            let values = try told(
                ["random-joins", "\(seed)", "\(agents)", "\(budget)"], in: TestFolder())
            #expect(values["wrong"] == "[]", "seed \(seed)")
            #expect(values["joins"] == "136")
            #expect(values["pairs"].flatMap { Int($0) } ?? 0 > 1_000, "seed \(seed)")
        }

        @Test func `20 million records are sorted by two agents with 250 MB of pages`() throws {
            let folder = try TestFolder()
            let values = try told(["many-sorts", "20000000", "250000000"], in: folder)
            #expect(values["sorted"] == "true")
            #expect(values["within memory"] == "true")
        }

        /// Items of some 70 bytes on agents with little memory. Builds for tests are not optimised:
        /// 20 million of these, with 250 MB an agent, are sorted by `make bench W=big`.
        @Test func `sorts of more than all agents have memory for keep order and contents`() throws
        {
            let folder = try TestFolder()
            let values = try told(["large-sorts", "320000", "\(8 << 20)"], in: folder)
            for name in [
                "by a number", "all keys equal", "nearly all keys equal",
                "long common beginnings", "nothing and one", "stored, and beyond memory",
            ] {
                #expect(values[name] == "true", "\(name)")
            }
        }

        @Test func `groups of more keys than a table holds have the bits of one table`() throws {
            let folder = try TestFolder()
            let path = folder.path + "/lines.txt"
            try writeLines(150_000, to: path)
            let values = try told(["large-groups", "120000", "\(4 << 20)", path], in: folder)
            for name in ["numbers", "texts", "few", "lines", "divided"] {
                #expect(values[name] == "true", "\(name)")
            }
        }
    }
}
