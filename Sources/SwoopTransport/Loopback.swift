// The way from this machine to itself, which needs no network: loopback, or where a network of its
// own has not even that (`unshare --net`), a socket of the kernel's.

import CSwoopSodium
import CSwoopSystem
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
    static func fromOwnAddress(_ endpoint: String, bearing mark: LoopbackMark?) -> String {
        let scheme = "tcp://"
        guard endpoint.hasPrefix(scheme + "127.0.0.1:"), let own = ownAddress(bearing: mark) else {
            return endpoint
        }
        return "\(scheme)\(own):0;\(endpoint.dropFirst(scheme.count))"
    }

    /// An address of loopback that nobody else uses, drawn by chance; nil: there is only one.
    ///
    /// - Parameter mark: draws among the addresses that bear it.
    package static func ownAddress(bearing mark: LoopbackMark? = nil) -> String? {
        let address = mark?.address() ?? UInt32.random(in: 0x7f01_0101...0x7ffe_fefe)
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

/// Which addresses of loopback somebody connects from who has a server's public key: one in 4,096,
/// by that key.
///
/// During a flood from this machine the server tells friends by it before they have said anything.
/// It is no secret for long: whoever looks sees the addresses of connections that are up, and can
/// use these, but not tell another.
package struct LoopbackMark: Sendable {
    /// Four words, for the system.
    let words: [UInt32]

    /// The mark of a server's public key.
    package init(serverKey: String) {
        var hash = [UInt8](repeating: 0, count: 32)
        let text = Array("swoop loopback \(serverKey)".utf8)
        _ = unsafe crypto_hash_sha256(&hash, text, UInt64(text.count))
        words = (0..<4).map { place in
            hash[4 * place..<4 * place + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// An address that bears it, drawn by chance.
    package func address() -> UInt32 {
        // Neither among 127.0 nor among 127.255, which have meanings of their own.
        unsafe swoop_mark_address(words, UInt32.random(in: 0x010...0xfef))
    }

    /// Whether an address bears it.
    package func isBorne(by source: StrangerGate.Source) -> Bool {
        guard let number = source.number, number >> 24 == 127 else { return false }
        return unsafe swoop_mark_address(words, number >> 12) == number
    }
}
