// One page that tasks on many nodes read: it leaves its own node fewer times than it is read.

import SwoopLaunching
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class BroadcastTests {
        private func expectSpread(
            _ values: [String: String], over nodes: Int, atMost given: Double
        ) throws {
            #expect(values["readers"] == "\(nodes)", "\(values)")
            #expect(values["copies"] == "\(nodes - 1)", "everyone else copies it once")
            let origin = try #require(values["given by its node"].flatMap { Double($0) })
            #expect(origin <= given, "\(values)")
            print("\(nodes) nodes: \(values["given"] ?? "") in \(values["milliseconds"] ?? "") ms")
        }

        @Test func `one page to sixteen agents leaves its own less than half as often`() throws {
            let folder = try TestFolder()
            let run = try ProgramRun(["broadcast", "16", "6000000"], in: folder)
            #expect(try run.end(within: 180) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "48")
            // Two as planned; where one that copies is slow, those behind it ask the first again.
            try expectSpread(run.values, over: 16, atMost: 7)
            #expect(try folder.processes(leftAfter: 2) == [])
        }
    }
}
