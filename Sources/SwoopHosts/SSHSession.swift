// A session of libssh2 on one socket: the handshake, and the one way in which every call of the
// library is repeated until it is through, the deadline has come or the user stops.

import CSwoopSSH2
import CSwoopSystem
import Glibc
import SwoopTransport
import Synchronization

/// A connection to an SSH server, up to the keys; SSHSession+Login.swift proves who both sides are.
///
/// Used by one thread at a time; whoever has it has its channels too.
@safe final class SSHSession {
    let handle: OpaquePointer
    /// The socket, or this side's end of the proxy.
    let descriptor: Int32
    let wait: HostWait
    /// This machine's address on the connection; nil through a proxy.
    var ownAddress: String? { proxy == nil ? SocketAddress.own(of: descriptor) : nil }
    /// The host's address on the same connection.
    var peerAddress: String? { proxy == nil ? SocketAddress.peer(of: descriptor) : nil }
    private let proxy: ProxyProcess?
    private let callbacks: SessionCallbacks

    /// Connects and agrees on keys with a server.
    ///
    /// `hostKeyKinds` are preferred in this order.
    init(
        to configuration: SSHConfiguration, proxyProgram: String?, knownHosts: KnownHostsReader,
        wait: HostWait
    ) throws(HostError) {
        self.wait = wait
        try Self.initializeOnce(wait: wait)
        if let proxyProgram {
            let proxy = try ProxyProcess(command: proxyProgram, wait: wait)
            self.proxy = proxy
            descriptor = proxy.descriptor
        } else {
            proxy = nil
            let family: Int32 =
                switch configuration.addressFamily {
                case .any: AF_UNSPEC
                case .version4: AF_INET
                case .version6: AF_INET6
                }
            descriptor = try TCPConnection.open(
                host: configuration.hostName, port: configuration.port, family: family, wait: wait
            ).take()
        }
        let callbacks = SessionCallbacks()
        self.callbacks = callbacks
        let context = unsafe Unmanaged.passUnretained(callbacks).toOpaque()
        guard let session = unsafe libssh2_session_init_ex(nil, nil, nil, context) else {
            if proxy == nil { close(descriptor) }
            throw wait.error("libssh2 has no memory for a session.")
        }
        unsafe handle = session
        unsafe libssh2_session_set_blocking(handle, 0)
        unsafe SessionCallbacks.listen(on: handle)
        try handshake(configuration, knownHosts: knownHosts)
    }

    deinit {
        unsafe libssh2_session_disconnect_ex(handle, SSH_DISCONNECT_BY_APPLICATION, "done", "")
        // What could not be said at once stays unsaid: freeing must not wait.
        shutdown(descriptor, Int32(SHUT_RDWR))
        var attempts = 0
        while unsafe libssh2_session_free(handle) == LIBSSH2_ERROR_EAGAIN, attempts < 64 {
            attempts += 1
        }
        if proxy == nil { close(descriptor) }
    }

    /// Repeats a call of the library until it no longer asks to be called again.
    func repeated(_ call: () -> Int32) throws(HostError) -> Int32 {
        while true {
            let code = call()
            guard code == LIBSSH2_ERROR_EAGAIN else { return code }
            try waitForSocket()
        }
    }

    /// The same of a call that answers with a pointer; nil when it failed.
    func repeatedPointer(_ call: () -> OpaquePointer?) throws(HostError) -> OpaquePointer? {
        while true {
            if let pointer = unsafe call() { return unsafe pointer }
            guard unsafe libssh2_session_last_errno(handle) == LIBSSH2_ERROR_EAGAIN else {
                return nil
            }
            try waitForSocket()
        }
    }

    /// Waits for what the library waits for.
    func waitForSocket() throws(HostError) {
        guard !hasTakenBytes() else { return }
        _ = try wait.wait(for: descriptor, isBlockedSending ? POLLOUT | POLLIN : POLLIN)
    }

    /// True when bytes came off the socket since this was asked last: everything must be tried once
    /// more before the socket is waited for.
    ///
    /// A call for one stream of one channel takes what came for all of them, and the socket never
    /// tells of it again.
    func hasTakenBytes() -> Bool { callbacks.hasArrived.exchange(false, ordering: .relaxed) }

    /// True while a packet is half sent: nothing else may be sent before the same call is through.
    var isBlockedSending: Bool {
        unsafe libssh2_session_block_directions(handle) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
    }

    /// The library's words for what went wrong last.
    var lastWords: String {
        var text: UnsafeMutablePointer<CChar>?
        var length: Int32 = 0
        unsafe libssh2_session_last_error(handle, &text, &length, 0)
        guard let text = unsafe text, length > 0 else { return "" }
        return unsafe String(cString: text)
    }

    /// What the other side said when it ended the connection, and what the proxy says.
    func remoteWords() -> String {
        let said = callbacks.farewell.withLock { $0 }
        return [said, proxy?.lastWords(wait: wait) ?? ""].filter { !$0.isEmpty }
            .joined(separator: "\n")
    }

    /// The server's version, such as `SSH-2.0-OpenSSH_9.2p1`.
    var banner: String {
        guard let text = unsafe libssh2_session_banner_get(handle) else { return "" }
        return unsafe String(cString: text)
    }

    private func handshake(
        _ configuration: SSHConfiguration, knownHosts: KnownHostsReader
    ) throws(HostError) {
        let known = unsafe knownHosts.known(configuration, session: handle)
        let kinds = HostKeyKind.preferred(known.kinds).joined(separator: ",")
        unsafe libssh2_session_method_pref(handle, LIBSSH2_METHOD_HOSTKEY, kinds)
        wait.doing = "the SSH handshake with \(configuration.hostName) port \(configuration.port)"
        let code = try repeated { unsafe libssh2_session_handshake(handle, descriptor) }
        guard code == 0 else {
            let reason =
                switch code {
                case LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_SOCKET_DISCONNECT,
                    LIBSSH2_ERROR_SOCKET_RECV:
                    proxy == nil
                        ? "port \(configuration.port) of \(configuration.hostName) closed the"
                            + " connection before any key was agreed on: no SSH server, or one"
                            + " that takes no more connections."
                        : "the jump host or proxy command did not reach it."
                case LIBSSH2_ERROR_KEX_FAILURE, LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
                    "its SSH server and libssh2 \(Self.libraryVersion) agree on no algorithm: it"
                        + " needs an ed25519 or ecdsa host key."
                default: "the SSH handshake failed (\(code))."
                }
            let words = remoteWords()
            throw wait.error(reason, words: words.isEmpty ? lastWords : words)
        }
        try check(known, configuration, knownHosts: knownHosts)
    }

    /// The version of libssh2 in use.
    static let libraryVersion: String =
        unsafe libssh2_version(0).map { unsafe String(cString: $0) } ?? "?"

    private static let isLoaded = swoop_load_later(Int32(SWOOP_LATER_SSH2)) != 0
    private static let initialization: Int32 = libssh2_init(0)

    private static func initializeOnce(wait: HostWait) throws(HostError) {
        guard isLoaded else {
            throw wait.error(
                "libssh2.so.1, by which hosts are reached, is not on this machine; install it"
                    + " (libssh2-1 on Debian).")
        }
        guard initialization == 0 else { throw wait.error("libssh2 cannot be used here.") }
    }
}

/// What the library tells by callbacks only; a session's context.
final class SessionCallbacks: Sendable {
    /// What the server said when it ended the connection.
    let farewell = Mutex("")
    /// Bytes came off the socket.
    let hasArrived = Atomic(false)

    /// Has a session tell the value that is its context.
    static func listen(on session: OpaquePointer) {
        unsafe set(LIBSSH2_CALLBACK_DISCONNECT, ending, on: session)
        unsafe set(LIBSSH2_CALLBACK_RECV, receiving, on: session)
    }

    private typealias Context = UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private typealias Ending =
        @convention(c) (
            OpaquePointer?, Int32, UnsafePointer<CChar>?, Int32, UnsafePointer<CChar>?, Int32,
            Context?
        ) -> Void
    private typealias Receiving =
        @convention(c) (Int32, UnsafeMutableRawPointer?, Int, Int32, Context?) -> Int

    private static let ending: Ending = { _, _, message, length, _, _, context in
        guard let message = unsafe message, length > 0, let told = unsafe told(context) else {
            return
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: message, count: Int(length))
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        told.farewell.withLock { $0 = text }
    }

    private static let receiving: Receiving = { socket, buffer, length, flags, context in
        let count = unsafe recv(socket, buffer, length, flags)
        guard count >= 0 else { return -Int(errno) }
        if count > 0 { unsafe told(context)?.hasArrived.store(true, ordering: .relaxed) }
        return count
    }

    private static func told(_ context: Context?) -> SessionCallbacks? {
        unsafe context?.pointee.map {
            unsafe Unmanaged<SessionCallbacks>.fromOpaque($0).takeUnretainedValue()
        }
    }

    private static func set<Callback>(
        _ kind: Int32, _ callback: Callback, on session: OpaquePointer
    ) {
        _ = unsafe libssh2_session_callback_set(
            session, kind, unsafeBitCast(callback, to: UnsafeMutableRawPointer.self))
    }
}

/// Kinds of host keys that the library can check.
enum HostKeyKind {
    private static let usable = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "ssh-rsa",
    ]

    /// Those that a host is known by, then the others: a known key is then what it shows.
    static func preferred(_ known: [String]) -> [String] {
        let first = usable.filter { known.contains($0) && $0 != "ssh-rsa" }
        return first + usable.filter { !first.contains($0) }
    }

    /// As a person calls it.
    static func short(_ kind: String) -> String {
        kind.hasPrefix("ecdsa")
            ? "ECDSA" : kind.hasPrefix("ssh-") ? kind.dropFirst(4).uppercased() : kind
    }
}
