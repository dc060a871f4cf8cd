// Bytes that nobody else may see: keys. The one place where they are kept.

import CSwoopSodium

/// Memory for a secret, on pages of its own between two that cannot be touched: it is in no core
/// dump, nor in swap where the system lets it be locked, and is zeroed when its owner ends.
@safe private struct SecretMemory: ~Copyable, @unchecked Sendable {
    // Unchecked: written once, before anybody else has it.
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) {
        precondition(sodium_init() >= 0, "libsodium starts")
        guard let base = unsafe sodium_malloc(max(1, count)) else {
            preconditionFailure("There is no memory for a secret of \(count) bytes.")
        }
        unsafe bytes = UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    deinit { unsafe sodium_free(bytes.baseAddress) }
}

/// A secret that several hold and nobody copies; its description does not tell it.
package final class Secret: Sendable, Equatable, CustomStringConvertible {
    private let memory: SecretMemory

    /// A secret that is written in place.
    @safe package init<E: Error>(
        count: Int, _ write: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        memory = SecretMemory(count: count)
        try unsafe write(memory.bytes)
    }

    /// Keeps a secret that somebody has as text, which nobody zeroes.
    package convenience init(copying text: String) {
        self.init(count: text.utf8.count) { unsafe $0.copyBytes(from: text.utf8) }
    }

    /// Keeps a secret that somebody has as bytes, who wipes them.
    package convenience init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { unsafe $0.copyBytes(from: bytes) }
    }

    /// Its length in bytes.
    package var count: Int { unsafe memory.bytes.count }

    /// Lends the bytes for the call.
    @safe package func withBytes<Result, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> Result
    ) throws(E) -> Result {
        try unsafe body(UnsafeRawBufferPointer(memory.bytes))
    }

    /// Takes the value of the line `key=value` out of a text, where it is zeroed; nil: there is no
    /// such line.
    package static func taken(ofLine key: String, from text: inout [UInt8]) -> Secret? {
        let prefix = Array("\(key)=".utf8)
        var start = text.startIndex
        while start < text.endIndex {
            let end = text[start...].firstIndex(of: 10) ?? text.endIndex
            if text[start..<end].starts(with: prefix) {
                let value = (start + prefix.count)..<end
                let secret = Secret(count: value.count) { target in
                    unsafe target.copyBytes(from: text[value])
                }
                for place in value { text[place] = 0 }
                return secret
            }
            start = end < text.endIndex ? end + 1 : end
        }
        return nil
    }

    package static func == (one: Secret, other: Secret) -> Bool {
        guard one.count == other.count else { return false }
        return one.withBytes { own in
            other.withBytes { theirs in
                unsafe own.count == 0
                    || sodium_memcmp(own.baseAddress!, theirs.baseAddress!, own.count) == 0
            }
        }
    }

    package var description: String { "(a secret of \(count) bytes)" }
}

extension [UInt8] {
    /// Zeroes the bytes, and forgets them: a secret passed through here.
    package mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { unsafe sodium_memzero(base, bytes.count) }
        }
        removeAll()
    }

    /// Appends a secret's bytes; whoever does this wipes the array.
    package mutating func append(_ secret: Secret) {
        secret.withBytes { unsafe append(contentsOf: $0) }
    }
}
