// Three processes over TCP and CURVE: a standing coordinator with its agent, and clients that come
// and go.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct StandingClusterTests {
        private let folder: TestFolder
        private let standing: ProgramRun

        init() throws {
            folder = try TestFolder()
            standing = try ProgramRun(["standing", "alpha"], in: folder)
            try folder.waitForAddress(of: "alpha")
        }

        private func job(_ tasks: Int, _ milliseconds: Int) throws -> ProgramRun {
            try ProgramRun(["job", "alpha", "\(tasks)", "\(milliseconds)"], in: folder)
        }

        @Test func `the same job runs through a coordinator of another process, again and again`()
            throws
        {
            for _ in 0..<3 {
                let run = try job(50, 2)
                #expect(try run.end() == .exited(0), "\(run.errors)")
                #expect(run.values["right"] == "50" && run.values["chain"] == "250000")
            }
            let second = try ProgramRun(["standing", "alpha"], in: folder)
            #expect(try second.end() == .exited(1))
            #expect(second.values["threw"]?.contains("a cluster named alpha runs already") == true)
        }

        @Test(
            .enabled(if: getuid() == 0, "needs root"),
            arguments: [
                ["down"], ["down", "alpha"], ["status"], ["up", "local"], ["top", "--json"],
            ])
        func `where no processes are shown the tool says that nothing was done`(
            _ words: [String]
        ) throws {
            let tool = try #require(ProgramRun.path(of: "swoop"))
            let script = "mount -t tmpfs none /proc && exec \"$0\" \"$@\""
            let run = try ProgramRun(
                ["-m", "/bin/sh", "-c", script, tool] + words, in: folder,
                program: "/usr/bin/unshare")
            #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
            #expect(run.errors.contains("nothing was done: /proc shows no processes"))
            #expect(run.output.isEmpty && run.errors.contains("mount -t proc proc /proc"))
            #expect(standing.process.reap() == nil)
        }

        @Test func `a killed client's work is dropped, and others get its cores`() throws {
            let killed = try job(2_000, 20)
            _ = try killed.value(of: "first")
            killed.process.kill(SIGKILL)
            try killed.end()
            let began = MonotonicClock.nanoseconds()
            let next = try job(10, 1)
            #expect(try next.end() == .exited(0), "\(next.errors)")
            #expect(next.values["right"] == "10")
            // The dropped work would have taken twenty seconds.
            #expect(MonotonicClock.nanoseconds() - began < 8_000_000_000)
        }

        @Test(.enabled(if: unsafe geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0))
        func
            `a runtime folder that cannot be written to is a clear error, made before or not`()
            throws
        {
            for made in ["", "mkdir -m 700 swoop"] {
                let own = try TestFolder()
                let script = """
                    cd "$XDG_RUNTIME_DIR" && \(made.isEmpty ? ":" : made)
                    mount --bind . . && mount -o remount,bind,ro "$XDG_RUNTIME_DIR" || exit 77
                    cd / && exec "$0" standing beta
                    """
                let program = try #require(ProgramRun.programPath)
                let run = try ProgramRun(
                    ["--mount", "/bin/bash", "-c", script, program], in: own,
                    program: "/usr/bin/unshare")
                #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
                let threw = run.values["threw"] ?? ""
                #expect(threw.contains("nothing can be written at "), "\(run.output)")
                #expect(threw.contains("(Read-only file system)"), "\(threw)")
                #expect(threw.contains("set XDG_RUNTIME_DIR to a folder of yours"), "\(threw)")
                #expect(try own.processes(leftAfter: 3) == [])
            }
        }

        /// A client that comes while the coordinator is stopped, three seconds later.
        private func jobOfStopped() throws -> ProgramRun {
            #expect(kill(standing.process.pid, SIGSTOP) == 0)
            let run = try job(10, 1)
            var poll = PollLoop()
            try poll.wait(until: MonotonicClock.nanoseconds() + 3_000_000_000)
            return run
        }

        @Test func `a client that comes while the coordinator is stopped waits for it`() throws {
            let run = try jobOfStopped()
            #expect(kill(standing.process.pid, SIGCONT) == 0)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "10")
        }

        @Test func `a coordinator that ends before it answers is a clear error at once`() throws {
            let run = try jobOfStopped()
            standing.process.kill(SIGKILL)
            try standing.end()
            #expect(try run.end(within: 5) == .exited(1))
            #expect(run.values["threw"]?.contains("coordinator has gone") == true, "\(run.output)")
        }

        @Test func `a killed coordinator is a clear error, and its agent goes with it`() throws {
            let run = try job(2_000, 20)
            _ = try run.value(of: "first")
            standing.process.kill(SIGKILL)
            try standing.end()
            #expect(try run.end(within: 15) == .exited(1))
            #expect(run.values["threw"]?.contains("coordinator has gone") == true, "\(run.output)")
            #expect(try folder.processes(leftAfter: 3) == [])
            let next = try job(1, 1)
            #expect(try next.end() == .exited(1))
            #expect(next.values["threw"]?.contains("no cluster named alpha runs") == true)
            #expect(folder.addresses == [])
        }

        @Test func `a program of another build brings itself to the cluster`() throws {
            let other = try #require(folder.otherBuild())
            let run = try ProgramRun(["job", "alpha", "9", "1"], in: folder, program: other)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            #expect(run.values["right"] == "9" && run.values["chain"] == "250000")
        }

        @Test func `a stranger's key is not let in, and disturbs nobody`() throws {
            let address = try #require(try folder.address(of: "alpha"))
            let context = try TransportContext()
            let stranger = try Socket(
                .dealer, in: context,
                security: .client(try CurveKeys.generate(), serverKey: address.serverKey))
            try stranger.connect(to: address.endpoint)
            _ = try stranger.send([Frame([1, 2, 3]), Frame([4, 5, 6])])
            let run = try job(20, 1)
            #expect(try run.end() == .exited(0))
            #expect(run.values["right"] == "20")
            #expect(try stranger.receive() == nil)
        }

        @Test(arguments: ["nothing", "part"])
        func `programs attach to a coordinator that two flood with strangers`(
            _ speech: String
        ) throws {
            let address = try #require(try folder.address(of: "alpha"))
            let floods = try (0..<2).map { _ in
                try ProgramRun(
                    ["flood", address.endpoint, speech, "2000"], in: folder,
                    program: ProgramRun.path(of: "TransportProbe"))
            }
            for flood in floods {
                try flood.read(until: "strangers") { $0.output.contains("\n") }
            }
            let runs = try (0..<4).map { _ in try job(10, 1) }
            for run in runs {
                #expect(try run.end(within: 20) == .exited(0), "\(run.output)\(run.errors)")
                #expect(run.values["right"] == "10")
            }
            for flood in floods {
                #expect(flood.process.reap() == nil)
                flood.process.endNow()
                let strangers = flood.output.split(separator: "\n").last.flatMap { Int($0) }
                #expect(strangers ?? 0 > 100, "\(flood.output)")
            }
        }

        private static let canMakeNetworks =
            unsafe geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0

        /// In a network of its own, which has not even loopback.
        private func run(
            withoutNetwork arguments: String..., environment: [String: String] = [:]
        ) throws -> ProgramRun {
            let program = try #require(ProgramRun.programPath)
            return try ProgramRun(
                ["--net", program] + arguments, in: folder, program: "/usr/bin/unshare",
                environment: environment)
        }

        private func sockets(in path: String) -> [String] {
            TestFolder.names(in: path + "/swoop").filter { $0.hasSuffix(".socket") }
        }

        @Test(.enabled(if: canMakeNetworks))
        func `without loopback a cluster listens in its user's folder, where clients find it`()
            throws
        {
            for end in [SIGTERM, SIGKILL] {
                let beta = try run(withoutNetwork: "standing", "beta")
                try folder.waitForAddress(of: "beta")
                #expect(sockets(in: folder.path).count == 1)
                let job = try ProgramRun(["job", "beta", "10", "1"], in: folder)
                #expect(try job.end() == .exited(0), "\(job.output)\(job.errors)")
                #expect(job.values["right"] == "10")
                beta.process.kill(end)
                try beta.end()
                // Who was killed left it; who looks for its address removes it.
                #expect(try folder.address(of: "beta") == nil)
                #expect(sockets(in: folder.path) == [])
                #expect(!beta.errors.contains("other users"))
            }
        }

        @Test(.enabled(if: canMakeNetworks), arguments: [5, 80])
        func `a folder that has no room for a socket is told of, and the program runs`(
            nameByteCount: Int
        ) throws {
            let path = folder.path + "/" + String(repeating: "n", count: nameByteCount)
            #expect(unsafe mkdir(path, 0o700) == 0)
            let job = try run(
                withoutNetwork: "job", "local", "100", "5",
                environment: ["XDG_RUNTIME_DIR": path])
            _ = try job.value(of: "first")
            let isLong = nameByteCount == 80
            #expect(sockets(in: path).count == (isLong ? 0 : 1))
            #expect(try job.end() == .exited(0), "\(job.output)\(job.errors)")
            #expect(job.values["right"] == "100")
            #expect(job.errors.contains("other users of this machine") == isLong, "\(job.errors)")
            #expect(sockets(in: path) == [])
        }

        @Test func `words that are no message from a client are dropped, and disturb nobody`()
            throws
        {
            let address = try #require(try folder.address(of: "alpha"))
            let context = try TransportContext()
            let odd = try Socket(
                .dealer, in: context,
                security: .client(
                    try CurveKeys(secretKey: address.clientSecretKey), serverKey: address.serverKey)
            )
            try odd.connect(to: address.endpoint)
            for length in [0, 1, 7, 100, 5_000] {
                _ = try odd.send([Frame((0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) })])
            }
            let run = try job(20, 1)
            #expect(try run.end() == .exited(0))
            #expect(run.values["right"] == "20")
        }
    }
}
