// More bytes than 32 bits count, on nodes with little memory.

import SwoopLaunching
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class HugeTests {
        @Test func `more than 4 GB move between two agents of 256 MiB, page by page`() throws {
            let folder = try TestFolder()
            let (pages, bytes, budget) = (66, 66_000_000, 256 << 20)
            let run = try ProgramRun(["huge", "\(pages)", "\(bytes)", "\(budget)"], in: folder)
            #expect(try run.end(within: 400) == .exited(0), "\(run.output)\(run.errors)")
            #expect(pages * bytes > 1 << 32)
            #expect(run.values["blocked"] == "true")
            #expect(run.values["right"] == "\(pages)", "\(run.output)\(run.errors)")
            let moved = try #require(run.values["moved"].flatMap { Int($0) })
            #expect(moved >= pages * bytes)
            // Both budgets, and what processes and single values take.
            let most = try #require(run.values["most bytes"].flatMap { Int($0) })
            #expect(most < 2 * budget + (600 << 20), "\(most)")
            print("\(moved) bytes moved, at most \(most >> 20) MiB of memory in all")
        }
    }
}
