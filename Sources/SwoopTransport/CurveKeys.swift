// Key pairs for CURVE, the encryption and mutual authentication of every TCP socket.

import CSwoopZeroMQ

/// A CURVE key pair as Z85 text.
///
/// The secret never belongs on a command line or in a log.
package struct CurveKeys: Sendable, Equatable {
    /// 40 characters of Z85.
    package let publicKey: String
    /// 40 characters of Z85.
    package let secretKey: String

    /// A new pair from the system's randomness.
    package static func generate() throws(TransportError) -> CurveKeys {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = [CChar](repeating: 0, count: 41)
        guard unsafe zmq_curve_keypair(&publicText, &secretText) == 0 else {
            throw .zeroMQ("zmq_curve_keypair", code: zmq_errno())
        }
        return CurveKeys(publicKey: text(of: publicText), secretKey: text(of: secretText))
    }

    /// The pair that belongs to a secret key.
    package init(secretKey: String) throws(TransportError) {
        var publicText = [CChar](repeating: 0, count: 41)
        guard secretKey.utf8.count == 40, unsafe zmq_curve_public(&publicText, secretKey) == 0
        else {
            throw .malformedKey
        }
        self.init(publicKey: text(of: publicText), secretKey: secretKey)
    }

    private init(publicKey: String, secretKey: String) {
        self.publicKey = publicKey
        self.secretKey = secretKey
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
