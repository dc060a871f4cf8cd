// A message of Jupyter's protocol (5.3) and its frames: names of who is to have it, a delimiter, a
// signature, and four texts of JSON. The signature is made and compared by whoever has the key.

/// One of the kernel's sockets that carry messages.
package enum KernelChannel: String, Hashable, Sendable, CaseIterable {
    /// Requests that wait for one another.
    case shell
    /// Requests that must not wait: interrupt, shutdown.
    case control
    /// What everybody hears: state, output, results.
    case iopub
    /// The kernel's own questions.
    case stdin
}

/// A message.
package struct JupyterMessage: Hashable, Sendable {
    /// Who sent it, or is to have it; of a message for everybody its topic.
    package var identities: [[UInt8]]
    /// `msg_id`, `msg_type`, `session` and more.
    package var header: JSONValue
    /// The header of the request that this belongs to.
    package var parent: JSONValue
    /// Hardly used.
    package var metadata: JSONValue
    /// What it says.
    package var content: JSONValue

    /// A message of these parts.
    package init(
        identities: [[UInt8]] = [], header: JSONValue, parent: JSONValue = [:],
        metadata: JSONValue = [:], content: JSONValue
    ) {
        self.identities = identities
        self.header = header
        self.parent = parent
        self.metadata = metadata
        self.content = content
    }

    /// What kind of message it is.
    package var type: String { header["msg_type"].string ?? "" }
}

/// Frames that are no message of ours.
package enum MessageError: Error, Equatable, CustomStringConvertible {
    case noDelimiter
    case tooFewFrames(Int)
    case wrongSignature
    case malformed(part: String, JSONError)
    case noType

    package var description: String {
        switch self {
        case .noDelimiter: "a message without the delimiter <IDS|MSG>"
        case .tooFewFrames(let count): "a message of \(count) frames behind its delimiter, not five"
        case .wrongSignature: "a message that was not signed with this kernel's key"
        case .malformed(let part, let error): "the \(part) of a message is \(error)"
        case .noType: "a message whose header has no msg_type"
        }
    }
}

/// Makes messages of frames, and the other way round.
package struct MessageCodec: Sendable {
    /// The signature of some parts, as hexadecimal digits.
    private let sign: @Sendable ([[UInt8]]) -> String

    /// A codec that signs, and compares, with this.
    package init(sign: @escaping @Sendable ([[UInt8]]) -> String) { self.sign = sign }

    private static let delimiter = Array("<IDS|MSG>".utf8)

    /// The frames of a message.
    package func encode(_ message: JupyterMessage) -> [[UInt8]] {
        let parts = [message.header, message.parent, message.metadata, message.content].map {
            Array($0.encoded.utf8)
        }
        return message.identities + [MessageCodec.delimiter, Array(sign(parts).utf8)] + parts
    }

    /// The message of some frames.
    package func decode(_ frames: [[UInt8]]) throws(MessageError) -> JupyterMessage {
        guard let delimiter = frames.firstIndex(of: MessageCodec.delimiter) else {
            throw .noDelimiter
        }
        let rest = frames[(delimiter + 1)...]
        guard rest.count >= 5 else { throw .tooFewFrames(rest.count) }
        let parts = Array(rest.dropFirst().prefix(4))
        let signature = Array(sign(parts).utf8)
        guard isSame(signature, rest.first ?? []) else { throw .wrongSignature }
        let names = ["header", "parent header", "metadata", "content"]
        var values: [JSONValue] = []
        for (name, part) in zip(names, parts) {
            do { values.append(try JSONValue(part)) } catch {
                throw .malformed(part: name, error)
            }
        }
        let message = JupyterMessage(
            identities: Array(frames[..<delimiter]), header: values[0], parent: values[1],
            metadata: values[2], content: values[3])
        guard !message.type.isEmpty else { throw .noType }
        return message
    }

    /// Looks at every byte, so that the time says nothing about where they differ.
    private func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
