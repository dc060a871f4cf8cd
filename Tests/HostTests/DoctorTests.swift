// `swoop doctor` with hosts of a lab: what is wrong with each is found, and how to mend it is said.

import Foundation
import TestHosts
import TestPrograms
import Testing

/// What `swoop doctor --json` says of a machine.
private struct MachineOfDoctor: Decodable {
    struct Finding: Decodable {
        var check: String
        var state: String
        var found: String
        var advice: String?
    }

    var host: String?
    var findings: [Finding]

    func finding(_ check: String) -> Finding? { findings.first { $0.check == check } }
}

extension ClusterTests {
    @Suite struct DoctorTests {
        private func machines(_ ended: UserDesk.Ended) throws -> [MachineOfDoctor] {
            try JSONDecoder().decode([MachineOfDoctor].self, from: Data(ended.output.utf8))
        }

        @Test
        func `hosts are looked at, each fault is named with its remedy, nothing is left there`()
            throws
        {
            let lab = try Lab(preparing: [.bookworm])
            let desk = try UserDesk(lab)
            let good = try lab.host(named: "good")
            let small = try lab.host(named: "small", options: [.smallDisk(megabytes: 20)])
            _ = try lab.host(named: "noexec", options: [.noexecHome])
            _ = try lab.host(named: "notar", options: [.noArchiver])
            _ = try lab.host(named: "noshell", options: [.noShell])
            let walled = try lab.host(named: "walled")
            try walled.block(.opening, to: lab.address)
            let dead = try lab.host(named: "dead")
            dead.kill()
            let names = ["good", "small", "noexec", "notar", "noshell", "walled", "dead"]
            let ended = try desk.ended(
                try desk.start(["doctor", "--json", "--connect-limit", "4"] + names))
            #expect(ended.status == 1, "\(ended.errors)")
            let machines = try machines(ended)
            try #require(machines.map(\.host) == [nil] + names, "\(ended.output)")
            let own = machines[0]
            #expect(own.finding("start")?.state == "fine", "\(ended.output)")
            #expect(own.finding("system")?.found.contains("x86_64") == true)
            #expect(own.finding("SSH client")?.state == "fine")
            for check in ["SSH", "start", "system", "clock", "ports", "open files"] {
                #expect(machines[1].finding(check)?.state == "fine", "\(machines[1])")
            }
            #expect(machines[2].finding("disk")?.state == "fault", "\(machines[2])")
            #expect(machines[2].finding("disk")?.advice?.contains("folder=") == true)
            #expect(machines[3].finding("start")?.found.contains("executed") == true)
            #expect(machines[4].finding("start")?.found.contains("there is no gzip") == true)
            #expect(machines[4].finding("clock")?.state == "fine", "\(machines[4])")
            #expect(machines[5].finding("start")?.found.contains("no shell") == true)
            #expect(machines[6].finding("ports")?.state == "warning", "\(machines[6])")
            #expect(machines[6].finding("ports")?.advice?.contains("TCP") == true)
            #expect(machines[7].finding("connection")?.state == "fault", "\(machines[7])")
            for host in [good, small] {
                #expect(host.processesLeft == [])
                #expect(
                    host.files(under: "/home/worker/.cache/swoop").filter { $0.contains("try") }
                        == [])
            }
        }

        @Test func `for people a heading for each machine, and a line that counts`() throws {
            let lab = try Lab(preparing: [.bookworm])
            let desk = try UserDesk(lab)
            _ = try lab.host(named: "alpha")
            let ended = try desk.swoop("doctor", "alpha")
            #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
            #expect(ended.output.hasPrefix("this machine\n"), "\(ended.output)")
            #expect(ended.output.contains("\nalpha\n  fine     SSH "), "\(ended.output)")
            #expect(ended.errors.hasPrefix("swoop: "), "\(ended.errors)")
            let wrong = try desk.swoop("doctor", "alpha:cores=x")
            #expect(wrong.status == 1 && wrong.errors.contains("1 to 4096"), "\(wrong.errors)")
        }
    }
}
