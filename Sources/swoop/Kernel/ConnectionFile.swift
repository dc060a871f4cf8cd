// The file in which Jupyter says where a kernel is to listen, and with which key messages are
// signed.

import SwoopKernel

/// What a connection file says.
struct ConnectionFile {
    /// The key of signatures; empty: messages are not signed.
    let key: String
    private let transport: String
    private let address: String
    private let ports: [String: Int]

    /// Reads the JSON of a file.
    init(_ bytes: [UInt8], path: String) throws {
        let value: JSONValue
        do { value = try JSONValue(bytes) } catch {
            throw ToolError("\(path) is no connection file of Jupyter: \(error)")
        }
        let scheme = value["signature_scheme"].string ?? "hmac-sha256"
        guard scheme == "hmac-sha256" else {
            throw ToolError("\(path) asks for the signature \(scheme); there is only hmac-sha256")
        }
        key = value["key"].string ?? ""
        guard !key.isEmpty else {
            throw ToolError(
                "\(path) has no key: whoever reaches the kernel's ports could run code as you")
        }
        transport = value["transport"].string ?? "tcp"
        address = value["ip"].string ?? "127.0.0.1"
        var ports: [String: Int] = [:]
        for name in ["shell", "control", "iopub", "stdin", "hb"] {
            guard let port = value["\(name)_port"].int else {
                throw ToolError("\(path) has no \(name)_port")
            }
            ports[name] = port
        }
        self.ports = ports
    }

    /// Where a socket listens.
    func endpoint(_ name: String) -> String {
        let separator = transport == "ipc" ? "-" : ":"
        return "\(transport)://\(address)\(separator)\(ports[name] ?? 0)"
    }
}
