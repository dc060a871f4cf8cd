// Stories of a client's session: every wait ends, every value comes once.

import SwoopModel
import SwoopSession
import Testing

private func task(_ number: Int) -> TaskID { TaskID(high: 7, low: UInt64(number)) }

private struct TestSession {
    var machine = SessionMachine()
    var orders: [SessionEffect] = []
    var now: Int64 = 0

    mutating func handle(_ event: SessionEvent) {
        machine.handle(event, at: Timestamp(nanoseconds: now), into: &orders)
    }

    mutating func submit(_ held: Int...) {
        handle(.submitted(GraphPart(held: held.map(task)), data: []))
        orders = []
    }

    mutating func finish(_ number: Int, _ value: [UInt8]?) {
        handle(.noticed([.finished(task(number), value: value, byteCount: 8, elementCount: 1)]))
    }

    mutating func taken() -> [SessionEffect] {
        defer { orders = [] }
        return orders
    }
}

@Suite struct SessionStories {
    private let stored = Settlement.stored(byteCount: 8, elementCount: 1)

    @Test func `what is here, what failed and what will never come is settled`() {
        var session = TestSession()
        session.submit(1, 2, 3)
        session.finish(1, [5])
        let failure = TaskFailure(kind: .thrown, message: "it broke", task: task(2))
        session.handle(.noticed([.failed(task(2), failure)]))
        #expect(session.machine.isSettled(task(1)) && session.machine.isSettled(task(2)))
        #expect(!session.machine.isSettled(task(3)) && !session.machine.isSettled(task(4)))
        session.handle(.connectionLost("its end"))
        #expect(session.machine.isSettled(task(3)))
    }

    @Test func `when a plan's time is over its waits end, and what has ended stays`() {
        var session = TestSession()
        session.submit(1, 2)
        session.handle(.awaited(task(1)))
        session.handle(.wanted(task(1)))
        session.finish(2, [5])
        session.orders = []
        session.handle(.timedOut([task(1), task(2)], within: "2.0 s"))
        let failure = TaskFailure(
            kind: .timedOut, message: "its plan was given 2.0 s, and it had not ended by then",
            task: task(1))
        #expect(
            session.taken() == [
                .cancel([task(1), task(2)]), .settle(task(1), .failed(failure)),
                .refuse(task(1), failure),
            ])
        // The coordinator's word that it was cancelled comes too late.
        let cancelled = TaskFailure(kind: .cancelled, message: "it was cancelled", task: task(1))
        session.handle(.noticed([.failed(task(1), cancelled)]))
        session.handle(.timedOut([task(1), task(2)], within: "2.0 s"))
        #expect(session.taken().isEmpty)
        session.handle(.wanted(task(2)))
        #expect(session.taken() == [.bring(task(2), [5])])
    }

    @Test func `what is out of time says what was on which core, and for how long`() {
        func message(of number: Int, seen: [SeenRun]?) -> TaskFailure? {
            var session = TestSession()
            session.submit(1, 2)
            session.handle(.wanted(task(number)))
            session.orders = []
            session.handle(.timedOut([task(1), task(2)], within: "2.0 s", seen: seen))
            return session.taken().compactMap { order in
                if case .refuse(_, let failure) = order { failure } else { nil }
            }.first
        }
        func run(_ number: Int, _ time: String) -> SeenRun {
            SeenRun(task: task(number), function: "spin", node: "alpha", time: time)
        }
        let begin = "its plan was given 2.0 s, and it had not ended by then"
        let own = message(of: 1, seen: [run(7, "9.0 s"), run(1, "1.9 s")])
        #expect(own?.message == "\(begin): spin was on a core of alpha for 1.9 s")
        #expect(own?.function == "spin" && own?.node == "alpha")
        // Of other plans of this program nothing is said while something of this one runs.
        #expect(
            message(of: 2, seen: [run(7, "9.0 s"), run(1, "1.9 s")])?.message
                == "\(begin); on cores then: spin on alpha for 1.9 s")
        let rounds = (11...15).map { run($0, "1.0 s") }
        #expect(
            message(of: 1, seen: rounds)?.message
                == "\(begin); on cores then: spin on alpha for 1.0 s, spin on alpha for 1.0 s, "
                + "spin on alpha for 1.0 s, 2 more")
        #expect(message(of: 1, seen: [])?.message == "\(begin); no core was on a task of it then")
        #expect(message(of: 1, seen: nil)?.message == begin)
    }

    @Test func `a small value comes with the end of its task, once`() {
        var session = TestSession()
        session.submit(1)
        session.handle(.awaited(task(1)))
        session.handle(.wanted(task(1)))
        session.handle(.wanted(task(1)))
        #expect(session.taken().isEmpty)
        session.finish(1, [5])
        #expect(session.taken() == [.settle(task(1), stored), .bring(task(1), [5])])
        session.finish(1, [5])
        session.handle(.valueArrived(task(1), [5]))
        #expect(session.taken().isEmpty)
        session.handle(.wanted(task(1)))
        #expect(session.taken() == [.bring(task(1), [5])])
    }

    @Test func `a large value is asked for, and its wait is settled once`() {
        var session = TestSession()
        session.submit(1)
        session.handle(.awaited(task(1)))
        session.finish(1, nil)
        #expect(session.taken() == [.settle(task(1), stored)])
        session.handle(.wanted(task(1)))
        session.handle(.valueArrived(task(1), [1, 2]))
        #expect(session.taken() == [.want([task(1)]), .bring(task(1), [1, 2])])
    }

    @Test func `large values that are waited for are asked for together when they are there`() {
        var session = TestSession()
        session.submit(1, 2, 3)
        for number in 1...3 { session.handle(.wanted(task(number))) }
        #expect(session.taken().isEmpty)
        let notices = (1...3).map { number in
            ClientNotice.finished(
                task(number), value: number == 2 ? [5] : nil, byteCount: 8, elementCount: 1)
        }
        session.handle(.noticed(notices))
        #expect(session.taken() == [.bring(task(2), [5]), .want([task(1), task(3)])])
        session.handle(.wanted(task(3)))
        #expect(session.taken().isEmpty)
        session.handle(.valueArrived(task(3), [7]))
        #expect(session.taken() == [.bring(task(3), [7])])
    }

    @Test func `a page that is waited for is asked for at once`() {
        var session = TestSession()
        let spec = TaskSpec(id: task(1), function: FunctionIndex(0), output: .page)
        session.handle(.submitted(GraphPart(tasks: [spec], held: [task(1)]), data: []))
        _ = session.taken()
        session.handle(.wanted(task(1)))
        #expect(session.taken() == [.want([task(1)])])
        session.finish(1, nil)
        #expect(session.taken().isEmpty)
        session.handle(.valueArrived(task(1), [7]))
        #expect(session.taken() == [.bring(task(1), [7])])
    }

    @Test func `a failure is told to those who wait, once`() {
        var session = TestSession()
        session.submit(1)
        session.handle(.awaited(task(1)))
        session.handle(.wanted(task(1)))
        _ = session.taken()
        let failure = TaskFailure(kind: .thrown, message: "it broke", task: task(1))
        session.handle(.noticed([.failed(task(1), failure), .failed(task(1), failure)]))
        #expect(session.taken() == [.settle(task(1), .failed(failure)), .refuse(task(1), failure)])
        session.handle(.wanted(task(1)))
        #expect(session.taken() == [.refuse(task(1), failure)])
    }

    @Test func `the loss of the connection ends every wait, what is here stays`() {
        var session = TestSession()
        session.submit(1, 2, 3)
        session.finish(2, [5])
        session.handle(.awaited(task(1)))
        session.handle(.wanted(task(3)))
        _ = session.taken()
        session.handle(.connectionLost("it is gone"))
        let failure = TaskFailure(kind: .lost, message: "it is gone")
        #expect(session.taken() == [.settle(task(1), .failed(failure)), .refuse(task(3), failure)])
        session.handle(.wanted(task(2)))
        session.handle(.awaited(task(3)))
        #expect(session.taken() == [.bring(task(2), [5]), .settle(task(3), .failed(failure))])
    }

    @Test func `after the end of the scope every use is an error`() {
        var session = TestSession()
        session.submit(1, 2)
        session.finish(1, [5])
        session.handle(.wanted(task(2)))
        _ = session.taken()
        session.handle(.closed)
        session.handle(.wanted(task(1)))
        session.handle(.submitted(GraphPart(held: [task(9)]), data: []))
        session.handle(.wanted(task(9)))
        session.finish(1, [5])
        let orders = session.taken()
        #expect(orders.contains { if case .refuse(task(2), _) = $0 { true } else { false } })
        #expect(orders.contains { if case .refuse(task(1), _) = $0 { true } else { false } })
        #expect(orders.contains { if case .refuse(task(9), _) = $0 { true } else { false } })
        #expect(!orders.contains { if case .bring = $0 { true } else { false } })
        #expect(session.machine.bytes(of: task(1)) == nil)
    }

    @Test func `released handles go in batches, after 20 ms or 512`() {
        var session = TestSession()
        session.submit(1, 2)
        session.handle(.released(task(1)))
        session.handle(.released(task(2)))
        session.handle(.released(task(2)))
        #expect(session.taken().isEmpty)
        #expect(session.machine.nextDeadline?.nanoseconds == 20_000_000)
        session.now = 20_000_000
        session.handle(.deadlineReached)
        #expect(session.taken() == [.release([task(1), task(2)])])
        #expect(session.machine.nextDeadline == nil)
        session.handle(.submitted(GraphPart(held: (0..<512).map(task)), data: []))
        _ = session.taken()
        for number in 0..<512 { session.handle(.released(task(number))) }
        #expect(session.taken() == [.release((0..<512).map(task))])
    }

    @Test func `a handle that is dropped while it is waited for ends the wait`() {
        var session = TestSession()
        session.submit(1)
        session.handle(.awaited(task(1)))
        session.handle(.released(task(1)))
        guard case .settle(task(1), .failed)? = session.taken().first else {
            Issue.record("nobody was told")
            return
        }
    }

    @Test func `what was never submitted is an error, not a wait`() {
        var session = TestSession()
        session.handle(.awaited(task(1)))
        #expect(session.taken().count == 2)
    }
}
