// What tests of loss share: two hosts that stay up, programs that run on them, and who of a host's
// processes is what.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

/// Two hosts of a lab and a user in front of them.
final class LossLab {
    private static let lab = Result { try Lab(preparing: [.bookworm]) }
    /// What `sums` tells on this machine alone: what it must tell everywhere.
    private static let expected = Result { () throws -> [String: String] in
        let desk = try UserDesk(try lab.get())
        let run = try desk.run(
            ["sums", "0", "\(rounds)"], environment: ["SWOOP_CONNECT": "local"])
        try #require(try run.end() == .exited(0), "\(run.output)\(run.errors)")
        return run.values.filter { sumNames.contains($0.key) }
    }
    private static let sumNames = [
        "sum", "data", "value", "groups", "means", "loop", "collected",
    ]
    /// Rounds of the loop in `sums`: most of a second on four cores.
    static let rounds = 15

    let lab: Lab
    let alpha: LabHost
    let beta: LabHost
    let desk: UserDesk

    /// Makes the hosts that are not there: a test may have ended one.
    init() throws {
        let lab = try Self.lab.get()
        self.lab = lab
        alpha = try Self.host("alpha", in: lab)
        beta = try Self.host("beta", in: lab)
        desk = try UserDesk(lab)
    }

    private static func host(_ name: String, in lab: Lab) throws -> LabHost {
        try lab.hosts.first { $0.name == name } ?? lab.host(named: name)
    }

    /// Starts a program that brings the hosts up for itself.
    func start(_ arguments: String..., grace: Int = 15) throws -> ProgramRun {
        try desk.run(
            arguments,
            environment: [
                "SWOOP_CONNECT": "", "SWOOP_HOSTS": "alpha beta", "TEST_GRACE": "\(grace)",
            ])
    }

    /// What is wrong with the sums that a program told: nothing where they are those of this
    /// machine alone, bit for bit.
    func wrongSums(of run: ProgramRun) throws -> [String] {
        let expected = try Self.expected.get()
        try #require(expected.count == Self.sumNames.count, "\(expected)")
        return expected.keys.sorted().filter { run.values[$0] != expected[$0] }
            .map { "\($0): \(run.values[$0] ?? "nothing") instead of \(expected[$0] ?? "")" }
    }

    /// Waits while a program goes on.
    func pass(_ seconds: Double, of run: ProgramRun) throws {
        let end = MonotonicClock.nanoseconds() + Int64(seconds * 1e9)
        try run.read(until: "\(seconds) s") { _ in MonotonicClock.nanoseconds() >= end }
    }

    /// Expects that nothing of ours runs on the hosts soon, and that nothing lies there but the
    /// cache of programs.
    func expectClean(
        _ hosts: [LabHost], within seconds: Double = 2,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        _ = try holds(within: seconds) { hosts.allSatisfy { $0.processes().isEmpty } }
        let left = hosts.flatMap { host in
            (host.processes().map { "\($0.pid) \($0.command)" } + host.sharedMemory()
                + host.strangeFiles + host.incoming())
                .map { "\(host.name): \($0)" }
        }
        #expect(left == [], sourceLocation: sourceLocation)
    }
}

extension LabHost {
    /// Processes that play a role: `agent`, `worker`; not the one that waits for an agent's end.
    func processes(as role: String) -> [Int32] {
        processes().map(\.pid).filter { pid in
            contents(of: "/proc/\(pid)/environ").split(separator: 0)
                .contains(Array("SWOOP_ROLE=\(role)".utf8)[...])
                && contents(of: "/proc/\(pid)/comm") != Array("swoop-keeper\n".utf8)
        }
    }

    /// What lies in its temporary folders and in the user's home beside the cache of programs.
    fileprivate var strangeFiles: [String] {
        let cache = "/home/worker/.cache/swoop/"
        return ["/tmp", "/var/tmp", "/home/worker"].flatMap { files(under: $0) }
            .filter { !cache.hasPrefix($0 + "/") && !$0.hasPrefix(cache) }
    }

    /// Programs that tasks started.
    var sleepers: Int { processes().count { $0.command == "sleep 1000" } }

    /// Kills the agent, and the workers with it.
    func killAgent() {
        for pid in processes(as: "agent") + processes(as: "worker") { _ = Glibc.kill(pid, SIGKILL) }
    }

    /// Ends the connections of SSH that are open.
    func killConnections() throws {
        _ = try run(
            """
            for process in /proc/[0-9]*; do
                case $(tr '\\0' ' ' <$process/cmdline) in
                "sshd: worker"*) kill -9 ${process#/proc/} ;;
                esac
            done 2>/dev/null
            """, as: .root)
    }
}

extension ProgramRun {
    /// Remarks that the program's user reads, with a word in them.
    func remarks(with word: String) -> [String] {
        errors.split(separator: "\n").filter { $0.hasPrefix("swoop: ") && $0.contains(word) }
            .map(String.init)
    }

    /// How long something takes, in seconds.
    func seconds(_ body: () throws -> Void) rethrows -> Double {
        let began = MonotonicClock.nanoseconds()
        try body()
        return Double(MonotonicClock.nanoseconds() - began) / 1e9
    }
}
