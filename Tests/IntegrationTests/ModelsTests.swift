// `swoop models` from the outside: what a program's runs have left, shown, written as a table,
// judged and forgotten.

import Foundation
import SwoopLaunching
import SwoopModel
import SwoopStorage
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct ModelsTests {
        private let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func tool(_ words: String..., status: Int32 = 0) throws -> ProgramRun {
            let tool = try #require(ProgramRun.path(of: "swoop"))
            let run = try ProgramRun(words, in: folder, program: tool)
            #expect(try run.end() == .exited(status), "\(run.output)\(run.errors)")
            return run
        }

        /// What the runs of two functions leave.
        private func learn() throws {
            let (store, remark) = ModelStore.open(path: folder.path + "/state/swoop/models.sqlite")
            try #require(remark == nil)
            let runs = (1...20).map { (place: Int) -> RunRecord in
                let size = place * place
                return RunRecord(
                    features: [Double(size)], cpuNanoseconds: Int64(700 * size),
                    wallNanoseconds: Int64(700 * size))
            }
            for identity in [
                "App/Main.swift:simulate(n:Int)->Int", "App:range.map(simulate).sum",
            ] {
                let history = FunctionHistory(
                    identity: identity, node: "alpha", isOptimised: true, fingerprint: 3,
                    records: runs)
                try store.append([history])
            }
            store.close()
        }

        @Test func `what a program learned is shown, exported, judged and forgotten`() throws {
            let none = try tool("models", status: 1)
            #expect(none.errors.contains("nothing was learned yet"), "\(none.errors)")
            try learn()

            let listed = try tool("models").output
            #expect(listed.hasPrefix("FUNCTION"), "\(listed)")
            let json = Data(try tool("models", "--json").output.utf8)
            let all = try #require(
                JSONSerialization.jsonObject(with: json) as? [[String: Any]])
            let identity = try #require(
                all.compactMap { $0["identity"] as? String }.first { $0.contains("/") })
            let page = try tool("models", "show", identity).output
            #expect(page.hasPrefix(identity) && page.contains(" of a core; "), "\(page)")

            let wrong = try tool("models", "show", "nobody", status: 1)
            #expect(wrong.errors.contains("nothing is known of a function called nobody"))
            #expect(try tool("models", "export", identity).output.contains("seconds\n"))

            #expect(try tool("models", "forget", identity).errors.contains("1 function forgotten"))
            _ = try tool("models", "show", identity, status: 1)
            let rest = try tool("models", "forget", "--all").errors
            #expect(rest.contains("1 function forgotten"), "\(rest)")
            #expect(try tool("models").errors.contains("nothing was learned yet"))
        }

        @Test func `measurements of anybody are judged by distance`() throws {
            let rows = (0..<40).map { "\(10 << ($0 / 4)),\(1e-5 * Double(10 << ($0 / 4)))" }
            let path = folder.path + "/runs.csv"
            try Data((["n,seconds"] + rows).joined(separator: "\n").utf8)
                .write(to: URL(filePath: path))
            let told = try tool("models", "evaluate", path).output
            #expect(told.contains("learned from 20 of 40 runs: it grows as n ("), "\(told)")
            let lines = told.split(separator: "\n")
            #expect(lines[1].hasPrefix("DISTANCE") && lines.last?.hasPrefix("all ") == true)
            let json = Data(try tool("models", "evaluate", path, "--json").output.utf8)
            let trial = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
            let everything = try #require(trial["all"] as? [String: Any])
            #expect(everything["runs"] as? Int == 20)
            #expect((everything["medianError"] as? Double ?? 1) < 0.05)
            let missing = try tool("models", "evaluate", path + "x", status: 1)
            #expect(missing.errors.contains("cannot be read: there is no such file"))
        }

        @Test(arguments: [
            ("models.sqlite", 0o666, "others can write into"),
            ("models.sqlite-wal", 0o606, "others can write into"),
            ("", 0o1777, "others can write into"),
        ])
        func
            `what others could have changed is believed by no coordinator, and the program is told`(
                name: String, mode: Int, reason: String
            ) throws
        {
            try learn()
            let state = folder.path + "/state/swoop"
            let path = name.isEmpty ? state : "\(state)/\(name)"
            if name.hasSuffix("-wal") {
                try Data().write(to: URL(fileURLWithPath: path))
            }
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let run = try ProgramRun(["job", "learning", "10", "1"], in: folder)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.errors.contains("Learned runtimes cannot be kept in"), "\(run.errors)")
            #expect(run.errors.contains("\(reason) \(path)"), "\(run.errors)")
            #expect(run.errors.contains("chmod go-w"), "\(run.errors)")
            let found = try FileManager.default.attributesOfItem(atPath: path)
            #expect(found[.posixPermissions] as? Int == mode, "it was changed in silence")
            let models = try tool("models", status: 1)
            #expect(models.errors.contains("\(reason) \(path)"), "\(models.errors)")
        }
    }
}
