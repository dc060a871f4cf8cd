// A TCP connection to a host by name, within a limit: neither the resolver nor a black hole holds
// the caller longer.

import Glibc
import SwoopTransport
import Synchronization

/// Opens TCP connections.
enum TCPConnection {
    /// Connects to the first address of a host that answers; non-blocking, without Nagle's delay.
    static func open(
        host: String, port: Int, family: Int32 = AF_UNSPEC, wait: HostWait
    ) throws(HostError) -> OwnedDescriptor {
        wait.doing = "looking up \(host)"
        let addresses = try addresses(of: host, port: port, family: family, wait: wait)
        var failures: [String] = []
        for (index, address) in addresses.enumerated() {
            wait.doing = "connecting to \(address.text) port \(port)"
            // The last one gets all the time that is left, the others their share of it.
            let share = wait.left / Int64(addresses.count - index)
            let answer = try connect(to: address, atMost: share, wait: wait)
            switch answer {
            case .success(let number): return OwnedDescriptor(owning: number)
            case .failure(let problem):
                failures.append("\(address.text) port \(port): \(problem.words)")
            }
        }
        throw wait.error(
            "no connection to its SSH server (\(failures.joined(separator: "; "))).")
    }

    /// Connects to an address of this machine or one that is known to be near, without waiting.
    ///
    /// The connection may still be being made; nil when it is refused at once.
    ///
    /// - Parameter source: an address of this machine that it comes from; nil: the system chooses.
    static func begin(address: String, port: UInt16, from source: String?) -> Int32? {
        func first(_ address: String, _ port: UInt16) -> SocketAddress? {
            Resolver.addresses(of: address, port: Int(port), family: AF_UNSPEC).list.first
        }
        guard let found = first(address, port) else { return nil }
        let descriptor = found.socket()
        guard descriptor >= 0 else { return nil }
        // Without it the connection is as good, but for the gate for strangers.
        if let own = source.flatMap({ first($0, 0) }), own.family == found.family {
            _ = own.bind(descriptor)
        }
        let result = found.connect(descriptor)
        if result == 0 || errno == EINPROGRESS { return descriptor }
        close(descriptor)
        return nil
    }

    private struct Problem: Error {
        var words: String
    }

    private static func connect(
        to address: SocketAddress, atMost share: Int64, wait: HostWait
    ) throws(HostError) -> Result<Int32, Problem> {
        let descriptor = address.socket()
        guard descriptor >= 0 else { return .failure(Problem(words: systemWords(errno))) }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        if address.connect(descriptor) != 0 {
            guard errno == EINPROGRESS else {
                return .failure(Problem(words: systemWords(errno)))
            }
            var items = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
            guard try wait.wait(for: &items, atMost: share) else {
                return .failure(Problem(words: "no answer within \(seconds(roundedUp(share)))"))
            }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else { return .failure(Problem(words: systemWords(code))) }
        }
        isKept = true
        return .success(descriptor)
    }

    private static func roundedUp(_ nanoseconds: Int64) -> Int64 {
        (nanoseconds + 99_999_999) / 100_000_000 * 100_000_000
    }

    /// The resolver has no limit of its own that a caller could set: it gets a thread, which is
    /// left behind when it takes too long.
    private static func addresses(
        of host: String, port: Int, family: Int32, wait: HostWait
    ) throws(HostError) -> [SocketAddress] {
        let answer = Answer()
        let isDone: Wakeup
        do throws(TransportError) {
            let wakeup = try Wakeup()
            isDone = wakeup
            try LoopThread(named: "swoop-resolve") {
                let found = Resolver.addresses(of: host, port: port, family: family)
                answer.found.withLock { $0 = found }
                wakeup.raise()
            }.detach()
        } catch {
            throw wait.error("\(error)")
        }
        _ = try wait.wait(for: isDone.descriptor, POLLIN)
        let found = answer.found.withLock { $0 }
        guard let found, !found.list.isEmpty else {
            throw wait.error(
                "the name \(host) has no address here: check it, or give an address.",
                words: found?.words ?? "")
        }
        return found.list
    }

    private final class Answer: Sendable {
        let found = Mutex<Resolver.Found?>(nil)
    }
}

/// An address of a socket.
struct SocketAddress: Sendable {
    let family: Int32
    let bytes: [UInt8]
    /// In figures.
    let text: String

    /// A new non-blocking stream socket of its family, or -1.
    func socket() -> Int32 {
        let kind =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(family, kind, 0)
        guard descriptor >= 0 else { return -1 }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, size)
        return descriptor
    }

    /// The address of this machine at the end of a connection, in figures; nil for a socket that
    /// has none.
    static func own(of descriptor: Int32) -> String? {
        unsafe figures { unsafe getsockname(descriptor, $0, $1) }
    }

    /// The address at the other end of a connection.
    static func peer(of descriptor: Int32) -> String? {
        unsafe figures { unsafe getpeername(descriptor, $0, $1) }
    }

    private static func figures(
        _ get: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe get(address, &length) == 0,
                    [AF_INET, AF_INET6].contains(Int32(unsafe address.pointee.sa_family))
                else { return nil }
                return unsafe Resolver.figures(address, length)
            }
        }
    }

    /// A word that is an address in figures; nil for any other.
    static func figures(_ words: [String], at index: Int) -> String? {
        guard words.indices.contains(index) else { return nil }
        let word = words[index]
        // The interface of an address that is one's neighbour's only.
        let address = String(word.prefix { $0 != "%" })
        var bytes = [UInt8](repeating: 0, count: 16)
        let isAddress = [AF_INET, AF_INET6].contains { family in
            unsafe inet_pton(family, address, &bytes) == 1
        }
        return isAddress && HostNames.objection(toAddress: word) == nil ? word : nil
    }

    /// As connect(2).
    func connect(_ descriptor: Int32) -> Int32 {
        unsafe call { unsafe Glibc.connect(descriptor, $0, $1) }
    }

    /// As bind(2).
    func bind(_ descriptor: Int32) -> Int32 {
        unsafe call { unsafe Glibc.bind(descriptor, $0, $1) }
    }

    private func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        unsafe bytes.withUnsafeBytes { raw in
            unsafe body(
                raw.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
        }
    }
}

/// The system's resolver.
enum Resolver {
    /// What it found, and what it said when that is nothing.
    struct Found: Sendable {
        var list: [SocketAddress] = []
        var words = ""
    }

    /// Blocks as long as the system's resolver likes.
    static func addresses(of host: String, port: Int, family: Int32) -> Found {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = family
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, String(port), &hints, &first)
        guard code == 0 else {
            let words =
                code == EAI_SYSTEM ? systemWords(errno) : unsafe String(cString: gai_strerror(code))
            return Found(words: words)
        }
        defer { unsafe freeaddrinfo(first) }
        var found = Found()
        var next = unsafe first
        while let entry = unsafe next {
            let info = unsafe entry.pointee
            if let address = unsafe info.ai_addr {
                let raw = unsafe UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
                found.list.append(
                    SocketAddress(
                        family: unsafe info.ai_family, bytes: unsafe [UInt8](raw),
                        text: unsafe figures(address, info.ai_addrlen)))
            }
            unsafe next = info.ai_next
        }
        return found
    }

    fileprivate static func figures(_ address: UnsafePointer<sockaddr>, _ length: socklen_t)
        -> String
    {
        var text = [CChar](repeating: 0, count: 256)
        let code = unsafe getnameinfo(
            address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return "?" }
        return String(
            decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
