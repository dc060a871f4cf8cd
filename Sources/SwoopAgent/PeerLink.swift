// The way to one other agent: a socket, the pages that are fetched by it, and what was asked and
// not answered yet.

import SwoopModel
import SwoopTransport
import SwoopWire

/// Another agent as the fetching side. Belongs to the agent's thread.
final class PeerLink {
    let peer: PeerAddress
    let socket: Socket
    let source: PollLoop.Source
    /// Pages of which ranges are on their way, in the order in which they were asked for: no more
    /// than ranges may be, however many pages are to come.
    var fetches: [PageFetch] = []
    /// Pages that nothing was asked of yet, from `queueStart` on.
    private var queue: [PageFetch] = []
    private var queueStart = 0
    /// Questions that the socket did not take; with as many as may wait nothing more is asked.
    private var waiting = Outbox<OnlyPeer, Frames>(bound: OutboxBound(items: questionsMax))
    private static let questionsMax = 1_024
    /// When it is given up, while it never took a question.
    var connectBy: Int64
    /// Whether it ever took a question: then the connection was up.
    var wasConnected = false
    /// When anything came by it, or was asked while nothing was pending.
    var heardAt: Int64
    /// What the poll waits for.
    private var interest: Interest = .readable
    /// Endpoints after the first that were tried too.
    private var tried = 1

    /// Begins to connect.
    init(
        to peer: PeerAddress, keys: CurveKeys, context: TransportContext, rangeBytes: Int,
        in poll: inout PollLoop, now: Int64
    ) throws {
        var options = SocketOptions()
        options.highWaterMark = 256
        options.onlyConnected = true
        // On a slow link a range needs longer than the usual eight seconds.
        options.heartbeatMilliseconds = Int32(Self.silenceMax / 4_000_000)
        // A range, and its header.
        options.partBytesMax = Int64(rangeBytes) + (64 << 10)
        let socket = try Socket(
            .dealer, in: context, security: .client(keys, serverKey: peer.pages.publicKey),
            options: options)
        try socket.connect(to: peer.pages.endpoints[0])
        source = poll.watch(socket)
        self.peer = peer
        self.socket = socket
        connectBy = now + Self.connectLimit
        heardAt = now
    }

    /// A node that does not answer the first question within so long cannot be reached.
    static let connectLimit = 2 * nanosecondsPerSecond
    /// After so long without a word the connection is looked at.
    static let silenceMin = 2 * nanosecondsPerSecond
    /// After so long without a word it is given up, connection or not: 20 s.
    static let silenceMax = 20 * nanosecondsPerSecond

    /// Whether no page is to come.
    var isIdle: Bool { fetches.isEmpty && queueStart == queue.count }

    /// Adds a page that is to come.
    func add(_ fetch: PageFetch) { queue.append(fetch) }

    /// Takes away all pages that are to come.
    func takeAll() -> [PageFetch] {
        defer {
            fetches = []
            queue = []
            queueStart = 0
        }
        return fetches + queue[queueStart...]
    }

    /// Takes away all pages, or slices, of an output.
    func take(of source: TaskID) -> [PageFetch] {
        let all = takeAll()
        for fetch in all where fetch.source != source {
            if fetch.isBegun { fetches.append(fetch) } else { queue.append(fetch) }
        }
        return all.filter { $0.source == source }
    }

    private func takeNext() -> PageFetch? {
        guard queueStart < queue.count else { return nil }
        let next = queue[queueStart]
        queueStart += 1
        if queueStart * 2 > queue.count {
            queue.removeFirst(queueStart)
            queueStart = 0
        }
        return next
    }

    /// Ranges that were asked for and did not come yet, and their bytes.
    var pending: (ranges: Int, bytes: Int) {
        fetches.reduce((0, 0)) { ($0.0 + $1.pending, $0.1 + $1.pendingBytes) }
    }

    /// Connects to the next address of the node as well, when the first does not answer.
    func tryNext(now: Int64) {
        let endpoints = peer.pages.endpoints
        guard tried < endpoints.count,
            now >= connectBy - Self.connectLimit + Self.connectLimit * Int64(tried)
                / Int64(endpoints.count)
        else { return }
        // Only connections that are up take questions, and all of them lead to the same node.
        try? socket.connect(to: endpoints[tried])
        tried += 1
    }

    /// When to look again, should nothing come by it.
    var nextDeadline: Int64? {
        if isIdle { return nil }
        if wasConnected { return heardAt + Self.silenceMin }
        guard tried < peer.pages.endpoints.count else { return connectBy }
        return connectBy - Self.connectLimit
            + Self.connectLimit * Int64(tried) / Int64(peer.pages.endpoints.count)
    }

    /// Asks for ranges until as much is on its way as the pace allows, the oldest page first; and
    /// for one of each further page, up to eight windows: a node that waits for a page itself does
    /// not keep others.
    func ask(_ pace: PageExchange.Pace, now: Int64, in poll: inout PollLoop) {
        var pending = pending
        if pending.ranges == 0 { heardAt = now }
        for place in fetches.indices { askRest(of: place, pace, &pending) }
        while fetches.count < 8 * pace.window || pace.hasRoom(pending), let next = takeNext() {
            fetches.append(next)
            askNext(of: fetches.count - 1, &pending)
            askRest(of: fetches.count - 1, pace, &pending)
        }
        flush(in: &poll)
    }

    private func askRest(
        of place: Int, _ pace: PageExchange.Pace, _ pending: inout (ranges: Int, bytes: Int)
    ) {
        while pace.hasRoom(pending), askNext(of: place, &pending) {}
    }

    @discardableResult
    private func askNext(of place: Int, _ pending: inout (ranges: Int, bytes: Int)) -> Bool {
        guard waiting.hasRoom(for: .one, byteCount: 0), let range = fetches[place].nextRange()
        else { return false }
        let question = PeerMessage.pageWanted(
            fetches[place].source, offset: Int64(fetches[place].base + range.offset),
            count: Int64(range.count))
        _ = waiting.add(question.encoded().map { Frame($0) }, byteCount: 0)
        pending = (pending.ranges + 1, pending.bytes + range.count)
        return true
    }

    /// Sends what waits, as far as the socket takes it.
    func flush(in poll: inout PollLoop) {
        waiting.send { _, frames in
            guard let outcome = try? socket.send(frames), outcome == .sent else { return .full }
            wasConnected = true
            return .taken
        }
        let wanted: Interest = waiting.isEmpty ? .readable : [.readable, .writable]
        if wanted != interest {
            interest = wanted
            poll.change(source, to: wanted)
        }
    }

    /// Whether the pages that are asked for can still come by it.
    func isHopeless(now: Int64) -> Bool {
        guard !isIdle else { return false }
        guard wasConnected else { return now >= connectBy }
        let silence = now - heardAt
        guard silence >= Self.silenceMin else { return false }
        let isUp = (try? socket.readiness().contains(.writable)) ?? false
        return !isUp || silence >= Self.silenceMax
    }
}
