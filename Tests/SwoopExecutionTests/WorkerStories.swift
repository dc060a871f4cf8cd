// Stories of a worker: which run gets a slot, what waits, what is reported when.

import SwoopExecution
import SwoopModel
import Testing

@Suite struct WorkerStories {
    @Test func `the highest rank goes first, equals in order`() {
        var worker = TestWorker(slots: 1)
        worker.order(2, 9, 5)
        for number in [9, 5, 2] { worker.finish(number) }
        #expect(worker.started() == [9, 5, 2])
    }

    @Test func `a suspended run gives its slot, and goes on before anything new`() {
        var worker = TestWorker(slots: 1)
        worker.order(9, 5, 4)
        worker.handle(.suspended(slot: 0, attempt(9)))
        worker.handle(.awaitedArrived(attempt(9)))
        worker.finish(5)
        worker.finish(9)
        #expect(worker.started() == [9, 5, 9, 4])
    }

    @Test func `what arrives before the run suspends is not slept through`() {
        var worker = TestWorker(slots: 1)
        worker.order(9)
        worker.handle(.awaitedArrived(attempt(9)))
        worker.handle(.suspended(slot: 0, attempt(9)))
        #expect(worker.started() == [9, 9])
        worker.finish(9)
        #expect(worker.machine.runs.isEmpty)
    }

    @Test func `children go before the agent's runs, the newest first`() {
        var worker = TestWorker(slots: 1)
        worker.order(9, 5)
        worker.handle(.childMade(attempt(101), parent: attempt(9), function: "f"))
        worker.handle(.childMade(attempt(102), parent: attempt(9), function: "f"))
        worker.handle(.suspended(slot: 0, attempt(9)))
        worker.finish(102)
        worker.finish(101)
        #expect(worker.started() == [9, 102, 101, 5])
        worker.handle(.childMade(attempt(103), parent: attempt(50), function: "f"))
        #expect(worker.machine.dropped == 1)
    }

    @Test func `a run of two cores keeps a second slot idle, from children too`() {
        var worker = TestWorker(slots: 3)
        worker.order(9, cores: 2)
        worker.order(5, 4)
        #expect(worker.started() == [9, 5])
        #expect(worker.machine.hungrySlots == 0)
        worker.handle(.childMade(attempt(101), parent: attempt(9), function: "f"))
        #expect(worker.started() == [])
        worker.handle(.suspended(slot: 0, attempt(9)))
        #expect(worker.started() == [101, 4])
        // It goes on when both are free again.
        worker.handle(.awaitedArrived(attempt(9)))
        worker.finish(101, slot: 0)
        #expect(worker.started() == [])
        worker.finish(5, slot: 1)
        #expect(worker.started() == [9])
        worker.finish(9, slot: 1)
        worker.order(8, cores: 7)
        #expect(worker.started() == [])
        worker.finish(4, slot: 2)
        #expect(worker.started() == [8])
    }

    @Test func `what is asked back goes unless it has begun`() {
        var worker = TestWorker(slots: 1)
        worker.order(9, 5)
        worker.handle(.returnAsked(attempt(9)))
        worker.handle(.returnAsked(attempt(5)))
        worker.handle(.returnAsked(attempt(77)))
        worker.finish(9)
        #expect(worker.started() == [9])
        let reports = worker.reported()
        #expect(reports.contains(.returned(attempt(5))))
        #expect(!reports.contains(.returned(attempt(9))))
        #expect(worker.machine.runs.isEmpty)
    }

    @Test func `the ends of children are told in one report of their root`() {
        var worker = TestWorker(slots: 2)
        worker.order(9)
        for number in 101...104 {
            worker.handle(.childMade(attempt(number), parent: attempt(9), function: "f"))
            worker.finish(number, slot: 1)
        }
        let reports = worker.reported()
        let records = reports.reduce(0) {
            if case .childrenEnded(attempt(9), "f", let records) = $1 {
                $0 + records.count
            } else {
                $0
            }
        }
        #expect(records == 4)
    }

    @Test
    func `a queued run that is cancelled comes back, a running one is told, with its children`() {
        var worker = TestWorker(slots: 1)
        worker.order(9, 5)
        worker.handle(.childMade(attempt(101), parent: attempt(9), function: "f"))
        worker.handle(.cancellationAsked(attempt(5)))
        worker.handle(.cancellationAsked(attempt(9)))
        worker.handle(.cancellationAsked(attempt(9)))
        #expect(worker.orders.filter { $0 == .raiseCancellation(attempt(9)) }.count == 1)
        worker.handle(.suspended(slot: 0, attempt(9)))
        #expect(worker.orders.contains(.raiseCancellation(attempt(101))))
        worker.finish(101)
        worker.handle(.awaitedArrived(attempt(9)))
        worker.finish(9)
        #expect(worker.reported().contains(.returned(attempt(5))))
        #expect(worker.machine.runs.isEmpty)
    }

    @Test func `reports are collected while all slots work, for a millisecond at most`() {
        var worker = TestWorker(slots: 1)
        worker.order(9, 8, 7)
        worker.finish(9)
        #expect(worker.reported().isEmpty)
        #expect(worker.machine.nextDeadline?.nanoseconds == 1_000_000)
        worker.now = 1_000_000
        worker.handle(.deadlineReached)
        #expect(
            worker.reported() == [
                .ended(attempt(9), .finished(.inline([1])), RunRecord()), .started(attempt(8)),
            ])
        worker.finish(8)
        worker.finish(7)
        // A slot idles: at once, and no start of what has ended already.
        #expect(worker.reported().count == 2)
        #expect(worker.machine.nextDeadline == nil)
    }

    @Test func `what happened between two reports is left out`() {
        var worker = TestWorker(slots: 1)
        worker.order(9, 8)
        worker.handle(.suspended(slot: 0, attempt(9)))
        worker.handle(.awaitedArrived(attempt(9)))
        worker.finish(8)
        worker.now = 1_000_000
        worker.handle(.deadlineReached)
        #expect(
            worker.reported() == [
                .ended(attempt(8), .finished(.inline([1])), RunRecord()), .started(attempt(9)),
            ])
    }

    @Test func `events of slots that hold something else are dropped`() {
        var worker = TestWorker(slots: 1)
        worker.order(9)
        worker.finish(5)
        worker.handle(.suspended(slot: 4, attempt(9)))
        worker.order(9)
        #expect(worker.machine.dropped == 3)
        #expect(worker.machine.hungrySlots == 0)
    }
}
