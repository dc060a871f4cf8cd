// A port of ours on a host, carried through the SSH connection: each connection to it there becomes
// a channel here and a connection to the coordinator.

import CSwoopSSH2
import Glibc

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
    private var links: [ForwardLink] = []

    /// Has the host listen on its loopback address for connections to a target that is ours.
    init(_ session: SSHSession, address: String, port target: UInt16) throws(HostError) {
        self.session = session
        self.target = (address, target)
        var bound: Int32 = 0
        let opened = unsafe try session.repeatedPointer {
            unsafe libssh2_channel_forward_listen_ex(
                session.handle, "127.0.0.1", 0, &bound, 64)
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
        for link in links { link.close() }
        _ = unsafe libssh2_channel_forward_cancel(listener)
    }

    /// Moves what can be moved now; false when nothing could.
    func step() throws(HostError) -> Bool {
        var hasMoved = try accept()
        for link in links where try link.step() { hasMoved = true }
        for link in links where link.isDone { link.close() }
        links.removeAll(where: \.isDone)
        return hasMoved
    }

    /// What to wait for before the next step, beside the session's socket.
    var interests: [pollfd] {
        links.compactMap(\.interest)
    }

    private func accept() throws(HostError) -> Bool {
        guard let channel = unsafe libssh2_channel_forward_accept(listener) else {
            // EAGAIN would be said again and again; what matters is whether the session lives.
            if unsafe libssh2_session_last_errno(session.handle) == LIBSSH2_ERROR_SOCKET_DISCONNECT
            {
                throw session.broken()
            }
            return false
        }
        guard let socket = TCPConnection.begin(address: target.address, port: target.port) else {
            _ = unsafe libssh2_channel_free(channel)
            return true
        }
        unsafe links.append(ForwardLink(session, channel: channel, socket: socket))
        return true
    }
}

/// One connection through a carried port.
@safe private final class ForwardLink {
    private let session: SSHSession
    private let channel: OpaquePointer
    private let socket: Int32
    private var toSocket = PendingBytes()
    private var toChannel = PendingBytes()
    private var isConnecting = true
    private var socketEnded = false
    private var channelEnded = false
    private(set) var isDone = false

    init(_ session: SSHSession, channel: OpaquePointer, socket: Int32) {
        self.session = session
        unsafe self.channel = unsafe channel
        self.socket = socket
    }

    func close() {
        _ = unsafe libssh2_channel_free(channel)
        _ = Glibc.close(socket)
    }

    var interest: pollfd? {
        var events: Int32 = 0
        if isConnecting || !toSocket.isEmpty { events |= POLLOUT }
        if !isConnecting, !socketEnded, toChannel.isEmpty { events |= POLLIN }
        return events == 0 ? nil : pollfd(fd: socket, events: Int16(events), revents: 0)
    }

    func step() throws(HostError) -> Bool {
        if isConnecting {
            var item = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
            guard unsafe poll(&item, 1, 0) > 0 else { return false }
            isConnecting = false
        }
        let one = try fromChannel()
        let other = try fromSocket()
        if socketEnded, channelEnded, toSocket.isEmpty, toChannel.isEmpty { isDone = true }
        return one || other || isDone
    }

    private func fromChannel() throws(HostError) -> Bool {
        var hasMoved = false
        while !isDone {
            if toSocket.isEmpty, !channelEnded {
                let count = try channelCall { [self] in
                    unsafe toSocket.fill { raw in
                        unsafe libssh2_channel_read_ex(
                            channel, 0, raw.baseAddress!.assumingMemoryBound(to: CChar.self),
                            raw.count)
                    }
                }
                if count <= 0, unsafe libssh2_channel_eof(channel) != 0 {
                    channelEnded = true
                    shutdown(socket, Int32(SHUT_WR))
                    return true
                }
                if count < 0, count != Int(LIBSSH2_ERROR_EAGAIN) { isDone = true }
            }
            guard !toSocket.isEmpty else { return hasMoved }
            let count = unsafe toSocket.drain { raw in
                unsafe send(socket, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
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
                let count = unsafe toChannel.fill { raw in
                    unsafe recv(socket, raw.baseAddress, raw.count, 0)
                }
                if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR {
                    socketEnded = true
                    _ = try channelCall { [self] in
                        Int(unsafe libssh2_channel_send_eof(channel))
                    }
                    return true
                }
            }
            guard !toChannel.isEmpty else { return hasMoved }
            let count = try channelCall { [self] in
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

    /// Repeats a call while it has half sent a packet; its answer otherwise.
    private func channelCall(_ call: () -> Int) throws(HostError) -> Int {
        while true {
            let count = call()
            if count == Int(LIBSSH2_ERROR_SOCKET_DISCONNECT)
                || count == Int(LIBSSH2_ERROR_SOCKET_SEND)
                || count == Int(LIBSSH2_ERROR_SOCKET_RECV)
            {
                throw session.broken()
            }
            guard count == Int(LIBSSH2_ERROR_EAGAIN), session.isBlockedSending else { return count }
            _ = try session.wait.wait(for: session.descriptor, POLLOUT)
        }
    }
}

/// Bytes that were read and are still to be written.
private struct PendingBytes {
    private var bytes = [UInt8](repeating: 0, count: 64 << 10)
    private var place = 0
    private var end = 0

    var isEmpty: Bool { place == end }

    /// Reads into an empty buffer; the answer of `read`.
    mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read($0) }
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
