// Strangers at a port: bounded in number, time and bytes, while those with a key come and go.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

@Suite struct StrangerTests {
    /// A server that takes one key.
    private struct Server: ~Copyable {
        let context: TransportContext
        let clientKeys: CurveKeys
        let keys: CurveKeys
        let socket: Socket
        let endpoint: String
        let address: Stranger.Address

        init(at place: String = "tcp://127.0.0.1:*") throws {
            let context = try TransportContext()
            let keys = try CurveKeys.generate()
            let clientKeys = try CurveKeys.generate()
            let list = AccessList()
            list.permit(clientKeys.publicKey, as: "friend")
            let judge = try Authenticator(for: list, in: context)
            let socket = try Socket(.router, in: context, security: .server(keys, judge))
            let endpoint = try socket.bind(to: place)
            let address = try #require(Stranger.Address(endpoint: endpoint))
            self.endpoint = endpoint
            self.address = address
            self.socket = socket
            self.context = context
            self.keys = keys
            self.clientKeys = clientKeys
        }

        /// Whether somebody with the key is heard within 10 s.
        func hearsFriend() throws -> Bool { try heardFriends(of: 1, within: 10) == 1 }

        /// How many of those who connect at once with the key are heard within so many seconds.
        func heardFriends(of count: Int, within seconds: Int64) throws -> Int {
            // Other processes have their own threads too.
            let theirs = try TransportContext()
            var poll = PollLoop()
            _ = poll.watch(socket)
            let limit = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
            let friends = try (0..<count).map { number in
                SocketHandOver(try friend(number, in: theirs))
            }
            defer { for friend in friends { _ = friend.take() } }
            var heard: Set<[UInt8]> = []
            while heard.count < count, MonotonicClock.nanoseconds() < limit {
                if let message = try socket.receive() {
                    #expect(message.userName == "friend")
                    heard.insert(message.frames[0].bytes)
                } else {
                    try poll.wait(until: limit)
                }
            }
            return heard.count
        }

        private func friend(_ number: Int, in context: TransportContext) throws -> sending Socket {
            let client = try Socket(
                .dealer, in: context, security: .client(clientKeys, serverKey: keys.publicKey))
            try client.connect(to: endpoint)
            _ = try client.send([Frame([UInt8(number)])])
            return client
        }
    }

    @Test
    func `a flood of strangers is bounded in number and bytes, and keeps nobody with a key out`()
        throws
    {
        let server = try Server()
        #expect(try server.hearsFriend())
        var strangers: [Stranger] = []
        var taken = 0
        let body = [UInt8](repeating: 9, count: 60 << 10)
        // Half of them say what no stranger may, the others almost all that one may.
        for number in 0..<400 {
            guard let stranger = Stranger(server.address) else { continue }
            strangers.append(stranger)
            let size: UInt64 = number % 2 == 0 ? 1 << 40 : 60 << 10
            taken += max(0, stranger.write(Stranger.opening(part: size)))
            taken += max(0, stranger.write(number % 2 == 0 ? body : Array(body.dropLast())))
            if number % 100 == 50 { #expect(try server.hearsFriend()) }
        }
        #expect(strangers.count == 400 && taken > 10 << 20)
        // Those beyond the bound are cut off while their time for the handshake is not over, and so
        // are those that said too much.
        let bound = StrangerTable.most + 2
        var left = strangers.count
        let limit = MonotonicClock.nanoseconds() + 10_000_000_000
        while left > bound, MonotonicClock.nanoseconds() < limit {
            sched_yield()
            left = strangers.count { $0.write([0]) >= 0 }
        }
        #expect(left <= bound)
        #expect(try server.hearsFriend())
    }

    @Test(arguments: ["nothing", "greeting", "part"])
    func `two who flood a server keep no friend out, and take a bounded part of it`(
        _ speech: String
    ) throws {
        try expectFriendsHeard(during: ["tcp", speech, "0"])
    }

    /// Ten come at once while two flood from so many addresses of loopback each.
    @Test(arguments: [8, 9, 40])
    func `friends come in at once while strangers flood from many addresses`(
        addresses: Int
    ) throws {
        let found = try expectFriendsHeard(during: ["tcp", "nothing", "0"], from: addresses)
        // A few hundred milliseconds, and as much as a busy machine makes of it.
        #expect(found["milliseconds"] ?? .max < 10_000, "\(found)")
    }

    /// Not as fast as two can: the system itself refuses the newest of too many who wait.
    @Test(.enabled(if: geteuid() == 0), arguments: ["nothing", "greeting"])
    func `other users who flood a server without a file keep no friend out`(
        _ speech: String
    ) throws {
        try expectFriendsHeard(during: ["abstract", speech, "500"])
    }

    @discardableResult
    private func expectFriendsHeard(
        during siege: [String], from addresses: Int = 0
    ) throws -> [String: Int] {
        let probe = try ProgramRun(
            ["siege"] + siege + ["10", "\(addresses)"], in: TestFolder(),
            program: ProgramRun.path(of: "TransportProbe"))
        #expect(try probe.end(within: 120) == .exited(0))
        let found = probe.values.compactMapValues { Int($0) }
        func growth(_ name: String) throws -> Int {
            let most = try #require(found["\(name) at most"])
            let before = try #require(found["\(name) before"])
            return most - before
        }
        #expect(found["heard"] == 10, "\(found)")
        // The bound, and those that are accepted and closed meanwhile, more on a busy machine. Both
        // flooders hold 1,800.
        #expect(try growth("descriptors") < 1_500, "\(found)")
        #expect(try growth("KiB") < 64 << 10, "\(found)")
        #expect((found["strangers a second"] ?? 0) > 100, "\(found)")
        return found
    }

    @Test(.enabled(if: geteuid() == 0))
    func `nobody of another user can even connect to the file of a socket`() throws {
        let probe = try ProgramRun(
            ["siege", "file", "nothing", "0", "10"], in: TestFolder(),
            program: ProgramRun.path(of: "TransportProbe"))
        #expect(try probe.end(within: 120) == .exited(0))
        let found = probe.values
        #expect(found["heard"] == "10" && found["strangers a second"] == "0", "\(found)")
    }

    @Test func `a silent stranger goes before one that speaks, and nobody goes who has the key`() {
        var table = StrangerTable(ageMax: 1_000)
        var generator = SystemRandomNumberGenerator()
        func standing(_ stranger: StrangerTable.Stranger) -> StrangerStanding? {
            switch stranger.descriptor % 10 {
            case 0: .knowsServer
            case 1: .speaking
            default: .silent
            }
        }
        var gone: [Int32] = []
        for number in Int32(0)..<1_000 {
            table.accept(number, cookie: UInt64(number), at: 0)
            gone += table.takeExcess(most: 300, at: 1, using: &generator, standing: standing)
                .map(\.descriptor)
        }
        #expect(gone.count == 700 && table.count == 300)
        // Of four by chance all would have to be of the few.
        #expect(gone.count { $0 % 10 == 0 } < 10)
        #expect(gone.count { $0 % 10 == 1 } < 40)
        // Newcomers go as well as those who came first.
        #expect(gone.contains { $0 < 300 } && gone.contains { $0 >= 700 })
    }

    @Test func `who has proved a key, is over, or has been there for long is no stranger`() {
        var table = StrangerTable(ageMax: 1_000)
        var generator = SystemRandomNumberGenerator()
        func excess(at now: Int64, _ standing: StrangerStanding?) -> [Int32] {
            table.takeExcess(most: 0, at: now, using: &generator) { _ in standing }
                .map(\.descriptor)
        }
        let cases: [(StrangerStanding?, Int64)] = [(.proved, 1), (nil, 1), (.silent, 2_000)]
        for (standing, now) in cases {
            table.accept(1, cookie: 7, at: 0)
            table.accept(2, cookie: 8, at: 0)
            #expect(excess(at: now, standing) == [])
            #expect(table.count == 0)
        }
        table.accept(1, cookie: 7, at: 0)
        table.prove(1)
        // Its message was read before its connection was told of.
        table.prove(2)
        table.accept(2, cookie: 8, at: 0)
        #expect(table.count == 0)
        // Its descriptor is another's now.
        table.end(2)
        table.accept(2, cookie: 9, at: 0)
        table.accept(3, cookie: 10, at: 0)
        table.accept(3, cookie: 11, at: 0)
        table.end(4)
        #expect(table.count == 2)
        #expect(Set(excess(at: 1, .speaking)) == [2, 3])
    }

    @Test func `what went over a connection says how far it came`() {
        let standings: [(received: UInt64, sent: UInt64, StrangerStanding)] = [
            (0, 10, .silent), (1, 10, .speaking), (64, 64, .speaking), (266, 64, .speaking),
            (267, 64, .excessive), (1 << 40, 64, .excessive), (266, 234, .knowsServer),
            // A refusal.
            (600, 246, .knowsServer), (600, 301, .proved),
        ]
        for (received, sent, expected) in standings {
            #expect(StrangerStanding(received: received, sent: sent) == expected)
        }
    }

    @Test(.enabled(if: unsafe access("/usr/bin/prlimit", X_OK) == 0))
    func `the end of the judge is the end of its process`() throws {
        let probe = try ProgramRun(
            ["judged"], in: TestFolder(), program: ProgramRun.path(of: "TransportProbe"))
        let endpoint = try probe.value(of: "endpoint")
        let address = try #require(Stranger.Address(endpoint: endpoint))
        var stranger = Stranger(address)
        #expect(try holds(within: 60) { stranger?.hasHeard == true })
        // Whoever may have fewer files open than it waits for cannot wait.
        let program = LaunchRequest(
            program: "/usr/bin/prlimit",
            arguments: ["--pid", "\(probe.process.pid)", "--nofile=1:1"])
        #expect(try ChildProcess(starting: program).waitUntilEnded() == .exited(0))
        // It is told of the end of a stranger, and waits for the next.
        stranger = nil
        switch try probe.end() {
        case .signalled: break
        // What ThreadSanitizer makes of a signal.
        case .exited(66): break
        case let end: Issue.record("the process went on without its judge: \(end)")
        }
    }

    @Test func `a server ends while strangers are connected`() throws {
        var strangers: [Stranger?] = []
        do {
            let server = try Server()
            for _ in 0..<100 { strangers.append(Stranger(server.address)) }
            #expect(try server.hearsFriend())
        }
        #expect(strangers.count == 100)
    }
}
