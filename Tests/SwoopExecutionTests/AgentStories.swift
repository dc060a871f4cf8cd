// Stories of an agent: leases, pages, revocations, deaths.

import SwoopExecution
import SwoopModel
import Testing

@Suite struct AgentStories {
    /// An agent whose worker is ready and has task 1.
    private func running() -> TestAgent {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(1))
        agent.expect(.startWorker(WorkerID(1), .none))
        agent.expectNothingElse()
        agent.handle(.workerReady(agent.worker))
        #expect(agent.dispatched() == [attempt(1)])
        return agent
    }

    @Test func `a lease starts a worker, is dispatched and reported`() {
        var agent = running()
        agent.report(.started(attempt(1)))
        agent.finish(1)
        #expect(agent.reported().count == 2)
        agent.expectNothingElse()
        #expect(agent.machine.runs.isEmpty)
    }

    @Test func `what is asked back goes unless it has begun, and those that wait for it`() {
        var agent = running()
        agent.report(.started(attempt(1)))
        agent.lease(assigned(2), assigned(3, [(2, .pending)]))
        #expect(agent.dispatched() == [attempt(2)])
        _ = agent.reported()
        agent.handle(.attemptsRecalled([attempt(1), attempt(2), attempt(9)]))
        agent.expect(.recallRun(agent.worker, attempt(2)))
        agent.expectNothingElse()
        agent.report(.returned(attempt(2)))
        #expect(agent.reported() == [.returned(attempt(2)), .returned(attempt(3))])
        agent.finish(1)
        #expect(agent.machine.runs.isEmpty)
    }

    @Test func `a lease that comes twice is dropped`() {
        var agent = running()
        agent.leases -= 1
        agent.lease(assigned(1))
        agent.finish(1)
        agent.leases -= 1
        agent.lease(assigned(1))
        #expect(agent.dispatched().isEmpty)
        #expect(agent.machine.dropped == 2)
    }

    @Test func `what waits inside a lease runs when its input is here`() {
        var agent = running()
        agent.lease(
            assigned(2, [(1, .stored(eightBytes, nodes: [NodeID(2)]))]),
            assigned(3, [(2, .pending)]))
        agent.expect(.fetch(task(1), from: NodeID(2), eightBytes, nil))
        agent.handle(.pageFetched(task(1), extent(64)))
        #expect(agent.dispatched() == [attempt(2)])
        agent.finish(2, .inline([9]))
        // The copy goes with its last reader here: nobody else wants it.
        agent.expect(.free(extent(64)))
        #expect(agent.dispatched() == [attempt(3)])
        agent.finish(3)
        agent.finish(1)
        #expect(agent.machine.outputs.isEmpty)
        #expect(agent.machine.waiters.isEmpty)
    }

    @Test func `a page is kept while it is read and freed after it is dropped`() {
        var agent = running()
        agent.store(1, at: 0)
        agent.finish(1, page)
        agent.lease(assigned(2, [(1, .stored(eightBytes, nodes: [NodeID(1)]))]))
        _ = agent.reported()
        _ = agent.dispatched()
        agent.handle(.outputsDropped([task(1)]))
        agent.expectNothingElse()
        agent.finish(2)
        agent.expect(.free(extent(0)))
        agent.handle(.outputRequested(task(1)))
        agent.expect(.outputMissing(task(1)))
    }

    @Test func `a page is kept for a run that waits for another input`() {
        var agent = running()
        agent.store(1, at: 0)
        agent.finish(1, page)
        agent.lease(
            assigned(2),
            assigned(3, [(1, .stored(eightBytes, nodes: [NodeID(1)])), (2, .pending)]))
        _ = agent.reported()
        agent.handle(.outputsDropped([task(1)]))
        #expect(agent.machine.outputs[task(1)] != nil)
        agent.finish(2)
        agent.finish(3)
        agent.expect(.free(extent(0)))
    }

    @Test func `an input that is nowhere gives back what waits for it, and theirs`() {
        var agent = running()
        agent.lease(
            assigned(2, [(9, .stored(eightBytes, nodes: [NodeID(1)]))]),
            assigned(3, [(2, .pending)]))
        agent.expect(.outputMissing(task(9)))
        #expect(agent.reported() == [.returned(attempt(2)), .returned(attempt(3))])
        agent.lease(assigned(4, [(8, .stored(eightBytes, nodes: [NodeID(2)]))]))
        agent.handle(.fetchFailed(task(8), .absent))
        #expect(agent.reported() == [.returned(attempt(4))])
    }

    @Test func `runs are revoked in every state`() {
        var agent = TestAgent()
        agent.lease(assigned(1, [(9, .stored(eightBytes, nodes: [NodeID(2)]))]), assigned(2))
        agent.handle(.attemptsRevoked([attempt(1), attempt(2), attempt(5)]))
        #expect(agent.machine.runs.isEmpty)
        agent.lease(assigned(3), assigned(4))
        agent.handle(.workerReady(agent.worker))
        agent.report(.started(attempt(3)))
        _ = agent.reported()
        agent.handle(.attemptsRevoked([attempt(3), attempt(4)]))
        agent.expect(.cancelRun(agent.worker, attempt(3)))
        agent.expect(.cancelRun(agent.worker, attempt(4)))
        agent.report(.returned(attempt(4)), .ended(attempt(3), .cancelled, RunRecord()))
        #expect(agent.reported().isEmpty)
        #expect(agent.machine.runs.isEmpty)
        #expect(agent.machine.stopping.isEmpty)
    }

    @Test func `a run that was to stop has as much time to as its agent was there`() {
        var agent = running()
        agent.report(.started(attempt(1)))
        agent.handle(.attemptsRevoked([attempt(1)]))
        agent.now = 5_000_000_000
        agent.handle(.paused(5_000_000_000))
        agent.handle(.deadlineReached)
        #expect(agent.machine.nextDeadline?.nanoseconds == 5_500_000_000)
        // Its end lay unread: the worker need not die for it, nor what else it runs.
        agent.report(.ended(attempt(1), .cancelled, RunRecord()))
        agent.now = 6_000_000_000
        agent.handle(.deadlineReached)
        #expect(!agent.orders.contains(.killWorker(agent.worker)))
        #expect(agent.machine.stopping.isEmpty)
    }

    @Test func `a run that does not stop takes its worker along, and bystanders are not charged`() {
        var agent = running()
        agent.lease(assigned(2))
        agent.report(.started(attempt(1)), .started(attempt(2)))
        agent.handle(.attemptsRevoked([attempt(1)]))
        #expect(agent.machine.nextDeadline?.nanoseconds == 500_000_000)
        agent.now = 500_000_000
        agent.handle(.deadlineReached)
        agent.expect(.killWorker(agent.worker))
        _ = agent.reported()
        agent.die()
        #expect(agent.reported() == [.returned(attempt(2))])
    }

    @Test func `a run in which a call hangs has failed, and takes its worker along`() {
        var agent = running()
        agent.lease(assigned(2))
        agent.report(.started(attempt(1)), .started(attempt(2)))
        var failure = TaskFailure(kind: .timedOut, message: "it hangs", task: task(1))
        failure.signal = 9
        let end = RunReport.ended(attempt(1), .failed(failure), RunRecord())
        agent.report(end)
        agent.expect(.killWorker(agent.worker))
        #expect(agent.reported().contains(end))
        // What it says of its other runs meanwhile counts, and the rest begins anew.
        agent.die()
        #expect(agent.reported() == [.returned(attempt(2))])
    }

    @Test func `a run whose call ended too late costs nobody else anything`() {
        var agent = running()
        agent.report(.started(attempt(1)))
        let failure = TaskFailure(kind: .timedOut, message: "it was late", task: task(1))
        agent.report(.ended(attempt(1), .failed(failure), RunRecord()))
        #expect(!agent.orders.contains(.killWorker(agent.worker)))
    }

    @Test func `the culprit of a crash is charged, bystanders are not`() {
        var agent = running()
        agent.lease(assigned(2))
        agent.report(.started(attempt(1)), .started(attempt(2)))
        agent.store(2, at: 0)
        _ = agent.reported()
        agent.die(WorkerDeath(signal: 4, status: 0, culprit: attempt(1)))
        let reports = agent.reported()
        #expect(reports.contains(.returned(attempt(2))))
        #expect(reports.count == 2)
        guard case .ended(attempt(1), .failed(let failure), _)? = reports.first else {
            Issue.record("\(reports)")
            return
        }
        #expect(failure.kind == .trapped)
        // The bystander's page was stored, its end never told.
        agent.expect(.free(extent(0)))
    }

    @Test func `with no culprit known, whatever was on a core may have been it`() {
        var agent = running()
        agent.lease(assigned(2), assigned(3))
        agent.report(.started(attempt(1)))
        _ = agent.reported()
        agent.die(WorkerDeath(signal: 9, status: 0, onSlots: [attempt(1), attempt(2)]))
        let guilty = agent.reported().compactMap { report -> AttemptID? in
            if case .ended(let attempt, .failed, _) = report { attempt } else { nil }
        }
        #expect(guilty == [attempt(1), attempt(2)])
    }

    @Test
    func `a worker that dies again and again before it tells of a run is charged to its runs`() {
        var agent = running()
        for death in 1...3 as ClosedRange<UInt32> {
            agent.die(worker: death)
            let reports = agent.reported()
            guard death < 3 else {
                guard case .ended(_, .failed(let failure), _)? = reports.first else {
                    Issue.record("\(reports)")
                    return
                }
                #expect(failure.kind == .died)
                return
            }
            #expect(reports == [.returned(attempt(1, death))])
            agent.lease(assigned(1, attempt: death + 1))
            agent.handle(.workerReady(WorkerID(death + 1)))
        }
    }

    @Test func `a worker that does not start fails everything after three times`() {
        var agent = TestAgent()
        agent.lease(assigned(1), assigned(2, [(1, .pending)]))
        for number in 1...3 as ClosedRange<UInt32> {
            agent.expect(.startWorker(WorkerID(number), .none))
            agent.die(WorkerDeath(signal: 0, status: 127), worker: number)
        }
        #expect(agent.reported().count == 2)
        #expect(agent.machine.runs.isEmpty)
        agent.expectNothingElse()
    }

    @Test func `an isolated run has its worker for itself`() {
        var agent = running()
        agent.lease(assigned(2, isIsolated: true))
        #expect(agent.dispatched().isEmpty)
        agent.finish(1)
        #expect(agent.dispatched() == [attempt(2)])
        agent.lease(assigned(3))
        #expect(agent.dispatched().isEmpty)
        agent.finish(2)
        #expect(agent.dispatched() == [attempt(3)])
    }

    @Test func `late news and news of an old worker is dropped`() {
        var agent = running()
        agent.report(.ended(attempt(1, 7), .finished(.inline([])), RunRecord()))
        agent.handle(.workerReported(WorkerID(9), [.started(attempt(1))]))
        agent.handle(.outputStored(WorkerID(9), attempt(1), extent(0)))
        agent.handle(.extentLent(WorkerID(9), extent(8)))
        agent.expect(.free(extent(8)))
        agent.expectNothingElse()
        #expect(agent.machine.dropped == 2)
    }

    @Test func `client data that comes twice is kept once`() {
        var agent = TestAgent()
        agent.handle(.dataStored(task(1), extent(0)))
        agent.handle(.dataStored(task(1), extent(8)))
        agent.expect(.free(extent(8)))
        agent.handle(.attemptsRevoked([attempt(1)]))
        agent.expect(.free(extent(0)))
    }
}
