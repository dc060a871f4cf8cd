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
            // The pages that it mapped, and on each core a value before or after its time as one.
            let worker = try #require(values["worker's peak pages"].flatMap { Int($0) })
            #expect(worker <= 4 + 2 * 2 + 4, "of 8 MB each; its own code and heap are some 20 MB")
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
            #expect(error.contains("the largest, local, has 4 cores and \(megabytes - 1) MB"))
        }

        @Test func `of two pages the smaller one moves, and both go with their last handles`()
            throws
        {
            let values = try told("moves")
            #expect(values["both have pages"] == "true")
            #expect(values["sum"] == "\(3 * 12_000_000 + 4 * 3_000_000)")
            let moved = try #require(values["moved"].flatMap { Int($0) })
            #expect(3_000_000...3_001_000 ~= moved)
            let freed = try #require(values["freed after"].flatMap { Int($0) })
            #expect(0...3_000 ~= freed, "milliseconds, on every node")
        }
    }
}
