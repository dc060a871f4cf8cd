// Hosts that are lost, silent or back: every answer is right, and a person hears why it took
// longer.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class LossTests {
        private let place: LossLab
        private var alpha: LabHost { place.alpha }
        private var beta: LabHost { place.beta }

        init() throws { place = try LossLab() }

        private func expectRight(_ run: ProgramRun, _ tasks: Int) throws {
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "\(tasks)", "\(run.output)\(run.errors)")
            #expect(run.values["chain"] == "250000")
        }

        @Test func `an agent killed in the middle of a job costs a line and no result`() throws {
            let run = try place.start("job", "environment", "200", "50")
            _ = try run.value(of: "first")
            alpha.killAgent()
            let seconds = try run.seconds { try expectRight(run, 200) }
            // The other has two slots: all tasks on it take 5 s.
            #expect(seconds < 15, "\(seconds) s")
            let lines = run.remarks(with: "lost")
            #expect(lines.count == 1, "\(lines)")
            let words = "swoop: node alpha is lost: its connection ended. "
            #expect(lines.first?.hasPrefix(words) == true, "\(lines)")
            #expect(lines.first?.contains("tasks that it held are run again") == true)
            try place.expectClean([alpha, beta])
            print("agent killed: \(seconds) s for the rest of a job of 5 s on one node; \(lines)")
        }

        @Test func `a link that is cut for five seconds loses nothing`() throws {
            let run = try place.start("job", "environment", "240", "100")
            _ = try run.value(of: "first")
            try alpha.cutLink()
            try place.pass(5, of: run)
            try alpha.restoreLink()
            let seconds = try run.seconds { try expectRight(run, 240) }
            #expect(run.remarks(with: "lost") == [])
            try place.expectClean([alpha, beta])
            print("cut for 5 s: \(seconds) s from then on, of a job of 6 s on two nodes")
        }

        @Test func `an agent that is stopped for five seconds loses nothing`() throws {
            let run = try place.start("job", "environment", "240", "100")
            _ = try run.value(of: "first")
            let agent = try #require(alpha.processes(as: "agent").first)
            kill(agent, SIGSTOP)
            defer { kill(agent, SIGCONT) }
            try place.pass(5, of: run)
            kill(agent, SIGCONT)
            try expectRight(run, 240)
            #expect(run.remarks(with: "lost") == [])
            try place.expectClean([alpha, beta])
        }

        @Test func `a machine that is gone without a word is lost after ten seconds`() throws {
            let run = try place.start("job", "environment", "200", "50")
            _ = try run.value(of: "first")
            alpha.kill()
            let seconds = try run.seconds { try expectRight(run, 200) }
            #expect(seconds < 20, "\(seconds) s")
            let lines = run.remarks(with: "lost")
            #expect(lines.count == 1, "\(lines)")
            #expect(
                lines.first?.hasPrefix("swoop: node alpha is lost: it was silent for 10 s. ")
                    == true, "\(lines)")
            try place.expectClean([beta])
            print("machine gone: \(seconds) s for the rest of a job of 5 s on one node")
        }

        @Test func `a host that comes back after twenty seconds is a node again`() throws {
            let desk = place.desk
            #expect(try desk.swoop("up", "--grace", "60", "alpha", "beta").status == 0)
            let agents = alpha.processes(as: "agent")
            let run = try desk.run(["absence", "100", "50"])
            _ = try run.value(of: "began")
            try alpha.cutLink()
            let cut = MonotonicClock.nanoseconds()
            _ = try run.value(of: "right without it")
            try run.read(until: "20 s") { _ in
                MonotonicClock.nanoseconds() - cut >= 20_000_000_000
            }
            try alpha.restoreLink()
            let seconds = try run.seconds { _ = try run.value(of: "returned after") }
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            for name in ["right", "right without it", "right with it"] {
                #expect(run.values[name] == "100", "\(name): \(run.output)")
            }
            #expect(run.values["hosts"] == "alpha beta")
            #expect(seconds < 10, "\(seconds) s")
            #expect(alpha.processes(as: "agent") == agents)
            let lines = run.remarks(with: "lost")
            #expect(lines.count == 1 && lines[0].contains("silent for 10 s"), "\(lines)")
            #expect(try desk.swoop("down").status == 0)
            try place.expectClean([alpha, beta])
            print("cut for 20 s: back \(seconds) s after the link was")
        }

        @Test(arguments: ["alpha", "beta"])
        func `pages and data of a host that is lost are made again or are elsewhere`(
            _ name: String
        ) throws {
            let lost = name == "alpha" ? alpha : beta
            let run = try place.start("sums", "1", "\(LossLab.rounds)")
            _ = try run.value(of: "stored")
            lost.killAgent()
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(try place.wrongSums(of: run) == [], "\(run.errors)")
            let lines = run.remarks(with: "lost")
            #expect(lines.count == 1, "\(lines)")
            // Some of what was stored was made there.
            #expect(lines.first?.contains(" 0 pages are made again") == false, "\(lines)")
            print("\(name) lost with its pages: \(lines)")
        }

        @Test func `sums are the same bits on two hosts, and when one is killed`() throws {
            let whole = try place.start("sums", "0", "\(LossLab.rounds)")
            #expect(try whole.end() == .exited(0), "\(whole.output)\(whole.errors)")
            #expect(try place.wrongSums(of: whole) == [])
            let halved = try place.start("sums", "0", "\(LossLab.rounds)")
            _ = try halved.value(of: "looping")
            beta.killAgent()
            #expect(try halved.end() == .exited(0), "\(halved.output)\(halved.errors)")
            #expect(try place.wrongSums(of: halved) == [])
            #expect(halved.remarks(with: "node beta is lost").count == 1, "\(halved.errors)")
        }
    }
}
