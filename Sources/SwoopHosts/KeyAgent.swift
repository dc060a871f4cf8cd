// The user's ssh-agent, which signs with keys that never leave it. Spoken to directly: the client
// of the library would wait for ever for an agent that asks somebody.

import Glibc
import SwoopTransport

/// A connection to the user's ssh-agent.
///
/// Used by the host's thread.
final class KeyAgent {
    /// A key that it holds.
    struct Key: Hashable, Sendable {
        /// As it travels.
        var publicKey: [UInt8]
        /// What the user calls it.
        var comment: String
        /// `ssh-ed25519`.
        var kind: String
    }

    private let descriptor: OwnedDescriptor
    private let wait: HostWait

    /// Connects; nil when nobody listens there.
    init?(path: String, wait: HostWait) {
        self.wait = wait
        let kind =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = OwnedDescriptor(owning: socket(AF_UNIX, kind, 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard descriptor.rawValue >= 0, bytes.count < room else { return nil }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let number = descriptor.rawValue
        let result = unsafe withUnsafeBytes(of: &address) { raw in
            unsafe connect(
                number, raw.baseAddress!.assumingMemoryBound(to: sockaddr.self),
                socklen_t(raw.count))
        }
        guard result == 0 else { return nil }
    }

    /// The keys that it holds.
    func keys() throws(HostError) -> [Key] {
        // SSH_AGENTC_REQUEST_IDENTITIES, answered by SSH_AGENT_IDENTITIES_ANSWER.
        wait.doing = "the ssh-agent's list of keys"
        var answer = SSHBytes(try ask([11]))
        guard answer.take(1) == [12], let count = answer.number() else { return [] }
        var keys: [Key] = []
        while keys.count < count, let blob = answer.string(), let comment = answer.string() {
            var reader = SSHBytes(blob)
            let kind = reader.string() ?? []
            keys.append(
                Key(
                    publicKey: blob, comment: String(decoding: comment, as: UTF8.self),
                    kind: String(decoding: kind, as: UTF8.self)))
        }
        return keys
    }

    /// Signs; nil when it does not want to (a person said no).
    func sign(_ data: [UInt8], with key: [UInt8]) throws(HostError) -> [UInt8]? {
        // SSH_AGENTC_SIGN_REQUEST, answered by SSH_AGENT_SIGN_RESPONSE.
        wait.doing = "a signature of the ssh-agent, which may be asking somebody"
        let request = SSHBytes.string(key) + SSHBytes.string(data) + SSHBytes.number(0)
        var answer = SSHBytes(try ask([13] + request))
        guard answer.take(1) == [14], let signature = answer.string() else { return nil }
        var reader = SSHBytes(signature)
        guard reader.string() != nil else { return nil }
        return reader.string()
    }

    private func ask(_ message: [UInt8]) throws(HostError) -> [UInt8] {
        var rest = SSHBytes.string(message)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { raw in
                unsafe send(descriptor.rawValue, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                _ = try wait.wait(for: descriptor.rawValue, POLLOUT)
            } else if errno != EINTR {
                throw wait.error("the ssh-agent has gone.", words: systemWords(errno))
            }
        }
        var length = SSHBytes(try receive(4))
        guard let count = length.number(), count <= 1 << 20 else {
            throw wait.error("the ssh-agent answers in a way that no ssh-agent does.")
        }
        return try receive(count)
    }

    private func receive(_ wanted: Int) throws(HostError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < wanted {
            let count = unsafe read(
                descriptor.rawValue, &buffer, min(buffer.count, wanted - bytes.count))
            if count > 0 {
                bytes += buffer[..<count]
            } else if count < 0, errno == EAGAIN {
                _ = try wait.wait(for: descriptor.rawValue, POLLIN)
            } else if count == 0 || errno != EINTR {
                throw wait.error("the ssh-agent has gone.")
            }
        }
        return bytes
    }
}
