// What ZeroMQ does by itself: messages pushed from one buffer, taken and dropped.

import CSwoopZeroMQ
import Glibc
import SwoopTransport

/// One end of a bare transfer. The first message is not counted: it waits for the connection.
@safe struct BareTransfer {
    private let context: UnsafeMutableRawPointer?
    private let isEncrypted: Bool

    init(isEncrypted: Bool) {
        unsafe context = unsafe zmq_ctx_new()
        self.isEncrypted = isEncrypted
    }

    func give(on address: String, bytes: Int, messages: Int) throws {
        let socket = unsafe zmq_socket(context, ZMQ_PUSH)
        try unsafe configure(socket, isServer: true)
        guard unsafe zmq_bind(socket, "tcp://\(address):*") == 0 else {
            return PageProbe.complain("bind")
        }
        var text = [UInt8](repeating: 0, count: 256)
        var length = text.count
        unsafe zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, &text, &length)
        PageProbe.say(String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
        unsafe buffer.initializeMemory(as: UInt8.self, repeating: 7)
        for _ in 0...messages {
            var message = zmq_msg_t()
            unsafe zmq_msg_init_data(&message, buffer.baseAddress, bytes, nil, nil)
            guard unsafe zmq_msg_send(&message, socket, 0) >= 0 else {
                return PageProbe.complain("send")
            }
        }
        unsafe zmq_close(socket)
        unsafe zmq_ctx_term(context)
    }

    func fetch(from endpoint: String, bytes: Int, messages: Int) throws {
        let socket = unsafe zmq_socket(context, ZMQ_PULL)
        try unsafe configure(socket, isServer: false)
        unsafe zmq_connect(socket, endpoint)
        var started: Int64 = 0
        for number in 0...messages {
            var message = zmq_msg_t()
            unsafe zmq_msg_init(&message)
            guard unsafe zmq_msg_recv(&message, socket, 0) == bytes else {
                return PageProbe.complain("receive")
            }
            unsafe zmq_msg_close(&message)
            if number == 0 { started = MonotonicClock.nanoseconds() }
        }
        let elapsed = MonotonicClock.nanoseconds() - started
        PageProbe.say("nanoseconds=\(elapsed) bytes=\(bytes * messages)")
        unsafe zmq_close(socket)
    }

    private func configure(_ socket: UnsafeMutableRawPointer?, isServer: Bool) throws {
        // As many bytes in the queue as an exchange has on its way.
        var queue: Int32 = 8
        unsafe zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, 4)
        unsafe zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, 4)
        guard isEncrypted else { return }
        let keys = try CurveKeys(secretKey: Secret(copying: PageProbe.variable("PROBE_SECRET")))
        unsafe zmq_setsockopt(
            socket, ZMQ_CURVE_SECRETKEY, PageProbe.variable("PROBE_SECRET"), 41)
        if isServer {
            var isOn: Int32 = 1
            unsafe zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &isOn, 4)
        } else {
            let peer = PageProbe.variable("PROBE_PEER")
            unsafe zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, peer, 41)
            unsafe zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys.publicKey, 41)
        }
    }
}
