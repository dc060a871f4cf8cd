// Whole messages through a socket: all parts or none, and never a wait.

import CSwoopZeroMQ
import Glibc

/// How a router names one of its connections: a number of libzmq's choice, new at every reconnect.
package struct PeerID: Hashable, Sendable, CustomStringConvertible {
    /// Five bytes as libzmq makes them.
    package let bytes: [UInt8]

    /// The name that arrived in front of a message.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var description: String {
        "peer " + bytes.map { String($0, radix: 16) }.joined(separator: ".")
    }
}

/// One message as it arrived.
package struct ReceivedMessage: Sendable {
    /// The connection it came by; nil on sockets that have one peer.
    package let peer: PeerID?
    /// The name that the access list gives the peer's key, proved by CURVE; empty in process, and
    /// at clients.
    package let userName: String
    /// That key, as Z85; empty where the name is.
    package let userKey: String
    /// What the peer sent.
    package let frames: Frames
}

/// Parts up to this size are copied into an array of their own; larger ones stay where they are.
private let copiedBytesMax = 2_048

extension Socket {
    /// Sends all parts as one message, to `peer` when this is a router.
    ///
    /// On any outcome but `.sent` nothing was kept.
    package borrowing func send(
        _ frames: Frames, to peer: PeerID? = nil
    ) throws(TransportError) -> SendOutcome {
        precondition(!frames.isEmpty, "A message has at least one part.")
        precondition(isRouter == (peer != nil), "A router, and only a router, names the peer.")
        if let peer {
            let outcome = try sendPart(Frame(peer.bytes), more: true)
            guard outcome == .sent else { return outcome }
        }
        for index in frames.indices {
            let outcome = try sendPart(frames[index], more: index < frames.count - 1)
            if outcome == .sent { continue }
            // A queue is full by whole messages: only the first part can be refused.
            guard index == 0, peer == nil else { throw .zeroMQ("zmq_msg_send", code: zmq_errno()) }
            return outcome
        }
        return .sent
    }

    /// The next message, or nil when none waits.
    package borrowing func receive() throws(TransportError) -> ReceivedMessage? {
        var frames: Frames = []
        var peer: PeerID?
        while true {
            var message = zmq_msg_t()
            unsafe zmq_msg_init(&message)
            defer { unsafe zmq_msg_close(&message) }
            guard unsafe zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 else {
                let code = zmq_errno()
                if code == EINTR { continue }
                if code == EAGAIN, peer == nil, frames.isEmpty { return nil }
                throw .zeroMQ("zmq_msg_recv", code: code)
            }
            if unsafe zmq_msg_more(&message) == 0 {
                let user = user(of: &message)
                frames.append(Frame(moving: &message))
                return ReceivedMessage(
                    peer: peer, userName: user.name, userKey: user.key, frames: frames)
            }
            let frame = Frame(moving: &message)
            if isRouter, peer == nil {
                peer = PeerID(bytes: frame.bytes)
            } else {
                frames.append(frame)
            }
        }
    }

    private borrowing func sendPart(
        _ frame: Frame, more: Bool
    ) throws(TransportError) -> SendOutcome {
        var message = try frame.libzmqMessage()
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        while unsafe zmq_msg_send(&message, handle, flags) < 0 {
            let code = zmq_errno()
            if code == EINTR { continue }
            unsafe zmq_msg_close(&message)
            switch code {
            case EAGAIN: return .wouldBlock
            case EHOSTUNREACH: return .unreachable
            default: throw .zeroMQ("zmq_msg_send", code: code)
            }
        }
        return .sent
    }

    /// What the Authenticator gave with its permission.
    private borrowing func user(of message: inout zmq_msg_t) -> UserID {
        guard isRouter, let text = unsafe zmq_msg_gets(&message, "User-Id") else {
            return UserID(name: "", key: "")
        }
        if let strangers {
            unsafe strangers.prove(zmq_msg_get(&message, ZMQ_SRCFD))
        }
        return UserID(unsafe String(cString: text))
    }
}

extension Frame {
    /// Takes a received part's bytes: copied when few, else the message itself.
    init(moving message: inout zmq_msg_t) {
        let count = unsafe zmq_msg_size(&message)
        if count > copiedBytesMax {
            self.init(storage: .received(ReceivedBytes(moving: &message)))
        } else {
            let bytes = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: count)
            self.init(storage: .array(unsafe Array(bytes)))
        }
    }

    /// A message of libzmq's over this frame's bytes: lent and received ones are kept, not copied.
    func libzmqMessage() throws(TransportError) -> zmq_msg_t {
        var message = zmq_msg_t()
        let code: Int32
        switch storage {
        case .array(let bytes):
            code = unsafe zmq_msg_init_size(&message, bytes.count)
            if code == 0, !bytes.isEmpty {
                let target = unsafe UnsafeMutableRawBufferPointer(
                    start: zmq_msg_data(&message), count: bytes.count)
                unsafe target.copyBytes(from: bytes)
            }
        case .received(let owner):
            code = unsafe owner.withUnsafeBytes { bytes in
                unsafe Frame.initialize(&message, over: bytes, ownedBy: owner)
            }
        case .lent(let owner):
            code = unsafe Frame.initialize(&message, over: owner.bytes, ownedBy: owner)
        }
        guard code == 0 else { throw .zeroMQ("zmq_msg_init", code: zmq_errno()) }
        return message
    }

    private static func initialize(
        _ message: inout zmq_msg_t, over bytes: UnsafeRawBufferPointer, ownedBy owner: AnyObject
    ) -> Int32 {
        let hint = unsafe Unmanaged.passRetained(owner)
        let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        let code = unsafe zmq_msg_init_data(
            &message, start, bytes.count,
            { _, hint in
                guard let hint = unsafe hint else { return }
                unsafe Unmanaged<AnyObject>.fromOpaque(hint).release()
            }, hint.toOpaque())
        if code != 0 { unsafe hint.release() }
        return code
    }
}
