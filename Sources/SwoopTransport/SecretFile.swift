// Files with keys in them: read so that no copy of what they hold is left in memory.

import Glibc

/// Reads what has a secret in it. The arrays never grow, so nothing is left where they were before;
/// whoever has one wipes it.
package enum SecretFile {
    /// What comes from a descriptor up to its end; nil when that cannot be read, or is longer than
    /// `limit`.
    package static func bytes(of descriptor: Int32, atMost limit: Int) -> [UInt8]? {
        guard var bytes = prefix(limit + 1, of: descriptor) else { return nil }
        guard bytes.count <= limit else {
            bytes.wipe()
            return nil
        }
        return bytes
    }

    /// What comes first from a descriptor, at most so many bytes; nil when it cannot be read.
    package static func prefix(_ limit: Int, of descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let result = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress! + count, limit - count)
            }
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else {
                bytes.wipe()
                return nil
            }
            if result == 0 { break }
            count += result
        }
        bytes.removeLast(limit - count)
        return bytes
    }
}
