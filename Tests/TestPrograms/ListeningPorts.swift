// Where processes of tests listen, as the system tells it.

import Glibc
import SwoopTransport

/// Where processes listen.
package enum ListeningPorts {
    /// The ports of TCP that any of these processes, of one network, listens at.
    package static func of(_ processes: [Int32]) -> [UInt16] {
        let sockets = Set(processes.flatMap(sockets(of:)))
        var ports: Set<UInt16> = []
        let place = processes.first.map { "/proc/\($0)/net/tcp" } ?? ""
        for line in (ProcessAllowance.text(of: place) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            // 0A: it listens.
            guard words.count > 9, words[3] == "0A", sockets.contains("socket:[\(words[9])]"),
                let port = words[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) })
            else { continue }
            ports.insert(port)
        }
        return ports.sorted()
    }

    private static func sockets(of process: Int32) -> [String] {
        (0..<1_024).compactMap { number in
            var buffer = [UInt8](repeating: 0, count: 64)
            let path = "/proc/\(process)/fd/\(number)"
            let count = unsafe readlink(path, &buffer, buffer.count)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }

    /// The local port of a socket.
    package static func port(of socket: Int32) -> UInt16? {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(socket, $0, &size)
            }
        }
        return code == 0 ? UInt16(bigEndian: address.sin_port) : nil
    }
}
