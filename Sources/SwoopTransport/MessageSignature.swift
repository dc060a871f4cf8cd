// HMAC-SHA256, by which Jupyter's messages prove who sent them.

import CSwoopSodium

/// Signs messages of several parts with one key.
package struct MessageSignature: Sendable {
    private let key: Secret

    /// A key of any length.
    package init(key: Secret) { self.key = key }

    /// The signature of the parts, one behind the other, as hexadecimal digits.
    package func sign(_ parts: [[UInt8]]) -> String {
        var state = crypto_auth_hmacsha256_state()
        var result = [UInt8](repeating: 0, count: 32)
        defer { unsafe sodium_memzero(&state, MemoryLayout.size(ofValue: state)) }
        key.withBytes { bytes in
            let start = unsafe bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
            _ = unsafe crypto_auth_hmacsha256_init(&state, start, bytes.count)
        }
        for part in parts {
            _ = unsafe crypto_auth_hmacsha256_update(&state, part, UInt64(part.count))
        }
        _ = unsafe crypto_auth_hmacsha256_final(&state, &result)
        let digits = Array("0123456789abcdef".utf8)
        let text = result.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}
