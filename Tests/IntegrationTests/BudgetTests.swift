// More than a node has memory for, and functions that declare what they take, in real processes.

import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct BudgetTests {
        @Test func `200 loaders that feed a tree take no more than the room for four pages`()
            throws
        {
            let values = try told("loaders", "200", "8000000")
            let sum = (0..<200).reduce(0) { $0 + $1 * 8_000_000 }
            #expect(values["sum"] == "\(sum)")
            let pages = try #require(values["peak pages"].flatMap { Int($0) })
            #expect(1...4 ~= pages)
        }

        @Test(arguments: [(500, 1), (1_000, 2)])
        func `tasks that declare 400 MB run one at a time on 500 MB, two on 1,000 MB`(
            megabytes: Int, atOnce: Int
        ) throws {
            let folder = try TestFolder()
            let values = try told("needs", folder.path, "\(megabytes)")
            #expect(values["heavy"] == "\(atOnce)")
            #expect(values["wide"] == "\(atOnce)")
            let light = try #require(values["light"].flatMap { Int($0) })
            #expect(2...4 ~= light)
            let error = try #require(values["impossible"])
            #expect(error.hasPrefix("needsUnmet | impossible: it needs 1000000 MB of memory, and"))
            // A store consists of whole huge pages.
            let bytes = megabytes * 1_000_000 / (2 << 20) * (2 << 20)
            let text = "the largest, local, has 4 cores and \((bytes + 500_000) / 1_000_000) MB"
            #expect(error.contains(text), "\(error)")
        }

        @Test func `of two pages the smaller one moves, and both go with their last handles`()
            throws
        {
            let values = try told("moves")
            #expect(values["both have pages"] == "true")
            #expect(values["sum"] == "\(3 * 12_000_000 + 4 * 3_000_000)")
            let moved = try #require(values["moved"].flatMap { Int($0) })
            #expect(3_000_000...3_001_000 ~= moved)
            #expect(values["moved for tasks"] == "\(moved)")
            let freed = try #require(values["freed after"].flatMap { Int($0) })
            #expect(0...3_000 ~= freed, "milliseconds, on every node")
        }
    }
}
