// How many strangers are let in while they flood a socket, and that others come in meanwhile.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

@Suite struct StrangerGateTests {
    private typealias Source = StrangerGate.Source

    private static func source(_ number: UInt8) -> Source {
        Source([UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, number])
    }

    /// Floods a gate for so many milliseconds; how many were let in, by where from.
    private func flood(
        _ gate: inout StrangerGate, _ perMillisecond: [UInt8: Int], from began: Int64,
        milliseconds: Int64
    ) -> [UInt8: Int] {
        var generator = SystemRandomNumberGenerator()
        var taken: [UInt8: Int] = [:]
        for millisecond in 0..<milliseconds {
            let now = (began + millisecond) * 1_000_000
            for (number, count) in perMillisecond {
                for _ in 0..<count {
                    if case .share(let share, let sources) = gate.rule,
                        sources.isEmpty || sources.contains(Self.source(number)),
                        UInt32.random(in: 0 ... .max, using: &generator) >= share
                    {
                        continue
                    }
                    taken[number, default: 0] += 1
                    gate.accept(from: Self.source(number), permitted: 1, at: now)
                    _ = gate.turn(at: now)
                }
            }
            _ = gate.turn(at: now)
        }
        return taken
    }

    @Test func `many friends at once are no flood from everywhere`() {
        var gate = StrangerGate()
        let flooders = Dictionary(uniqueKeysWithValues: (1...8).map { (UInt8($0), 2) })
        _ = flood(&gate, flooders, from: 10_000, milliseconds: 500)
        guard case .share(_, let named) = gate.rule, named.count == 8 else {
            Issue.record("\(gate.rule)")
            return
        }
        // They come within a period, each from an address of its own, and prove a key later.
        for number in 100..<130 as Range<UInt8> {
            gate.accept(from: Self.source(number), permitted: 1, at: 10_510_000_000)
        }
        for millisecond in Int64(10_511)..<11_000 { _ = gate.turn(at: millisecond * 1_000_000) }
        guard case .share(_, let still) = gate.rule else {
            Issue.record("\(gate.rule)")
            return
        }
        #expect(still == named)
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
        guard case .share(_, let sources) = gate.rule else {
            Issue.record("the flood is not known")
            return
        }
        #expect(sources == [Self.source(1)])
        // A second one joins the first, and then many.
        _ = flood(&gate, [1: 5, 2: 5], from: 11_000, milliseconds: 1_000)
        guard case .share(_, let both) = gate.rule else { return }
        #expect(Set(both) == [Self.source(1), Self.source(2)])
        let many = Dictionary(uniqueKeysWithValues: (UInt8(1)...40).map { ($0, 1) })
        _ = flood(&gate, many, from: 12_000, milliseconds: 1_000)
        guard case .share(_, let all) = gate.rule else { return }
        #expect(all.isEmpty)
    }

    @Test(arguments: [2, 5, 8] as [UInt8])
    func `who comes from elsewhere is let in during a flood from some addresses`(
        addresses: UInt8
    ) {
        var gate = StrangerGate()
        let flooding = Dictionary(uniqueKeysWithValues: (1...addresses).map { ($0, 2) })
        _ = flood(&gate, flooding, from: 10_000, milliseconds: 1_000)
        guard case .share(_, let sources) = gate.rule else {
            Issue.record("the flood is not known")
            return
        }
        #expect(Set(sources) == Set((1...addresses).map(Self.source)))
        #expect(flood(&gate, [99: 1], from: 11_000, milliseconds: 5)[99] == 5)
    }

    @Test func `those who prove a key are no flood`() {
        var gate = StrangerGate()
        for number in 0..<5_000 {
            let now = Int64(10_000 + number) * 1_000_000
            gate.accept(from: Self.source(UInt8(number % 3)), permitted: 50, at: now)
            gate.prove()
            #expect(gate.turn(at: now) == nil)
        }
        #expect(gate.rule == .everybody)
        // And all keys may come at once.
        for _ in 0..<150 {
            gate.accept(from: Self.source(1), permitted: 50, at: 16_000_000_000)
            #expect(gate.turn(at: 16_000_000_000) == nil)
        }
    }

    @Test func `during a flood who comes from another address is heard at once`() throws {
        let context = try TransportContext()
        let (keys, friendKeys) = (try CurveKeys.generate(), try CurveKeys.generate())
        let list = AccessList()
        list.permit(friendKeys.publicKey, as: "friend")
        let judge = try Authenticator(for: list, in: context)
        let server = try Socket(.router, in: context, security: .server(keys, judge))
        let endpoint = try server.bind(to: "tcp://127.0.0.1:*")
        let flood = try ProgramRun(
            ["flood", endpoint, "nothing", "0"], in: TestFolder(),
            program: ProgramRun.path(of: "TransportProbe"))
        try flood.read(until: "strangers") { $0.output.contains("\n") }
        let port = try #require(endpoint.split(separator: ":").last)
        let theirs = try TransportContext()
        for number in UInt8(2)...6 {
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
        #expect(flood.process.reap() == nil)
        flood.process.endNow()
    }
}
