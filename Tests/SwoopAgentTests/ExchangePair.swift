// Two agents' ends of page exchange in one thread, over real loopback connections.

import SwoopAgent
import SwoopModel
import SwoopStorage
import SwoopTransport
import Testing

/// A giving and a fetching end; the giver has whatever pages the test puts there.
final class ExchangePair {
    static let giverNode = NodeID(1)
    static let fetcherNode = NodeID(2)

    let giver: PageExchange
    let fetcher: PageExchange
    let giverArena: Arena
    let fetcherArena: Arena
    var poll = PollLoop()
    private var pages: [TaskID: (extent: Extent, page: PageExtent)] = [:]
    /// Ranges that were given, and those whose bytes have left.
    private(set) var given = 0
    private(set) var left = 0
    /// What the fetching end was told, in order.
    private(set) var news: [PageExchange.News] = []
    /// How far each page had come, whenever that was told.
    private(set) var grown: [TaskID: [Int64]] = [:]

    init(rangeBytes: Int = 4_096, window: Int = 3, areIntroduced: Bool = true) throws {
        var pace = PageExchange.Pace()
        pace.rangeBytes = rangeBytes
        pace.window = window
        giver = try PageExchange(keys: .generate(), pace: pace)
        fetcher = try PageExchange(keys: .generate(), pace: pace)
        giverArena = try Arena(budget: 64 << 20)
        fetcherArena = try Arena(budget: 64 << 20)
        let peers = [
            PeerAddress(node: Self.giverNode, pages: giver.service),
            PeerAddress(node: Self.fetcherNode, pages: fetcher.service),
        ]
        fetcher.setPeers(peers, in: &poll)
        if areIntroduced { giver.setPeers(peers, in: &poll) }
    }

    /// Bytes that tell one place of one page from others.
    static func bytes(_ count: Int, of task: TaskID) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 ^ ($0 >> 8) &+ Int(task.low) &* 31) }
    }

    /// Stores a page at the giving end.
    func store(_ task: TaskID, bytes count: Int, elements: Int64 = 7) throws {
        let extent = try giverArena.allocate(bytes: max(1, count))
        unsafe giverArena.mutablePointer(to: extent, count: count)
            .copyBytes(from: Self.bytes(count, of: task))
        let page = PageExtent(
            offset: Int64(extent.offset), byteCount: Int64(count), elementCount: elements)
        pages[task] = (extent, page)
    }

    func fetch(
        _ task: TaskID, bytes count: Int, checksum: UInt64 = 0, slice: OutputSlice? = nil,
        from node: NodeID = ExchangePair.giverNode
    ) throws {
        fetcher.fetch(
            task, from: node,
            StoredPages(byteCount: Int64(count), elementCount: 7, checksum: checksum), slice,
            into: try fetcherArena.allocate(bytes: max(1, count)), in: &poll,
            now: MonotonicClock.nanoseconds())
    }

    /// Turns both ends until the fetching one has as many news, or 10 s have passed.
    func turn(untilNews count: Int) throws {
        try turn { $0.news.count >= count }
    }

    /// Turns both ends until the giving one has dropped a question.
    func turnUntilGiverDrops() throws { try turn { $0.giver.dropped > 0 } }

    /// Turns both ends until the bytes of every range that was given have left.
    func turnUntilAllLeft() throws { try turn { $0.left == $0.given } }

    private func turn(until isDone: (ExchangePair) -> Bool) throws {
        let limit = MonotonicClock.nanoseconds() + 10_000_000_000
        while !isDone(self), MonotonicClock.nanoseconds() < limit {
            let now = MonotonicClock.nanoseconds()
            for event in giver.turn(giverArena, in: &poll, now: now) { serve(event) }
            for event in fetcher.turn(fetcherArena, in: &poll, now: now) {
                if case .grew(let task, let end) = event {
                    grown[task, default: []].append(end)
                } else {
                    news.append(event)
                }
            }
            guard !isDone(self) else { return }
            let due = [giver.nextDeadline(now: now), fetcher.nextDeadline(now: now), limit]
            try poll.wait(until: due.compactMap { $0 }.min())
        }
    }

    private func serve(_ event: PageExchange.News) {
        switch event {
        case .wanted(let task, let token, _):
            guard let (extent, page) = pages[task] else { return giver.refuse(token, task) }
            if giver.give(token, of: page, in: extent, giverArena) { given += 1 }
        case .sent: left += 1
        case .grew, .fetched, .damaged, .absent, .unreachable:
            Issue.record("the giver fetched: \(event)")
        }
    }

    /// The bytes of a page that came.
    func fetchedBytes(_ extent: Extent, count: Int) -> [UInt8] {
        fetcherArena.withBytes(of: extent, count: count) { span in
            span.indices.map { span[$0] }
        }
    }
}
