// A connection file as the kernel's process has it: its key goes from the file into memory for
// secrets.

import Glibc
import SwoopKernel
import SwoopTransport

/// Where a kernel listens, and what signs its messages.
struct KernelConnection {
    let file: ConnectionFile
    let signature: MessageSignature

    /// Reads a connection file.
    init(at path: String) throws {
        guard var bytes = Self.contents(of: path) else { throw ToolError("\(path) cannot be read") }
        defer { bytes.wipe() }
        var key: Secret?
        do {
            file = try ConnectionFile(&bytes) { key = Secret(copying: $0) }
        } catch {
            switch error {
            case .noJSON(let problem):
                throw ToolError("\(path) is no connection file of Jupyter: \(problem)")
            case .signature(let scheme):
                throw ToolError(
                    "\(path) asks for the signature \(scheme); there is only hmac-sha256")
            case .noKey:
                throw ToolError(
                    "\(path) has no key: whoever reaches the kernel's ports could run code as you")
            case .noPort(let name): throw ToolError("\(path) has no \(name)_port")
            }
        }
        guard let key else { throw ToolError("\(path) has no key") }
        signature = MessageSignature(key: key)
    }

    /// The bytes of a file of at most 64 KiB, of which no copy is left.
    private static func contents(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return SecretFile.bytes(of: descriptor, atMost: 64 << 10)
    }
}
