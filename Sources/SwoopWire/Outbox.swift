// What waits to leave for one peer or several, where a socket or a ring takes only so much at a
// time: for each peer in order, peers in turn, and never more than a bound. What happens at the
// bound is for whoever adds to say: to ask for less, to wait, or to give the peer up.

/// The peer of an outbox that has only one.
package enum OnlyPeer: Hashable, Sendable { case one }

/// How much may wait for one peer.
package struct OutboxBound: Equatable, Sendable {
    package var items: Int
    package var bytes: Int

    package init(items: Int = .max, bytes: Int = .max) {
        self.items = items
        self.bytes = bytes
    }
}

/// What came of giving an item away.
package enum OutboxTaking: Hashable, Sendable {
    case taken
    /// There is no room for this peer now.
    case full
    /// The peer is there no more.
    case gone
}

/// Items on their way out, by peer.
package struct Outbox<Peer: Hashable & Sendable, Item: Sendable>: Sendable {
    /// The items for one peer, first in, first out.
    private struct Queue: Sendable {
        var items: [(item: Item, byteCount: Int)?] = []
        var start = 0
        var byteCount = 0

        var count: Int { items.count - start }
        var first: Item? { start < items.count ? items[start]?.item : nil }

        mutating func append(_ item: Item, _ bytes: Int) {
            items.append((item, bytes))
            byteCount += bytes
        }

        mutating func removeFirst() {
            byteCount -= items[start]?.byteCount ?? 0
            items[start] = nil
            start += 1
            if start == items.count {
                items.removeAll(keepingCapacity: items.count <= 64)
                start = 0
            } else if start > 64, 2 * start > items.count {
                items.removeFirst(start)
                start = 0
            }
        }
    }

    package let bound: OutboxBound
    private var queues: [Peer: Queue] = [:]
    /// Peers that something waits for; whose turn it is comes first.
    private var turns: [Peer] = []
    /// Whether something was not taken at the last try: nothing may say when it would be.
    package private(set) var isHeldUp = false
    /// Items that were not added since as much as may wait did.
    package private(set) var refused: UInt64 = 0

    /// An empty one, with a bound for each of its peers.
    package init(bound: OutboxBound) { self.bound = bound }

    package var isEmpty: Bool { turns.isEmpty }

    /// Items that wait for a peer, and their bytes.
    package func waiting(for peer: Peer) -> (items: Int, bytes: Int) {
        queues[peer].map { ($0.count, $0.byteCount) } ?? (0, 0)
    }

    /// Whether an item of so many bytes would be added. A single one always is, however large.
    package func hasRoom(for peer: Peer, byteCount: Int) -> Bool {
        let waiting = waiting(for: peer)
        return waiting.items == 0
            || waiting.items < bound.items && waiting.bytes <= bound.bytes - byteCount
    }

    /// Adds an item behind those for the same peer; false, and counted: as much waits as may.
    package mutating func add(_ item: Item, byteCount: Int, for peer: Peer) -> Bool {
        guard hasRoom(for: peer, byteCount: byteCount) else {
            refused += 1
            return false
        }
        if queues[peer] == nil { turns.append(peer) }
        queues[peer, default: Queue()].append(item, byteCount)
        return true
    }

    /// Gives away what is taken: one item of each peer in turn, until nothing is.
    package mutating func send<Failure: Error>(
        _ give: (Peer, Item) throws(Failure) -> OutboxTaking
    ) throws(Failure) {
        isHeldUp = false
        var open = turns
        while !open.isEmpty {
            var served: Set<Peer> = []
            var more: [Peer] = []
            for peer in open {
                let isAlone = open.count == 1
                switch try self.give(to: peer, all: isAlone, by: give) {
                case .taken:
                    served.insert(peer)
                    if queues[peer]?.first != nil { more.append(peer) } else { queues[peer] = nil }
                case .full: isHeldUp = true
                case .gone, nil: drop(for: peer)
                }
            }
            turns.removeAll { served.contains($0) }
            turns += more
            open = more
        }
    }

    /// Gives the next item of a peer away, or all of them until one is not taken; nil: none waits.
    private mutating func give<Failure: Error>(
        to peer: Peer, all: Bool, by give: (Peer, Item) throws(Failure) -> OutboxTaking
    ) throws(Failure) -> OutboxTaking? {
        var taking: OutboxTaking?
        while let item = queues[peer]?.first {
            taking = try give(peer, item)
            guard taking == .taken else { break }
            queues[peer]?.removeFirst()
            guard all else { break }
        }
        return taking
    }

    /// Forgets what waits for a peer.
    package mutating func drop(for peer: Peer) {
        queues[peer] = nil
        turns.removeAll { $0 == peer }
    }

    /// Forgets some of what waits.
    package mutating func drop(where isDropped: (Peer, Item) -> Bool) {
        for peer in turns {
            guard let queue = queues[peer] else { continue }
            let kept = queue.items[queue.start...].compactMap { $0 }
                .filter { !isDropped(peer, $0.item) }
            guard kept.count < queue.count else { continue }
            drop(for: peer)
            guard !kept.isEmpty else { continue }
            turns.append(peer)
            queues[peer] = Queue(
                items: kept, start: 0, byteCount: kept.reduce(0) { $0 + $1.byteCount })
        }
    }
}

extension Outbox where Peer == OnlyPeer {
    /// Adds an item; false, and counted: as much waits as may.
    package mutating func add(_ item: Item, byteCount: Int) -> Bool {
        add(item, byteCount: byteCount, for: .one)
    }

    /// Bytes that wait.
    package var byteCount: Int { waiting(for: .one).bytes }
}
