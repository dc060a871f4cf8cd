// Reads the user's files of known hosts, writes a new key where that was asked for, and lets the
// library hash names.

import CSwoopSSH2
import CSwoopSodium
import Glibc
import SwoopModel
import Synchronization

/// The files of known hosts, each read once for all hosts.
final class KnownHostsReader: Sendable {
    private let files = Mutex<[String: [KnownHostLine]]>([:])

    /// What is known about a host; `session` is any of the library's.
    func known(_ configuration: SSHConfiguration, session: OpaquePointer) -> KnownHost {
        let paths = configuration.userKnownHosts + configuration.globalKnownHosts
        let lines = paths.filter { $0 != "/dev/null" }.flatMap(lines(of:))
        return KnownHost(
            host: (configuration.hostKeyAlias ?? configuration.hostName).lowercased(),
            port: configuration.hostKeyAlias == nil ? configuration.port : 22, lines: lines
        ) { hashed, name in
            unsafe Self.isHash(hashed, of: name, session: session)
        }
    }

    /// Adds the key of a new host to the user's first file; what went wrong otherwise.
    func add(_ key: [UInt8], kind: String, name: String, to paths: [String]) -> String? {
        // The user wants none to be kept.
        guard let path = paths.first, path != "/dev/null" else { return nil }
        let line = "\(name) \(kind) \(Base64.encoded(key))\n"
        return files.withLock { files in
            if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
                _ = unsafe mkdir(String(path[..<slash]), 0o700)
            }
            let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return "\(path): \(systemWords(errno))" }
            defer { close(descriptor) }
            // A last line without its end would swallow ours.
            var last: UInt8 = UInt8(ascii: "\n")
            let size = lseek(descriptor, 0, Int32(SEEK_END))
            if size > 0 { _ = unsafe pread(descriptor, &last, 1, size - 1) }
            let text = Array(((last == UInt8(ascii: "\n") ? "" : "\n") + line).utf8)
            guard unsafe write(descriptor, text, text.count) == text.count else {
                return "\(path): \(systemWords(errno))"
            }
            files[path] = nil
            return nil
        }
    }

    private func lines(of path: String) -> [KnownHostLine] {
        files.withLock { files in
            if let lines = files[path] { return lines }
            let text =
                SmallFile.contents(at: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let lines = KnownHostLine.lines(of: text, file: path)
            files[path] = lines
            return lines
        }
    }

    /// The library keeps the key out of it: any will do, since only names are asked about.
    private static func isHash(
        _ hashed: String, of name: String, session: OpaquePointer
    ) -> Bool {
        let parts = hashed.pieces(at: "|").map(String.init)
        guard parts.count == 3, parts[0] == "1",
            let store = unsafe libssh2_knownhost_init(session)
        else { return false }
        defer { unsafe libssh2_knownhost_free(store) }
        let kind = LIBSSH2_KNOWNHOST_KEYENC_BASE64 | LIBSSH2_KNOWNHOST_KEY_SSHRSA
        guard
            unsafe libssh2_knownhost_addc(
                store, parts[2], parts[1], "AAAA", 4, nil, 0,
                LIBSSH2_KNOWNHOST_TYPE_SHA1 | kind, nil) == 0
        else { return false }
        return unsafe libssh2_knownhost_check(
            store, name, "AAAA", 4, LIBSSH2_KNOWNHOST_TYPE_PLAIN | kind, nil)
            == LIBSSH2_KNOWNHOST_CHECK_MATCH
    }
}

/// Fingerprints of keys.
enum Fingerprint {
    /// As OpenSSH shows it: `SHA256:` and the hash.
    static func of(_ key: [UInt8]) -> String {
        var hash = [UInt8](repeating: 0, count: 32)
        _ = unsafe crypto_hash_sha256(&hash, key, UInt64(key.count))
        return "SHA256:" + Base64.encoded(hash, isPadded: false)
    }
}
