// The bytes of what lanes say to each other: a piece of a message that was cut, and how much was
// taken.

/// The head of a piece; the bytes are a frame of their own.
package struct LanePiece: Equatable, Sendable {
    /// Which message of the connection it is of.
    package var stream: UInt64
    /// How many bytes of the message come before it.
    package var position: Int
    /// Bytes of the whole message, the table of sizes in front included; both are said by the first
    /// piece, and zero in others.
    package var byteCount: Int
    package var tableBytes: Int

    package init(stream: UInt64, position: Int, byteCount: Int, tableBytes: Int) {
        self.stream = stream
        self.position = position
        self.byteCount = byteCount
        self.tableBytes = tableBytes
    }

    /// The first frame.
    package func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 40)
        writer.raw(MessageKind.piece.preamble)
        writer.varint(stream)
        writer.count(position)
        if position == 0 {
            writer.count(byteCount)
            writer.count(tableBytes)
        }
        return writer.bytes
    }

    /// A message has fewer bytes than this: 64 TiB.
    private static let byteCountMax = 1 << 46

    static func decoded(
        _ frames: [[UInt8]]
    ) throws(WireError) -> (piece: LanePiece, bytes: [UInt8]) {
        let incoming = try IncomingFrames(frames)
        guard incoming.otherCount == 1 else {
            throw .frames(kind: incoming.kind.rawValue, count: frames.count)
        }
        var reader = incoming.body
        var piece = LanePiece(
            stream: try reader.varint(.number), position: try size(&reader), byteCount: 0,
            tableBytes: 0)
        if piece.position == 0 {
            piece.byteCount = try size(&reader)
            piece.tableBytes = try size(&reader)
            guard piece.tableBytes > 0, piece.tableBytes <= piece.byteCount else {
                throw .malformed(.lengths, offset: reader.offset)
            }
        }
        try reader.finish()
        return (piece, try incoming.frame(1))
    }

    private static func size(_ reader: inout ByteReader) throws(WireError) -> Int {
        let size = try reader.varint(.count)
        guard size < UInt64(byteCountMax) else { throw .malformed(.count, offset: reader.offset) }
        return Int(size)
    }
}

/// Bytes that were taken.
struct LaneCredit {
    var byteCount: Int

    init(byteCount: Int) { self.byteCount = byteCount }

    init(_ frames: [[UInt8]]) throws(WireError) {
        let incoming = try IncomingFrames(frames)
        guard incoming.otherCount == 0 else {
            throw .frames(kind: incoming.kind.rawValue, count: frames.count)
        }
        var reader = incoming.body
        byteCount = Int(try reader.small(.count))
        try reader.finish()
    }

    func encoded() -> [[UInt8]] {
        var writer = ByteWriter(capacity: 16)
        writer.raw(MessageKind.credit.preamble)
        writer.count(min(byteCount, Int(UInt32.max)))
        return [writer.bytes]
    }
}
