// How many strangers are let in while they flood a socket, and that others come in meanwhile.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

@Suite struct StrangerGateTests {
    private typealias Source = StrangerGate.Source

    private static func source(_ number: UInt8) -> Source { Source(0x0a00_0000 | UInt32(number)) }

    /// The addresses that a flooded gate draws, if it draws nobody else.
    private func named(_ gate: StrangerGate) -> Set<Source>? {
        guard case .share(_, let drawn) = gate.rule, drawn.others == .nobody else {
            Issue.record("\(gate.rule)")
            return nil
        }
        return Set(drawn.named)
    }

    /// Whom a gate draws besides those that it names.
    private func others(_ gate: StrangerGate) -> StrangerGate.Drawn.Others? {
        if case .share(_, let drawn) = gate.rule { drawn.others } else { nil }
    }

    /// Floods a gate for so many milliseconds; how many were let in, by where from.
    @discardableResult
    private func flood(
        _ gate: inout StrangerGate, _ perMillisecond: [UInt8: Int], from began: Int64,
        milliseconds: Int64
    ) -> [UInt8: Int] {
        let sources = perMillisecond.map { (Self.source($0), $1) }
        let taken = flood(
            &gate, Dictionary(uniqueKeysWithValues: sources), from: began,
            milliseconds: milliseconds)
        return perMillisecond.reduce(into: [:]) { $0[$1.key] = taken[Self.source($1.key)] }
    }

    @discardableResult
    private func flood(
        _ gate: inout StrangerGate, _ perMillisecond: [Source: Int], from began: Int64,
        milliseconds: Int64
    ) -> [Source: Int] {
        var generator = SystemRandomNumberGenerator()
        var taken: [Source: Int] = [:]
        for millisecond in 0..<milliseconds {
            let now = (began + millisecond) * 1_000_000
            for (source, count) in perMillisecond {
                for _ in 0..<count {
                    if case .share(let share, _) = gate.rule, gate.draws(source),
                        UInt32.random(in: 0 ... .max, using: &generator) >= share
                    {
                        continue
                    }
                    taken[source, default: 0] += 1
                    gate.accept(from: source, permitted: 1, at: now)
                    _ = gate.turn(at: now)
                }
            }
            _ = gate.turn(at: now)
        }
        return taken
    }

    @Test func `many friends at once are no flood from everywhere`() throws {
        var gate = StrangerGate()
        let flooders = Dictionary(uniqueKeysWithValues: (1...8).map { (UInt8($0), 2) })
        _ = flood(&gate, flooders, from: 10_000, milliseconds: 500)
        let before = try #require(named(gate))
        #expect(before.count == 8)
        // They come within a period, each from an address of its own, and prove a key later.
        for number in 100..<130 as Range<UInt8> {
            gate.accept(from: Self.source(number), permitted: 1, at: 10_510_000_000)
        }
        for millisecond in Int64(10_511)..<11_000 { _ = gate.turn(at: millisecond * 1_000_000) }
        #expect(named(gate) == before)
    }

    @Test func `friends who come while a flood is found out are not taken for it`() {
        // In each order: the first of a period were judged by a few, among whom each is a lot.
        for friendsAt in Int64(0)..<20 {
            var gate = StrangerGate()
            let flooders = Dictionary(uniqueKeysWithValues: (1...8).map { (UInt8($0), 1) })
            flood(&gate, flooders, from: 10_000, milliseconds: 1 + friendsAt)
            for number in 100..<110 as Range<UInt8> {
                let now = (10_001 + friendsAt) * 1_000_000
                gate.accept(from: Self.source(number), permitted: 1, at: now)
                _ = gate.turn(at: now)
            }
            flood(&gate, flooders, from: 10_002 + friendsAt, milliseconds: 1_000)
            #expect(named(gate) == Set((1...8).map(Self.source)), "\(friendsAt)")
        }
    }

    @Test(arguments: [1, 5, 20])
    func `a flood is let in at a bounded rate, and everybody again when it is over`(
        _ perMillisecond: Int
    ) {
        var gate = StrangerGate()
        let first = flood(&gate, [1: perMillisecond], from: 10_000, milliseconds: 500)
        #expect(gate.rule != .everybody)
        // Those who may come at once, and what comes before the flood is known.
        #expect(first[1] ?? 0 < 250, "\(first)")
        let second = flood(&gate, [1: perMillisecond], from: 10_500, milliseconds: 4_000)
        #expect(second[1] ?? 0 < 800 && second[1] ?? 0 > 100, "\(second)")
        // When it is over nobody comes who could be a reason to look: the deadline is.
        var now: Int64 = 14_500
        while let deadline = gate.deadline {
            now = deadline / 1_000_000 + 1
            _ = gate.turn(at: now * 1_000_000)
            #expect(now < 17_000)
            if now >= 17_000 { break }
        }
        #expect(gate.rule == .everybody)
        let seldom = flood(&gate, [1: 1], from: now + 10_000, milliseconds: 40)
        #expect(seldom[1] == 40 && gate.rule == .everybody)
    }

    @Test func `who comes from elsewhere is let in during a flood from one address`() {
        var gate = StrangerGate()
        _ = flood(&gate, [1: 5], from: 10_000, milliseconds: 1_000)
        #expect(named(gate) == [Self.source(1)])
        // A second one joins the first, and then many.
        _ = flood(&gate, [1: 5, 2: 5], from: 11_000, milliseconds: 1_000)
        #expect(named(gate) == [Self.source(1), Self.source(2)])
        let many = Dictionary(uniqueKeysWithValues: (UInt8(1)...40).map { ($0, 1) })
        _ = flood(&gate, many, from: 12_000, milliseconds: 1_000)
        #expect(others(gate) == .unknown)
    }

    @Test(arguments: [9, 40, 200] as [UInt8])
    func `who is known is let in during a flood from many addresses`(addresses: UInt8) {
        let mark = LoopbackMark(serverKey: "some key")
        var gate = StrangerGate(mark: mark)
        gate.prove(from: Self.source(250))
        gate.expected = [Self.source(251)]
        let flooding = Dictionary(uniqueKeysWithValues: (1...addresses).map { ($0, 1) })
        let taken = flood(&gate, flooding, from: 10_000, milliseconds: 2_000)
        #expect(others(gate) == .unknown)
        #expect(taken.values.reduce(0, +) < 1_000)
        // From where a key was proved before or one is expected, and from addresses that bear the
        // mark.
        let friends =
            [Self.source(250), Self.source(251)] + (0..<10).map { _ in Source(mark.address()) }
        for friend in friends {
            #expect(!gate.draws(friend))
            gate.accept(from: friend, permitted: 1, at: 12_000_000_000)
            gate.prove(from: friend)
        }
        #expect(gate.draws(Self.source(249)))
    }

    @Test func `who floods from the addresses of friends is drawn too`() {
        let mark = LoopbackMark(serverKey: "some key")
        var gate = StrangerGate(mark: mark)
        let marked = Set((0..<100).map { _ in Source(mark.address()) })
        let strangers = Dictionary(uniqueKeysWithValues: (1...40).map { (Self.source($0), 1) })
        flood(&gate, strangers, from: 10_000, milliseconds: 1_000)
        #expect(others(gate) == .unknown)
        // A few of them are found, and the other friends are let in as before.
        let few = Array(marked.prefix(3))
        let both = strangers.merging(few.map { ($0, 2) }) { $1 }
        flood(&gate, both, from: 11_000, milliseconds: 1_000)
        #expect(others(gate) == .unknown)
        for friend in few { #expect(gate.draws(friend)) }
        for friend in marked.subtracting(few) { #expect(!gate.draws(friend)) }
        // Beyond that nobody is let in by an address, and the flood is still bounded.
        let many = Dictionary(uniqueKeysWithValues: marked.map { ($0, 1) })
        flood(&gate, many, from: 12_000, milliseconds: 1_000)
        #expect(others(gate) == .everybody)
        let taken = flood(&gate, many, from: 13_000, milliseconds: 2_000)
        #expect(taken.values.reduce(0, +) < 800)
    }

    @Test func `only the latest places where a key was proved are known`() {
        var gate = StrangerGate()
        for number in UInt8(0)...250 { gate.prove(from: Self.source(number)) }
        #expect((UInt8(0)...250).count { gate.knows(Self.source($0)) } == StrangerGate.knownMax)
        #expect(gate.knows(Self.source(250)) && !gate.knows(Self.source(0)))
    }

    @Test func `only the latest places where somebody is expected are known`() {
        let list = AccessList()
        for number in UInt8(0)...70 { list.expect(from: "10.0.0.\(number)") }
        list.expect(from: "10.0.0.8")
        for word in ["127.0.0.1", "::1", "alpha", "10.0.0.9:22"] { list.expect(from: word) }
        let latest = [7] + Array(9...70) + [8] as [UInt8]
        #expect(list.expected == latest.map(Self.source))
        list.expect(from: "fe80::9")
        list.expect(from: "10.0.0.71")
        #expect(list.expected.count == StrangerGate.knownMax)
        #expect(!list.expected.contains { $0 == Self.source(7) || $0 == Self.source(9) })
    }

    @Test func `an address bears the mark of one key`() {
        let (one, other) = (LoopbackMark(serverKey: "one"), LoopbackMark(serverKey: "other"))
        let addresses = Set((0..<2_000).map { _ in one.address() })
        #expect(addresses.count > 1_000)
        for address in addresses {
            #expect(one.isBorne(by: Source(address)))
            #expect(address >> 24 == 127 && address >> 16 & 0xff != 0)
            #expect(address >> 16 & 0xff != 0xff)
        }
        #expect(addresses.count { other.isBorne(by: Source($0)) } < 20)
        // Of all that somebody may try, few bear it; and only addresses of loopback do.
        let tried = (0..<100_000).map { _ in UInt32.random(in: 0x7f00_0000...0x7fff_ffff) }
        #expect(tried.count { one.isBorne(by: Source($0)) } < 100)
        let address = one.address()
        #expect(!one.isBorne(by: Source(address & 0x00ff_ffff | 0x0a00_0000)))
        let six = Source([UInt8](repeating: 0, count: 12) + [127, 0, 0, 1])
        #expect(!one.isBorne(by: six))
    }

    @Test(arguments: [2, 5, 8] as [UInt8])
    func `who comes from elsewhere is let in during a flood from some addresses`(
        addresses: UInt8
    ) {
        var gate = StrangerGate()
        let flooding = Dictionary(uniqueKeysWithValues: (1...addresses).map { ($0, 2) })
        _ = flood(&gate, flooding, from: 10_000, milliseconds: 1_000)
        #expect(named(gate) == Set((1...addresses).map(Self.source)))
        #expect(flood(&gate, [99: 1], from: 11_000, milliseconds: 5)[99] == 5)
    }

    @Test func `those who prove a key are no flood`() {
        var gate = StrangerGate()
        for number in 0..<5_000 {
            let now = Int64(10_000 + number) * 1_000_000
            gate.accept(from: Self.source(UInt8(number % 3)), permitted: 50, at: now)
            gate.prove(from: Self.source(UInt8(number % 3)))
            #expect(gate.turn(at: now) == nil)
        }
        #expect(gate.rule == .everybody)
        // And all keys may come at once.
        for _ in 0..<150 {
            gate.accept(from: Self.source(1), permitted: 50, at: 16_000_000_000)
            #expect(gate.turn(at: 16_000_000_000) == nil)
        }
    }

    /// One after the other somebody comes from each of these addresses, which bear no mark.
    private func expectHeard(
        from sources: some Sequence<UInt8>, at server: borrowing Socket, _ keys: CurveKeys,
        _ endpoint: String, as friendKeys: CurveKeys
    ) throws {
        let port = try #require(endpoint.split(separator: ":").last)
        let theirs = try TransportContext()
        for number in sources {
            let friend = try Socket(
                .dealer, in: theirs, security: .client(friendKeys, serverKey: keys.publicKey))
            try friend.connect(to: "tcp://127.0.0.\(number):0;127.0.0.1:\(port)")
            _ = try friend.send([Frame([number])])
            var poll = PollLoop()
            _ = poll.watch(server)
            let limit = MonotonicClock.nanoseconds() + 20_000_000_000
            var heard: [UInt8]?
            while heard == nil, MonotonicClock.nanoseconds() < limit {
                try poll.wait(until: limit)
                heard = try server.receive()?.frames.first?.bytes
            }
            #expect(heard == [number])
        }
    }

    @Test func `an address in figures is the one that connections come from`() {
        typealias Source = StrangerGate.Source
        #expect(Source(figures: "10.0.0.7") == Self.source(7))
        #expect(Source(figures: "::ffff:10.0.0.7") == Self.source(7))
        let six = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [9]
        #expect(Source(figures: "fe80::9%eth0") == Source(six))
        for word in ["", "alpha", "10.0.0", "10.0.0.7:22", "[::1]", "10.0.0.7\n"] {
            #expect(Source(figures: word) == nil, "\(word)")
        }
    }

    @Test func `who listens at an endpoint is expected from its address`() {
        let list = AccessList()
        for endpoint in [
            "tcp://10.0.0.7:5000", "tcp://[fd00::9]:5000", "tcp://127.0.0.1:5000", "ipc:///tmp/x",
            "tcp://alpha:5000", "tcp://", "tcp", "", "tcp://:", "tcp://10.0.0.8",
        ] { list.expect(fromEndpoint: endpoint) }
        let six = [0xfd] + [UInt8](repeating: 0, count: 14) + [9]
        #expect(list.expected == [Self.source(7), Source(six)])
    }

    /// During a flood from many addresses only who was heard before it is sure to be.
    @Test(arguments: [0, 40])
    func `during a flood who comes from another address is heard at once`(
        addresses: Int
    ) throws {
        let context = try TransportContext()
        let (keys, friendKeys) = (try CurveKeys.generate(), try CurveKeys.generate())
        let list = AccessList()
        list.permit(friendKeys.publicKey, as: "friend")
        let judge = try Authenticator(for: list, in: context)
        let server = try Socket(.router, in: context, security: .server(keys, judge))
        let endpoint = try server.bind(to: "tcp://127.0.0.1:*")
        if addresses > 0 {
            try expectHeard(from: 2...6, at: server, keys, endpoint, as: friendKeys)
        }
        let flood = try ProgramRun(
            ["flood", endpoint, "nothing", "0", "\(addresses)"], in: TestFolder(),
            program: ProgramRun.path(of: "TransportProbe"))
        try flood.read(until: "strangers") { $0.output.contains("\n") }
        try expectHeard(from: 2...6, at: server, keys, endpoint, as: friendKeys)
        #expect(flood.process.reap() == nil)
        flood.process.endNow()
    }
}
