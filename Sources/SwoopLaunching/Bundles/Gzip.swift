// Gzip members: pieces of files as they travel. Members one after the other are a gzip stream, so
// what was compressed once serves every transfer that the piece is part of.

import CSwoopZlib

/// Compresses and restores pieces.
package enum Gzip {
    /// Level 1: on 123 MB of a program with libraries it made 44.6 MB in 1.6 s of one core, level 6
    /// made 40.9 in 4.7; the difference pays below some 2 MB/s only.
    package static let level: Int32 = 1

    /// One member that holds the bytes.
    package static func member(_ bytes: [UInt8], level: Int32 = Gzip.level) -> [UInt8] {
        var stream = unsafe z_stream()
        let code = unsafe deflateInit2_(
            &stream, level, Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib \(ZLIB_VERSION) does not start: \(code)")
        defer { unsafe deflateEnd(&stream) }
        let bound = unsafe Int(deflateBound(&stream, UInt(bytes.count)))
        var input = bytes
        return unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(output.count)
                let code = unsafe deflate(&stream, Z_FINISH)
                precondition(code == Z_STREAM_END, "zlib kept a part of a piece: \(code)")
            }
            count = unsafe bound - Int(stream.avail_out)
        }
    }

    /// What a member holds, which must be exactly `byteCount` bytes, or nil.
    ///
    /// No more memory than that is taken, whatever the member says.
    package static func bytes(of member: [UInt8], byteCount: Int) -> [UInt8]? {
        guard byteCount >= 0, byteCount <= Int(Int32.max), member.count <= Int(Int32.max) else {
            return nil
        }
        var stream = unsafe z_stream()
        let code = unsafe inflateInit2_(
            &stream, gzipWindow, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { return nil }
        defer { unsafe inflateEnd(&stream) }
        var input = member
        var isWhole = false
        // One byte more than there may be: what fills it is too long.
        let found = unsafe [UInt8](unsafeUninitializedCapacity: byteCount + 1) { output, count in
            unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = UInt32(input.count)
                unsafe stream.next_out = output.baseAddress
                unsafe stream.avail_out = UInt32(byteCount + 1)
                isWhole = unsafe inflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            isWhole = unsafe isWhole && stream.avail_in == 0 && stream.avail_out == 1
            count = isWhole ? byteCount : 0
        }
        return isWhole ? found : nil
    }
}

/// The largest window, with a gzip header around it.
private let gzipWindow: Int32 = 15 + 16
