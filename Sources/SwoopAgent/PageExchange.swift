// Pages between agents: one port where others fetch this node's pages, and a connection to each
// node whose pages are fetched. The fetching side asks for ranges, several at a time, and so sets
// the pace; the giving side sends them from where they lie in the arena.

import SwoopExecution
package import SwoopModel
package import SwoopStorage
package import SwoopTransport
import SwoopWire

/// The agent's end of all exchange of pages. Belongs to the agent's thread.
package final class PageExchange {
    /// What happened.
    package enum News: Sendable {
        /// A peer asks for a range that ends there: `give` or `refuse` answers.
        case wanted(TaskID, token: UInt64, upTo: Int64)
        /// The first so many bytes of an output that is on its way are here.
        case grew(TaskID, upTo: Int64)
        /// Bytes that `give` was called for have left the extent at this offset.
        case sent(TaskID, offset: Int64)
        /// A page is here.
        case fetched(TaskID, Extent, StoredPages)
        /// Its bytes came, and are not those that were written.
        case damaged(TaskID)
        /// The node says that it has no such page.
        case absent(TaskID)
        /// The node cannot be reached, or went silent.
        case unreachable(TaskID)
    }

    /// Bytes asked for at a time, and how much is on its way from one node: so many full ranges, or
    /// more of small ones, which else would take a round trip for a few bytes each.
    package struct Pace: Sendable {
        package var rangeBytes = 1 << 20
        package var window = 8
        package var rangesMax = 128

        package init() {}

        /// Whether more may be asked for beside what was.
        func hasRoom(_ pending: (ranges: Int, bytes: Int)) -> Bool {
            pending.ranges < rangesMax && pending.bytes < window * rangeBytes
        }
    }

    /// How others reach this node.
    package let service: PageService
    /// The one port on which it listens.
    private let port: String
    private let pace: Pace
    private let keys: CurveKeys
    private let context: TransportContext
    private let access = AccessList()
    private let router: Socket
    private var routerSource: PollLoop.Source?
    private let released: Inbox<Released>
    private var releasedSource: PollLoop.Source?
    private var addresses: [NodeID: PeerAddress] = [:]
    /// The keys of `addresses`.
    private var peerKeys: Set<String> = []
    private var links: [NodeID: PeerLink] = [:]
    private var questions: [UInt64: Question] = [:]
    private var questionsTaken: UInt64 = 0
    /// Answers that a peer's queue had no room for; who asks for more than may wait gets none.
    private var answers = Outbox<PeerID, Reply>(bound: OutboxBound(items: answersMax))
    private var news: [News] = []
    /// Messages that were no answer to anything, or of nobody who may ask.
    package private(set) var dropped = 0
    /// Bytes of pages that left for other nodes, ever.
    package private(set) var givenBytes: Int64 = 0

    /// Bytes that left the arena; told by libzmq's thread.
    private struct Released: Sendable {
        var task: TaskID
        var offset: Int64
    }

    private struct Question {
        var peer: PeerID
        /// The key that whoever asks has proved.
        var key: String
        var task: TaskID
        var offset: Int64
        var count: Int64
    }

    /// What goes to whoever asked.
    private struct Reply {
        var key: String
        var frames: Frames
    }

    private static let receivesMax = 256
    /// Several times what a peer asks for at a time.
    private static let answersMax = 4_096

    /// Listens, and takes nobody until `setPeers` names them.
    ///
    /// - Parameters:
    ///   - listening: addresses of this machine; none, or none that is this machine's: loopback,
    ///     and others get its pages through the coordinator.
    ///   - announced: addresses for `service`; none: those that it listens on.
    package init(
        keys: CurveKeys, listening: [String] = [], announced: [String] = [], pace: Pace = Pace()
    ) throws(TransportError) {
        // A context of its own: pages are encrypted on its threads, and the coordinator's messages
        // do not queue behind them.
        let context = try TransportContext(ioThreads: 2)
        let authenticator = try Authenticator(for: access, in: context)
        var options = SocketOptions()
        options.highWaterMark = 256
        // Questions only.
        options.partBytesMax = 64 << 10
        let router = try Socket(
            .router, in: context, security: .server(keys, authenticator), options: options)
        var bound: [String] = []
        for address in listening {
            // The first one takes a free port, and all others the same.
            let port = bound.first.flatMap { $0.split(separator: ":").last } ?? "*"
            if let endpoint = try? router.bind(to: "tcp://\(Self.host(address)):\(port)") {
                bound.append(endpoint)
            }
        }
        if bound.isEmpty { bound.append(try router.bind(to: "tcp://127.0.0.1:*")) }
        port = bound[0].split(separator: ":").last.map(String.init) ?? ""
        let endpoints =
            announced.isEmpty
            ? bound
            : announced.map { [port] address in
                "tcp://\(Self.host(address)):\(port)"
            }
        service = PageService(endpoints: endpoints, publicKey: keys.publicKey)
        released = try Inbox()
        self.keys = keys
        self.context = context
        self.router = router
        self.pace = pace
    }

    private static func host(_ address: String) -> String {
        address.contains(":") && !address.hasPrefix("[") ? "[\(address)]" : address
    }

    /// Listens on one more address of this machine, on the same port; where it cannot, pages for
    /// those who know it by that address go through the coordinator.
    package func listen(on address: String) {
        _ = try? router.bind(to: "tcp://\(Self.host(address)):\(port)")
    }

    // MARK: The peers

    /// Takes and fetches from these nodes, and no others, from now on; this node may be among them.
    ///
    /// Pages on their way from a node that is not among them are `unreachable`.
    package func setPeers(_ peers: [PeerAddress], in poll: inout PollLoop) {
        let others = peers.filter { $0.pages.publicKey != service.publicKey }
        let staying = Set(others.map(\.pages.publicKey))
        peerKeys = staying
        for (node, old) in addresses where !others.contains(old) {
            if !staying.contains(old.pages.publicKey) { withdraw(old.pages.publicKey) }
            addresses[node] = nil
            if let link = links[node] { close(link, in: &poll) }
        }
        for peer in others where addresses[peer.node] == nil {
            access.permit(peer.pages.publicKey, as: "node \(peer.node.rawValue)")
            // It may never have been here when strangers flood this port.
            for endpoint in peer.pages.endpoints { access.expect(fromEndpoint: endpoint) }
            addresses[peer.node] = peer
        }
        guard !others.isEmpty, routerSource == nil else { return }
        routerSource = poll.watch(router)
        releasedSource = poll.watch(descriptor: released.wakeup.descriptor)
    }

    /// A node that is none any more connects no more, and what it asked for does not go to it.
    private func withdraw(_ key: String) {
        access.withdraw(key)
        for token in questions.keys.sorted() where questions[token]?.key == key {
            if let question = questions[token] { refuse(token, question.task) }
        }
        answers.drop { $1.key == key }
    }

    /// Gives up a connection: what is on its way by it does not come.
    private func close(_ link: PeerLink, in poll: inout PollLoop) {
        links[link.peer.node] = nil
        poll.remove(link.source)
        for fetch in link.takeAll() {
            abandoned.append(fetch.extent)
            news.append(.unreachable(fetch.task))
        }
    }

    /// Extents of pages that will not come, for the owner of the arena to free.
    private var abandoned: [Extent] = []

    /// Extents of pages that will not come: to be freed.
    package func takeAbandoned() -> [Extent] {
        defer { abandoned.removeAll() }
        return abandoned
    }

    /// Forgets what is on its way here and what was asked of this node.
    package func startOver(in poll: inout PollLoop) {
        for link in links.values { close(link, in: &poll) }
        for token in questions.keys.sorted() {
            if let question = questions[token] { refuse(token, question.task) }
        }
        news.removeAll { if case .sent = $0 { false } else { true } }
    }

    // MARK: Fetching

    /// Where a node gives pages away, for people.
    package func place(of node: NodeID) -> String? { addresses[node]?.pages.endpoints.first }

    /// Begins to fetch an output, or a slice of one, into `extent`, which has room for it;
    /// `fetched`, `absent` or `unreachable` follows.
    package func fetch(
        _ task: TaskID, from node: NodeID, _ pages: StoredPages, _ slice: OutputSlice? = nil,
        into extent: Extent, in poll: inout PollLoop, now: Int64
    ) {
        do {
            let link = try link(to: node, in: &poll, now: now)
            guard let link else { return fail(task, extent) }
            link.add(
                PageFetch(
                    task: task, pages: pages, slice: slice, extent: extent,
                    rangeBytes: pace.rangeBytes))
            link.ask(pace, now: now, in: &poll)
        } catch {
            fail(task, extent)
        }
    }

    private func fail(_ task: TaskID, _ extent: Extent) {
        abandoned.append(extent)
        news.append(.unreachable(task))
    }

    private func link(to node: NodeID, in poll: inout PollLoop, now: Int64) throws -> PeerLink? {
        if let link = links[node] { return link }
        guard let peer = addresses[node], !peer.pages.endpoints.isEmpty else { return nil }
        let link = try PeerLink(
            to: peer, keys: keys, context: context, rangeBytes: pace.rangeBytes, in: &poll, now: now
        )
        links[node] = link
        return link
    }

    private func receive(
        by link: PeerLink, into arena: Arena, in poll: inout PollLoop, now: Int64
    ) {
        for _ in 0..<Self.receivesMax {
            guard let message = try? link.socket.receive() else { break }
            link.heardAt = now
            guard let first = message.frames.first?.bytes,
                let part = try? PeerMessage.part(firstFrame: first), message.frames.count == 2
            else {
                absent(message.frames, link)
                continue
            }
            guard
                let place = link.fetches.firstIndex(where: {
                    $0.source == part.task && $0.covers(part.offset)
                })
            else {
                dropped += 1
                continue
            }
            guard part.byteCount == link.fetches[place].wholeByteCount else {
                // Made anew with other bytes: the page that was meant is not there.
                drop(link.fetches.remove(at: place))
                continue
            }
            let bytes = message.frames[1]
            let offset = Int(part.offset) - link.fetches[place].base
            guard link.fetches[place].arrived(offset: offset, count: bytes.count) else {
                dropped += 1
                continue
            }
            let extent = link.fetches[place].extent
            unsafe bytes.withUnsafeBytes { bytes in
                let target = unsafe arena.mutablePointer(
                    to: extent, count: offset + bytes.count)
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...])
                    .copyMemory(from: bytes)
            }
            guard link.fetches[place].isComplete else { continue }
            let fetch = link.fetches.remove(at: place)
            guard unsafe fetch.pages.isRight(arena.pointer(to: extent, count: fetch.byteCount))
            else {
                abandoned.append(extent)
                news.append(.damaged(fetch.task))
                continue
            }
            news.append(.fetched(fetch.task, extent, fetch.pages))
        }
        for place in link.fetches.indices {
            guard let end = link.fetches[place].growth() else { continue }
            news.append(.grew(link.fetches[place].task, upTo: end))
        }
        link.ask(pace, now: now, in: &poll)
    }

    private func absent(_ frames: Frames, _ link: PeerLink) {
        guard case .pageAbsent(let task)? = try? PeerMessage(frames: frames.map(\.bytes)) else {
            dropped += 1
            return
        }
        // One for each range that was asked for: the first ends the fetch, and all others of the
        // same output.
        for fetch in link.take(of: task) { drop(fetch) }
    }

    private func drop(_ fetch: PageFetch) {
        abandoned.append(fetch.extent)
        news.append(.absent(fetch.task))
    }

    // MARK: Giving

    /// Whether the holder of a key is a node of the cluster now: its connection stays when it is
    /// not any more.
    private func isPeer(_ key: String) -> Bool { peerKeys.contains(key) }

    private func receiveQuestions() {
        for _ in 0..<Self.receivesMax {
            guard let message = try? router.receive() else { return }
            guard let peer = message.peer,
                case .pageWanted(let task, let offset, let count)? = try? PeerMessage(
                    frames: message.frames.map(\.bytes)), offset >= 0, count >= 0,
                isPeer(message.userKey)
            else {
                dropped += 1
                continue
            }
            questionsTaken += 1
            questions[questionsTaken] = Question(
                peer: peer, key: message.userKey, task: task, offset: offset, count: count)
            let (end, overflow) = offset.addingReportingOverflow(count)
            news.append(.wanted(task, token: questionsTaken, upTo: overflow ? .max : end))
        }
    }

    /// Sends the range that was asked for, from where it lies; true when `sent` will follow, false
    /// when nothing is sent.
    package func give(
        _ token: UInt64, of page: PageExtent, in extent: Extent, _ arena: Arena
    ) -> Bool {
        guard let (offset, count) = range(token, of: page),
            let question = questions.removeValue(forKey: token)
        else { return false }
        let header = PeerMessage.partHeader(
            question.task, offset: offset, byteCount: page.byteCount,
            elementCount: page.elementCount)
        let whole = unsafe arena.pointer(to: extent, count: Int(page.byteCount))
        let bytes = unsafe UnsafeRawBufferPointer(
            rebasing: whole[Int(offset)..<Int(offset + count)])
        givenBytes += count
        let left = Released(task: question.task, offset: page.offset)
        let held = HeldArena(arena)
        let lent = unsafe Frame(unsafeLending: bytes) { [released] in
            withExtendedLifetime(held) { released.put(left) }
        }
        send([Frame(header), lent], to: question)
        return true
    }

    /// The range of `page` that was asked for under a token; nil: nobody waits for it any more.
    package func range(_ token: UInt64, of page: PageExtent) -> (offset: Int64, count: Int64)? {
        guard let question = questions[token] else { return nil }
        let offset = min(question.offset, page.byteCount)
        return (offset, min(question.count, page.byteCount - offset))
    }

    /// Sends bytes of the range that was asked for, which came from elsewhere.
    package func give(_ token: UInt64, of page: PageExtent, _ bytes: [UInt8]) {
        guard let range = range(token, of: page),
            let question = questions.removeValue(forKey: token)
        else { return }
        givenBytes += range.count
        let header = PeerMessage.partHeader(
            question.task, offset: range.offset, byteCount: page.byteCount,
            elementCount: page.elementCount)
        send([Frame(header), Frame(bytes)], to: question)
    }

    /// Sends the range that was asked for of an output that is on its way here, as far as it is.
    ///
    /// A copy of the bytes: they are not kept for longer than the fetch goes on.
    package func giveArrived(_ token: UInt64, _ task: TaskID, _ arena: Arena) {
        let coming = links.values.lazy.flatMap(\.fetches).first {
            $0.task == task && $0.slice == nil
        }
        guard let coming, let question = questions[token] else { return refuse(token, task) }
        let page = PageExtent(offset: Int64(coming.extent.offset), pages: coming.pages)
        guard let range = range(token, of: page),
            range.offset + range.count <= Int64(coming.arrivedBytes)
        else { return refuse(token, question.task) }
        let whole = unsafe arena.pointer(to: coming.extent, count: coming.byteCount)
        give(
            token, of: page,
            unsafe Array(whole[Int(range.offset)..<Int(range.offset + range.count)]))
    }

    /// Says that the page is not here.
    package func refuse(_ token: UInt64, _ task: TaskID) {
        guard let question = questions.removeValue(forKey: token) else { return }
        send(PeerMessage.pageAbsent(task).encoded().map { Frame($0) }, to: question)
    }

    private func send(_ frames: Frames, to question: Question) {
        let reply = Reply(key: question.key, frames: frames)
        if !answers.add(reply, byteCount: 0, for: question.peer) { dropped += 1 }
        flushAnswers()
    }

    private func flushAnswers() {
        answers.send { peer, reply in
            switch try? router.send(reply.frames, to: peer) {
            case .wouldBlock: .full
            // What cannot be sent at all is not tried again.
            case .sent, nil: .taken
            // One that has gone needs no answer.
            case .unreachable: .gone
            }
        }
    }

    // MARK: The loop's turn

    /// This process was away itself for so long: what others sent meanwhile lies unread.
    package func excuse(_ absence: Int64, now: Int64) {
        let time = Timestamp(nanoseconds: now)
        for link in links.values {
            link.heardAt =
                Timestamp(nanoseconds: link.heardAt)
                .excusing(absence, of: PeerLink.silenceMax, at: time).nanoseconds
            link.connectBy += absence
        }
    }

    /// When to take a turn, should nothing arrive until then.
    package func nextDeadline(now: Int64) -> Int64? {
        var deadline = news.isEmpty ? nil : now
        if !answers.isEmpty { deadline = min(deadline ?? .max, now + Agreed.retryPeriod) }
        for link in links.values {
            // Never in the past for long: a look every quarter of a second.
            guard let due = link.nextDeadline else { continue }
            deadline = min(deadline ?? .max, max(due, now + nanosecondsPerSecond / 4))
        }
        return deadline
    }

    /// Takes what arrived, and says what happened since.
    package func turn(_ arena: Arena, in poll: inout PollLoop, now: Int64) -> [News] {
        guard routerSource != nil else { return takeNews() }
        for ready in poll.ready {
            if ready.source == routerSource { receiveQuestions() }
            if ready.source == releasedSource {
                for left in released.take() {
                    news.append(.sent(left.task, offset: left.offset))
                }
            }
        }
        if !answers.isEmpty { flushAnswers() }
        for link in links.values.ordered(by: { $0.peer.node < $1.peer.node }) {
            if poll.isReady(link.source, for: [.readable, .writable]) {
                receive(by: link, into: arena, in: &poll, now: now)
            }
            if !link.wasConnected, !link.isIdle { link.tryNext(now: now) }
            if link.isHopeless(now: now) { close(link, in: &poll) }
        }
        return takeNews()
    }

    private func takeNews() -> [News] {
        guard !news.isEmpty else { return [] }
        defer { news.removeAll(keepingCapacity: true) }
        return news
    }
}

/// Keeps an arena as long as anything of it is on its way out.
private final class HeldArena: @unchecked Sendable {
    // Unchecked: nothing but the reference is touched on other threads, and the arena's end there
    // would only give its memory back.
    private let arena: Arena

    init(_ arena: Arena) { self.arena = arena }
}
