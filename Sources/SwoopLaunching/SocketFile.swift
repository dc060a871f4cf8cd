// The file of a socket by which this user's processes reach one another where there is no network,
// not even loopback. It lies in the runtime folder, which nobody else may look into: others cannot
// even connect, so they can neither take its places nor fill the queue of those who wait.

import CSwoopSystem
import Glibc
import SwoopTransport
import Synchronization

/// A place for a socket that is this user's alone; whoever listens there makes the file.
package final class SocketFile: Sendable {
    /// Where to listen, and what to connect to.
    package let endpoint: String
    private let path: String
    private let isLeft = Atomic<Bool>(true)

    private static let scheme = "ipc://"
    private static let suffix = ".socket"
    /// What the system takes, its last byte a zero.
    private static let pathByteCountMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// A place that no other has. The file goes with this process, also when a signal ends that; of
    /// a process that was killed, whoever removes its address removes it too.
    ///
    /// - Throws: `LaunchError` where the folder takes no such file: its path is too long, or has
    ///   characters that do not fit into an address.
    package init(in folder: RuntimeFolder) throws(LaunchError) {
        let number = String(UInt64.random(in: 0 ... .max), radix: 36)
        path = "\(folder.path)/\(getpid())-\(number)\(Self.suffix)"
        endpoint = Self.scheme + path
        guard path.utf8.count <= Self.pathByteCountMax else {
            throw .unsafeFolder(
                path: folder.path, reason: "its name is too long for a socket in it")
        }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw .unsafeFolder(
                path: folder.path, reason: "its name has characters that no address has")
        }
        // Said before the file is there: no signal finds it unsaid.
        _ = unsafe swoop_leave_no_file(path)
    }

    deinit { remove() }

    /// Removes the file; nobody can connect any more.
    package func remove() {
        guard isLeft.exchange(false, ordering: .relaxed) else { return }
        _ = unsafe unlink(path)
        unsafe swoop_keep_file(path)
    }

    /// Removes what a process that has ended left behind, if its endpoint is a file of the folder.
    static func remove(endpoint: String, in folder: RuntimeFolder) {
        let start = scheme + folder.path + "/"
        guard endpoint.hasPrefix(start), endpoint.hasSuffix(suffix) else { return }
        let name = endpoint.utf8.dropFirst(start.utf8.count)
        guard !name.contains(UInt8(ascii: "/")) else { return }
        let path = String(decoding: endpoint.utf8.dropFirst(scheme.utf8.count), as: UTF8.self)
        _ = unsafe unlink(path)
    }
}
