// Connections of those who have no key, one by one and as a flood.

import Glibc
import SwoopTransport

/// A connection that proves nothing.
package final class Stranger {
    /// Where a server listens.
    package enum Address: Sendable {
        case port(UInt16)
        /// A socket of this machine without a file.
        case abstract(String)
        /// A socket of this machine by its file.
        case file(String)

        /// The address behind an endpoint of ZeroMQ's; nil: strangers cannot connect there.
        package init?(endpoint: String) {
            if endpoint.hasPrefix("ipc://@") {
                self = .abstract(String(endpoint.dropFirst(7)))
            } else if endpoint.hasPrefix("ipc://") {
                self = .file(String(endpoint.dropFirst(6)))
            } else if let port = endpoint.split(separator: ":").last.flatMap({ UInt16($0) }) {
                self = .port(port)
            } else {
                return nil
            }
        }

        fileprivate var family: Int32 {
            switch self {
            case .port: AF_INET
            case .abstract, .file: AF_UNIX
            }
        }

        /// Calls with the address as the system takes it.
        fileprivate func withSocketAddress(
            _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
        ) -> Int32 {
            let bytes: [UInt8]
            switch self {
            case .port(let port):
                bytes =
                    [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(port & 0xff), 127, 0, 0, 1]
                    + [UInt8](repeating: 0, count: 8)
            case .abstract(let name):
                bytes = [UInt8(AF_UNIX), 0, 0] + Array(name.utf8)
            case .file(let path):
                bytes = [UInt8(AF_UNIX), 0] + Array(path.utf8) + [0]
            }
            return unsafe bytes.withUnsafeBytes { buffer in
                let start = unsafe buffer.baseAddress!.assumingMemoryBound(to: sockaddr.self)
                return unsafe body(start, socklen_t(buffer.count))
            }
        }
    }

    private let descriptor: Int32

    /// Begins to connect; nil: the system has no room for it.
    ///
    /// - Parameter source: the last number of the address of loopback it comes from; 0: the usual.
    package init?(_ address: Address, from source: UInt8 = 0) {
        let kind = Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC
        descriptor = socket(address.family, kind, 0)
        // Ended by a reset: this side keeps nothing of it, however many there were.
        var end = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &end, socklen_t(MemoryLayout<linger>.size))
        let number = descriptor
        if source > 0, case .port = address {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            own.sin_addr.s_addr = (0x7f00_0200 as UInt32 | UInt32(source)).bigEndian
            _ = unsafe withUnsafePointer(to: &own) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        let code = unsafe address.withSocketAddress { unsafe connect(number, $0, $1) }
        if descriptor < 0 || code != 0 && errno != EINPROGRESS { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Writes what the kernel takes; the bytes, or -1 when the other side has cut it off.
    package func write(_ bytes: [UInt8]) -> Int {
        let count = unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        return count < 0 && errno == EAGAIN ? 0 : count
    }

    /// Whether the server has answered anything, which it does when it has accepted.
    package var hasHeard: Bool {
        var byte: UInt8 = 0
        return unsafe recv(descriptor, &byte, 1, Int32(MSG_PEEK)) == 1
    }

    /// The beginning of a connection with CURVE.
    package static let greeting: [UInt8] =
        [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0] + Array("CURVE".utf8)
        + [UInt8](repeating: 0, count: 47)

    /// That, and a part that says it has so many bytes.
    package static func opening(part byteCount: UInt64) -> [UInt8] {
        let size = (0..<8).reversed().map { UInt8(truncatingIfNeeded: byteCount >> UInt64($0 * 8)) }
        return greeting + [0x06] + size
    }
}

/// Strangers without end.
package struct StrangerFlood {
    /// What each of them says.
    package enum Speech: String {
        case nothing, greeting
        /// The greeting, and almost all of the largest part that one may send.
        case part

        fileprivate var bytes: [UInt8] {
            switch self {
            case .nothing: []
            case .greeting: Stranger.greeting
            case .part:
                Stranger.opening(part: 60 << 10) + [UInt8](repeating: 9, count: (60 << 10) - 1)
            }
        }
    }

    private let addresses: [Stranger.Address]
    private let bytes: [UInt8]
    private let perSecond: Int
    private let sources: Int
    /// So many are kept at a time; the oldest makes room.
    private static let held = 900

    /// - Parameters:
    ///   - perSecond: 0: as many as it can.
    ///   - sources: from so many addresses of loopback, at most 200; 0: the usual one.
    package init(
        _ addresses: [Stranger.Address], saying speech: Speech, perSecond: Int, sources: Int = 0
    ) {
        self.sources = min(sources, 200)
        self.addresses = addresses
        self.perSecond = perSecond
        bytes = speech.bytes
    }

    /// Goes on until `told`, which hears the number so far again and again, says false.
    package func run(tellingEach period: Int64 = 1_000_000_000, _ told: (Int) -> Bool) {
        var strangers: [Stranger?] = Array(repeating: nil, count: Self.held)
        let began = MonotonicClock.nanoseconds()
        var tellAt = began + period
        var count = 0
        var pause = PollLoop()
        while true {
            let now = MonotonicClock.nanoseconds()
            if now >= tellAt {
                guard told(count) else { return }
                tellAt += period
            }
            if perSecond > 0 {
                let due = began + Int64(count) * 1_000_000_000 / Int64(perSecond)
                if due > now {
                    try? pause.wait(until: min(due, tellAt))
                    continue
                }
            }
            let source = sources == 0 ? 0 : UInt8(1 + count % sources)
            let stranger = Stranger(addresses[count % addresses.count], from: source)
            _ = stranger?.write(bytes)
            if stranger == nil { sched_yield() } else { count += 1 }
            strangers[count % Self.held] = stranger
        }
    }
}
