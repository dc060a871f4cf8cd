// The texts that this room reads, by name: for those who try its readers with any bytes.

import SwoopModel
import SwoopTransport

/// A text that comes from a host, from OpenSSH or from the user's files.
package enum HostText: String, CaseIterable, Sendable {
    case knownHosts
    case configuration
    case probeAnswer
    case identity
    case printed
    case digests

    /// The kind of a private key in a file, as far as it says; nil: it is none.
    package static func identityKind(at path: String) -> String? {
        SmallFile.secret(at: path).flatMap { IdentityFile(path: path, contents: $0)?.kind }
    }

    /// Reads any bytes as such a text, and asks what was read what it is asked when hosts are
    /// reached.
    package func read(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        switch self {
        case .knownHosts:
            let lines = KnownHostLine.lines(of: text, file: "known_hosts")
            let known = KnownHost(host: "h.example", port: 2_222, lines: lines) { $0 == $1 }
            _ = known.kinds
            for line in lines { _ = known.verdict(kind: line.kind, key: line.key) }
        case .configuration:
            let local = SSHConfiguration.LocalUser(name: "u", home: "/h", agentPath: nil)
            let found = SSHConfiguration(printed: text, alias: "h", local: local) { _ in
                text.pieces(at: "\n").compactMap { SSHWords(line: $0)?.words }
            }
            _ = found.proxyProgram(ssh: "/usr/bin/ssh", options: ["-v"], local: local)
        case .probeAnswer:
            let manifest = ProgramManifest(
                id: ProgramID("p"), name: "n", architecture: "x86_64",
                files: [ProgramFile(name: "program", digest: "aa", byteCount: 12)])
            let result = CommandResult(output: bytes, errorOutput: [], code: 0, signal: nil)
            let answer = ProbeAnswer(result, manifest: manifest)
            _ = answer.objection(to: manifest, user: "u")
            _ = answer.facts
            _ = answer.hasProgram
        case .identity: _ = IdentityFile(path: "/id", contents: Secret(copying: bytes))
        case .printed:
            var stream = PrintedStream()
            for start in stride(from: 0, to: bytes.count, by: 7) {
                stream.append(bytes[start..<min(start + 7, bytes.count)])
                for line in stream.takeLines() {
                    _ = PrintableText.line(String(decoding: line, as: UTF8.self))
                }
            }
        case .digests: _ = HostFolder.rightDigests(in: bytes)
        }
    }
}
