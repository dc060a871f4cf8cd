// Headers of the kernel's messages: a number that no other message has, and the date for people.

import FoundationEssentials
import SwoopKernel

/// The kernel's own session.
struct MessageSession {
    private let name = UUID().uuidString.lowercased()
    private var count = 0

    /// The header of a new message.
    mutating func header(type: String) -> JSONValue {
        count += 1
        return [
            "msg_id": .text("\(name)_\(count)"), "session": .text(name), "username": "kernel",
            "date": .text(Date.now.formatted(.iso8601.time(includingFractionalSeconds: true))),
            "msg_type": .text(type), "version": "5.3",
        ]
    }
}
