// Files of a bundle as what `gzip -dc | tar -xf -` takes. Every piece of a file is a gzip member of
// its own, and so are the tar headers: a piece that was compressed once serves every host, and the
// pieces are the ones that go through sockets too.

package import SwoopModel

/// The archives of a bundle, for as many hosts as want one.
///
/// Any thread may use it. Compressed pieces stay in memory until `forget` is called or the archive
/// is dropped.
package final class BundleArchive: Sendable {
    private let bundle: Bundle
    private let compressor: PieceCompressor

    /// Packs nothing before it is asked to.
    package init(of bundle: Bundle, level: Int32 = Gzip.level) {
        self.bundle = bundle
        compressor = PieceCompressor(bundle, level: level)
    }

    /// The archive of the files with these digests; each becomes a file named by its digest, with
    /// mode 755.
    ///
    /// Compression begins at once, on threads of its own.
    package func stream(of digests: [String]) throws(BundleError) -> BundleStream {
        BundleStream(files: try prepare(digests), compressor: compressor)
    }

    /// Begins to compress the files with these digests, before anyone asks for their pieces.
    @discardableResult
    package func prepare(_ digests: [String]) throws(BundleError) -> [ProgramFile] {
        var files: [ProgramFile] = []
        for digest in digests where !files.contains(where: { $0.digest == digest }) {
            guard let file = bundle.file(withDigest: digest) else {
                throw .unknownFile(digest: digest)
            }
            files.append(file)
        }
        compressor.order(files)
        return files
    }

    /// A piece of a file as one gzip member, for `FileReceipt.write(member:index:)`.
    ///
    /// Blocks until it is compressed.
    package func member(_ index: Int, of file: ProgramFile) throws(BundleError) -> [UInt8] {
        guard (0..<file.pieceCount).contains(index) else {
            throw .damaged(name: file.name, reason: "it has no piece \(index)")
        }
        return try compressor.piece(index, of: file)
    }

    /// Gives the memory of compressed pieces back, and ends compressing ahead; what is asked for
    /// again is made again.
    package func forget() { compressor.forget() }
}

/// One host's archive, taken chunk by chunk.
package struct BundleStream: Sendable {
    private let files: [ProgramFile]
    private let compressor: PieceCompressor
    private var file = 0
    private var piece = 0
    private var hasEnded = false

    /// Bytes of all files, before compression.
    package let byteCount: Int64
    /// Those of them that are in the chunks handed out so far.
    package private(set) var bytesTaken: Int64 = 0

    init(files: [ProgramFile], compressor: PieceCompressor) {
        self.files = files
        self.compressor = compressor
        byteCount = files.reduce(0) { $0 + $1.byteCount }
    }

    /// The next bytes of the gzip stream, at most about a MiB; nil at the end.
    ///
    /// Blocks until they are compressed.
    package mutating func next() throws(BundleError) -> [UInt8]? {
        guard file < files.count else {
            if hasEnded { return nil }
            hasEnded = true
            return Gzip.member([UInt8](repeating: 0, count: 2 * TarHeader.blockBytes))
        }
        let current = files[file]
        var chunk: [UInt8] = []
        if piece == 0 { chunk = Gzip.member(TarHeader.bytes(for: current)) }
        chunk += try compressor.piece(piece, of: current)
        bytesTaken = min(byteCount, bytesTaken + current.pieceByteCount(piece))
        piece += 1
        if piece == current.pieceCount {
            let rest = Int(current.byteCount % Int64(TarHeader.blockBytes))
            if rest > 0 {
                chunk += Gzip.member([UInt8](repeating: 0, count: TarHeader.blockBytes - rest))
            }
            file += 1
            piece = 0
        }
        return chunk
    }
}

extension ProgramFile {
    /// Bytes of one piece.
    package func pieceByteCount(_ index: Int) -> Int64 {
        let start = Int64(index) * Int64(Bundle.pieceBytes)
        return max(0, min(Int64(Bundle.pieceBytes), byteCount - start))
    }
}

/// The header of a file in an archive of the POSIX form of 1988, which every tar reads.
enum TarHeader {
    static let blockBytes = 512

    static func bytes(for file: ProgramFile) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: String, at offset: Int) {
            block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ value: Int64, digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        put(file.digest, at: 0)
        put(octal(0o755, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(file.byteCount, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        let sum = block.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal(sum, digits: 6) + "\0 ", at: 148)
        return block
    }
}
