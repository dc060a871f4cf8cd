// The reading end of what a child prints.

import CSwoopSystem
import Glibc

/// A pipe that is read without blocking.
///
/// Used by one thread.
package final class OutputPipe {
    /// What a PollLoop watches; readable at the end too.
    package let descriptor: Int32
    /// True when the last holder of the other end has gone and everything was read.
    package private(set) var isEnded = false

    /// Takes over the reading end of a pipe that does not block.
    package init(owning descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Reads what is there now, at most `limit` bytes: a flood must not hold a loop.
    package func read(limit: Int = 64 << 10) -> [UInt8] {
        guard !isEnded else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            while count < limit {
                let result = unsafe Glibc.read(
                    descriptor, buffer.baseAddress! + count, limit - count)
                if result > 0 {
                    count += result
                } else if result < 0, errno == EINTR {
                    continue
                } else {
                    isEnded = result == 0 || errno != EAGAIN
                    return
                }
            }
        }
    }
}
