// Local arrays in a cluster's pages, in real processes.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct PutTests {
        @Test
        func `an array larger than the cluster's memory is put and summed, given up and left`()
            throws
        {
            let values = try told("puts")
            let sum = try #require(values["numbers"])
            #expect(values["sum beyond memory"] == sum && values["sum afterwards"] == sum)
            #expect(values["length of texts"] == values["bytes of texts"])
            #expect(values["first and last"] == "true")
            #expect(values["memory returned"] == "true")
            #expect(values["left"] == "5")
        }

        @Test func `a put of 256 MiB takes none of the program's own memory`() throws {
            let values = try told("put-memory")
            let growth = try #require(values["growth"].flatMap { Int($0) })
            #expect(growth < 32, "MiB beside the array")
            #expect(values["sum"] == "\(3 * (32 << 20))")
        }

        @Test func `a client that is killed in the middle of a put leaves no page behind`() throws {
            let folder = try TestFolder()
            let standing = try ProgramRun(["standing", "alpha"], in: folder)
            try folder.waitForAddress(of: "alpha")
            let killed = try ProgramRun(["puts-forever", "alpha"], in: folder)
            _ = try killed.value(of: "put")
            killed.process.kill(SIGKILL)
            try killed.end()
            let next = try ProgramRun(["when-empty", "alpha"], in: folder)
            #expect(try next.end() == .exited(0), "\(next.errors)")
            #expect(next.values["memory returned"] == "true")
            #expect(next.values["sum"] == "\(1 << 20)")
            standing.process.kill(SIGTERM)
            try standing.end()
        }
    }
}
