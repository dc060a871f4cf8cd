// What leaves by one connection: in which order, in which pieces, and when. A message of more than
// a piece is cut, so that others, and signs of life, pass between its pieces; ReceivingLane.swift
// puts it together again.

/// A part of a message: its bytes, or the place where they are read as they leave.
package enum LaneFrame<Place: Sendable>: Sendable {
    case here([UInt8])
    case elsewhere(Place, count: Int)

    /// Bytes.
    package var count: Int {
        switch self {
        case .here(let bytes): bytes.count
        case .elsewhere(_, let count): count
        }
    }
}

/// A message on its way out.
private struct LeavingMessage<Place: Sendable>: Sendable {
    var frames: [LaneFrame<Place>]
    let byteCount: Int
    /// Set when it is cut: its number, and the bytes of the table in front.
    var stream: (number: UInt64, tableBytes: Int)?
    /// Bytes that left.
    var position = 0
    /// Where the next byte is.
    private var frame = 0
    private var offset = 0

    init(_ frames: [LaneFrame<Place>]) {
        self.frames = frames
        byteCount = frames.reduce(0) { $0 + $1.count }
    }

    /// The same message in pieces: the sizes of its frames, then all their bytes.
    init(cutting frames: [LaneFrame<Place>], number: UInt64) {
        var table = ByteWriter(capacity: frames.count * 3)
        table.count(frames.count)
        for frame in frames { table.count(frame.count) }
        self.init([.here(table.bytes)] + frames)
        stream = (number, table.bytes.count)
    }

    var isOver: Bool { stream == nil || position == byteCount }
    /// Bytes of what leaves next, in pieces of so many.
    func nextBytes(_ piece: Int) -> Int {
        stream == nil ? byteCount : min(piece, byteCount - position)
    }

    /// Takes what leaves next, in pieces of so many bytes.
    mutating func takeNext(
        _ piece: Int, _ read: (Place, Range<Int>) -> [UInt8]
    ) -> [[UInt8]] {
        guard let stream else {
            return frames.map { frame in
                switch frame {
                case .here(let bytes): bytes
                case .elsewhere(let place, let count): read(place, 0..<count)
                }
            }
        }
        let start = position
        var bytes: [UInt8] = []
        let count = nextBytes(piece)
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let end = min(frames[frame].count, offset + count - bytes.count)
            switch frames[frame] {
            case .here(let all): bytes += all[offset..<end]
            case .elsewhere(let place, _): bytes += read(place, offset..<end)
            }
            offset = end
            guard offset == frames[frame].count else { continue }
            frame += 1
            offset = 0
        }
        position += count
        let head = LanePiece(
            stream: stream.number, position: start, byteCount: byteCount,
            tableBytes: stream.tableBytes)
        return [head.encoded(), bytes]
    }

    /// Where its bytes are read.
    var places: [Place] {
        frames.compactMap { if case .elsewhere(let place, _) = $0 { place } else { nil } }
    }
}

/// First in, first out.
private struct LaneQueue<Element: Sendable>: Sendable {
    private var items: [Element?] = []
    private var start = 0

    var count: Int { items.count - start }
    var first: Element? {
        get { start < items.count ? items[start] : nil }
        set { if start < items.count { items[start] = newValue } }
    }

    mutating func append(_ element: Element) { items.append(element) }

    mutating func removeFirst() -> Element? {
        guard start < items.count else { return nil }
        let element = items[start]
        items[start] = nil
        start += 1
        if start > 32, start * 2 > items.count {
            items.removeFirst(start)
            start = 0
        }
        return element
    }
}

/// One direction of a connection, at its sender.
package struct SendingLane<Place: Sendable>: Sendable {
    private var signs = LaneQueue<LeavingMessage<Place>>()
    private var ordered = LaneQueue<LeavingMessage<Place>>()
    /// Those of the loose ones that take turns.
    private var active: [LeavingMessage<Place>] = []
    private var loose = LaneQueue<LeavingMessage<Place>>()
    private var streams: UInt64 = 0
    /// Whose turn it is among `active`, and whether the ordered ones have had theirs.
    private var turn = 0
    private var isLooseDue = false
    /// What may be on its way.
    package private(set) var pace = LanePace()
    /// The socket did not take what was due: nothing wakes its thread when it would.
    package private(set) var isHeldUp = false
    /// Loose messages that leave at the same time: the other side keeps what it has of each.
    static var activeMax: Int { 8 }

    /// Nothing is to leave.
    package init() {}

    /// Messages that have not left as a whole.
    package var waitingCount: Int { signs.count + ordered.count + active.count + loose.count }

    /// Adds a message to those that are to leave.
    package mutating func add(_ frames: [LaneFrame<Place>], _ order: LaneOrder) {
        let byteCount = frames.reduce(0) { $0 + $1.count }
        var message = LeavingMessage(frames)
        if byteCount > LanePace.pieceMin {
            streams += 1
            message = LeavingMessage(cutting: frames, number: streams)
        }
        switch order {
        case .sign: signs.append(message)
        case .ordered: ordered.append(message)
        case .loose: loose.append(message)
        }
    }

    /// The other side took so many bytes more.
    package mutating func took(_ byteCount: Int, at now: Int64) {
        pace.took(byteCount, at: now)
    }

    /// Gives away what may leave now, as far as it is taken.
    ///
    /// - Parameters:
    ///   - read: the bytes at a place.
    ///   - give: hands the frames of one message to the socket; false: it has no room.
    /// - Returns: places that were read to their end.
    package mutating func send(
        at now: Int64, read: (Place, Range<Int>) -> [UInt8], give: ([[UInt8]]) -> Bool
    ) -> [Place] {
        var done: [Place] = []
        isHeldUp = false
        while let source = nextSource(), var message = message(at: source) {
            let byteCount = message.nextBytes(pace.piece)
            guard give(message.takeNext(pace.piece, read)) else {
                isHeldUp = true
                break
            }
            pace.left(byteCount, at: now)
            if message.isOver { done += message.places }
            put(message, at: source)
        }
        return done
    }

    private enum Source {
        case sign, ordered
        case loose(Int)
    }

    private mutating func nextSource() -> Source? {
        if signs.count > 0 { return .sign }
        while active.count < Self.activeMax, let next = loose.removeFirst() { active.append(next) }
        var source: Source?
        if let next = ordered.first {
            // Short ones are control, and do not take turns with bulk.
            let isShort = next.stream == nil
            if isShort || active.isEmpty || !isLooseDue { source = .ordered }
        }
        if source == nil, !active.isEmpty { source = .loose(turn % active.count) }
        guard let source, let message = message(at: source),
            pace.hasRoom(for: message.nextBytes(pace.piece))
        else { return nil }
        return source
    }

    private func message(at source: Source) -> LeavingMessage<Place>? {
        switch source {
        case .sign: signs.first
        case .ordered: ordered.first
        case .loose(let place): active[place]
        }
    }

    private mutating func put(_ message: LeavingMessage<Place>, at source: Source) {
        switch source {
        case .sign: if message.isOver { _ = signs.removeFirst() } else { signs.first = message }
        case .ordered:
            isLooseDue = true
            if message.isOver { _ = ordered.removeFirst() } else { ordered.first = message }
        case .loose(let place):
            isLooseDue = false
            turn = place + 1
            if message.isOver { active.remove(at: place) } else { active[place] = message }
        }
    }
}
