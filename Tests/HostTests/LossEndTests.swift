// Coordinators that are gone for good: while the grace runs everything stays, then nothing is left
// on any host but the cache of programs.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class LossEndTests {
        private let place: LossLab
        private var hosts: [LabHost] { [place.alpha, place.beta] }

        init() throws { place = try LossLab() }

        /// Every core computes, and two programs of each task run.
        private func expectBusy(_ run: ProgramRun) throws {
            try run.read(until: "tasks and their programs run") { _ in
                hosts.allSatisfy {
                    $0.sleepers >= 2 && $0.processes(as: "agent").count == 1
                        && !$0.processes(as: "worker").isEmpty
                }
            }
        }

        /// Nothing ends before the grace does; then everything.
        private func expectEnd(after grace: Double) throws -> Double {
            let began = MonotonicClock.nanoseconds()
            let before = hosts.map { $0.processes().count }
            let isEarly = try holds(within: grace - 2) {
                zip(hosts, before).contains { $0.processes().count < $1 }
            }
            #expect(!isEarly)
            try place.expectClean(hosts, within: 5)
            return Double(MonotonicClock.nanoseconds() - began) / 1e9
        }

        @Test func `hosts of a killed standing coordinator are clean after the grace`() throws {
            let desk = place.desk
            #expect(try desk.swoop("up", "--grace", "5", "alpha", "beta").status == 0)
            // Both hosts have the program then.
            _ = try desk.job(8)
            let run = try desk.run(["programs"])
            try expectBusy(run)
            let coordinator = try #require(try desk.folder.address(of: "standing"))
            kill(coordinator.process.pid, SIGKILL)
            let seconds = try expectEnd(after: 5)
            #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
            #expect(run.values["threw"]?.contains("coordinator") == true, "\(run.output)")
            #expect(desk.processesLeft == [])
            print("coordinator killed, grace 5 s: clean after \(seconds) s")
        }

        @Test func `hosts of a killed program are clean after the grace`() throws {
            let run = try place.start("programs", grace: 5)
            try expectBusy(run)
            run.process.kill(SIGKILL)
            let seconds = try expectEnd(after: 5)
            #expect(place.desk.processesLeft == [])
            print("program killed, grace 5 s: clean after \(seconds) s")
        }

        @Test func `programs of tasks end with their cluster`() throws {
            #expect(try place.desk.swoop("up", "alpha", "beta").status == 0)
            _ = try place.desk.job(8)
            let run = try place.desk.run(["programs"])
            try expectBusy(run)
            #expect(try place.desk.swoop("down").status == 0)
            try place.expectClean(hosts)
        }

        @Test func `programs of tasks end with their worker, also after its agent was killed`()
            throws
        {
            let run = try place.start("programs")
            try expectBusy(run)
            for host in hosts {
                for pid in host.processes(as: "agent") { kill(pid, SIGKILL) }
            }
            try place.expectClean(hosts)
            #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
        }
    }
}
