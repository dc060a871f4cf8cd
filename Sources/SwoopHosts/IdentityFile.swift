// A private key of the user's in a file: which kind it is and whether it can be used without asking
// for a passphrase. Pure, on the file's bytes.

import SwoopModel

/// A private key as far as it can be seen from outside.
struct IdentityFile: Sendable {
    let path: String
    /// The file, for the library that signs with it.
    let bytes: [UInt8]
    /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`; empty where the form does not say.
    let kind: String
    let isEncrypted: Bool
    /// The public key as it travels; empty where the form does not say.
    let publicKey: [UInt8]

    /// Reads a key; nil for a file that holds none.
    init?(path: String, bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let begin = text.range(ofLine: "-----BEGIN "), text.mentions("PRIVATE KEY-----")
        else {
            return nil
        }
        self.path = path
        self.bytes = bytes
        guard begin.mentions("OPENSSH PRIVATE KEY") else {
            kind = begin.mentions("RSA") ? "ssh-rsa" : begin.mentions("EC ") ? "ecdsa" : ""
            isEncrypted = begin.mentions("ENCRYPTED") || text.mentions("Proc-Type: 4,ENCRYPTED")
            publicKey = []
            return
        }
        let body = text.pieces(at: "\n").filter { !$0.hasPrefix("-----") }
            .joined().utf8.filter { $0 > 0x20 }
        guard let decoded = Base64.decoded(body) else { return nil }
        var reader = SSHBytes(decoded)
        guard reader.take(15) == Array("openssh-key-v1\0".utf8), let cipher = reader.string(),
            reader.string() != nil, reader.string() != nil, reader.number() == 1,
            let publicKey = reader.string()
        else { return nil }
        isEncrypted = cipher != Array("none".utf8)
        self.publicKey = publicKey
        var key = SSHBytes(publicKey)
        kind = key.string().map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

extension String {
    /// The first line that begins so.
    fileprivate func range(ofLine start: String) -> Substring? {
        pieces(at: "\n").first { $0.hasPrefix(start) }
    }
}

/// Bytes in the encoding of SSH: numbers of four bytes, strings after their length.
struct SSHBytes {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= bytes.count - place else { return nil }
        defer { place += count }
        return Array(bytes[place..<place + count])
    }

    mutating func number() -> Int? {
        take(4)?.reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func string() -> [UInt8]? {
        guard let count = number() else { return nil }
        return take(count)
    }

    /// A string as it travels.
    static func string(_ bytes: some Collection<UInt8>) -> [UInt8] {
        number(bytes.count) + bytes
    }

    /// A number as it travels.
    static func number(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
}
