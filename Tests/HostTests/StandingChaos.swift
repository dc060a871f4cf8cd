// Chaos on a standing cluster of two hosts: agents die, links are cut, hosts are taken away and
// come back, and the program in the middle of it never notices more than time.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

/// What happens to a standing cluster.
enum StandingBlow: CaseIterable {
    /// The agent of one host is killed; the host comes back by itself.
    case killOne
    /// All agents are killed: work waits, `swoop up` brings nodes, the work goes on.
    case killAll
    /// The link to one host is cut for a few seconds.
    case cut
    /// `swoop down HOST`, then `swoop up HOST`.
    case drain
    /// The coordinator is killed: its programs hear it, and the hosts clean up after their grace.
    case killCoordinator
}

/// Rounds of blows on two hosts of a lab.
struct StandingChaos {
    private let place: LossLab
    private var plan: ChaosPlan
    private var number = 0

    init(seed: UInt64) throws {
        place = try LossLab()
        plan = ChaosPlan(seed: seed, longestStop: 3)
    }

    /// One cluster, one program, one blow.
    mutating func round() throws {
        let blow = StandingBlow.allCases[number % StandingBlow.allCases.count]
        let name = "standing round \(number): \(blow)"
        number += 1
        let desk = place.desk
        let up = try desk.swoop("up", "--grace", "5", "alpha", "beta")
        try #require(up.status == 0, "\(name): \(up.errors)")
        let stopFile = desk.folder.path + "/stop-\(number)"
        let run = try desk.run(
            ["chaos", "environment", "\(1 + plan.draw(2))", "100000", stopFile])
        _ = try run.value(of: "round")
        try place.pass(Double(plan.draw(400)) / 1_000, of: run)
        let host = plan.draw(2) == 0 ? place.alpha : place.beta
        var endsRight = true
        switch blow {
        case .killOne: host.killAgent()
        case .killAll:
            for host in [place.alpha, place.beta] { host.killAgent() }
            let again = try desk.swoop("up", "alpha", "beta")
            #expect(again.status == 0, "\(name): \(again.errors)")
        case .cut:
            try host.cutLink()
            try place.pass(Double(5 + plan.draw(25)) / 10, of: run)
            try host.restoreLink()
        case .drain:
            let down = try desk.swoop("down", host.name)
            #expect(down.status == 0, "\(name): \(down.errors)")
            #expect(host.processesLeft == [], "\(name)")
            let again = try desk.swoop("up", host.name)
            #expect(again.status == 0, "\(name): \(again.errors)")
        case .killCoordinator:
            endsRight = false
            for pid in desk.folder.processes where pid != run.process.pid {
                _ = kill(pid, SIGKILL)
            }
        }
        if endsRight {
            try finish(run, stopFile, name)
            #expect(try desk.swoop("down").status == 0, "\(name)")
        } else {
            #expect(try run.end() == .exited(1), "\(name): \(run.output)\(run.errors)")
            let error = run.values["threw"] ?? ""
            #expect(error.contains("Run the plan again"), "\(name): \(run.output)\(run.errors)")
            // Whoever looks next takes the stale address away.
            _ = try desk.swoop("status")
        }
        #expect(run.values["wrong"] == nil, "\(name): \(run.output)")
        try place.expectClean([place.alpha, place.beta], within: 10)
        #expect(desk.processesLeft == [], "\(name)")
        #expect(desk.folder.addresses == [], "\(name)")
    }

    /// Lets the program do two more rounds, and ends it.
    private func finish(_ run: ProgramRun, _ stopFile: String, _ name: String) throws {
        let last = Int(run.values["round"] ?? "") ?? -1
        try run.read(until: "\(name): two more rounds") { run in
            Int(run.values["round"] ?? "") ?? -1 >= last + 2 || run.process.reap() != nil
        }
        try write("stop", to: stopFile)
        #expect(try run.end() == .exited(0), "\(name): \(run.output)\(run.errors)")
        #expect(run.values["rounds"] == run.values["right"], "\(name): \(run.output)")
    }
}
