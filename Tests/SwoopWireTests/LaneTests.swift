// Lanes: bulk in pieces, signs of life between them, and a window that is as small as its link is
// slow.

import SwoopWire
import Testing

/// Two ends of a connection in virtual time: what leaves stands in line for the link.
private struct VirtualLink {
    var here = Lane<Nowhere>()
    var there = Lane<Nowhere>()
    /// Bytes of memory that the other end has for one message.
    var room = Int.max
    private let nanosecondsPerByte: Double
    private let latency: Int64
    private(set) var now: Int64 = 0
    private var isFreeAt: Int64 = 0
    private var onTheWay: [(at: Int64, frames: [[UInt8]])] = []
    /// What came out at the other end, and when.
    private(set) var arrived: [(at: Int64, frames: [[UInt8]])] = []
    private(set) var refused: [(head: [UInt8], byteCount: Int)] = []
    private(set) var onTheWayMax = 0
    private(set) var framesSent = 0

    init(bitsPerSecond: Double, latency: Int64 = 100_000) {
        nanosecondsPerByte = 8e9 / bitsPerSecond
        self.latency = latency
    }

    /// Lets what may leave leave, and the next thing arrive; false: nothing is under way.
    mutating func step() throws -> Bool {
        var leaving: [[[UInt8]]] = []
        here.send(at: now) { frames in
            leaving.append(frames)
            return true
        }
        for frames in leaving {
            let byteCount = frames.reduce(0) { $0 + $1.count }
            isFreeAt = max(isFreeAt, now) + Int64(Double(byteCount) * nanosecondsPerByte)
            onTheWay.append((isFreeAt + latency, frames))
            framesSent += 1
        }
        let bytes = onTheWay.reduce(0) { $0 + $1.frames.reduce(0) { $0 + $1.count } }
        onTheWayMax = max(onTheWayMax, bytes)
        guard !onTheWay.isEmpty else { return false }
        let (time, frames) = onTheWay.removeFirst()
        now = max(now, time)
        let room = room
        switch try there.take(frames, at: now, hasRoom: { $0 <= room }) {
        case .message(let frames): arrived.append((now, frames))
        case .refused(let head, let byteCount): refused.append((head, byteCount))
        case .part, .credit: break
        }
        var credits: [[[UInt8]]] = []
        there.send(at: now) { frames in
            credits.append(frames)
            return true
        }
        // The way back is not the one that is full.
        for frames in credits {
            _ = try here.take(frames, at: now + latency, hasRoom: { _ in true })
        }
        return true
    }

    mutating func finish() throws { while try step() {} }
}

private let second: Int64 = 1_000_000_000

@Suite struct LaneTests {
    private func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 9) &+ seed) }
    }

    @Test func `a message comes out as it went in, whatever the sizes of its frames`() throws {
        var link = VirtualLink(bitsPerSecond: 1e9)
        let piece = LanePace.pieceBytes
        let messages = [
            [[1, 2, 3]], [[], [7]], [bytes(piece, 1)], [bytes(piece + 1, 2)],
            [bytes(9, 3), bytes(3 * piece, 4)],
            [bytes(8, 5), [], bytes(2 * piece, 6), [], [1], []],
            (0..<5_000).map { bytes($0 % 90, $0) },
        ]
        for frames in messages { link.here.add(frames, .ordered) }
        try link.finish()
        #expect(link.arrived.map(\.frames) == messages)
        #expect(link.framesSent > messages.count)
        #expect(link.here.waitingCount == 0)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `messages of every order come out whole, those in order in order`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var link = VirtualLink(bitsPerSecond: 1e8)
        var added: [LaneOrder: [[[UInt8]]]] = [:]
        for number in 0..<60 {
            let order: LaneOrder = [.ordered, .loose, .sign][dice.below(3)]
            let size = order == .sign ? dice.below(200) : 1 << dice.below(21)
            let frames = [[UInt8(number)], bytes(size, number)]
            added[order, default: []].append(frames)
            link.here.add(frames, order)
            for _ in 0..<dice.below(6) { _ = try link.step() }
        }
        try link.finish()
        let arrived = link.arrived.map(\.frames)
        #expect(arrived.count == 60)
        for order in [LaneOrder.ordered, .sign] {
            let wanted = added[order] ?? []
            #expect(arrived.filter { wanted.contains($0) } == wanted)
        }
        let loose = added[.loose] ?? []
        #expect(loose.allSatisfy { arrived.contains($0) })
    }

    /// Megabits a second, and how long a sign of life may be on its way, in seconds.
    @Test(arguments: [(0.1, 4.0), (1.0, 1.5), (10, 1.0), (100, 1.0), (1_000, 0.6)])
    func `bulk either way does not keep signs of life, and fills the link`(
        megabits: Double, longest: Double
    ) throws {
        var link = VirtualLink(bitsPerSecond: megabits * 1e6)
        let count =
            megabits < 1 ? 256 << 10 : megabits < 10 ? 2 << 20 : megabits < 100 ? 8 << 20 : 16 << 20
        link.here.add([[1], [UInt8](repeating: 7, count: count)], .loose)
        link.here.add([[2], [UInt8](repeating: 8, count: count)], .ordered)
        link.here.add([[3], [9]], .loose)
        var signs: [Int64] = []
        var controls: [Int64] = []
        while try link.step() {
            guard link.now - (signs.last ?? 0) > second / 40 else { continue }
            signs.append(link.now)
            link.here.add([[4]], .sign)
            guard signs.count % 16 == 0 else { continue }
            controls.append(link.now)
            link.here.add([[5]], .loose)
        }
        let arrivedSigns = link.arrived.filter { $0.frames == [[4]] }.map(\.at)
        try #require(arrivedSigns.count == signs.count && signs.count > 3)
        let waits = zip(signs, arrivedSigns).map { Double($1 - $0) / 1e9 }
        #expect((waits.max() ?? 0) < longest)
        let whole = link.arrived.filter { $0.frames.count == 2 && $0.frames[1].count == count }
        #expect(whole.count == 2)
        // Small bulk does not wait for the large.
        let small = try #require(link.arrived.first { $0.frames == [[3], [9]] })
        #expect(small.at < whole[0].at)
        let ideal = Double(2 * count) * 8 / (megabits * 1e6)
        #expect(Double(link.now) / 1e9 < ideal * 1.25 + 0.1)
        #expect(link.onTheWayMax <= LanePace.pieceBytes * 4 + (8 << 20))
    }

    @Test func `what stands in order waits for bulk in order, and for no other`() throws {
        var link = VirtualLink(bitsPerSecond: 1e8)
        link.here.add([bytes(4 << 20, 1)], .loose)
        for _ in 0..<5 { _ = try link.step() }
        link.here.add([[1]], .ordered)
        link.here.add([bytes(1 << 20, 2)], .ordered)
        link.here.add([[2]], .ordered)
        try link.finish()
        let places = [[[1]], [bytes(1 << 20, 2)], [[2]], [bytes(4 << 20, 1)]].map { wanted in
            link.arrived.firstIndex { $0.frames == wanted }
        }
        #expect(places == [0, 1, 2, 3])
    }

    @Test func `a socket without room is given the same again`() throws {
        var lane = Lane<Nowhere>()
        lane.add([bytes(30_000, 1)], .ordered)
        var other = Lane<Nowhere>()
        var refusals = 0
        var came: [[UInt8]]?
        for round in 0..<40 {
            lane.send(at: Int64(round)) { frames in
                refusals += 1
                guard refusals % 3 == 0 else { return false }
                let taken = try? other.take(frames, at: 0, hasRoom: { _ in true })
                if case .message(let frames) = taken { came = frames }
                return true
            }
            if came == nil { #expect(lane.isHeldUp) }
        }
        #expect(came == [bytes(30_000, 1)])
        #expect(!lane.isHeldUp && lane.waitingCount == 0)
    }

    @Test func `a message that there is no memory for is refused by its head, and no other`() throws
    {
        var link = VirtualLink(bitsPerSecond: 1e10)
        link.room = 100 << 20
        link.here.add([[1, 2, 3], [UInt8](repeating: 0, count: 101 << 20)], .loose)
        link.here.add([[4], [UInt8](repeating: 1, count: 65 << 20)], .loose)
        try link.finish()
        #expect(link.refused.map(\.head) == [[1, 2, 3]])
        #expect((link.refused.first?.byteCount ?? 0) > 101 << 20)
        #expect(link.arrived.map { $0.frames[0] } == [[4]])
    }

    @Test func `pieces have these bytes`() {
        let piece = LanePiece(stream: 3, position: 0, byteCount: 70_000, tableBytes: 4)
        #expect(hexadecimal([piece.encoded()]) == "53574f50060001060300f0a20404")
        let next = LanePiece(stream: 3, position: 65_536, byteCount: 70_000, tableBytes: 4)
        #expect(hexadecimal([next.encoded()]) == "53574f500600010603808004")
    }

    @Test func `pieces that cannot be are thrown out, and nothing traps`() throws {
        let good = pieces(of: [bytes(10, 1), bytes(100_000, 2)])
        var wrong: [[[[UInt8]]]] = [
            [good[1]], [good[0], good[0]], [good[0], good[1], good[1]],
            [[good[0][0]]], [good[0] + [[1]]],
        ]
        for (count, table) in [(0, 0), (5, 0), (4, 5), (1 << 46, 4), (.max, 1)] as [(Int, Int)] {
            let piece = LanePiece(stream: 1, position: 0, byteCount: count, tableBytes: table)
            wrong.append([[piece.encoded(), [1, 2, 3, 4]]])
        }
        // Tables that do not make up the message.
        for table in [[1, 3], [2, 3], [0xff, 0xff, 0xff], [0]] as [[UInt8]] {
            let piece = LanePiece(
                stream: 1, position: 0, byteCount: 7 + table.count, tableBytes: table.count)
            wrong.append([[piece.encoded(), table + [1, 2, 3, 4, 5, 6, 7]]])
        }
        for messages in wrong {
            var lane = ReceivingLane()
            #expect(throws: WireError.self, "\(messages.map { hexadecimal($0).prefix(80) })") {
                for frames in messages { _ = try lane.take(frames, hasRoom: { _ in true }) }
            }
        }
    }

    @Test(arguments: [5, 6, 7] as [UInt64])
    func `pieces with flipped bits and in any order do not trap`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let good = (0..<4).flatMap { pieces(of: [bytes(3, $0), bytes(70_000 << $0, $0)]) }
        for _ in 0..<300 {
            var lane = ReceivingLane()
            for _ in 0..<20 {
                var frames = good[dice.below(good.count)]
                if dice.coin(), !frames[0].isEmpty {
                    frames[0][dice.below(frames[0].count)] ^= 1 << UInt8(dice.below(8))
                }
                if dice.coin() { frames[1][dice.below(8)] ^= 1 << UInt8(dice.below(8)) }
                _ = try? lane.take(frames, hasRoom: { $0 < 1 << 30 })
            }
        }
    }

    /// All pieces of a message, as they would leave without a window.
    private func pieces(of frames: [[UInt8]]) -> [[[UInt8]]] {
        var lane = Lane<Nowhere>()
        var pieces: [[[UInt8]]] = []
        lane.add(frames, .sign)
        lane.send(at: 0) { frames in
            pieces.append(frames)
            return true
        }
        return pieces
    }
}
