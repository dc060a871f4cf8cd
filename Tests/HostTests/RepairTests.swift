// A standing cluster that is repaired while it works: hosts come back, are added and taken away,
// and no program loses anything.

import Foundation
import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

/// What `swoop status --json` says of hosts.
private struct StatusOfHosts: Decodable {
    struct Node: Decodable {
        var name: String
    }
    struct Host: Decodable {
        var name: String
        var state: String
        var secondsLeft: Double?
        var text: String?
    }

    var nodes: [Node]
    var hosts: [Host]?

    func host(_ name: String) -> Host? { hosts?.first { $0.name == name } }
}

extension ClusterTests {
    @Suite final class RepairTests {
        private let place: LossLab
        private var alpha: LabHost { place.alpha }
        private var beta: LabHost { place.beta }
        private var desk: UserDesk { place.desk }

        init() throws { place = try LossLab() }

        private func status() throws -> StatusOfHosts {
            let said = try desk.swoop("status", "--json")
            let all = try JSONDecoder().decode([StatusOfHosts].self, from: Data(said.output.utf8))
            return try #require(all.first)
        }

        /// Waits until these nodes are there.
        private func expectNodes(
            _ names: [String], sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let areThere = try holds(within: 60) { [self] in
                (try? status().nodes.map(\.name).sorted()) == names
            }
            let now = try status()
            #expect(areThere, "\(now)", sourceLocation: sourceLocation)
        }

        private func up(_ hosts: String...) throws {
            var arguments = ["up", "--grace", "5"]
            arguments += hosts
            let ended = try desk.ended(try desk.start(arguments))
            #expect(ended.status == 0, "\(ended.errors)")
        }

        private func down() throws {
            #expect(try desk.swoop("down").status == 0)
            try place.expectClean([alpha, beta])
            #expect(desk.processesLeft == [])
        }

        private func startJob() throws -> ProgramRun {
            let run = try desk.run(["job", "environment", "200", "50"])
            _ = try run.value(of: "first")
            return run
        }

        private func expectRight(_ run: ProgramRun) throws {
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "200", "\(run.output)\(run.errors)")
            #expect(run.values["chain"] == "250000")
        }

        @Test func `a host that was lost comes back by itself, and status says when`() throws {
            try up("alpha", "beta")
            let run = try startJob()
            alpha.killAgent()
            var told: [StatusOfHosts.Host] = []
            let isBack = try holds(within: 60) { [self] in
                guard let now = try? status() else { return false }
                if let host = now.host("alpha"), host.state != "up" { told.append(host) }
                return !told.isEmpty && now.nodes.count == 2
            }
            #expect(isBack, "\(told)")
            let waiting = told.first { $0.state == "waiting" }
            #expect(waiting?.secondsLeft ?? 99 <= 4, "\(told)")
            #expect(waiting?.text == "its connection ended")
            try expectRight(run)
            #expect(try status().host("alpha")?.state == "up")
            // Its cores are used again.
            #expect(try desk.job(8)["right"] == "8")
            try down()
        }

        @Test func `up on a running cluster adds hosts while a job runs`() throws {
            try up("alpha")
            let run = try startJob()
            let more = try desk.swoop("up", "alpha", "beta")
            #expect(more.status == 0, "\(more.errors)")
            #expect(more.errors.contains("swoop: alpha: is up\n"), "\(more.errors)")
            #expect(more.errors.contains("swoop: beta: done after "), "\(more.errors)")
            #expect(more.errors.hasSuffix("swoop: 2 of 2 hosts are up\n"), "\(more.errors)")
            #expect(try status().nodes.map(\.name).sorted() == ["alpha", "beta"])
            try expectRight(run)
            let wrong = try desk.swoop("up", "--json", "alpha", "gamma.invalid")
            #expect(wrong.status == 1)
            #expect(wrong.output.contains(#"{"host":"alpha","isCarried":false,"isUp":true}"#))
            #expect(
                wrong.output.contains(#""host":"gamma.invalid","isUp":false"#), "\(wrong.output)")
            // One that never came up is none of the cluster's hosts.
            #expect(try status().hosts?.map(\.name) == ["alpha", "beta"])
            let bad = try desk.swoop("up", "alpha:colour=red")
            #expect(bad.status == 1 && bad.errors.contains("colour"), "\(bad.errors)")
            try down()
        }

        @Test func `up does not call a host up whose agent was just killed, and starts it anew`()
            throws
        {
            try up("alpha")
            alpha.killAgent()
            let again = try desk.swoop("up", "alpha")
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.errors.contains("swoop: alpha: done after "), "\(again.errors)")
            #expect(try status().nodes.map(\.name) == ["alpha"])
            #expect(try status().host("alpha")?.state == "up")
            #expect(try desk.job(8)["right"] == "8")
            try down()
        }

        @Test func `a host is taken away while a job runs, and the job loses nothing`() throws {
            try up("alpha", "beta")
            let run = try startJob()
            let less = try desk.swoop("down", "--within", "2", "beta")
            #expect(less.status == 0, "\(less.errors)")
            #expect(
                less.errors.hasSuffix("swoop: 1 of 1 host has left standing\n"), "\(less.errors)")
            #expect(try status().nodes.map(\.name) == ["alpha"])
            #expect(try status().hosts?.map(\.name) == ["alpha"])
            try place.expectClean([beta], within: 5)
            try expectRight(run)
            #expect(run.remarks(with: "is lost") == [], "\(run.errors)")
            #expect(run.remarks(with: "beta was taken away").count == 1, "\(run.errors)")
            let strange = try desk.swoop("down", "gamma")
            #expect(strange.status == 1)
            #expect(strange.errors.contains("standing has alpha"), "\(strange.errors)")
            // And it may come again.
            try up("beta")
            try expectNodes(["alpha", "beta"])
            try down()
        }

        @Test func `data and pages that only a leaving host has are not lost`() throws {
            try up("alpha")
            let run = try desk.run(["sums", "0", "\(LossLab.rounds)"])
            _ = try run.read(until: "something of it is told") { !$0.values.isEmpty }
            try up("beta")
            let less = try desk.swoop("down", "--within", "1", "--json", "alpha")
            #expect(less.status == 0, "\(less.errors)")
            #expect(less.output == "[{\"hasLeft\":true,\"host\":\"alpha\"}]\n")
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(try place.wrongSums(of: run) == [])
            try down()
        }

        @Test func `without a node the work waits, says for what, and goes on`() throws {
            try up("alpha")
            let run = try startJob()
            alpha.killAgent()
            try run.read(until: "it says what it waits for") {
                $0.errors.contains("no node is there, and the work waits: alpha is ")
            }
            // One that comes now waits as well.
            let next = try desk.run(["job", "environment", "8", "2"])
            try expectRight(run)
            #expect(try next.end() == .exited(0), "\(next.output)\(next.errors)")
            #expect(next.values["right"] == "8")
            try down()
        }

        @Test func `an agent of this machine that is killed is started again`() throws {
            try up("local:cores=2")
            // What it is up with it keeps, and says so; who names no setting asks for none.
            let other = try desk.swoop("up", "local:cores=1,spill=/var/tmp")
            #expect(other.status == 0, "\(other.errors)")
            #expect(
                other.errors.contains("new settings (cores, spill) count when"), "\(other.errors)")
            #expect(try !desk.swoop("up", "local").errors.contains("settings"))
            #expect(try desk.swoop("up", "local:cores=2").status == 0)
            // It has joined by now, and nobody takes it for lost.
            let now = try status()
            #expect(now.nodes.map(\.name) == ["local"] && now.host("local")?.state == "up")
            let run = try startJob()
            let mark = Array("SWOOP_ROLE=agent".utf8)[...]
            let agent = try #require(
                desk.folder.processes.first {
                    contents(of: "/proc/\($0)/environ").split(separator: 0).contains(mark)
                })
            kill(agent, SIGKILL)
            try expectRight(run)
            let more = try desk.swoop("down", "local")
            #expect(more.status == 0, "\(more.errors)")
            #expect(try status().nodes.isEmpty)
            #expect(try desk.swoop("up", "local:cores=1").status == 0)
            #expect(try desk.job(8)["right"] == "8")
            try down()
        }

        @Test func `Ctrl-C gives up what has not joined and leaves the rest`() throws {
            try up("alpha")
            let silent = try SilentListener()
            let more = try desk.start(["up", "alpha", "127.0.0.1:port=\(silent.port)"])
            try more.read(until: "alpha is there") { $0.errors.contains("alpha: is up") }
            more.process.kill(SIGINT)
            let ended = try desk.ended(more)
            #expect(ended.status == 1 && ended.seconds < 2, "\(ended.seconds) s, \(ended.errors)")
            #expect(
                ended.errors.hasSuffix("swoop: stopped: 1 of 2 hosts are up\n"), "\(ended.errors)")
            #expect(try status().hosts?.map(\.name) == ["alpha"])
            #expect(try desk.job(8)["right"] == "8")
            try down()
        }
    }
}
