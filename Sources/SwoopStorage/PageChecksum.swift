// The checksum of a page: made where the page is written, verified by whoever gets its bytes from a
// disk or from another machine.

import CSwoopSystem
package import SwoopModel

/// XXH3 of 64 bits: it runs at the speed of memory (17 GB/s a core, measured).
package enum PageChecksum {
    /// The checksum of these bytes.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        unsafe swoop_checksum(bytes.baseAddress, bytes.count)
    }
}

/// A checksum of bytes that come in pieces: each is looked at while it is in the cache.
@safe final class ChecksumStream {
    private let state: UnsafeMutableRawPointer

    init() {
        guard let state = unsafe swoop_checksum_begin() else {
            preconditionFailure("There is no memory for a checksum.")
        }
        unsafe self.state = unsafe state
    }

    deinit { unsafe swoop_checksum_end(state) }

    /// The next piece.
    func add(_ bytes: UnsafeRawBufferPointer) {
        if let base = bytes.baseAddress { unsafe swoop_checksum_add(state, base, bytes.count) }
    }

    /// What `PageChecksum.of` says of all pieces one after the other.
    var value: UInt64 { unsafe swoop_checksum_value(state) }
}

extension StoredPages {
    /// Whether these bytes are what was written; parts whose checksum is not known are believed.
    package func isRight(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count == Int(byteCount) else { return false }
        var offset = 0
        for part in parts {
            let end = offset + Int(part.byteCount)
            if part.checksum != 0 {
                let found = unsafe PageChecksum.of(
                    UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
                guard found == part.checksum else { return false }
            }
            offset = end
        }
        return true
    }

    /// Whether they are what was written, all of them or those from an offset on.
    package func isRight(_ bytes: [UInt8], from offset: Int = 0) -> Bool {
        guard offset >= 0, Int(byteCount) <= bytes.count - offset else { return false }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe isRight(
                UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Int(byteCount))]))
        }
    }
}
