// Who may say what in a cluster of real hosts: what somebody can do who took an agent's key, and
// what becomes of a process that can tell nobody's key any more.

import Glibc
import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire
import TestHosts
import TestPrograms
import Testing

extension ClusterTests {
    @Suite final class TrustTests {
        private let place: LossLab
        private var alpha: LabHost { place.alpha }
        private var beta: LabHost { place.beta }
        private var desk: UserDesk { place.desk }

        init() throws { place = try LossLab() }

        private func agent(of host: LabHost) throws -> Int32 {
            let found = host.processes(as: "agent")
            try #require(found.count == 1, "\(found)")
            return found[0]
        }

        /// Brings both hosts up, and says where their coordinator is.
        private func up() throws -> CoordinatorAddress {
            let up = try desk.swoop("up", "alpha", "beta")
            try #require(up.status == 0, "\(up.errors)")
            return try #require(try desk.folder.address(of: "standing"))
        }

        private func expectRightSums() throws {
            let run = try desk.run(["sums", "0", "\(LossLab.rounds)"])
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(try place.wrongSums(of: run) == [])
        }

        @Test func `who took the key of one agent is no other one`() throws {
            let address = try up()
            let agents = [try agent(of: alpha), try agent(of: beta)]
            let keys = try agents.map(StolenKey.ofAgent)
            try #require(keys[0].publicKey != keys[1].publicKey)
            var thief = try Thief(
                keys: keys[1], endpoint: address.endpoint, serverKey: address.serverKey)
            // What it says of runs is of nobody's: it was not taken in.
            try thief.send(AgentMessage.pageMissing(TaskID(high: 1, low: 1)).encoded())
            #expect(try thief.hears { try? AgentOrder(frames: $0) } == .unknown)
            let description = NodeDescription(
                name: "alpha", slots: 2, pageBudget: 1 << 20, processID: 1)
            let manifest = try #require(alpha.programs().first { $0.count > 20 })
            try thief.send(
                AgentMessage.register(
                    version: wireVersion, description, program: ProgramID(manifest),
                    pages: PageService(endpoints: [], publicKey: keys[0].publicKey)
                ).encoded())
            #expect(
                try thief.hears { try? AgentOrder(frames: $0) }
                    == .refused("it registered under the key of another agent"))
            // It submits nothing by it either.
            try thief.send(
                ClientMessage.hello(
                    version: wireVersion, client: ClientID(77), program: ProgramID(manifest),
                    name: "thief"
                ).encoded())
            let answer = try thief.hears { try? AgentOrder(frames: $0) }
            guard case .refused = answer else {
                Issue.record("a client's greeting was answered by \(String(describing: answer))")
                return
            }
            // Both are there as before, and nothing of theirs was lost.
            try expectRightSums()
            #expect(try [agent(of: alpha), agent(of: beta)] == agents)
            #expect(try desk.swoop("down").status == 0)
        }

        @Test func `the key of an agent that is gone reads no page and joins no cluster`() throws {
            let address = try up()
            let old = try agent(of: alpha)
            let (key, server) = try (
                StolenKey.ofAgent(old), StolenKey.ofAgent(agent(of: beta))
            )
            let port = try #require(ListeningPorts.of([try agent(of: beta)]).first)
            var reader = try Thief(
                keys: key, endpoint: "tcp://\(beta.address):\(port)",
                serverKey: server.publicKey)
            let task = TaskID(high: 1, low: 1)
            let question = PeerMessage.pageWanted(task, offset: 0, count: 1_000).encoded()
            try reader.send(question)
            // It may ask now, as the agent itself may.
            #expect(try reader.hears { try? PeerMessage(frames: $0) } == .pageAbsent(task))
            alpha.killAgent()
            let isBack = try holds(within: 60) {
                let found = alpha.processes(as: "agent")
                return !found.isEmpty && !found.contains(old)
            }
            #expect(isBack)
            // A new agent with a new key does the work; the connection with the old one is there
            // still, and nobody answers on it.
            try expectRightSums()
            try reader.send(question)
            #expect(try reader.hears(within: 3) { $0 } == nil)
            let again = try Thief(
                keys: key, endpoint: address.endpoint, serverKey: address.serverKey)
            #expect(try holds(within: 20) { again.wasRefused })
            #expect(try desk.swoop("down").status == 0)
        }

        @Test func `hosts join and programs attach while strangers flood from forty addresses`()
            throws
        {
            let first = try desk.swoop("up", "alpha")
            try #require(first.status == 0, "\(first.errors)")
            let address = try #require(try desk.folder.address(of: "standing"))
            let flood = try desk.run(
                ["flood", address.endpoint, "nothing", "0", "40"],
                program: ProgramRun.path(of: "TransportProbe"))
            try flood.read(until: "strangers") { $0.output.contains("\n") }
            // Its agent comes from an address that no key was proved from before.
            let second = try desk.swoop("up", "beta")
            #expect(second.status == 0 && second.seconds < 30, "\(second)")
            #expect(try desk.job(100)["right"] == "100")
            #expect(flood.process.reap() == nil)
            flood.process.endNow()
            let strangers = flood.output.split(separator: "\n").last.flatMap { Int($0) }
            #expect(strangers ?? 0 > 1_000, "\(flood.output)")
            #expect(try desk.swoop("down").status == 0)
        }

        @Test(.enabled(if: BrokenJudge.isPossible, "needs perl, on x86-64"))
        func `an agent and a coordinator that cannot judge connections end, and work goes on`()
            throws
        {
            _ = try up()
            let old = try agent(of: alpha)
            try BrokenJudge.make(in: old)
            #expect(try holds(within: 30) { !alpha.processes(as: "agent").contains(old) })
            try expectRightSums()
            let isBack = try holds(within: 60) { alpha.processes(as: "agent").count == 1 }
            #expect(isBack)
            let holders = desk.folder.processes.filter { BrokenJudge.thread(of: $0) != nil }
            try #require(holders.count == 1, "\(holders)")
            try BrokenJudge.make(in: holders[0])
            #expect(try desk.folder.processes(leftAfter: 30) == [])
            let job = try desk.run(["job", "environment", "1", "1"])
            #expect(try job.end() == .exited(1), "\(job.output)\(job.errors)")
            // Agents give up when their coordinator stays away.
            #expect(
                try holds(within: 60) { alpha.processes().isEmpty && beta.processes().isEmpty })
        }
    }
}

/// A connection with a key that was taken.
private struct Thief: ~Copyable {
    private let socket: Socket
    private var poll = PollLoop()
    private var lane = Lane<Nowhere>()

    init(keys: CurveKeys, endpoint: String, serverKey: String) throws {
        var options = SocketOptions()
        options.watchesReach = true
        let socket = try Socket(
            .dealer, in: TransportContext(), security: .client(keys, serverKey: serverKey),
            options: options)
        try socket.connect(to: endpoint)
        _ = poll.watch(socket)
        self.socket = socket
    }

    var wasRefused: Bool { socket.wasRefused }

    func send(_ frames: [[UInt8]]) throws {
        #expect(try socket.send(frames.map { Frame($0) }) == .sent)
    }

    /// The next message that `read` makes something of; nil: there was none in time.
    mutating func hears<Message>(
        within seconds: Int64 = 20, _ read: ([[UInt8]]) -> Message?
    ) throws -> Message? {
        let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
        while MonotonicClock.nanoseconds() < limit {
            while let message = try socket.receive() {
                let taken = try lane.take(
                    message.frames.map(\.bytes), at: MonotonicClock.nanoseconds(),
                    hasRoom: { _ in true })
                if case .message(let frames) = taken, let found = read(frames) { return found }
            }
            try poll.wait(until: limit)
        }
        return nil
    }
}

/// The key of a running agent, taken from its memory as only root can.
private enum StolenKey {
    private static let bytes = 40

    static func ofAgent(_ pid: Int32) throws -> CurveKeys {
        let memory = unsafe open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
        try #require(memory >= 0)
        defer { close(memory) }
        let maps = String(decoding: contents(of: "/proc/\(pid)/maps"), as: UTF8.self)
        var found: [String: CurveKeys] = [:]
        for line in maps.split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            // libsodium puts a secret at the end of a page of its own, between two that cannot be
            // touched.
            guard words.count > 1, words[1] == "rw-p", ends.count == 2, ends[1] - ends[0] == 4_096
            else { continue }
            var text = [UInt8](repeating: 0, count: bytes)
            let place = off_t(ends[1]) - off_t(bytes)
            guard unsafe pread(memory, &text, bytes, place) == bytes,
                text.allSatisfy({ $0 > 32 && $0 < 127 })
            else { continue }
            let secret = Secret(copying: text)
            guard let keys = try? CurveKeys(secretKey: secret) else { continue }
            found[keys.publicKey] = keys
        }
        try #require(found.count == 1, "\(found.keys)")
        return found.values.first!
    }
}

/// Has a process's judge of connections fail: the system tells the thread that it cannot wait.
private enum BrokenJudge {
    private static let perl = "/usr/bin/perl"

    static var isPossible: Bool {
        #if arch(x86_64)
            unsafe access(perl, X_OK) == 0
        #else
            false
        #endif
    }

    /// Its thread; nil: it judges nobody.
    static func thread(of pid: Int32) -> Int32? {
        TestFolder.names(in: "/proc/\(pid)/task").compactMap { Int32($0) }.first {
            contents(of: "/proc/\(pid)/task/\($0)/comm") == Array("swoop-access\n".utf8)
        }
    }

    static func make(in pid: Int32) throws {
        // A process that has just begun has none yet.
        var found: Int32?
        _ = try holds(within: 20) {
            found = Self.thread(of: pid)
            return found != nil
        }
        let thread = try #require(found)
        // PTRACE_SEIZE, _INTERRUPT, _GETREGS, _SETREGS and _DETACH. A call that was interrupted is
        // begun again by its number, which is taken from it; its answer is EINVAL instead.
        let script = """
            my $thread = 0 + $ARGV[0];
            sub trace {
                syscall(101, $_[0], $thread, 0, $_[1]) >= 0 or die "ptrace $_[0]: $!\\n"; }
            trace(0x4206, 0); trace(0x4207, 0);
            waitpid($thread, 0x40000000) == $thread or die "it does not stop\\n";
            my $registers = "\\0" x 216;
            trace(12, $registers);
            my @words = unpack("q27", $registers);
            grep { $words[15] == $_ } (7, 219, 271) or die "it does not wait: $words[15]\\n";
            $words[10] = -22; $words[15] = -1;
            $registers = pack("q27", @words);
            trace(13, $registers); trace(17, 0);
            """
        var request = LaunchRequest(program: perl, arguments: ["-e", script, "\(thread)"])
        request.output = .inherited
        #expect(try ChildProcess(starting: request).waitUntilEnded() == .exited(0))
    }
}
