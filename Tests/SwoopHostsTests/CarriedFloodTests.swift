// A carried port that strangers of the host flood: what they take is bounded, and who has a key
// comes through.

import Foundation
import Glibc
import SwoopHosts
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

@Suite(.enabled(if: SSHTools.areHere, "needs sshd and ssh-keygen"), .serialized)
struct CarriedFloodTests {
    /// A port of ours, carried to a host that is this machine.
    private struct CarriedTarget {
        let server: TestServer
        let carried: CarriedPort
        let endpoint: String
        let address: Stranger.Address

        init(_ port: Int) throws {
            server = try TestServer()
            let outcome = try server.bringUp(
                script: """
                    #!/bin/bash
                    read -r line
                    echo 'swoop: cannot reach tcp://192.0.2.1:1'
                    read -r line
                    echo "${line##*:}" >\(server.folder)/port
                    echo 'swoop: joined alpha'
                    """, carrying: port)
            #expect(outcome.failure == nil, "\(outcome.failure?.description ?? "")")
            carried = try #require(outcome.carried)
            let port = try server.read("port").filter(\.isNumber)
            endpoint = "tcp://127.0.0.1:\(port)"
            address = try #require(Stranger.Address(endpoint: endpoint))
        }

        /// An SSH server writes a line for each stranger, and waits until somebody has read it.
        func readLog() { _ = server.log() }

        func flood(_ speech: String) throws -> ProgramRun {
            try ProgramRun(
                ["flood", endpoint, speech, "0"], in: TestFolder(),
                program: ProgramRun.path(of: "TransportProbe"))
        }
    }

    /// What connects to a listener that answers nothing.
    private struct Visitors {
        let listener: TestListener
        private(set) var open: [Int32] = []
        private(set) var count = 0
        private(set) var mostAtOnce = 0
        private(set) var mostBytes = 0
        private var bytes: [Int32: Int] = [:]

        init(at listener: TestListener) {
            self.listener = listener
            _ = fcntl(listener.descriptor, F_SETFL, O_NONBLOCK)
        }

        /// Takes in whoever is there, and forgets who has gone.
        mutating func look() {
            while true {
                let new = accept(listener.descriptor, nil, nil)
                guard new >= 0 else { break }
                _ = fcntl(new, F_SETFL, O_NONBLOCK)
                open.append(new)
                bytes[new] = 0
                count += 1
            }
            mostAtOnce = max(mostAtOnce, open.count)
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            open.removeAll { one in
                while true {
                    let taken = unsafe recv(one, &buffer, buffer.count, 0)
                    if taken < 0, errno == EAGAIN { return false }
                    guard taken > 0 else { break }
                    bytes[one, default: 0] += taken
                    mostBytes = max(mostBytes, bytes[one] ?? 0)
                }
                close(one)
                return true
            }
        }

        func end() { for one in open { close(one) } }
    }

    @Test(arguments: ["nothing", "part"])
    func `strangers come through a carried port in a bounded number, at a bounded rate`(
        _ speech: String
    ) throws {
        let listener = try TestListener()
        let target = try CarriedTarget(listener.port)
        var visitors = Visitors(at: listener)
        defer { visitors.end() }
        let flood = try target.flood(speech)
        let began = MonotonicClock.nanoseconds()
        try flood.read(until: "three seconds of it") { flood in
            visitors.look()
            target.readLog()
            return flood.output.split(separator: "\n").count >= 3
        }
        let seconds = Double(MonotonicClock.nanoseconds() - began) / 1e9
        let tried = flood.output.split(separator: "\n").last.flatMap { Int($0) } ?? 0
        flood.process.endNow()
        #expect(tried > 1_000, "no flood: \(tried)")
        #expect(visitors.count > 32)
        #expect(Double(visitors.count) < 32 + 100 * (seconds + 1), "\(visitors.count) of \(tried)")
        // Who has to go is still there until the next look.
        #expect(visitors.mostAtOnce <= 64 + 32, "\(visitors.mostAtOnce)")
        // A greeting and a HELLO: nobody says more who was not answered.
        #expect(visitors.mostBytes <= 266, "\(visitors.mostBytes)")
        #expect(target.carried.isOpen)
        target.carried.close()
    }

    @Test(arguments: ["nothing", "greeting", "part"])
    func `friends are heard through a carried port that strangers flood`(_ speech: String) throws {
        let context = try TransportContext()
        let keys = try CurveKeys.generate()
        let friendKeys = try CurveKeys.generate()
        let list = AccessList()
        list.permit(friendKeys.publicKey, as: "friend")
        let judge = try Authenticator(for: list, in: context)
        let socket = try Socket(.router, in: context, security: .server(keys, judge))
        let own = try socket.bind(to: "tcp://127.0.0.1:*")
        let port = try #require(own.split(separator: ":").last.flatMap { Int($0) })
        let target = try CarriedTarget(port)
        var poll = PollLoop()
        _ = poll.watch(socket)
        var heard: [UInt8: Int] = [:]
        let theirs = try TransportContext()
        func friend(_ number: UInt8) throws -> SocketHandOver {
            let client = try Socket(
                .dealer, in: theirs, security: .client(friendKeys, serverKey: keys.publicKey))
            try client.connect(to: target.endpoint)
            _ = try client.send([Frame([number])])
            return SocketHandOver(client)
        }
        func listen(until isDone: () -> Bool) throws {
            let limit = MonotonicClock.nanoseconds() + 60_000_000_000
            while !isDone(), MonotonicClock.nanoseconds() < limit {
                try poll.wait(until: MonotonicClock.nanoseconds() + 20_000_000)
                target.readLog()
                while let message = try socket.receive() {
                    heard[message.frames[0].bytes[0], default: 0] += 1
                }
            }
        }
        guard let early = try friend(0).take() else { return }
        try listen { heard[0] == 1 }
        let flood = try target.flood(speech)
        try flood.read(until: "a second of it") { flood in
            target.readLog()
            return flood.output.contains("\n")
        }
        var friends = try (1...5).map { try friend($0) }
        try listen { heard.count == 6 }
        #expect(heard.count == 6, "\(heard)")
        // Who was there before is heard at any time, by the same connection.
        let asked = MonotonicClock.nanoseconds()
        _ = try early.send([Frame([0])])
        try listen { heard[0] == 2 }
        let answered = Double(MonotonicClock.nanoseconds() - asked) / 1e9
        #expect(heard[0] == 2)
        #expect(answered < 10, "\(answered) s")
        flood.process.endNow()
        for friend in friends { _ = friend.take() }
        friends = []
        target.carried.close()
    }

    @Test func `a stranger is cut off when its word is too long, or the target has ended it`()
        throws
    {
        let listener = try TestListener()
        let target = try CarriedTarget(listener.port)
        let talker = try #require(Stranger(target.address))
        var sent = 0
        #expect(
            try holds(within: 60) {
                target.readLog()
                let count = talker.write([UInt8](repeating: 7, count: 16 << 10))
                sent += max(0, count)
                return count < 0
            })
        let silent = try #require(Stranger(target.address))
        var visitors: [Int32] = []
        for _ in 0..<2 { visitors.append(accept(listener.descriptor, nil, nil)) }
        for visitor in visitors { close(visitor) }
        // It goes on writing; a connection whose other half has ended is none.
        #expect(try holds(within: 60) { silent.write([1]) < 0 })
        #expect(target.carried.isOpen)
        target.carried.close()
    }
}
