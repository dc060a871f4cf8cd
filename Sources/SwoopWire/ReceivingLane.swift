// What comes by one connection: whole messages as they are, others put together from their pieces.
// Whoever sends has proved a key, and is still believed nothing that could trap or fill memory.

/// One direction of a connection, at its receiver.
package struct ReceivingLane: Sendable {
    /// What became of a message that came.
    package enum Taken: Equatable, Sendable {
        /// A message is complete.
        case message([[UInt8]])
        /// A part of one came.
        case part
        /// The other side took so many bytes of what was sent to it.
        case credit(Int)
        /// A message is over that there was no room for: its first frame, and its bytes.
        case refused([UInt8], byteCount: Int)
    }

    private var arriving: [UInt64: ArrivingMessage] = [:]
    /// Bytes that came and were not said to have been taken.
    private var owed = 0
    /// One that is cut at a time in order, and those that take turns; twice as many, since the
    /// other side may have begun anew.
    private static let arrivingMax = 2 * (SendingLane<Nowhere>.activeMax + 1)
    /// Messages of more than this are asked room for: 64 MiB.
    private static let roomAskedFor = 64 << 20

    /// Nothing came.
    package init() {}

    /// Bytes that came of messages which are not complete.
    var arrivedBytes: Int { arriving.values.reduce(0) { $0 + $1.position } }

    /// Takes what came.
    ///
    /// - Parameter hasRoom: whether there is memory for so many bytes; asked about large messages.
    /// - Throws: for pieces that cannot be; other messages come out as they went in, whatever they
    ///   are.
    package mutating func take(
        _ frames: [[UInt8]], hasRoom: (Int) -> Bool
    ) throws(WireError) -> Taken {
        let kind = (try? IncomingFrames(frames))?.kind
        if kind == .credit { return .credit(try LaneCredit(frames).byteCount) }
        guard kind == .piece else {
            owed += frames.reduce(0) { $0 + $1.count }
            return .message(frames)
        }
        let (piece, bytes) = try LanePiece.decoded(frames)
        owed += bytes.count
        if piece.position == 0 { try begin(piece, hasRoom: hasRoom) }
        guard var message = arriving.removeValue(forKey: piece.stream),
            message.position == piece.position
        else { throw .malformed(.header, offset: 8) }
        try message.take(bytes)
        guard message.isComplete else {
            arriving[piece.stream] = message
            return .part
        }
        return message.isRefused
            ? .refused(message.frames.first ?? [], byteCount: message.byteCount)
            : .message(message.frames)
    }

    private mutating func begin(
        _ piece: LanePiece, hasRoom: (Int) -> Bool
    ) throws(WireError) {
        guard arriving[piece.stream] == nil else { throw .malformed(.header, offset: 8) }
        if arriving.count >= Self.arrivingMax, let oldest = arriving.keys.min() {
            arriving[oldest] = nil
        }
        let isRefused = piece.byteCount > Self.roomAskedFor && !hasRoom(piece.byteCount)
        arriving[piece.stream] = ArrivingMessage(piece, isRefused: isRefused)
    }

    /// Says how many bytes were taken, unless they are few.
    mutating func giveCredit(_ give: ([[UInt8]]) -> Bool) {
        guard owed >= LanePace.creditBytes else { return }
        if give(LaneCredit(byteCount: owed).encoded()) { owed = 0 }
    }
}

/// A message on its way here, in pieces.
private struct ArrivingMessage: Sendable {
    let byteCount: Int
    let isRefused: Bool
    private(set) var frames: [[UInt8]] = []
    private(set) var position = 0
    private let tableBytes: Int
    private var table: [UInt8] = []
    private var sizes: [Int] = []
    /// The frame whose bytes come now, and how many of them came.
    private var frame = -1
    private var frameBytes = 0
    /// Of a message that is refused only the first frame is kept, and no more of it than this.
    private static let headMax = 1 << 20

    init(_ piece: LanePiece, isRefused: Bool) {
        byteCount = piece.byteCount
        tableBytes = piece.tableBytes
        self.isRefused = isRefused
    }

    var isComplete: Bool { position == byteCount }

    mutating func take(_ bytes: [UInt8]) throws(WireError) {
        guard !bytes.isEmpty, bytes.count <= byteCount - position else {
            throw .malformed(.lengths, offset: 0)
        }
        position += bytes.count
        var start = 0
        if table.count < tableBytes {
            start = min(bytes.count, tableBytes - table.count)
            table += bytes[..<start]
            guard table.count == tableBytes else { return }
            try readTable()
        }
        while start < bytes.count {
            let count = min(bytes.count - start, sizes[frame] - frameBytes)
            keep(bytes[start..<(start + count)])
            start += count
            advance()
        }
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        frameBytes += bytes.count
        let isKept = !isRefused || frame == 0 && frames[0].count + bytes.count <= Self.headMax
        if isKept { frames[frame] += bytes }
    }

    /// The sizes of the frames, which make up the message.
    private mutating func readTable() throws(WireError) {
        var reader = ByteReader(table)
        let count = try reader.count(bytesEach: 1)
        var left = byteCount - tableBytes
        for _ in 0..<count {
            let size = try reader.varint(.count)
            guard size <= UInt64(left) else { throw .malformed(.lengths, offset: reader.offset) }
            left -= Int(size)
            sizes.append(Int(size))
        }
        try reader.finish()
        guard left == 0, count > 0 else { throw .malformed(.lengths, offset: 0) }
        advance()
    }

    /// Goes on to the frame that the next byte is of.
    private mutating func advance() {
        while frame < 0 || frame < sizes.count && frameBytes == sizes[frame] {
            frame += 1
            frameBytes = 0
            guard frame < sizes.count else { return }
            frames.append([])
            if !isRefused { frames[frame].reserveCapacity(sizes[frame]) }
        }
    }
}
