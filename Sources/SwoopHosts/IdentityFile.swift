// A private key of the user's in a file: which kind it is and whether it can be used without asking
// for a passphrase. Pure, on the file's bytes.

import SwoopModel
import SwoopTransport

/// A private key as far as it can be seen from outside.
struct IdentityFile: Sendable {
    let path: String
    /// The file, for the library that signs with it.
    let contents: Secret
    /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`; empty where the form does not say.
    let kind: String
    let isEncrypted: Bool
    /// The public key as it travels; empty where the form does not say.
    let publicKey: [UInt8]

    /// Reads a key; nil for a file that holds none.
    init?(path: String, contents: Secret) {
        var file = contents.withBytes { unsafe [UInt8]($0) }
        defer { file.wipe() }
        guard let form = KeyForm(file) else { return nil }
        self.path = path
        self.contents = contents
        (kind, isEncrypted, publicKey) = (form.kind, form.isEncrypted, form.publicKey)
    }
}

/// What is public of a private key's file. Of the rest no copy is left in memory.
private struct KeyForm {
    var kind = ""
    var isEncrypted = false
    var publicKey: [UInt8] = []

    init?(_ file: [UInt8]) {
        var body: [UInt8] = []
        // At once: where an array grows, it leaves behind what it held.
        body.reserveCapacity(file.count)
        defer { body.wipe() }
        // Lines that are not of the key itself, in this order.
        var words: [String] = []
        var start = 0
        while start < file.count {
            let end = file[start...].firstIndex(of: 10) ?? file.count
            let line = start..<end
            if file[line].starts(with: "-----".utf8) || file[line].contains(UInt8(ascii: ":")) {
                words.append(String(decoding: file[line], as: UTF8.self))
            } else {
                for place in line where file[place] > 0x20 { body.append(file[place]) }
            }
            start = end + 1
        }
        guard let begin = words.first(where: { $0.hasPrefix("-----BEGIN ") }),
            words.contains(where: { $0.mentions("PRIVATE KEY-----") })
        else { return nil }
        guard begin.mentions("OPENSSH PRIVATE KEY") else {
            kind = begin.mentions("RSA") ? "ssh-rsa" : begin.mentions("EC ") ? "ecdsa" : ""
            isEncrypted =
                begin.mentions("ENCRYPTED")
                || words.contains { $0.mentions("Proc-Type: 4,ENCRYPTED") }
            return
        }
        guard var reader = Base64.decoded(body).map({ SSHBytes($0) }) else { return nil }
        defer { reader.wipe() }
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

/// Bytes in the encoding of SSH: numbers of four bytes, strings after their length.
struct SSHBytes {
    private var bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Zeroes them.
    mutating func wipe() { bytes.wipe() }

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
