// Sockets whose key nobody permitted, one after the other: what a coordinator must bear.

import Glibc
import SwoopTransport

/// Connects as a stranger, many times a second.
enum StrangerFlood {
    private final class Stranger {
        let socket: Socket

        init(_ context: TransportContext, _ keys: CurveKeys, _ endpoint: String, _ key: String)
            throws
        {
            let socket = try Socket(.dealer, in: context, security: .client(keys, serverKey: key))
            try socket.connect(to: endpoint)
            _ = try socket.send([Frame("submit")])
            self.socket = socket
        }
    }

    /// Each stranger stays for as long as 50 more take to come.
    static func run(endpoint: String, key: String, perSecond: Int, seconds: Int) throws {
        let context = try TransportContext()
        let keys = try CurveKeys.generate()
        var strangers: [Stranger] = []
        var poll = PollLoop()
        let period = 1_000_000_000 / Int64(max(1, perSecond))
        var next = MonotonicClock.nanoseconds()
        for _ in 0..<(perSecond * seconds) {
            strangers.append(try Stranger(context, keys, endpoint, key))
            if strangers.count > 50 { strangers.removeFirst() }
            next += period
            while MonotonicClock.nanoseconds() < next { try poll.wait(until: next) }
        }
        PageProbe.say("strangers=\(perSecond * seconds)")
    }
}
