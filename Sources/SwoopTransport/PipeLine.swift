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
