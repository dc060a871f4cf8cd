// Stories of an agent with workers of two programs.

import SwoopExecution
import SwoopModel
import Testing

private let pi = ProgramID("pi")
private let rank = ProgramID("rank")

@Suite struct ProgramWorkerStories {
    private let first = WorkerID(1)
    private let second = WorkerID(2)

    private func function(_ program: ProgramID) -> FunctionSpec {
        FunctionSpec(
            identity: "f", name: "f of \(program)", fingerprint: 1, code: .remote(identity: "f"),
            isOptimised: true, isAsync: false, program: program)
    }

    private func assigned(_ number: Int, of function: UInt32) -> AssignedTask {
        AssignedTask(
            spec: TaskSpec(id: task(number), function: FunctionIndex(function)), attempt: 1,
            inputs: [], rank: 0, isIsolated: false)
    }

    /// Runs 1 and 3 of `pi`, 2 and 4 of `rank`, each on a core.
    private func running() -> TestAgent {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.leases += 1
        agent.handle(
            .leaseGranted(
                Lease(
                    id: LeaseID(1), firstFunction: 0, functions: [function(pi), function(rank)],
                    tasks: (1...4).map { assigned($0, of: UInt32(1 - $0 % 2)) })))
        agent.expect(.startWorker(first, pi))
        agent.expect(.startWorker(second, rank))
        agent.handle(.workerReady(first))
        agent.handle(.workerReady(second))
        agent.expect(.declare(first, first: 0, [function(pi), function(rank)]))
        agent.expect(.declare(second, first: 0, [function(pi), function(rank)]))
        #expect(agent.dispatched() == [attempt(1), attempt(3), attempt(2), attempt(4)])
        agent.handle(.workerReported(first, [.started(attempt(1)), .started(attempt(3))]))
        agent.handle(.workerReported(second, [.started(attempt(2)), .started(attempt(4))]))
        _ = agent.reported()
        return agent
    }

    private func end(_ number: Int) -> RunReport {
        .ended(attempt(number), .finished(.inline([])), RunRecord())
    }

    @Test func `a death touches the runs of its program only`() {
        var agent = running()
        agent.handle(.extentLent(first, extent(0)))
        agent.handle(.extentLent(second, extent(8)))
        agent.handle(
            .workerExited(first, WorkerDeath(signal: 4, status: 0, culprit: attempt(1))))
        let reports = agent.reported()
        #expect(reports.map(\.attempt) == [attempt(1), attempt(3)])
        #expect(reports.last == .returned(attempt(3)))
        agent.expect(.free(extent(0)))
        agent.expectNothingElse()
        agent.handle(.workerReported(second, [end(2), end(4)]))
        #expect(agent.reported().count == 2)
        #expect(agent.machine.runs.isEmpty)
    }

    @Test func `a report of a run of another program is dropped`() {
        var agent = running()
        agent.handle(.workerReported(second, [end(1)]))
        #expect(agent.machine.dropped == 1)
        #expect(agent.machine.runs[attempt(1)] != nil)
    }

    @Test func `a program that does not start fails its own runs only`() {
        var agent = running()
        agent.handle(.workerExited(first, WorkerDeath(signal: 9, status: 0)))
        _ = agent.reported()
        agent.leases += 1
        let again = AssignedTask(
            spec: TaskSpec(id: task(5), function: FunctionIndex(0)), attempt: 1, inputs: [],
            rank: 0, isIsolated: false)
        agent.handle(
            .leaseGranted(
                Lease(id: LeaseID(2), firstFunction: 2, functions: [], tasks: [again])))
        for number in 3...5 as ClosedRange<UInt32> {
            agent.expect(.startWorker(WorkerID(number), pi))
            agent.handle(
                .workerExited(WorkerID(number), WorkerDeath(signal: 0, status: 127)))
        }
        #expect(agent.reported().map(\.attempt) == [attempt(5)])
        #expect(agent.machine.runs.keys.sorted() == [attempt(2), attempt(4)])
    }

    @Test func `only the worker with a run that does not stop is killed`() {
        var agent = running()
        agent.handle(.attemptsRevoked([attempt(2)]))
        agent.expect(.cancelRun(second, attempt(2)))
        agent.now = 500_000_000
        agent.handle(.deadlineReached)
        agent.expect(.killWorker(second))
        agent.expectNothingElse()
        agent.handle(.workerExited(second, WorkerDeath(signal: 9, status: 0)))
        #expect(agent.reported() == [.returned(attempt(4))])
        #expect(agent.machine.runs.keys.sorted() == [attempt(1), attempt(3)])
    }

    @Test func `a worker that nobody uses ends while there is another, and starts again`() {
        var agent = running()
        agent.handle(.workerReported(first, [end(1), end(3)]))
        agent.now = 5_000_000_000
        agent.handle(.workerReported(second, [end(2), end(4)]))
        _ = agent.reported()
        for seconds in stride(from: 10, through: 50, by: 10) {
            agent.now = Int64(seconds) * 1_000_000_000
            agent.handle(.coordinatorHeard)
        }
        agent.expectNothingElse()
        #expect(agent.machine.nextDeadline?.nanoseconds == 60_000_000_000)
        agent.now = 60_000_000_000
        agent.handle(.coordinatorHeard)
        agent.expect(.killWorker(first))
        // A run that comes now waits for the next worker.
        agent.leases += 1
        agent.handle(
            .leaseGranted(
                Lease(
                    id: LeaseID(2), firstFunction: 2, functions: [],
                    tasks: [assigned(5, of: 0)])))
        agent.expectNothingElse()
        agent.handle(.workerExited(first, WorkerDeath(signal: 9, status: 0)))
        agent.expect(.startWorker(WorkerID(3), pi))
        agent.expectNothingElse()
        #expect(agent.reported().isEmpty)
    }

    @Test func `the only worker stays, however long nobody uses it`() {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(SwoopExecutionTests.assigned(1))
        agent.handle(.workerReady(first))
        agent.handle(.workerReported(first, [end(1)]))
        agent.forget()
        for minute in 1...100 {
            agent.now = Int64(minute) * 10_000_000_000
            agent.handle(.coordinatorHeard)
        }
        agent.expectNothingElse()
    }
}
