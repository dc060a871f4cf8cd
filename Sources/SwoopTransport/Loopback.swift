// The way from this machine to itself, which needs no network: loopback, or where a network of its
// own has not even that (`unshare --net`), a socket of the kernel's.

import Glibc

/// How processes of one machine reach one another.
package enum Loopback {
    /// Whether 127.0.0.1 is there; nothing is sent.
    package static var isUp: Bool {
        unsafe withSocket(to: 0x7f00_0001, port: 9) { unsafe connect($0, $1, $2) }
    }

    /// Whether a call with a socket and an address succeeds.
    private static func withSocket(
        to number: UInt32, port: UInt16,
        _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(number).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call(descriptor, $0, size) == 0
            }
        }
    }

    /// An endpoint at 127.0.0.1 as somebody connects to it from an address of loopback that nobody
    /// else uses, so that a flood from this machine is told from them; any other endpoint as it is.
    static func fromOwnAddress(_ endpoint: String) -> String {
        let scheme = "tcp://"
        guard endpoint.hasPrefix(scheme + "127.0.0.1:"), let own = ownAddress() else {
            return endpoint
        }
        return "\(scheme)\(own):0;\(endpoint.dropFirst(scheme.count))"
    }

    /// An address of loopback that nobody else uses, drawn by chance; nil: there is only one.
    package static func ownAddress() -> String? {
        let address = UInt32.random(in: 0x7f01_0101...0x7ffe_fefe)
        guard isOwn(address) else { return nil }
        return [24, 16, 8, 0].map { "\(address >> $0 & 0xff)" }.joined(separator: ".")
    }

    /// Whether an address is this machine's: where loopback was made by hand, not all of 127 are.
    private static func isOwn(_ number: UInt32) -> Bool {
        unsafe withSocket(to: number, port: 0) { unsafe bind($0, $1, $2) }
    }

    /// An endpoint without a network, nobody else's; no file belongs to it, so every user of this
    /// machine can connect: for where there is no folder for one that is the user's alone.
    package static func endpointWithoutFile() -> String {
        "ipc://@swoop-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    }
}
