// The parts of a message on its way through a socket. Small ones are arrays; a received large one
// stays in libzmq's memory; a page that is sent stays where it lies until the socket is done with
// it.

import CSwoopZeroMQ

/// One part of a message: immutable bytes with an owner.
package struct Frame: Sendable {
    enum Storage: Sendable {
        case array([UInt8])
        case received(ReceivedBytes)
        case lent(LentBytes)
    }

    let storage: Storage

    /// A frame of these bytes; they are copied once when sent.
    package init(_ bytes: [UInt8]) {
        storage = .array(bytes)
    }

    /// A frame of text as UTF-8.
    package init(_ text: String) {
        storage = .array(Array(text.utf8))
    }

    /// A frame over memory of the caller's that is not copied.
    ///
    /// The bytes must stay as they are until `release` is called, once, on any thread, when the
    /// frame and every send of it are over.
    package init(
        unsafeLending bytes: UnsafeRawBufferPointer,
        release: @escaping @Sendable () -> Void
    ) {
        storage = .lent(unsafe LentBytes(bytes, release: release))
    }

    init(storage: Storage) {
        self.storage = storage
    }

    /// Bytes.
    package var count: Int {
        switch storage {
        case .array(let bytes): bytes.count
        case .received(let bytes): bytes.count
        case .lent(let bytes): bytes.count
        }
    }

    /// Lends the bytes for the duration of the call.
    package func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        switch storage {
        case .array(let bytes):
            // The standard library's version does not type its errors.
            let span = bytes.span
            return try unsafe span.withUnsafeBytes { bytes throws(E) in
                try unsafe body(bytes)
            }
        case .received(let bytes): return try unsafe bytes.withUnsafeBytes(body)
        case .lent(let bytes): return try unsafe body(bytes.bytes)
        }
    }

    /// Lends the bytes as a span for the duration of the call.
    package func withSpan<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe withUnsafeBytes { bytes throws(E) in
            try body(unsafe Span(_unsafeBytes: bytes))
        }
    }

    /// The bytes as an array; free for a frame that is one.
    package var bytes: [UInt8] {
        if case .array(let bytes) = storage { return bytes }
        return unsafe withUnsafeBytes { unsafe Array($0) }
    }
}

/// The parts of one message, first part first.
package typealias Frames = [Frame]

/// A received part, kept in the memory that libzmq received it into.
@safe final class ReceivedBytes: @unchecked Sendable {
    // Unchecked: the message is written by `init` only, and its bytes never.
    private let message: UnsafeMutablePointer<zmq_msg_t>
    let count: Int

    /// Moves the message here; the other becomes empty.
    init(moving other: inout zmq_msg_t) {
        unsafe message = .allocate(capacity: 1)
        unsafe zmq_msg_init(message)
        unsafe zmq_msg_move(message, &other)
        count = unsafe zmq_msg_size(message)
    }

    deinit {
        unsafe zmq_msg_close(message)
        unsafe message.deallocate()
    }

    func withUnsafeBytes<R, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let bytes = unsafe UnsafeRawBufferPointer(start: zmq_msg_data(message), count: count)
        return try unsafe body(bytes)
    }
}

/// Memory of someone else's, with the closure that gives it back.
@safe final class LentBytes: @unchecked Sendable {
    // Unchecked: the bytes are immutable by the promise of `Frame.init(unsafeLending:release:)`.
    let bytes: UnsafeRawBufferPointer
    private let release: @Sendable () -> Void

    init(_ bytes: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
        unsafe self.bytes = unsafe bytes
        self.release = release
    }

    var count: Int { unsafe bytes.count }

    deinit {
        release()
    }
}
