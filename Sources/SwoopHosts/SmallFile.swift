// Files that are read whole: known hosts, private keys, hosts files.

import Glibc
import SwoopTransport

/// Small files of the user's.
enum SmallFile {
    /// The bytes from a descriptor up to its end; nil when it cannot be read or has more than
    /// `limit`.
    static func contents(of descriptor: Int32, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return nil }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
        return nil
    }

    /// A private key in a file; nil when it is not there, cannot be read or has more than 64 KiB.
    static func secret(at path: String) -> Secret? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard var bytes = SecretFile.bytes(of: descriptor, atMost: 64 << 10) else { return nil }
        defer { bytes.wipe() }
        return Secret(copying: bytes)
    }

    /// The bytes of a file; nil when it is not there, cannot be read or has more than `limit`.
    static func contents(at path: String, limit: Int = 16 << 20) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return contents(of: descriptor, limit: limit)
    }
}
