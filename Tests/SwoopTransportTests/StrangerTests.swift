// Strangers at a port: bounded in number, time and bytes, while those with a key come and go.

import Glibc
import SwoopTransport
import Testing

/// A connection that proves nothing.
private final class Stranger {
    let descriptor: Int32

    init?(port: UInt16) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if descriptor < 0 || code != 0 && errno != EINPROGRESS { return nil }
    }

    deinit { close(descriptor) }

    /// Writes what the kernel takes; the bytes, or -1 when the other side has cut it off.
    func write(_ bytes: [UInt8]) -> Int {
        let count = unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return count < 0 && errno == EAGAIN ? 0 : count
    }

    /// The beginning of a connection with CURVE, and a part that says it has so many bytes.
    static func opening(part byteCount: UInt64) -> [UInt8] {
        var bytes: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]
        bytes += Array("CURVE".utf8) + [UInt8](repeating: 0, count: 47)
        bytes.append(0x06)
        for place in (0..<8).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: byteCount >> UInt64(place * 8)))
        }
        return bytes
    }
}

@Suite struct StrangerTests {
    /// A server that takes one key.
    private struct Server: ~Copyable {
        let context: TransportContext
        let clientKeys: CurveKeys
        let keys: CurveKeys
        let socket: Socket
        let port: UInt16

        init() throws {
            let context = try TransportContext()
            let keys = try CurveKeys.generate()
            let clientKeys = try CurveKeys.generate()
            let list = AccessList()
            list.permit(clientKeys.publicKey, as: "friend")
            let judge = try Authenticator(for: list, in: context)
            let socket = try Socket(.router, in: context, security: .server(keys, judge))
            let endpoint = try socket.bind(to: "tcp://127.0.0.1:*")
            port = UInt16(endpoint.split(separator: ":").last ?? "") ?? 0
            self.socket = socket
            self.context = context
            self.keys = keys
            self.clientKeys = clientKeys
        }

        /// Whether somebody with the key is heard within 10 s.
        func hearsFriend() throws -> Bool {
            let client = try Socket(
                .dealer, in: context, security: .client(clientKeys, serverKey: keys.publicKey))
            try client.connect(to: "tcp://127.0.0.1:\(port)")
            _ = try client.send([Frame("hello")])
            var poll = PollLoop()
            _ = poll.watch(socket)
            let limit = MonotonicClock.nanoseconds() + 10_000_000_000
            while MonotonicClock.nanoseconds() < limit {
                if let message = try socket.receive() { return message.userName == "friend" }
                try poll.wait(until: limit)
            }
            return false
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
            guard let stranger = Stranger(port: server.port) else { continue }
            strangers.append(stranger)
            let size: UInt64 = number % 2 == 0 ? 1 << 40 : 60 << 10
            taken += max(0, stranger.write(Stranger.opening(part: size)))
            taken += max(0, stranger.write(number % 2 == 0 ? body : Array(body.dropLast())))
            if number % 100 == 50 { #expect(try server.hearsFriend()) }
        }
        #expect(strangers.count == 400 && taken > 10 << 20)
        // Those beyond the bound are cut off while their time for the handshake is not over, and so
        // are those that said too much: 64, and 2 for the key, are left.
        var left = strangers.count
        let limit = MonotonicClock.nanoseconds() + 10_000_000_000
        while left > 66, MonotonicClock.nanoseconds() < limit {
            sched_yield()
            left = strangers.count { $0.write([0]) >= 0 }
        }
        #expect(left <= 66)
        #expect(try server.hearsFriend())
    }

    @Test func `a server ends while strangers are connected`() throws {
        var strangers: [Stranger?] = []
        do {
            let server = try Server()
            for _ in 0..<100 { strangers.append(Stranger(port: server.port)) }
            #expect(try server.hearsFriend())
        }
        #expect(strangers.count == 100)
    }
}
