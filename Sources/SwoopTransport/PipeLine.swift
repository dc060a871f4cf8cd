// A line of text into a pipe between two processes of ours, whole.

import Glibc

/// Lines that one process says to another.
package enum PipeLine {
    /// Writes a line and its end; what the other side takes no more is dropped, since its end is
    /// heard of elsewhere.
    ///
    /// Waits while the pipe is full.
    package static func write(_ line: String, to descriptor: Int32) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// Lines that come through a pipe, piece by piece.
package struct PipeLines: Sendable {
    private var unread: [UInt8] = []

    /// None yet.
    package init() {}

    /// Adds what came.
    package mutating func append(_ bytes: some Sequence<UInt8>) { unread += bytes }

    /// The first whole line that was not taken, without its end; nil: there is none.
    package mutating func takeFirst() -> [UInt8]? {
        guard let end = unread.firstIndex(of: 0x0A) else { return nil }
        let line = Array(unread[..<end])
        unread.removeSubrange(...end)
        return line
    }

    /// All whole lines that were not taken, without their ends; empty ones are left out.
    package mutating func take() -> [[UInt8]] {
        guard let end = unread.lastIndex(of: 0x0A) else { return [] }
        let lines = unread[...end].split(separator: 0x0A).map(Array.init)
        unread.removeSubrange(...end)
        return lines
    }
}
