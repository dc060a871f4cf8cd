// SHA-256 of bytes that come in parts: what files of bundles, and bundles, are named by.

import CSwoopSodium

/// A hash in the making.
@safe package struct ContentDigest: ~Copyable {
    private var state = crypto_hash_sha256_state()

    init() {
        _ = unsafe crypto_hash_sha256_init(&state)
    }

    /// Takes the next bytes in.
    mutating func add(_ bytes: [UInt8]) {
        _ = unsafe crypto_hash_sha256_update(&state, bytes, UInt64(bytes.count))
    }

    /// The hash of all bytes in 64 hexadecimal digits.
    consuming func finish() -> String {
        var hash = [UInt8](repeating: 0, count: 32)
        _ = unsafe crypto_hash_sha256_final(&state, &hash)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The hash of some text.
    package static func of(_ text: String) -> String {
        var digest = ContentDigest()
        digest.add(Array(text.utf8))
        return digest.finish()
    }

    /// Whether a text has the form of such a hash.
    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
