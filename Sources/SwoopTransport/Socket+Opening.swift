// Opens libzmq's sockets: each option is set here, before anything binds or connects.

import CSwoopZeroMQ
import Glibc

/// A socket with all its options set, or an error and no socket.
func openSocket(
    _ kind: SocketKind, in context: TransportContext, security: SocketSecurity,
    options: SocketOptions
) throws(TransportError) -> UnsafeMutableRawPointer {
    guard let handle = unsafe zmq_socket(context.handle, kind.libzmqNumber) else {
        throw .zeroMQ("zmq_socket", code: zmq_errno())
    }
    let settings = unsafe SocketSettings(handle: handle)
    do throws(TransportError) {
        try settings.apply(options, kind: kind)
        try settings.apply(security, isRouter: kind == .router)
    } catch {
        unsafe zmq_close(handle)
        throw error
    }
    return unsafe handle
}

/// ZMQ_ZAP_ENFORCE_DOMAIN: zmq.h names it among the drafts only, libzmq has had it since 4.2.5.
private let zapEnforceDomain: Int32 = 93

@safe private struct SocketSettings {
    let handle: UnsafeMutableRawPointer

    func apply(_ options: SocketOptions, kind: SocketKind) throws(TransportError) {
        try set(ZMQ_SNDHWM, options.highWaterMark)
        try set(ZMQ_RCVHWM, options.highWaterMark)
        try set(ZMQ_LINGER, options.lingerMilliseconds)
        try set(ZMQ_MAXMSGSIZE, options.partBytesMax)
        try set(ZMQ_BACKLOG, options.acceptQueue)
        try set(ZMQ_HANDSHAKE_IVL, options.handshakeMilliseconds)
        try set(ZMQ_CONNECT_TIMEOUT, options.connectMilliseconds)
        try set(ZMQ_HEARTBEAT_TIMEOUT, options.answerMilliseconds)
        try set(ZMQ_RECONNECT_IVL, options.reconnectMilliseconds.lowerBound)
        try set(ZMQ_RECONNECT_IVL_MAX, options.reconnectMilliseconds.upperBound)
        try set(ZMQ_IMMEDIATE, Int32(options.onlyConnected ? 1 : 0))
        // A message for a peer that is gone or full is reported, not dropped in silence.
        if kind == .router { try set(ZMQ_ROUTER_MANDATORY, Int32(1)) }
        if kind == .publisher { try set(ZMQ_XPUB_NODROP, Int32(1)) }
    }

    func apply(_ security: SocketSecurity, isRouter: Bool) throws(TransportError) {
        switch security {
        case .inProcess:
            break
        case .signedMessages:
            // Clients choose their names: one that comes again goes on under its own.
            if isRouter { try set(ZMQ_ROUTER_HANDOVER, Int32(1)) }
        case .server(let keys, _):
            try set(ZMQ_CURVE_SERVER, Int32(1))
            try set(ZMQ_CURVE_SECRETKEY, key: keys.secretKey)
            guard unsafe zmq_setsockopt(handle, ZMQ_ZAP_DOMAIN, "swoop", 5) == 0 else {
                throw .zeroMQ("zmq_setsockopt", code: zmq_errno())
            }
            // Without this libzmq lets everybody in while nobody answers for the context.
            try set(zapEnforceDomain, Int32(1))
        case .client(let keys, let serverKey):
            try set(ZMQ_CURVE_SERVERKEY, key: serverKey)
            try set(ZMQ_CURVE_PUBLICKEY, key: keys.publicKey)
            try set(ZMQ_CURVE_SECRETKEY, key: keys.secretKey)
        }
    }

    private func set<Value: BitwiseCopyable>(
        _ option: Int32, _ value: Value
    ) throws(TransportError) {
        var value = value
        guard unsafe zmq_setsockopt(handle, option, &value, MemoryLayout<Value>.size) == 0 else {
            throw .zeroMQ("zmq_setsockopt(\(option))", code: zmq_errno())
        }
    }

    private func set(_ option: Int32, key: Secret) throws(TransportError) {
        let code = key.withZeroBehind { unsafe zmq_setsockopt(handle, option, $0, 41) }
        guard key.count == 40, code == 0 else { throw .malformedKey }
    }

    private func set(_ option: Int32, key: String) throws(TransportError) {
        // 40 characters and the zero behind them is what libzmq takes for Z85.
        guard key.utf8.count == 40, unsafe zmq_setsockopt(handle, option, key, 41) == 0 else {
            throw .malformedKey
        }
    }
}

extension SocketKind {
    fileprivate var libzmqNumber: Int32 {
        switch self {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .pair: ZMQ_PAIR
        case .publisher: ZMQ_PUB
        }
    }
}

extension SocketSecurity {
    /// The judge of a server's connections.
    var authenticator: Authenticator? {
        if case .server(_, let authenticator) = self { authenticator } else { nil }
    }

    /// What those make of addresses of loopback who have the server's public key.
    var loopbackMark: LoopbackMark? {
        switch self {
        case .server(let keys, _): LoopbackMark(serverKey: keys.publicKey)
        case .client(_, let serverKey): LoopbackMark(serverKey: serverKey)
        case .inProcess, .signedMessages: nil
        }
    }

    /// True without keys.
    var isInProcess: Bool {
        if case .inProcess = self { true } else { false }
    }
}
