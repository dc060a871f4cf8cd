// The way from this machine to itself, which needs no network: loopback, or where a network of its
// own has not even that (`unshare --net`), a socket of the kernel's.

import Glibc

/// How processes of one machine reach one another.
package enum Loopback {
    /// Whether 127.0.0.1 is there; nothing is sent.
    package static var isUp: Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(9).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size) == 0
            }
        }
    }

    /// An endpoint without a network, nobody else's; no file belongs to it, so every user of this
    /// machine can connect: for where there is no folder for one that is the user's alone.
    package static func endpointWithoutFile() -> String {
        "ipc://@swoop-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    }
}
