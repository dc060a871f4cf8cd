// What the tool says: results on standard output, everything else on standard error.

import Glibc
import SwoopModel

/// Standard output.
enum StandardOutput {
    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Colours are for terminals, and for those who did not refuse them (no-color.org).
    static var isColoured: Bool {
        func value(_ name: String) -> String {
            unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
        }
        return isTerminal && value("NO_COLOR").isEmpty && value("TERM") != "dumb"
    }

    /// Writes all of it, at once where the system takes it at once.
    static func write(_ text: String) { writeAll(text, to: STDOUT_FILENO) }
}

/// Standard error.
enum StandardError {
    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes a sentence, named as the tool's; what others put into it cannot change the terminal.
    static func say(_ sentence: String) {
        writeAll("swoop: \(PrintableText.lines(sentence))\n", to: STDERR_FILENO)
    }
}

private func writeAll(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe write(descriptor, bytes.baseAddress, bytes.count)
        }
        if count < 0, errno == EINTR { continue }
        // A terminal that was made non-blocking by a neighbour: wait until it takes more.
        if count < 0, errno == EAGAIN {
            var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = unsafe poll(&item, 1, 1_000)
            continue
        }
        if count <= 0 { return }
        bytes = bytes.dropFirst(count)
    }
}
