// Clusters that are struck while they work: whatever is killed or stopped, at whatever moment,
// every answer that comes is right, every wait ends, and nothing is left behind. `make chaos
// MINUTES=n SEED=s` goes on for as long as it is told; a failing round prints the seed and its
// number.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestHosts
import TestPrograms
import Testing

/// What the environment asks of chaos.
private struct ChaosOrder {
    var seed: UInt64
    /// Nanoseconds that rounds may begin in.
    var nanoseconds: Int64
    var rounds: Int
    var longestStop: Int
    /// Megabytes.
    var largestValue: Int

    static var ofEnvironment: ChaosOrder {
        let seed = number(of: "SWOOP_SEED") ?? 1
        guard let minutes = number(of: "SWOOP_CHAOS_MINUTES"), minutes > 0 else {
            return ChaosOrder(
                seed: seed, nanoseconds: .max, rounds: ChaosPlan.turn, longestStop: 3,
                largestValue: 200)
        }
        return ChaosOrder(
            seed: seed, nanoseconds: Int64(minutes) * 30_000_000_000, rounds: .max,
            longestStop: 20, largestValue: 1_200)
    }

    private static func number(of name: String) -> UInt64? {
        unsafe getenv(name).flatMap { UInt64(unsafe String(cString: $0)) }
    }
}

/// Seconds after which a process that says nothing is given up: the agent's silence.
private let silence = 10.0

@Suite(.serialized) struct LocalChaosTests {
    @Test(.timeLimit(.minutes(600)))
    func `whatever is struck on this machine, answers are right and nothing is left`() throws {
        let order = ChaosOrder.ofEnvironment
        var plan = ChaosPlan(
            seed: order.seed, longestStop: order.longestStop, largestValue: order.largestValue)
        let began = MonotonicClock.nanoseconds()
        var done = 0
        while done < order.rounds,
            done == 0 || MonotonicClock.nanoseconds() - began < order.nanoseconds
        {
            let round = plan.next()
            do {
                try LocalChaos(round).run()
            } catch {
                Issue.record("round \(round): \(error)")
            }
            done += 1
        }
        print("chaos here: \(done) rounds of seed \(order.seed)")
    }
}

extension ClusterTests {
    @Suite(.serialized) struct ChaosTests {
        @Test(.timeLimit(.minutes(600)))
        func `whatever is struck on a standing cluster, its programs go on`() throws {
            let order = ChaosOrder.ofEnvironment
            var chaos = try StandingChaos(seed: order.seed)
            let began = MonotonicClock.nanoseconds()
            var done = 0
            while done < min(order.rounds, StandingBlow.allCases.count)
                || order.rounds == .max && MonotonicClock.nanoseconds() - began < order.nanoseconds
            {
                try chaos.round()
                done += 1
            }
            print("chaos on hosts: \(done) rounds of seed \(order.seed)")
        }
    }
}

/// One round on this machine.
private struct LocalChaos {
    private let round: ChaosRound
    private let folder: TestFolder
    private let stopFile: String
    private let sharedMemory = TestFolder.names(in: "/dev/shm")

    init(_ round: ChaosRound) throws {
        self.round = round
        folder = try TestFolder()
        stopFile = folder.path + "/stop"
    }

    func run() throws {
        defer { for pid in folder.processes { _ = kill(pid, SIGKILL) } }
        switch round.blow {
        case .bulk(let megabytes): try bulk(megabytes)
        case .starve(let descriptors): try starve(descriptors)
        case .kill, .interrupt, .stop: try strike()
        }
        let left = try folder.processes(leftAfter: 5)
        #expect(left == [], "round \(round)")
        #expect(TestFolder.names(in: "/dev/shm") == sharedMemory, "round \(round)")
    }

    /// A value so large that nothing else would get through behind it.
    private func bulk(_ megabytes: Int) throws {
        let run = try ProgramRun(["bulk", "\(megabytes)000000"], in: folder)
        #expect(try run.end(within: 300) == .exited(0), "round \(round): \(run.errors)")
        #expect(run.values["came"] == "\(megabytes)000000", "round \(round): \(run.output)")
        #expect(run.values["went"] == "\(megabytes)000000", "round \(round): \(run.output)")
        #expect(run.remarks(with: "lost") == [], "round \(round)")
    }

    /// With too few descriptors for a start, or for what comes after it: the work is done, or an
    /// error says what was missing.
    private func starve(_ descriptors: Int) throws {
        let program = try #require(ProgramRun.programPath)
        let run = try ProgramRun(
            [
                "-c", "ulimit -n \(descriptors); exec \"$0\" chaos local \(round.size) 5",
                program,
            ], in: folder, program: "/bin/bash")
        let status = try run.end(within: 120)
        if status == .exited(0) {
            #expect(run.values["right"] == "5", "round \(round): \(run.output)")
        } else {
            #expect(status == .exited(1), "round \(round): \(run.output)\(run.errors)")
            let threw = run.values["threw"] ?? ""
            #expect(threw.contains("ulimit -n"), "round \(round): \(run.output)")
        }
    }

    private func strike() throws {
        let run = try ProgramRun(
            ["chaos", "local", "\(round.size)", "100000", stopFile], in: folder)
        try run.read(until: "round \(round.round)") { run in
            run.values["began"] != nil
                && (round.round == 0 || Int(run.values["round"] ?? "") ?? -1 >= round.round - 1)
        }
        try pass(Double(round.delay) / 1_000, of: run)
        let target = try process(of: run)
        switch round.blow {
        case .kill: _ = kill(target, SIGKILL)
        case .interrupt: _ = kill(target, SIGINT)
        case .stop(let seconds):
            _ = kill(target, SIGSTOP)
            try pass(seconds, of: run)
            _ = kill(target, SIGCONT)
        case .bulk, .starve: break
        }
        try expectRightEnd(of: run)
    }

    /// Reads on for some time; the program may end meanwhile.
    private func pass(_ seconds: Double, of run: ProgramRun) throws {
        let end = MonotonicClock.nanoseconds() + Int64(seconds * 1e9)
        try run.read(until: "\(seconds) s") { run in
            MonotonicClock.nanoseconds() >= end || run.process.reap() != nil
        }
    }

    private func process(of run: ProgramRun) throws -> Int32 {
        let client = run.process.pid
        switch round.victim {
        case .client: return client
        case .agent: return try child(of: client)
        case .worker: return try child(of: try child(of: client))
        }
    }

    /// The one child of a process; waited for, since it may be about to begin.
    private func child(of parent: Int32) throws -> Int32 {
        _ = try holds(within: 10) { !folder.children(of: parent).isEmpty }
        return try #require(folder.children(of: parent).first, "round \(round)")
    }

    private func expectRightEnd(of run: ProgramRun) throws {
        switch (round.victim, round.blow) {
        case (.client, .kill): #expect(try run.end() == .signalled(SIGKILL), "round \(round)")
        case (.client, .interrupt): #expect(try run.end() == .signalled(SIGINT), "round \(round)")
        case (.agent, .kill):
            #expect(try run.end() == .exited(1), "round \(round): \(run.output)\(run.errors)")
            let error = run.values["threw"] ?? ""
            #expect(
                error.contains("lost: ") && error.contains("Run the plan again."),
                "round \(round): \(run.output)\(run.errors)")
        case (.agent, .stop(let seconds)) where seconds >= silence - 2:
            // So long a silence may be taken for an end, which is told as such.
            try finish(run)
            let wasLost = run.values["threw"]?.contains("silent") == true
            #expect(
                run.process.status == .exited(0) || wasLost,
                "round \(round): \(run.output)\(run.errors)")
        default:
            try finish(run)
            #expect(
                run.process.status == .exited(0), "round \(round): \(run.output)\(run.errors)")
            #expect(run.values["rounds"] == run.values["right"], "round \(round): \(run.output)")
        }
        #expect(run.values["wrong"] == nil, "round \(round): \(run.output)")
    }

    /// Lets the program do two more rounds, and ends it.
    private func finish(_ run: ProgramRun) throws {
        let last = Int(run.values["round"] ?? "") ?? -1
        try run.read(until: "two more rounds") { run in
            Int(run.values["round"] ?? "") ?? -1 >= last + 2 || run.process.reap() != nil
        }
        try write("stop", to: stopFile)
        try run.end()
    }
}
