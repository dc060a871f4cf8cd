// The standard streams of a process that was started through an SSH channel: what it must know
// comes on standard input, and it says on standard output how far it is, until it lets go of both.

import Glibc
import SwoopTransport

/// This process's end of the channel that started it.
package enum LaunchChannel {
    /// Readable when the other side has closed it, as long as nothing is to be read.
    package static let descriptor: Int32 = 0

    /// How long the other side may take for a line.
    private static let patienceMilliseconds: Int32 = 60_000
    private static let blockBytesMax = 64 << 10

    /// Reads the lines up to an empty one, empty ones before the first passed over; false, and
    /// nothing read, when the other side closed, or was silent, before that.
    ///
    /// A key is in them: they are read in place, and the array never grows.
    package static func readBlock(into bytes: inout [UInt8]) -> Bool {
        bytes = []
        bytes.reserveCapacity(2 * blockBytesMax + 2)
        while bytes.count <= blockBytesMax {
            let start = bytes.count
            guard appendLine(to: &bytes) else { break }
            let isEmpty = bytes.count == start
            if isEmpty, start == 0 { continue }
            if isEmpty { return true }
            bytes.append(10)
        }
        bytes.wipe()
        return false
    }

    /// The next line; nil when the other side closed, or was silent, before its end.
    package static func readLine() -> String? {
        var line: [UInt8] = []
        return appendLine(to: &line) ? String(decoding: line, as: UTF8.self) : nil
    }

    /// Appends the next line without its end; false when there is no whole one.
    private static func appendLine(to line: inout [UInt8]) -> Bool {
        let start = line.count
        var byte: UInt8 = 0
        while line.count - start <= blockBytesMax {
            var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            let found = unsafe poll(&waiting, 1, patienceMilliseconds)
            if found < 0, errno == EINTR { continue }
            // A byte at a time: what follows the line is not this reader's.
            guard found > 0, unsafe read(0, &byte, 1) == 1 else { return false }
            if byte == 10 { return true }
            if byte != 13 { line.append(byte) }
        }
        return false
    }

    /// Says a line on standard output; whoever printed before it may not have ended theirs.
    package static func say(_ line: String) { write("\nswoop: \(line)\n", to: 1) }

    /// Says a line on standard error.
    package static func complain(_ line: String) { write("swoop: \(line)\n", to: 2) }

    /// Lets go: standard streams lead nowhere, and the session is this process's own, so that the
    /// channel can close and its end is no signal to this process.
    package static func detach() {
        let nowhere = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nowhere >= 0 else { return }
        for stream in Int32(0)...2 { _ = dup2(nowhere, stream) }
        if nowhere > 2 { _ = close(nowhere) }
        // It fails where the process leads a session already: then it is its own.
        _ = setsid()
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
    }
}
