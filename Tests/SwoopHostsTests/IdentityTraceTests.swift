// A private key that is read from its file: no copy of it is left in memory.

import Glibc
import SwoopHosts
import SwoopTransport
import TestPrograms
import Testing

@Suite(.enabled(if: SSHTools.areHere, "needs ssh-keygen"))
struct IdentityTraceTests {
    @Test(arguments: ["ed25519", "ecdsa", "rsa"])
    func `of a private key that is looked at no copy is left`(_ kind: String) throws {
        let folder = try TestFolder()
        let path = "\(folder.path)/id"
        try TestServer.run(
            "/usr/bin/ssh-keygen", ["-q", "-t", kind, "-N", "", "-C", "c", "-f", path])
        let read = try #require(HostText.identityKind(at: path))
        #expect(read.hasSuffix(kind == "ecdsa" ? "nistp256" : kind))
        let secret = try #require(lastLine(of: path))
        #expect(secret.count > 8)
        #expect(MemoryTraces.count(of: secret) == 0)
    }

    /// The last line of the private part, which nothing else in this process has.
    private func lastLine(of path: String) -> Secret? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard var bytes = SecretFile.bytes(of: descriptor, atMost: 64 << 10) else { return nil }
        defer { bytes.wipe() }
        let ends = bytes.indices.filter { bytes[$0] == 10 }
        guard ends.count >= 3 else { return nil }
        // Before the line that says that the key has ended.
        return Secret(copying: bytes[(ends[ends.count - 3] + 1)..<ends[ends.count - 2]])
    }
}
