// A function that fails on one of two nodes, since that lacks a file.

import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct RetryTests {
        @Test func `a node that lacks a file is named, and another try goes to the other one`()
            throws
        {
            let folder = try TestFolder()
            let values = try told("elsewhere", folder.path)
            try #require(values["agents"] == "2")
            for name in ["once", "chain once"] {
                let told = values[name] ?? ""
                #expect(told.hasPrefix("error taskFailed: "), "\(told)")
                #expect(told.contains(#"threw FileAbsent(name: "own")"#), "\(told)")
                #expect(told.contains("attempt 1, on agent-"), "\(told)")
            }
            let once = values["once"] ?? ""
            let words =
                #/ended well on (agent-.): see what (agent-.) lacks, or let .*, on (agent-.)/#
            let match = try #require(once.firstMatch(of: words), "\(once)")
            #expect(match.1 != match.2 && match.2 == match.3)
            #expect(values["twice"] == "780")
            #expect(values["twice, later"] == "780")
            #expect(values["chain twice"] == "499500")
            #expect(values["loop"] == "1")
            let nowhere = values["nowhere"] ?? ""
            #expect(nowhere.contains("It was tried 3 times, on agent-"), "\(nowhere)")
            #expect(nowhere.contains("attempt 3, on agent-"), "\(nowhere)")
        }
    }
}
