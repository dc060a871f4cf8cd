// Pages where not everybody reaches everybody: between hosts that do not reach each other through
// the coordinator, and all that a host sends through its SSH connection where that is all it has.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class PageTests {
        private let place: LossLab
        private var alpha: LabHost { place.alpha }
        private var beta: LabHost { place.beta }
        /// Megabytes in one place of which about half come from the other host.
        private static let pages = 64

        init() throws { place = try LossLab() }

        private func exchange(_ name: String) throws -> ProgramRun {
            let run = try place.start("exchange", "\(Self.pages)", "1000000")
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "true", "\(run.output)\(run.errors)")
            #expect(run.values["pages"] == "\(Self.pages)")
            print("\(name): \(run.values)")
            return run
        }

        private func expectSums(_ name: String) throws -> ProgramRun {
            let run = try place.start("sums", "0", "\(LossLab.rounds)")
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(try place.wrongSums(of: run) == [], "\(name)")
            return run
        }

        @Test func `hosts that cannot reach each other go through the coordinator`() throws {
            let direct = try exchange("direct")
            #expect(direct.remarks(with: "through") == [])
            try alpha.block(.everything, to: beta.address)
            try beta.block(.everything, to: alpha.address)
            defer {
                try? alpha.unblock()
                try? beta.unblock()
            }
            let relayed = try exchange("relayed")
            let lines = relayed.remarks(with: "go through the coordinator")
            #expect(lines.count == 1, "\(relayed.errors)")
            #expect(lines.first?.contains("does not reach") == true, "\(lines)")
            let sums = try expectSums("relayed")
            #expect(sums.remarks(with: "go through the coordinator").count == 1, "\(sums.errors)")
            #expect(sums.remarks(with: "lost") == [])
            try place.expectClean([alpha, beta])
        }

        @Test(arguments: [(20, 40), (100, 160)])
        func `bulk that needs 13 s and more of a slow line each way loses no node`(
            megabits: Int, megabytes: Int
        ) throws {
            try alpha.limitLink(megabitsPerSecond: megabits)
            defer { try? alpha.unlimitLink() }
            let bytes = "\(megabytes)000000"
            let run = try place.desk.run(
                ["bulk", bytes],
                environment: ["SWOOP_CONNECT": "", "SWOOP_HOSTS": "alpha", "TEST_GRACE": "15"])
            #expect(try run.end(within: 200) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["came"] == bytes, "\(run.output)\(run.errors)")
            #expect(run.values["went"] == bytes, "\(run.output)\(run.errors)")
            #expect(run.remarks(with: "lost") == [])
            let times = ["milliseconds down", "milliseconds up"].compactMap {
                run.values[$0].flatMap { Int($0) }
            }
            #expect(times.count == 2 && times.allSatisfy { $0 > 10_000 && $0 < 90_000 }, "\(times)")
            print("\(megabytes) MB over \(megabits) Mbit/s: \(times) ms down and up")
        }

        @Test func `a host that cannot reach this machine works through its SSH connection`() throws
        {
            try alpha.block(.opening, to: place.lab.address)
            defer { try? alpha.unblock() }
            let carried = try exchange("carried")
            #expect(
                carried.remarks(with: "alpha: joined").first?
                    .contains("through its SSH connection") == true, "\(carried.errors)")
            _ = try expectSums("carried")
            let run = try place.start("job", "environment", "200", "50", grace: 5)
            _ = try run.value(of: "first")
            try alpha.killConnections()
            let seconds = try run.seconds { _ = try run.end() }
            #expect(run.process.status == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "200")
            let lines = run.remarks(with: "node alpha is lost")
            #expect(lines.count == 1, "\(run.errors)")
            #expect(seconds < 15, "\(seconds) s")
            try place.expectClean([alpha, beta], within: 8)
            print("SSH connection of a carried host killed: \(seconds) s; \(lines)")
        }
    }
}
