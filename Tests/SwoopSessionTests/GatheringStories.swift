// Stories of waits for many outputs together: what ended is taken in the order of the ends, nothing
// is sent twice, and few values are on their way at a time.

import SwoopModel
import SwoopSession
import Testing

private func task(_ number: Int) -> TaskID { TaskID(high: 7, low: UInt64(number)) }

private let gathering = GatheringID(1)

private struct TestSession {
    var machine = SessionMachine()
    private var orders: [SessionEffect] = []

    init(holding tasks: some Sequence<Int>) {
        handle(.submitted(GraphPart(held: tasks.map(task)), data: []))
        orders = []
    }

    mutating func handle(_ event: SessionEvent) {
        machine.handle(event, at: Timestamp(nanoseconds: 0), into: &orders)
    }

    mutating func gather(
        _ tasks: some Sequence<Int>, _ wish: GatheringWish = .values(areKept: false),
        as id: GatheringID = gathering
    ) {
        handle(.gatheringBegan(id, tasks.map(task), wish))
    }

    mutating func finish(_ number: Int, _ value: [UInt8]?, byteCount: Int64 = 8) {
        handle(
            .noticed([
                .finished(task(number), value: value, byteCount: byteCount, elementCount: 1)
            ]))
    }

    mutating func arrive(_ number: Int, _ value: [UInt8]) {
        handle(.valueArrived(task(number), value))
    }

    mutating func take(_ count: Int = 100, of id: GatheringID = gathering) -> GatheredBatch {
        machine.take(id, atMost: count, into: &orders)
    }

    mutating func taken() -> [SessionEffect] {
        defer { orders = [] }
        return orders
    }
}

private func value(_ position: Int, _ bytes: [UInt8]) -> GatheredItem {
    GatheredItem(position: position, outcome: .value(bytes))
}

@Suite struct GatheringStories {
    @Test func `what the news of the ends brought is taken in their order, and is not asked for`() {
        var session = TestSession(holding: 1...4)
        session.finish(2, [22])
        session.gather([1, 2, 3, 4])
        #expect(session.taken() == [.offer(gathering)])
        session.finish(4, [44])
        session.finish(1, [UInt8](repeating: 11, count: 40))
        // Told of once, until all was taken.
        #expect(session.taken().isEmpty)
        let batch = session.take()
        #expect(
            batch.items == [
                value(1, [22]), value(3, [44]), value(0, [UInt8](repeating: 11, count: 40)),
            ])
        #expect(!batch.isOver)
        #expect(session.take().items.isEmpty)
        #expect(session.taken().isEmpty)
        session.finish(3, [33])
        #expect(session.taken() == [.offer(gathering)])
        let last = session.take()
        #expect(last.items == [value(2, [33])])
        #expect(last.isOver && last.failure == nil)
        #expect(session.taken().isEmpty)
    }

    @Test func `many ends in one message are told of once, and taken a few at a time`() {
        var session = TestSession(holding: 0..<1_000)
        session.gather(0..<1_000)
        session.handle(
            .noticed(
                (0..<1_000).map {
                    .finished(task($0), value: [UInt8($0 & 255)], byteCount: 1, elementCount: 1)
                }))
        #expect(session.taken() == [.offer(gathering)])
        var positions: [Int] = []
        var batch = session.take(64)
        while !batch.items.isEmpty {
            #expect(batch.items.count <= 64)
            positions += batch.items.map(\.position)
            batch = session.take(64)
        }
        #expect(positions == Array(0..<1_000))
        #expect(batch.isOver)
    }

    @Test func `values that did not come by themselves are asked for together`() {
        var session = TestSession(holding: 1...3)
        session.finish(1, nil, byteCount: 5_000)
        session.finish(3, nil, byteCount: 5_000)
        session.gather([1, 2, 3])
        #expect(session.taken() == [.want([task(1), task(3)])])
        session.arrive(3, [3])
        session.finish(2, nil, byteCount: 5_000)
        #expect(session.taken() == [.offer(gathering), .want([task(2)])])
        #expect(session.take().items == [value(2, [3])])
        session.arrive(1, [1])
        session.arrive(2, [2])
        #expect(session.taken() == [.offer(gathering)])
        #expect(session.take().items == [value(0, [1]), value(1, [2])])
    }

    @Test func `values are asked for as far as there is room, and go when they were taken`() {
        var session = TestSession(holding: 0..<8)
        for number in 0..<8 { session.finish(number, nil, byteCount: 10 << 20) }
        session.gather(0..<8)
        #expect(session.taken() == [.want([0, 1, 2].map(task))])
        session.arrive(1, [UInt8](repeating: 1, count: 1_000))
        // It is here, and counts until it is taken.
        #expect(session.taken() == [.offer(gathering)])
        #expect(session.machine.bytes(of: task(1)) != nil)
        #expect(session.take().items.map(\.position) == [1])
        #expect(session.machine.bytes(of: task(1)) == nil)
        #expect(session.taken() == [.want([task(3)])])
    }

    @Test func `a value that is larger than all room comes alone`() {
        var session = TestSession(holding: 0..<2)
        for number in 0..<2 { session.finish(number, nil, byteCount: 1 << 30) }
        session.gather(0..<2)
        #expect(session.taken() == [.want([task(0)])])
        session.arrive(0, [0])
        _ = session.take()
        #expect(session.taken() == [.offer(gathering), .want([task(1)])])
    }

    @Test func `a value that its handle was asked for stays, and is asked for once`() {
        var session = TestSession(holding: 1...1)
        let bytes = [UInt8](repeating: 1, count: 100)
        session.finish(1, nil, byteCount: 100)
        session.gather([1])
        session.handle(.wanted(task(1)))
        #expect(session.taken() == [.want([task(1)])])
        session.arrive(1, bytes)
        #expect(session.taken() == [.bring(task(1), bytes), .offer(gathering)])
        #expect(session.take().items == [value(0, bytes)])
        #expect(session.machine.bytes(of: task(1)) == bytes)
    }

    @Test func `a value that another wait took away is asked for again`() {
        var session = TestSession(holding: 1...1)
        let bytes = [UInt8](repeating: 1, count: 100)
        let other = GatheringID(2)
        session.finish(1, nil, byteCount: 100)
        session.gather([1])
        session.gather([1], as: other)
        session.arrive(1, bytes)
        #expect(session.taken() == [.want([task(1)]), .offer(gathering), .offer(other)])
        #expect(session.take().items == [value(0, bytes)])
        #expect(session.take(of: other).items.isEmpty)
        #expect(session.taken() == [.want([task(1)])])
        session.arrive(1, bytes)
        #expect(session.taken() == [.offer(other)])
        let batch = session.take(of: other)
        #expect(batch.items == [value(0, bytes)] && batch.isOver)
    }

    @Test func `where only ends are waited for nothing is asked for`() {
        var session = TestSession(holding: 1...2)
        session.gather([2, 1], .ends)
        session.finish(1, nil, byteCount: 5_000)
        session.finish(2, [2, 3], byteCount: 2)
        #expect(session.taken() == [.offer(gathering)])
        let batch = session.take()
        #expect(
            batch.items == [
                GatheredItem(position: 1, outcome: .ended(byteCount: 5_000)),
                GatheredItem(position: 0, outcome: .ended(byteCount: 2)),
            ])
        #expect(batch.isOver)
    }

    @Test func `a failure is what came of its task, whenever it comes`() {
        var session = TestSession(holding: 1...3)
        func failure(_ number: Int) -> TaskFailure {
            TaskFailure(kind: .thrown, message: "it broke", task: task(number))
        }
        session.handle(.noticed([.failed(task(1), failure(1))]))
        session.gather([1, 2, 3])
        session.finish(2, nil, byteCount: 5_000)
        session.handle(.noticed([.failed(task(2), failure(2)), .failed(task(3), failure(3))]))
        let batch = session.take()
        #expect(
            batch.items
                == (1...3).map {
                    GatheredItem(position: $0 - 1, outcome: .failed(failure($0)))
                })
        #expect(batch.isOver)
    }

    @Test func `one task may be waited for at several places, in any order`() {
        var session = TestSession(holding: [5, 3, 9])
        session.gather([5, 9, 5, 3])
        session.finish(3, [3])
        session.finish(5, [5])
        #expect(session.take().items == [value(3, [3]), value(0, [5]), value(2, [5])])
        session.finish(9, [9])
        #expect(session.take().isOver)
    }

    @Test func `after the loss of the connection comes what is here, and then the reason`() {
        var session = TestSession(holding: 1...2)
        session.gather([1, 2])
        session.finish(2, [2])
        session.handle(.connectionLost("it is gone"))
        #expect(session.taken() == [.offer(gathering)])
        let batch = session.take(1)
        #expect(batch.items == [value(1, [2])])
        #expect(batch.failure?.message == "it is gone" && batch.isOver)
    }

    @Test func `the end of the scope ends a wait of which nothing was told`() {
        var session = TestSession(holding: 1...2)
        session.gather([1, 2])
        session.handle(.closed)
        #expect(session.taken() == [.offer(gathering)])
        #expect(session.machine.hasNews(of: gathering))
        #expect(session.take().failure?.kind == .cancelled)
    }

    @Test func `a handle that is dropped, and one of no plan that was run, have failures`() {
        var session = TestSession(holding: 1...2)
        session.gather([1, 2, 3])
        session.handle(.released(task(1)))
        let positions = session.take().items.map { item -> Int in
            guard case .failed = item.outcome else { return -1 }
            return item.position
        }
        #expect(positions == [2, 0])
    }

    @Test func `a wait that was left is not told of, and nothing is asked for it`() {
        var session = TestSession(holding: 1...2)
        session.gather([1, 2])
        session.handle(.gatheringLeft(gathering))
        session.finish(1, [1])
        session.finish(2, nil, byteCount: 5_000)
        #expect(session.taken().isEmpty)
        #expect(session.take().isOver)
    }

    @Test func `a wait for nothing is over at once`() {
        var session = TestSession(holding: [])
        session.gather([])
        #expect(session.taken() == [.offer(gathering)])
        #expect(session.take().isOver)
    }

    @Test func `bytes of every number come back, and a handle takes 24 of them`() {
        #expect(MemoryLayout<HeldTask>.stride <= 24)
        for count in 0...40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 129) }
            let state = HeldTask.State(bytes: bytes, elementCount: 1)
            #expect(state.bytes == bytes)
            #expect(state.size?.byteCount == Int64(count))
            #expect(state.byteCount == Int64(count))
            if case .small = state { #expect(count <= 16) } else { #expect(count > 16) }
        }
        #expect(HeldTask.State(bytes: [1], elementCount: 3).size?.elementCount == 3)
        #expect(HeldTask.State(bytes: [1], elementCount: HeldTask.unknownCount).size == nil)
    }
}
