// Key pairs for CURVE, the encryption and mutual authentication of every TCP socket.

import CSwoopZeroMQ

/// A CURVE key pair as Z85 text.
///
/// The secret never belongs on a command line or in a log.
package struct CurveKeys: Sendable, Equatable {
    /// 40 characters of Z85.
    package let publicKey: String
    /// 40 characters of Z85.
    package let secretKey: Secret

    private static let keyBytes = 40

    /// A new pair from the system's randomness.
    package static func generate() throws(TransportError) -> CurveKeys {
        var publicText = [CChar](repeating: 0, count: keyBytes + 1)
        // The zero behind the text is libzmq's, and no part of the key.
        let whole = try Secret(count: keyBytes + 1) { target throws(TransportError) in
            let text = unsafe target.bindMemory(to: CChar.self).baseAddress!
            guard unsafe zmq_curve_keypair(&publicText, text) == 0 else {
                throw .zeroMQ("zmq_curve_keypair", code: zmq_errno())
            }
        }
        let secret = Secret(count: keyBytes) { target in
            whole.withBytes { unsafe target.copyBytes(from: $0.prefix(keyBytes)) }
        }
        return CurveKeys(publicKey: text(of: publicText), secretKey: secret)
    }

    /// The pair that belongs to a secret key.
    package init(secretKey: Secret) throws(TransportError) {
        var publicText = [CChar](repeating: 0, count: Self.keyBytes + 1)
        guard secretKey.count == Self.keyBytes else { throw .malformedKey }
        let code = secretKey.withZeroBehind { unsafe zmq_curve_public(&publicText, $0) }
        guard code == 0 else { throw .malformedKey }
        self.init(publicKey: text(of: publicText), secretKey: secretKey)
    }

    private init(publicKey: String, secretKey: Secret) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }
}

extension Secret {
    /// Lends it as C takes text: with a zero behind it, in memory for secrets.
    @safe package func withZeroBehind<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let text = Secret(count: count + 1) { target in
            withBytes { unsafe target.copyBytes(from: $0) }
            unsafe target[count] = 0
        }
        return text.withBytes { bytes in
            unsafe body(bytes.bindMemory(to: CChar.self).baseAddress!)
        }
    }
}

extension CurveKeys: CustomStringConvertible {
    /// The public half only.
    package var description: String { "CurveKeys(\(publicKey))" }
}

/// Z85 text of the 32 bytes by which a peer's key arrives from libzmq.
func z85Text(of key: [UInt8]) -> String? {
    guard key.count == 32 else { return nil }
    var characters = [CChar](repeating: 0, count: 41)
    guard unsafe zmq_z85_encode(&characters, key, key.count) != nil else { return nil }
    return text(of: characters)
}

private func text(of characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
