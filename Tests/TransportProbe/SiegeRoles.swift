// A server in a process of its own that strangers flood while friends with a key come: how many of
// them are heard, and what the strangers take. `TransportProbe siege tcp nothing 0 10` measures.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms

/// Connects without end: an endpoint, what strangers say, how many a second (0: all it can), from
/// how many addresses, and `nobody` to do it as that user.
func flood(_ words: [String]) throws {
    guard words.count >= 3, let address = Stranger.Address(endpoint: words[0]),
        let speech = StrangerFlood.Speech(rawValue: words[1]), let perSecond = Int(words[2])
    else { exit(97) }
    if words.last == "nobody" {
        let nobody: uid_t = 65_534
        guard setgroups(0, nil) == 0, setgid(nobody) == 0, setuid(nobody) == 0
        else { exit(96) }
    }
    let sources = words.count > 3 ? Int(words[3]) ?? 0 : 0
    let flood = StrangerFlood([address], saying: speech, perSecond: perSecond, sources: sources)
    flood.run { count in
        printLine("\(count)")
        return true
    }
}

/// What became of friends under a flood.
private struct Siege {
    var heard = 0
    var seconds = 0.0
    var descriptorsBefore = 0
    var descriptorsMost = 0
    var kibibytesBefore = 0
    var strangersPerSecond = 0

    static func descriptors() -> Int {
        (Int32(0)..<65_536).count { fcntl($0, F_GETFD) >= 0 }
    }

    static func kibibytes(_ name: String) -> Int {
        let status = ProcessAllowance.text(of: "/proc/self/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        return Int(line.filter(\.isNumber)) ?? 0
    }
}

/// `tcp`, `abstract` or `file` (the strangers of these two are another user's), what strangers say,
/// how many a second from each of two flooders, how many friends, and from how many addresses the
/// strangers come.
func besiege(_ words: [String]) throws {
    guard (4...5).contains(words.count), let friendCount = Int(words[3]) else { exit(97) }
    let file = words[0] == "file" ? try SocketFile(in: RuntimeFolder.ofUser()) : nil
    defer { file?.remove() }
    let place =
        file?.endpoint
        ?? (words[0] == "tcp" ? "tcp://127.0.0.1:*" : Loopback.endpointWithoutFile())
    let user = words[0] == "tcp" ? [] : ["nobody"]
    let context = try TransportContext()
    let keys = try CurveKeys.generate()
    let friendKeys = try CurveKeys.generate()
    let list = AccessList()
    list.permit(friendKeys.publicKey, as: "friend")
    let judge = try Authenticator(for: list, in: context)
    let server = try Socket(.router, in: context, security: .server(keys, judge))
    let endpoint = try server.bind(to: place)
    let theirs = try TransportContext()
    func friend(_ number: Int) throws -> SocketHandOver {
        let client = try Socket(
            .dealer, in: theirs, security: .client(friendKeys, serverKey: keys.publicKey))
        try client.connect(to: endpoint)
        _ = try client.send([Frame([UInt8(number)])])
        return SocketHandOver(client)
    }
    var siege = Siege()
    siege.descriptorsBefore = Siege.descriptors()
    siege.kibibytesBefore = Siege.kibibytes("VmRSS")
    let floods = try (0..<2).map { _ in
        var request = LaunchRequest(role: "flood")
        request.arguments = ["flood", endpoint, words[1], words[2]] + words.dropFirst(4) + user
        request.output = .piped
        return try ChildProcess(starting: request)
    }
    defer { for flood in floods { flood.endNow() } }
    var poll = PollLoop()
    _ = poll.watch(server)
    var lines = [[UInt8]](repeating: [], count: floods.count)
    for flood in floods { _ = poll.watch(descriptor: flood.standardOutput!.descriptor) }
    var friends: [SocketHandOver] = []
    var heard: Set<[UInt8]> = []
    var began = MonotonicClock.nanoseconds()
    let limit = began + 60_000_000_000
    while heard.count < friendCount, MonotonicClock.nanoseconds() < limit {
        try poll.wait(until: MonotonicClock.nanoseconds() + 20_000_000)
        for (place, flood) in floods.enumerated() { lines[place] += flood.standardOutput!.read() }
        siege.descriptorsMost = max(siege.descriptorsMost, Siege.descriptors())
        while let message = try server.receive() { heard.insert(message.frames[0].bytes) }
        // Both go on since a second at least.
        if friends.isEmpty, lines.allSatisfy({ $0.contains(10) }) {
            began = MonotonicClock.nanoseconds()
            friends = try (0..<friendCount).map(friend)
        }
    }
    siege.heard = heard.count
    siege.seconds = Double(MonotonicClock.nanoseconds() - began) / 1e9
    siege.strangersPerSecond = lines.reduce(0) { sum, bytes in
        let counts = bytes.split(separator: 10).compactMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        return sum + (counts.last ?? 0) / max(1, counts.count)
    }
    for friend in friends { _ = friend.take() }
    for (name, value) in [
        ("heard", siege.heard), ("milliseconds", Int(siege.seconds * 1_000)),
        ("descriptors before", siege.descriptorsBefore),
        ("descriptors at most", siege.descriptorsMost), ("KiB before", siege.kibibytesBefore),
        ("KiB at most", Siege.kibibytes("VmHWM")), ("strangers a second", siege.strangersPerSecond),
    ] { printLine("\(name) = \(value)") }
}

/// A server that waits to be ended, and says where it is.
func beJudged() throws {
    let context = try TransportContext()
    let keys = try CurveKeys.generate()
    let judge = try Authenticator(for: AccessList(), in: context)
    let server = try Socket(.router, in: context, security: .server(keys, judge))
    printLine("endpoint = \(try server.bind(to: "tcp://127.0.0.1:*"))")
    sleepForEver()
}
