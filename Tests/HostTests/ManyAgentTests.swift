// Many agents on one machine, clusters without a network, and addresses where nobody answers. No
// hosts are needed.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class ManyAgentTests {
        private let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func `a hundred agents on one machine register and share a thousand tasks`() throws {
            let run = try ProgramRun(["agents", "100", "1000"], in: folder)
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "1000")
            #expect((run.values["workers"].flatMap { Int($0) } ?? 0) > 50, "\(run.output)")
            #expect(run.values["ended"] == "100")
            #expect(try folder.processes(leftAfter: 2) == [])
            #expect(folder.addresses == [])
            print("100 agents: \(run.values.filter { $0.key.contains("after") })")
        }

        @Test(arguments: ["ip link set lo up; ", ""])
        func `a cluster of this machine works without a network or a name of its own`(
            _ preparation: String
        ) throws {
            let program = try #require(ProgramRun.programPath)
            let script = preparation + #"hostname nobody-knows-me; exec "$0" job local 50 1"#
            let run = try ProgramRun(
                ["--net", "--uts", "/bin/sh", "-c", script, program], in: folder,
                program: "/usr/bin/unshare")
            #expect(try run.end(within: 20) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "50" && run.values["chain"] == "250000")
            #expect(try folder.processes(leftAfter: 2) == [])
        }

        @Test func `connecting to nothing is a sentence at once`() throws {
            let began = MonotonicClock.nanoseconds()
            let run = try ProgramRun(["job", "nothing", "1", "1"], in: folder)
            #expect(try run.end(within: 10) == .exited(1))
            #expect(
                run.values["threw"]
                    == "unreachable: no cluster named nothing runs on this machine for this user / "
                    + "  Bring one up (`swoop up --name nothing HOST…`), or use .local.")
            #expect(MonotonicClock.nanoseconds() - began < 1_000_000_000)
        }

        @Test func `connecting to a black hole is given up after two seconds`() throws {
            let lab = try Lab(preparing: [.bookworm])
            let hole = try lab.host(named: "hole")
            try hole.block(.everything, to: lab.address)
            let keys = try (CurveKeys.generate(), CurveKeys.generate())
            let address = CoordinatorAddress(
                cluster: "hole", endpoint: "tcp://\(hole.address):4000",
                serverKey: keys.0.publicKey, clientSecretKey: keys.1.secretKey)
            try RuntimeFolder(at: folder.path + "/swoop").publish(address)
            let began = MonotonicClock.nanoseconds()
            let run = try ProgramRun(["job", "hole", "1", "1"], in: folder)
            #expect(try run.end(within: 10) == .exited(1))
            // Two seconds of waiting; the rest is what a busy machine takes to start a process.
            #expect(MonotonicClock.nanoseconds() - began < 6_000_000_000)
            #expect(
                run.values["threw"]?.contains("the coordinator did not answer within 2 s") == true)
        }
    }
}
