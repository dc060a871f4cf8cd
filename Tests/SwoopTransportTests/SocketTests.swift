// Sockets over real loopback connections: who gets in, what arrives, what happens when it is too
// much.

import Glibc
import SwoopTransport
import Testing

/// A server that takes one key, and the means to wait for what happens to it.
private struct Server: ~Copyable {
    let context: TransportContext
    let list = AccessList()
    let keys: CurveKeys
    let clientKeys: CurveKeys
    let socket: Socket
    let endpoint: String

    init(options: SocketOptions = SocketOptions()) throws {
        let context = try TransportContext()
        let keys = try CurveKeys.generate()
        let clientKeys = try CurveKeys.generate()
        let list = self.list
        list.permit(clientKeys.publicKey, as: "agent-1")
        let judge = try Authenticator(for: list, in: context)
        let socket = try Socket(
            .router, in: context, security: .server(keys, judge), options: options)
        endpoint = try socket.bind(to: "tcp://127.0.0.1:*")
        self.socket = socket
        self.context = context
        self.keys = keys
        self.clientKeys = clientKeys
    }

    func client(options: SocketOptions = SocketOptions()) throws -> Socket {
        let security = SocketSecurity.client(clientKeys, serverKey: keys.publicKey)
        let socket = try Socket(.dealer, in: context, security: security, options: options)
        try socket.connect(to: endpoint)
        return socket
    }
}

/// The next message within `seconds`, or nil.
private func next(_ socket: borrowing Socket, within seconds: Int64 = 10) throws -> ReceivedMessage?
{
    var loop = PollLoop()
    _ = loop.watch(socket)
    let deadline = MonotonicClock.nanoseconds() + seconds * 1_000_000_000
    while MonotonicClock.nanoseconds() < deadline {
        if let message = try socket.receive() { return message }
        try loop.wait(until: deadline)
    }
    return nil
}

@Suite struct SocketTests {
    @Test func aPermittedClientIsHeardUnderItsNameAndAnswered() throws {
        let server = try Server()
        let client = try server.client()
        #expect(try client.send([Frame("hello"), Frame([1, 2, 3]), Frame([])]) == .sent)
        let message = try #require(try next(server.socket))
        #expect(message.userName == "agent-1")
        #expect(message.userKey == server.clientKeys.publicKey)
        #expect(message.frames.map(\.bytes) == [Array("hello".utf8), [1, 2, 3], []])
        #expect(try server.socket.send([Frame("welcome")], to: message.peer) == .sent)
        let answer = try #require(try next(client))
        #expect(answer.frames[0].bytes == Array("welcome".utf8))
        #expect(answer.peer == nil)
    }

    @Test func aBoundEndpointNamesTheFreePortThatWasTaken() throws {
        let server = try Server()
        #expect(server.endpoint.hasPrefix("tcp://127.0.0.1:"))
        #expect(Int(server.endpoint.dropFirst("tcp://127.0.0.1:".count)) ?? 0 > 0)
    }

    @Test func `a key that is refused is known at once, and one that is taken is not refused`()
        throws
    {
        let server = try Server()
        var options = SocketOptions()
        options.watchesReach = true
        for isTaken in [false, true] {
            let client = try Socket(
                .dealer, in: server.context,
                security: .client(
                    isTaken ? server.clientKeys : CurveKeys.generate(),
                    serverKey: server.keys.publicKey), options: options)
            try client.connect(to: server.endpoint)
            _ = try client.send([Frame("hello")])
            var poll = PollLoop()
            client.watchReach(in: &poll)
            let heard = poll.watch(server.socket)
            let limit = MonotonicClock.nanoseconds() + 20_000_000_000
            while !client.wasRefused, !poll.isReady(heard),
                MonotonicClock.nanoseconds() < limit
            {
                try poll.wait(until: limit)
            }
            #expect(client.hasReached && client.wasRefused == !isTaken)
            #expect(try (server.socket.receive() != nil) == isTaken)
        }
    }

    @Test func `a key that was withdrawn opens nothing, and is heard again once it is permitted`()
        throws
    {
        let server = try Server()
        server.list.withdraw(server.clientKeys.publicKey)
        let refused = server.list.refusedCount
        let early = try server.client()
        _ = try early.send([Frame("early")])
        let limit = MonotonicClock.nanoseconds() + 20_000_000_000
        while server.list.refusedCount == refused, MonotonicClock.nanoseconds() < limit {
            sched_yield()
        }
        #expect(server.list.refusedCount > refused)
        #expect(try server.socket.receive() == nil)
        server.list.permit(server.clientKeys.publicKey, as: "again")
        let late = try server.client()
        _ = try late.send([Frame("late")])
        let message = try #require(try next(server.socket))
        #expect(message.userName == "again")
    }

    @Test func `keys of one list open no socket of another`() throws {
        let one = try Server()
        let other = try Server()
        let stranger = try Socket(
            .dealer, in: one.context,
            security: .client(one.clientKeys, serverKey: other.keys.publicKey))
        try stranger.connect(to: other.endpoint)
        _ = try stranger.send([Frame("submit")])
        let limit = MonotonicClock.nanoseconds() + 20_000_000_000
        while other.list.refusedCount == 0, MonotonicClock.nanoseconds() < limit { sched_yield() }
        #expect(other.list.refusedCount > 0)
        #expect(try other.socket.receive() == nil)
        #expect(try one.socket.receive() == nil)
    }

    @Test func aStrangerWithAKeyOfItsOwnCanNeitherSubmitNorRead() throws {
        let server = try Server()
        let friend = try server.client()
        let security = SocketSecurity.client(try .generate(), serverKey: server.keys.publicKey)
        let stranger = try Socket(.dealer, in: server.context, security: security)
        try stranger.connect(to: server.endpoint)
        _ = try stranger.send([Frame("submit")])
        // The refusal is counted by the access list; the friend's message then proves that the
        // server's queue was looked at.
        while server.list.refusedCount == 0 { sched_yield() }
        _ = try friend.send([Frame("friend")])
        let message = try #require(try next(server.socket))
        #expect(message.frames[0].bytes == Array("friend".utf8))
        #expect(try server.socket.receive() == nil)
        #expect(try stranger.receive() == nil)
    }

    @Test func aPlainSocketWithoutKeysIsNotHeard() throws {
        let server = try Server()
        let port = try #require(UInt16(server.endpoint.split(separator: ":").last ?? ""))
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(connected == 0)
        // A ZMTP 3 greeting that asks for no security at all.
        var greeting: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]
        greeting += Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)
        _ = unsafe write(descriptor, greeting, greeting.count)
        // The server answers with its greeting, sees the mechanism and cuts the connection.
        var bytes = [UInt8](repeating: 0, count: 256)
        while unsafe read(descriptor, &bytes, bytes.count) > 0 {}
        #expect(try server.socket.receive() == nil)
    }

    @Test func `where nobody judges, nobody is let in`() throws {
        // The judge of another context does not hear of this one's connections.
        let context = try TransportContext()
        let elsewhere = try TransportContext()
        let list = AccessList()
        let keys = try CurveKeys.generate()
        let clientKeys = try CurveKeys.generate()
        list.permit(clientKeys.publicKey, as: "friend")
        let judge = try Authenticator(for: list, in: elsewhere)
        let socket = try Socket(.router, in: context, security: .server(keys, judge))
        let endpoint = try socket.bind(to: "tcp://127.0.0.1:*")
        let client = try Socket(
            .dealer, in: elsewhere, security: .client(clientKeys, serverKey: keys.publicKey))
        try client.connect(to: endpoint)
        _ = try client.send([Frame("let me in")])
        #expect(try next(socket, within: 1) == nil)
        // With its judge the same socket's context takes the same client.
        let own = try Authenticator(for: list, in: context)
        let message = try next(socket)
        #expect(message?.userName == "friend")
        withExtendedLifetime(own) {}
    }

    @Test func aClientRefusesAServerThatHasAnotherKey() throws {
        let server = try Server()
        let security = SocketSecurity.client(
            server.clientKeys, serverKey: try CurveKeys.generate().publicKey)
        let client = try Socket(.dealer, in: server.context, security: security)
        try client.connect(to: server.endpoint)
        _ = try client.send([Frame("for another's eyes")])
        #expect(try next(server.socket, within: 1) == nil)
    }

    @Test func withoutKeysOnlyInProcessEndpointsAreTaken() throws {
        let context = try TransportContext()
        let socket = try Socket(.pair, in: context, security: .inProcess)
        do throws(TransportError) {
            _ = try socket.bind(to: "tcp://127.0.0.1:*")
            Issue.record("It was bound.")
        } catch {
            #expect(error == .zeroMQ("a TCP endpoint without keys", code: EACCES))
        }
        let other = try Socket(.pair, in: context, security: .inProcess)
        _ = try socket.bind(to: "inproc://there")
        try other.connect(to: "inproc://there")
        #expect(try other.send([Frame("x")]) == .sent)
        #expect(try next(socket)?.frames.count == 1)
    }

    @Test func aKeyThatIsNoneIsAnErrorAndNoSocket() throws {
        let context = try TransportContext()
        let keys = try CurveKeys.generate()
        do throws(TransportError) {
            _ = try Socket(.dealer, in: context, security: .client(keys, serverKey: "short"))
            Issue.record("It was taken.")
        } catch {
            #expect(error == .malformedKey)
        }
        #expect(try CurveKeys(secretKey: keys.secretKey) == keys)
        let text = keys.secretKey.withBytes { unsafe String(decoding: $0, as: UTF8.self) }
        #expect(text.utf8.count == 40 && !"\(keys) \(keys.secretKey)".contains(text))
    }

    @Test func aFullQueueIsReportedAndKeepsNothing() throws {
        var options = SocketOptions()
        options.highWaterMark = 8
        options.onlyConnected = true
        options.partBytesMax = 2 << 20
        let server = try Server(options: options)
        let client = try server.client(options: options)
        let page = [UInt8](repeating: 5, count: 1 << 20)
        var loop = PollLoop()
        let source = loop.watch(client, for: .writable)
        try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
        let isConnected = loop.isReady(source, for: .writable)
        #expect(isConnected)
        // Nobody reads at the server: after the queues of both sides and the kernel it must end.
        var sent = 0
        while try client.send([Frame("\(sent)"), Frame(page)]) == .sent {
            sent += 1
            try #require(sent < 1_000)
        }
        // What was taken arrives whole and in order; what was refused does not.
        for number in 0..<sent {
            let message = try #require(try next(server.socket))
            #expect(message.frames.count == 2)
            #expect(message.frames[0].bytes == Array("\(number)".utf8))
            #expect(message.frames[1].count == page.count)
        }
        #expect(try server.socket.receive() == nil)
    }

    @Test func aRouterReportsAPeerThatIsNotThere() throws {
        let server = try Server()
        let nobody = PeerID(bytes: [0, 1, 2, 3, 4])
        #expect(try server.socket.send([Frame("x")], to: nobody) == .unreachable)
    }

    @Test func aLentPageArrivesAndIsGivenBackOnce() throws {
        var options = SocketOptions()
        options.partBytesMax = 4 << 20
        let server = try Server(options: options)
        let client = try server.client(options: options)
        let released = try Inbox<Int>()
        let size = 3 << 20
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        for index in 0..<size { unsafe bytes[index] = UInt8(truncatingIfNeeded: index &* 31) }
        do {
            let frame = unsafe Frame(unsafeLending: UnsafeRawBufferPointer(bytes)) {
                released.put(1)
            }
            #expect(try client.send([Frame("page"), frame]) == .sent)
        }
        let message = try #require(try next(server.socket))
        let isSame = unsafe message.frames[1].withUnsafeBytes { received in
            unsafe received.elementsEqual(UnsafeRawBufferPointer(bytes))
        }
        #expect(isSame)
        var loop = PollLoop()
        _ = loop.watch(descriptor: released.wakeup.descriptor)
        try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
        #expect(released.take() == [1])
        unsafe bytes.deallocate()
        // What was received can be sent on from where it lies.
        #expect(try server.socket.send([message.frames[1]], to: message.peer) == .sent)
        #expect(try next(client)?.frames[0].count == size)
    }

    @Test func aPartLargerThanAllowedCutsItsSenderOff() throws {
        var options = SocketOptions()
        options.partBytesMax = 1 << 16
        let server = try Server(options: options)
        let client = try server.client()
        _ = try client.send([Frame([UInt8](repeating: 0, count: 1 << 18))])
        #expect(try next(server.socket, within: 1) == nil)
    }
}
