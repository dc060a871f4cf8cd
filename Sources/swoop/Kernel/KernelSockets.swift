// The five sockets of a kernel.

import SwoopKernel
import SwoopTransport

/// Where a kernel listens.
struct KernelSockets: ~Copyable {
    let shell: Socket
    let control: Socket
    let stdin: Socket
    let iopub: Socket
    /// Whatever comes here goes back: a sign of life.
    let heart: Socket

    /// Listens where the file says.
    static func listening(_ file: ConnectionFile) throws -> KernelSockets {
        let context = try TransportContext()
        var options = SocketOptions()
        // What a person types: more is taken from nobody, since a signature is compared when all of
        // a message is here. What cells show has no such bound.
        options.partBytesMax = 16 << 20
        options.lingerMilliseconds = 1_000
        func listen(_ kind: SocketKind, _ name: String) throws -> Socket {
            let socket = try Socket(kind, in: context, security: .signedMessages, options: options)
            _ = try socket.bind(to: file.endpoint(name))
            return socket
        }
        let shell = try listen(.router, "shell")
        let control = try listen(.router, "control")
        let stdin = try listen(.router, "stdin")
        let iopub = try listen(.publisher, "iopub")
        let heart = try listen(.router, "hb")
        return KernelSockets(
            shell: shell, control: control, stdin: stdin, iopub: iopub, heart: heart)
    }
}
