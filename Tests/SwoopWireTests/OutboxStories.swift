// Stories of what waits to leave: orders, turns, bounds, peers that go.

import SwoopWire
import Testing

/// Takes so many items for each peer, and notes them.
private struct Receiver {
    var room: [String: Int]
    var gone: Set<String> = []
    var taken: [String] = []

    mutating func take(_ peer: String, _ item: Int) -> OutboxTaking {
        if gone.contains(peer) { return .gone }
        guard let left = room[peer], left > 0 else { return .full }
        room[peer] = left - 1
        taken.append("\(peer)\(item)")
        return .taken
    }
}

@Suite struct OutboxStories {
    private func outbox(
        _ items: [(String, Int)], bound: OutboxBound = OutboxBound()
    ) -> Outbox<String, Int> {
        var outbox = Outbox<String, Int>(bound: bound)
        for (peer, item) in items { #expect(outbox.add(item, byteCount: 10, for: peer) == true) }
        return outbox
    }

    @Test func `peers take turns, and each has its items in order`() {
        var outbox = outbox([("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("c", 2)])
        var receiver = Receiver(room: ["a": 9, "b": 9, "c": 9])
        outbox.send { receiver.take($0, $1) }
        #expect(receiver.taken == ["a1", "b1", "c1", "a2", "c2", "a3"])
        #expect(outbox.isEmpty && !outbox.isHeldUp)
    }

    @Test func `one peer without room keeps nobody else`() {
        var outbox = outbox([("a", 1), ("a", 2), ("b", 1), ("b", 2)])
        var receiver = Receiver(room: ["a": 1, "b": 9])
        outbox.send { receiver.take($0, $1) }
        #expect(receiver.taken == ["a1", "b1", "b2"])
        #expect(outbox.isHeldUp && !outbox.isEmpty)
        #expect(outbox.waiting(for: "a").bytes == 10)
        receiver.room["a"] = 1
        outbox.send { receiver.take($0, $1) }
        #expect(receiver.taken.last == "a2")
        #expect(outbox.isEmpty && !outbox.isHeldUp)
    }

    @Test func `where all share one room, who was served last waits first`() {
        var outbox = outbox([("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)])
        var taken: [String] = []
        for _ in 0..<5 {
            var room = 1
            outbox.send { peer, item in
                guard room > 0 else { return .full }
                room -= 1
                taken.append("\(peer)\(item)")
                return .taken
            }
        }
        #expect(taken == ["a1", "b1", "c1", "a2", "b2"])
    }

    @Test func `what is beyond the bound is not added, and counted`() {
        var outbox = Outbox<String, Int>(bound: OutboxBound(items: 2, bytes: 100))
        #expect(outbox.add(1, byteCount: 60, for: "a") == true)
        #expect(!outbox.hasRoom(for: "a", byteCount: 41))
        #expect(outbox.add(2, byteCount: 41, for: "a") == false)
        #expect(outbox.add(3, byteCount: 40, for: "a") == true)
        #expect(outbox.add(4, byteCount: 0, for: "a") == false)
        // Each peer has its own.
        #expect(outbox.add(1, byteCount: 60, for: "b") == true)
        #expect(outbox.refused == 2)
        var receiver = Receiver(room: ["a": 1, "b": 0])
        outbox.send { receiver.take($0, $1) }
        #expect(outbox.add(5, byteCount: 60, for: "a") == true)
        receiver.room["a"] = 9
        outbox.send { receiver.take($0, $1) }
        #expect(receiver.taken == ["a1", "a3", "a5"])
    }

    @Test func `one item that is larger than the bound leaves alone`() {
        var outbox = Outbox<OnlyPeer, Int>(bound: OutboxBound(bytes: 100))
        #expect(outbox.add(1, byteCount: 5_000) == true)
        #expect(outbox.add(2, byteCount: 1) == false)
        #expect(outbox.byteCount == 5_000)
        var taken: [Int] = []
        outbox.send { _, item in
            taken.append(item)
            return .taken
        }
        #expect(taken == [1])
        #expect(outbox.add(2, byteCount: 1) == true)
    }

    @Test func `what waits for a peer that is gone goes with it`() {
        var outbox = outbox([("a", 1), ("b", 1), ("a", 2), ("b", 2)])
        var receiver = Receiver(room: ["b": 9], gone: ["a"])
        outbox.send { receiver.take($0, $1) }
        #expect(receiver.taken == ["b1", "b2"])
        #expect(outbox.isEmpty)
        #expect(outbox.waiting(for: "a").items == 0)
    }

    @Test func `items can be taken back`() {
        var outbox = outbox([("a", 1), ("a", 2), ("b", 1), ("c", 2)])
        outbox.drop { peer, item in item == 2 || peer == "b" }
        outbox.drop(for: "c")
        var receiver = Receiver(room: ["a": 9, "b": 9, "c": 9])
        outbox.send { receiver.take($0, $1) }
        #expect(receiver.taken == ["a1"])
    }

    @Test func `a failure in between leaves the rest where it was`() {
        struct Broken: Error {}
        var outbox = Outbox<OnlyPeer, Int>(bound: OutboxBound())
        for item in 1...3 { #expect(outbox.add(item, byteCount: 1) == true) }
        var taken: [Int] = []
        #expect(throws: Broken.self) {
            try outbox.send { _, item throws(Broken) in
                guard item < 2 else { throw Broken() }
                taken.append(item)
                return .taken
            }
        }
        outbox.send { _, item in
            taken.append(item)
            return .taken
        }
        #expect(taken == [1, 2, 3])
    }

    @Test func `a long queue keeps its order`() {
        var outbox = Outbox<OnlyPeer, Int>(bound: OutboxBound())
        for item in 0..<20_000 where !outbox.add(item, byteCount: 1) {
            Issue.record("there is room for \(item)")
        }
        var taken: [Int] = []
        while !outbox.isEmpty {
            var room = 1_000
            outbox.send { _, item in
                guard room > 0 else { return .full }
                room -= 1
                taken.append(item)
                return .taken
            }
        }
        #expect(taken == Array(0..<20_000))
    }
}
