// A port of ours on a host, carried through the SSH connection: each connection to it there becomes
// a channel here and a connection to the coordinator.

import CSwoopSSH2
import Glibc
import SwoopTransport

/// A listening port on a host and everything that goes through it.
///
/// Used by the thread that has the session; it waits for nothing but the session's socket, and for
/// that while the library has half sent a packet.
@safe final class PortForward {
    /// The port there, on its loopback address.
    let port: Int
    private let session: SSHSession
    private let listener: OpaquePointer
    private let target: (address: String, port: UInt16)
    /// Where its connections to the target come from: a flood of one host is told from the others'.
    private let source = Loopback.ownAddress()
    private var gate = ForwardGate()
    private var links: [ForwardLink] = []
    /// Channels that were closed and whose end the host has not confirmed.
    private var ending: [EndingChannel] = []

    /// Has the host listen on its loopback address for connections to a target that is ours.
    init(_ session: SSHSession, address: String, port target: UInt16) throws(HostError) {
        self.session = session
        self.target = (address, target)
        var bound: Int32 = 0
        let opened = unsafe try session.repeatedPointer {
            unsafe libssh2_channel_forward_listen_ex(
                session.handle, "127.0.0.1", 0, &bound, ForwardGate.queueMax)
        }
        guard let opened = unsafe opened else {
            throw session.wait.error(
                "it cannot reach this machine, and its SSH server carries no ports"
                    + " (AllowTcpForwarding?).", words: session.failureWords())
        }
        unsafe listener = opened
        port = Int(bound)
    }

    deinit {
        for link in links { link.closeSocket() }
        // Channels that are still there end with the session.
        _ = unsafe libssh2_channel_forward_cancel(listener)
    }

    /// Moves what can be moved now; false when nothing could.
    func step() throws(HostError) -> Bool {
        let now = MonotonicClock.nanoseconds()
        var hasMoved = try accept(at: now)
        for link in links {
            if try link.step() { hasMoved = true }
            if link.standing == .proved {
                gate.prove(link.number)
            } else if now - link.beganAt > ForwardGate.ageMax {
                link.end()
            }
        }
        for link in links where link.isDone { close(link) }
        links.removeAll(where: \.isDone)
        try endChannels()
        return hasMoved
    }

    /// Waits until a step can move something, or one is due; false when the time of the session's
    /// wait is over.
    ///
    /// - Parameter reads: whether the caller reads what comes from the session.
    func wait(reads: Bool) throws(HostError) -> Bool {
        var items = links.compactMap(\.interest)
        if reads || readsSession {
            items.append(pollfd(fd: session.descriptor, events: Int16(POLLIN), revents: 0))
        }
        let left = deadline.map { max(0, $0 - MonotonicClock.nanoseconds()) }
        return try session.wait.wait(for: &items, atMost: left ?? .max) || session.wait.left > 0
    }

    /// Whether a step reads what comes from the session: not while nobody is here, and nobody may
    /// come yet.
    private var readsSession: Bool {
        !links.isEmpty || !ending.isEmpty || gate.opensAt == nil
    }

    /// When a step is due though nothing came; nil: never.
    private var deadline: Int64? {
        let oldest = links.lazy.filter { $0.standing < .proved }.map(\.beganAt).min()
        let ends = oldest.map { $0 + ForwardGate.ageMax + 1 }
        return [gate.opensAt, ends].compactMap(\.self).min()
    }

    private func accept(at now: Int64) throws(HostError) -> Bool {
        guard gate.isOpen(at: now), let channel = unsafe try nextChannel() else { return false }
        let begun = TCPConnection.begin(
            address: target.address, port: target.port, from: source)
        guard let socket = begun else {
            unsafe ending.append(EndingChannel(channel: channel))
            return true
        }
        unsafe links.append(ForwardLink(session, channel: channel, socket: socket, at: now))
        var generator = SystemRandomNumberGenerator()
        let excess = gate.accept(socket, at: now, using: &generator) { [links] number in
            links.first { $0.number == number }?.standing
        }
        for link in links where excess.contains(link.number) { link.end() }
        return true
    }

    /// A connection that somebody made to the port; nil: there is none.
    private func nextChannel() throws(HostError) -> OpaquePointer? {
        while true {
            if let channel = unsafe libssh2_channel_forward_accept(listener) {
                return unsafe channel
            }
            // The library was answering somebody: until that is sent it sends nothing else.
            if session.isBlockedSending {
                _ = try session.wait.wait(for: session.descriptor, POLLOUT)
                continue
            }
            // EAGAIN would be said again and again; what matters is whether the session lives.
            if unsafe libssh2_session_last_errno(session.handle) == LIBSSH2_ERROR_SOCKET_DISCONNECT
            {
                throw session.broken()
            }
            return nil
        }
    }

    private func close(_ link: ForwardLink) {
        gate.end(link.number)
        link.closeSocket()
        unsafe ending.append(EndingChannel(channel: link.channel))
    }

    /// Frees the channels whose end the host has confirmed. Until then the library keeps what came
    /// for them.
    private func endChannels() throws(HostError) {
        var left: [EndingChannel] = []
        for one in ending {
            unsafe try session.finishAnswers(one.channel)
            let code = try session.channelCall { Int(unsafe libssh2_channel_free(one.channel)) }
            if code == Int(LIBSSH2_ERROR_EAGAIN) { left.append(one) }
        }
        ending = left
    }
}

/// A channel that was closed on this side.
@safe private struct EndingChannel {
    let channel: OpaquePointer
}

/// One connection through a carried port.
@safe private final class ForwardLink {
    let channel: OpaquePointer
    /// The socket, which no other connection has meanwhile.
    let number: Int32
    let beganAt: Int64
    private let session: SSHSession
    private var toSocket = PendingBytes()
    private var toChannel = PendingBytes()
    /// Bytes that the other side sent, and that the target answered.
    private var received: UInt64 = 0
    private var sent: UInt64 = 0
    private var isConnecting = true
    private var socketEnded = false
    private var channelEnded = false
    private(set) var isDone = false

    init(_ session: SSHSession, channel: OpaquePointer, socket: Int32, at now: Int64) {
        self.session = session
        unsafe self.channel = unsafe channel
        number = socket
        beganAt = now
    }

    func closeSocket() { _ = Glibc.close(number) }

    /// It goes no further.
    func end() { isDone = true }

    /// How far the other side has come towards a proof of its key.
    var standing: StrangerStanding { StrangerStanding(received: received, sent: sent) }

    var interest: pollfd? {
        var events: Int32 = 0
        if isConnecting || !toSocket.isEmpty { events |= POLLOUT }
        if !isConnecting, !socketEnded, toChannel.isEmpty { events |= POLLIN }
        return events == 0 ? nil : pollfd(fd: number, events: Int16(events), revents: 0)
    }

    func step() throws(HostError) -> Bool {
        if isConnecting {
            var item = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&item, 1, 0) > 0 else { return false }
            isConnecting = false
        }
        let one = try fromChannel()
        let other = try fromSocket()
        // Neither side of a connection of ours goes on alone.
        if socketEnded, toChannel.isEmpty || channelEnded { isDone = true }
        return one || other || isDone
    }

    private func fromChannel() throws(HostError) -> Bool {
        var hasMoved = false
        while !isDone {
            if toSocket.isEmpty, !channelEnded {
                let most = ForwardGate.bytesMax(standing)
                // One byte more than it may send tells that it sends more.
                let limit = most.map { Int($0 - min($0, received)) + 1 } ?? .max
                let count = try session.channelCall { [self] in
                    unsafe toSocket.fill(atMost: limit) { raw in
                        unsafe libssh2_channel_read_ex(
                            channel, 0, raw.baseAddress!.assumingMemoryBound(to: CChar.self),
                            raw.count)
                    }
                }
                if count <= 0, unsafe libssh2_channel_eof(channel) != 0 {
                    channelEnded = true
                    shutdown(number, Int32(SHUT_WR))
                    return true
                }
                if count < 0, count != Int(LIBSSH2_ERROR_EAGAIN) { isDone = true }
                received += UInt64(max(0, count))
                if let most, received > most {
                    isDone = true
                    return true
                }
            }
            guard !toSocket.isEmpty else { return hasMoved }
            let count = unsafe toSocket.drain { raw in
                unsafe send(number, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno != EAGAIN, errno != EINTR { isDone = true }
            guard count > 0 else { return hasMoved }
            hasMoved = true
        }
        return hasMoved
    }

    private func fromSocket() throws(HostError) -> Bool {
        var hasMoved = false
        while !isDone {
            if toChannel.isEmpty, !socketEnded {
                let limit = standing == .proved ? .max : ForwardGate.answerMax
                let count = unsafe toChannel.fill(atMost: limit) { raw in
                    unsafe recv(number, raw.baseAddress, raw.count, 0)
                }
                if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR {
                    socketEnded = true
                    return true
                }
                sent += UInt64(max(0, count))
            }
            guard !toChannel.isEmpty else { return hasMoved }
            unsafe try session.finishAnswers(channel)
            let count = try session.channelCall { [self] in
                unsafe toChannel.drain { raw in
                    unsafe libssh2_channel_write_ex(
                        channel, 0, raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
                }
            }
            if count < 0, count != Int(LIBSSH2_ERROR_EAGAIN) { isDone = true }
            guard count > 0 else { return hasMoved }
            hasMoved = true
        }
        return hasMoved
    }
}

extension SSHSession {
    /// Sends the rest of an answer that the library began while it was reading: until then it
    /// refuses to send anything else. Reading again goes on with it.
    fileprivate func finishAnswers(_ channel: OpaquePointer) throws(HostError) {
        while isBlockedSending {
            _ = try wait.wait(for: descriptor, POLLOUT)
            var none: CChar = 0
            _ = unsafe libssh2_channel_read_ex(channel, 0, &none, 0)
        }
    }

    /// Repeats a call while it has half sent a packet; its answer otherwise.
    fileprivate func channelCall(_ call: () -> Int) throws(HostError) -> Int {
        while true {
            let count = call()
            if count == Int(LIBSSH2_ERROR_SOCKET_DISCONNECT)
                || count == Int(LIBSSH2_ERROR_SOCKET_SEND)
                || count == Int(LIBSSH2_ERROR_SOCKET_RECV)
            {
                throw broken()
            }
            guard count == Int(LIBSSH2_ERROR_EAGAIN), isBlockedSending else { return count }
            _ = try wait.wait(for: descriptor, POLLOUT)
        }
    }
}

/// Bytes that were read and are still to be written.
private struct PendingBytes {
    private var bytes: [UInt8] = []
    private var place = 0
    private var end = 0

    /// What one read may bring.
    private static let size = 64 << 10

    var isEmpty: Bool { place == end }

    /// Reads at most so many bytes into an empty buffer; the answer of `read`.
    mutating func fill(atMost limit: Int, _ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        let size = min(limit, Self.size)
        // What proves nothing sends little, and gets little memory.
        if bytes.count < size { bytes = [UInt8](repeating: 0, count: size) }
        let count = unsafe bytes.withUnsafeMutableBytes { raw in
            unsafe read(UnsafeMutableRawBufferPointer(rebasing: raw[..<size]))
        }
        (place, end) = (0, max(0, count))
        return count
    }

    /// Writes the rest; the answer of `write`.
    mutating func drain(_ write: (UnsafeRawBufferPointer) -> Int) -> Int {
        let count = unsafe bytes.withUnsafeBytes { raw in
            unsafe write(UnsafeRawBufferPointer(rebasing: raw[place..<end]))
        }
        if count > 0 { place += count }
        return count
    }
}
