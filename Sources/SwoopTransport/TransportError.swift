// What can go wrong between processes. Every throwing function of this room throws this one type;
// a queue that is full or a peer that is not there yet is no error but an answer (`SendOutcome`).

/// A failure of a socket, a descriptor, a mapping or a ring.
package enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call failed; `code` is its errno.
    case systemCall(String, code: Int32)
    /// Something cannot be had that was about to be needed.
    case shortage(Shortage)
    /// A call into libzmq failed; `code` is its errno, which includes libzmq's own numbers.
    case zeroMQ(String, code: Int32)
    /// The record that stands in a shared ring cannot be one that was written there whole.
    case malformedRing(String)
    /// A record larger than the ring takes.
    case recordTooLarge(bytes: Int, largest: Int)
    /// A key that is not 40 characters of Z85.
    case malformedKey
    /// An address and port on which this machine cannot listen; `code` is the errno.
    case cannotListen(endpoint: String, code: Int32)

    package var description: String {
        switch self {
        case .systemCall(let name, let code): "\(name) failed: \(errorText(code))"
        case .shortage(let shortage): "\(shortage)"
        case .zeroMQ(let name, let code): "\(name) failed: \(zeroMQErrorText(code))"
        case .malformedRing(let what): "the shared ring is damaged: \(what)"
        case .recordTooLarge(let bytes, let largest):
            "a record of \(bytes) bytes was given to a ring that takes \(largest)"
        case .malformedKey: "a CURVE key is 40 characters of Z85"
        case .cannotListen(let endpoint, let code):
            "cannot listen on \(endpoint): \(zeroMQErrorText(code))"
        }
    }
}
