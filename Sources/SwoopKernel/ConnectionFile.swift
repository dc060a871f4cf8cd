// The file in which Jupyter says where a kernel is to listen, and with which key messages are
// signed.

/// What a connection file says; the key is left where it stands.
package struct ConnectionFile: Sendable {
    /// What is wrong with one.
    package enum Problem: Error, Equatable {
        case noJSON(JSONError)
        case signature(String)
        case noKey
        case noPort(String)
    }

    /// A kernel's sockets, as the file calls them.
    package static let socketNames = ["shell", "control", "iopub", "stdin", "hb"]

    /// Where the key's characters stand in the file.
    package let keyPlace: Range<Int>
    private let transport: String
    private let address: String
    private let ports: [String: Int]

    /// Reads the JSON of a file.
    ///
    /// The key becomes part of nothing: whoever reads the file takes it out of the bytes.
    package init(_ bytes: inout [UInt8], takingKey take: (ArraySlice<UInt8>) -> Void)
        throws(Problem)
    {
        guard let place = Self.keyPlace(in: bytes) else { throw .noKey }
        take(bytes[place])
        for index in place { bytes[index] = UInt8(ascii: "0") }
        let value: JSONValue
        do { value = try JSONValue(bytes) } catch { throw .noJSON(error) }
        let scheme = value["signature_scheme"].string ?? "hmac-sha256"
        guard scheme == "hmac-sha256" else { throw .signature(scheme) }
        // Written with escapes, or in another place: as good as none.
        guard value["key"].string?.utf8.count == place.count else { throw .noKey }
        keyPlace = place
        transport = value["transport"].string ?? "tcp"
        address = value["ip"].string ?? "127.0.0.1"
        var ports: [String: Int] = [:]
        for name in Self.socketNames {
            guard let port = value["\(name)_port"].int else { throw .noPort(name) }
            ports[name] = port
        }
        self.ports = ports
    }

    /// Where a socket listens.
    package func endpoint(_ name: String) -> String {
        let separator = transport == "ipc" ? "-" : ":"
        return "\(transport)://\(address)\(separator)\(ports[name] ?? 0)"
    }

    /// The characters of the last member that is called `key`; nil: there is none, or it is empty.
    private static func keyPlace(in bytes: [UInt8]) -> Range<Int>? {
        let name = Array("\"key\"".utf8)
        let quote = UInt8(ascii: "\"")
        var found: Range<Int>?
        var place = 0
        func skipSpace(_ from: Int) -> Int {
            bytes[from...].firstIndex { ![0x20, 0x0A, 0x0D, 0x09].contains($0) } ?? bytes.count
        }
        while let start = bytes[place...].firstIndex(of: quote) {
            guard bytes[start...].starts(with: name) else {
                place = start + 1
                continue
            }
            place = skipSpace(start + name.count)
            guard place < bytes.count, bytes[place] == UInt8(ascii: ":") else { continue }
            let value = skipSpace(place + 1)
            guard value < bytes.count, bytes[value] == quote,
                let end = bytes[(value + 1)...].firstIndex(of: quote)
            else { continue }
            found = value + 1 < end ? value + 1..<end : nil
            place = end + 1
        }
        return found
    }
}
