// Results as files: what is in them, under which names, and that nothing half-written is left.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct SavingTests {
        private func contents(_ names: [String], in folder: String) -> String {
            names.map { name in
                let file = unsafe open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
                defer { _ = close(file) }
                var text: [UInt8] = []
                var block = [UInt8](repeating: 0, count: 65_536)
                while true {
                    let count = unsafe read(file, &block, block.count)
                    guard count > 0 else { break }
                    text += block.prefix(count)
                }
                return String(decoding: text, as: UTF8.self)
            }.joined()
        }

        private func names(_ folder: String, _ prefix: String) -> [String] {
            TestFolder.names(in: folder).filter { $0.hasPrefix(prefix) }
        }

        private func lines(_ range: Range<Int>) -> String {
            range.map { "line \($0)\n" }.joined()
        }

        @Test(arguments: ["here", "sent"])
        func `files have what the chain gives, in its order`(_ way: String) throws {
            let folder = try TestFolder()
            let values = try told("saving", folder.path, way)
            let bytes = lines(0..<50_000).utf8.count
            #expect(values["text"] == "part-00000.txt true 50000 \(bytes) true")
            let stored = names(folder.path, "texts-")
            #expect(contents(stored, in: folder.path) == lines(0..<1_000))
            #expect(values["copied lines"]?.hasPrefix("copy-00000.txt true ") == true)
            #expect(
                contents(names(folder.path, "copy-"), in: folder.path)
                    == contents(["texts-00000.txt"], in: folder.path))
            #expect(
                contents(names(folder.path, "bytes-"), in: folder.path)
                    == contents(["texts-00000.txt"], in: folder.path))
            let refused = values["there already"] ?? ""
            #expect(refused.hasPrefix("error invalidPlan: "))
            #expect(refused.contains("\(folder.path)/texts-00000.txt is there already"))
            // Parts of the earlier, longer result are gone.
            #expect(values["replaced"] == "part-00000.txt true 1 7 true")
            #expect(TestFolder.names(in: folder.path + "/new/out") == ["part-00000.txt"])
            #expect(contents(["part-00000.txt"], in: folder.path + "/new/out") == "line 0\n")
            expectTables(values, folder)
            expectUnsaved(values, folder)
        }

        private func expectTables(_ values: [String: String], _ folder: TestFolder) {
            let table = values["table"] ?? ""
            #expect(table.hasPrefix("trades-00000.csv true 20000 "), "\(table)")
            #expect(table.hasSuffix(" true true"), "\(table)")
            #expect(
                contents(["named-00000.csv"], in: folder.path).hasPrefix(
                    "a,b,c d,\"e,f\"\n0,\"a \"\"b\"\",\n0\",,true\n"))
            #expect(
                values["wrong header"]?.contains("a header of 1 names for the 4 columns of Trade")
                    == true)
            #expect(values["records"] == "samples-00000.bin true 10000 150000 true true")
            #expect(values["records of no width"]?.contains("String has no fixed width") == true)
        }

        private func expectUnsaved(_ values: [String: String], _ folder: TestFolder) {
            let noFolder = values["no folder"] ?? ""
            #expect(noFolder.hasPrefix("error sourceFailed: "), "\(noFolder)")
            #expect(noFolder.contains("Not a directory"), "\(noFolder)")
            let readOnly = values["read-only"] ?? ""
            #expect(readOnly.hasPrefix("error source"), "\(readOnly)")
            #expect(readOnly.contains("/proc/"), "\(readOnly)")
            #expect(values["fails late"]?.contains("Refused(number: 30000)") == true)
            // Whole parts may be there; of what failed nothing is.
            for name in TestFolder.names(in: folder.path + "/late") {
                #expect(name.hasPrefix("part-") && name.hasSuffix(".txt"))
                let text = contents([name], in: folder.path + "/late")
                #expect(text.hasSuffix("\n") && !text.contains("line 29999\n"))
            }
            #expect(TestFolder.names(in: folder.path).filter { $0.hasSuffix("~") }.isEmpty)
        }
    }
}

extension ProgramTests {
    @Suite struct PieceTests {
        @Test func `pieces of collections are what one loop over them gives`() throws {
            let values = try told("pieces")
            #expect(values["slice"] == "true")
            #expect(values["slice beyond the end"] == "true")
            #expect(values["empty slice"] == "0")
            #expect(values["concatenation"] == "true true")
            #expect(values["fraction"] == "true true")
            #expect(values["number"] == "true")
            #expect(values["number of few"] == "[3, 1, 2]")
            #expect(values["top"] == "[999, 999, 999, 999, 999]")
            #expect(values["bottom by key"] == "true")
            #expect(values["top by key"] == "true")
            #expect(values["top of none"] == "[]")
            #expect(values["prefix sums"] == "true")
            #expect(values["prefix sums of doubles"] == "true true")
            #expect(values["running maximum"] == "[3, 3, 4, 4, 5, 9, 9]")
            #expect(values["scan of none"] == "[]")
            #expect(values["windows"] == "true")
            #expect(
                values["windows over many pages"]
                    == #"["0123456", "1234567", "2345678", "3456789"]"#)
            #expect(values["windows that do not fit"] == "0")
            #expect(values["within the cap"] == "100")
            #expect(values["beyond the cap"]?.hasPrefix("error tooLarge: ") == true)
        }
    }
}
