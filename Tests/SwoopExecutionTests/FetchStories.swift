// Stories of pages between nodes: asked for, refused, relayed, given away; and of the coordinator's
// silence.

import SwoopExecution
import SwoopModel
import Testing

private let second: Int64 = 1_000_000_000

@Suite struct FetchStories {
    /// Node 1, with nothing to do.
    private func agent() -> TestAgent {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        return agent
    }

    private func page(on nodes: UInt32...) -> [(Int, InputSource)] {
        [(9, .stored(eightBytes, nodes: nodes.map { NodeID($0) }))]
    }

    private let asked = AgentEffect.fetch(task(9), from: NodeID(2), eightBytes, nil)

    @Test func `a page that several runs wait for is asked for once`() {
        var agent = agent()
        agent.lease(assigned(1, page(on: 2)), assigned(2, page(on: 2)))
        agent.expect(asked)
        agent.expectNothingElse()
        agent.handle(.pageFetched(task(9), extent(0)))
        agent.expect(.startWorker(WorkerID(1), .none))
        agent.handle(.workerReady(WorkerID(1)))
        #expect(agent.dispatched().count == 2)
    }

    @Test func `a page of a node that cannot be reached comes through the coordinator`() {
        var agent = agent()
        agent.lease(assigned(1, page(on: 2)))
        agent.expect(asked)
        agent.handle(.fetchFailed(task(9), .unreachable))
        agent.expect(.relay(task(9), from: NodeID(2)))
        agent.handle(.pageFetched(task(9), extent(0)))
        agent.expect(.startWorker(WorkerID(1), .none))
        // The next page of that node at once; after a while straight again.
        agent.lease(assigned(2, [(8, .stored(eightBytes, nodes: [NodeID(2)]))]))
        agent.expect(.relay(task(8), from: NodeID(2)))
        agent.now = 31 * second
        agent.handle(.coordinatorHeard)
        agent.forget()
        agent.lease(assigned(3, [(7, .stored(eightBytes, nodes: [NodeID(2)]))]))
        agent.expect(.fetch(task(7), from: NodeID(2), eightBytes, nil))
        agent.expectNothingElse()
    }

    @Test func `the next node that has the page is asked, then the run goes back`() {
        var agent = agent()
        agent.lease(assigned(1, page(on: 3, 2)))
        agent.expect(.fetch(task(9), from: NodeID(3), eightBytes, nil))
        agent.handle(.fetchFailed(task(9), .absent))
        agent.expect(asked)
        agent.handle(.fetchFailed(task(9), .unreachable))
        agent.expect(.relay(task(9), from: NodeID(2)))
        agent.handle(.fetchFailed(task(9), .absent))
        #expect(agent.reported() == [.returned(attempt(1))])
        agent.expectNothingElse()
        #expect(agent.machine.fetches.isEmpty)
    }

    @Test func `a page that is thought to be here and is not is fetched, and reported missing`() {
        var agent = agent()
        agent.lease(assigned(1, page(on: 1, 2)))
        agent.expect(.outputMissing(task(9)))
        agent.expect(asked)
        agent.expectNothingElse()
    }

    @Test func `a node that gives nothing away is not asked for ever`() {
        var agent = agent()
        var pauses = 0
        for number in 1...20 as ClosedRange<UInt32> {
            agent.forget()
            agent.lease(assigned(1, attempt: number, page(on: 2)))
            if number > 1 {
                // Not at once again.
                agent.expectNothingElse()
                agent.now = agent.machine.nextDeadline?.nanoseconds ?? 0
                agent.handle(.coordinatorHeard)
                pauses += 1
            }
            agent.forget()
            agent.handle(.fetchFailed(task(9), .unreachable))
            if number == 1 { agent.handle(.fetchFailed(task(9), .unreachable)) }
            let reports = agent.reported()
            guard number == 20 else {
                #expect(reports == [.returned(attempt(1, number))])
                continue
            }
            guard case .ended(attempt(1, 20), .failed(let failure), _)? = reports.first else {
                Issue.record("\(reports)")
                return
            }
            #expect(failure.kind == .lost)
            #expect(failure.message.contains("node 2 has it"))
        }
        #expect(pauses == 19)
        #expect(agent.machine.fetches.isEmpty && agent.machine.runs.isEmpty)
    }

    @Test func `a page without room is tried again, and fails its run in the end`() {
        var agent = agent()
        agent.lease(assigned(1, page(on: 2)))
        for trial in 1...20 {
            agent.expect(asked)
            agent.handle(.fetchFailed(task(9), .noRoom))
            guard trial < 20 else { break }
            agent.expectNothingElse()
            agent.now += second
            agent.handle(.coordinatorHeard)
        }
        guard case .ended(attempt(1), .failed(let failure), _)? = agent.reported().first else {
            Issue.record("\(agent.orders)")
            return
        }
        #expect(failure.kind == .noMemory)
        #expect(failure.message.contains("no room on its node for an input of 8 bytes"))
        var other = self.agent()
        other.lease(assigned(1, page(on: 2)))
        other.handle(.fetchFailed(task(9), .noRoom))
        other.handle(.attemptsRevoked([attempt(1)]))
        other.forget()
        other.now = second
        other.handle(.coordinatorHeard)
        // Nobody wants it any more.
        other.expectNothingElse()
        #expect(other.machine.fetches.isEmpty)
    }

    @Test func `a range of a page is pinned until its bytes have left`() {
        var agent = agent()
        agent.handle(.dataStored(task(1), extent(0)))
        _ = agent.reported()
        agent.handle(.rangeWanted(task(1), token: 5))
        agent.handle(.rangeWanted(task(1), token: 6))
        agent.expect(.sendRange(token: 5, task(1), extent(0)))
        agent.expect(.sendRange(token: 6, task(1), extent(0)))
        agent.handle(.outputsDropped([task(1)]))
        agent.handle(.rangeSent(task(1)))
        agent.expectNothingElse()
        // Who asks now is too late, and the coordinator hears of it.
        agent.handle(.rangeWanted(task(1), token: 7))
        agent.expect(.refuseRange(token: 7, task(1)))
        agent.expect(.outputMissing(task(1)))
        agent.handle(.rangeSent(task(1)))
        agent.expect(.free(extent(0)))
        agent.handle(.rangeSent(task(1)))
        agent.expectNothingElse()
    }

    @Test(arguments: [1, 16, 30] as [Int64])
    func `an agent that was away itself does not end before it has read`(seconds: Int64) {
        var agent = agent()
        agent.handle(.coordinatorHeard)
        agent.now += seconds * nanosecondsPerSecond
        agent.handle(.paused(seconds * nanosecondsPerSecond))
        agent.handle(.workerReported(agent.worker, []))
        agent.handle(.deadlineReached)
        #expect(!agent.machine.hasEnded)
        agent.now += 14 * nanosecondsPerSecond
        agent.handle(.deadlineReached)
        #expect(!agent.machine.hasEnded)
        agent.now += 2 * nanosecondsPerSecond
        agent.handle(.deadlineReached)
        #expect(agent.machine.hasEnded)
    }

    @Test func `an agent ends when it heard nothing for its grace`() {
        var agent = agent()
        #expect(agent.machine.nextDeadline?.nanoseconds == 15 * second)
        agent.now = 10 * second
        agent.handle(.coordinatorHeard)
        agent.now = 24 * second
        agent.handle(.workerReady(WorkerID(1)))
        #expect(agent.machine.nextDeadline?.nanoseconds == 25 * second)
        agent.expectNothingElse()
        agent.now = 25 * second
        agent.handle(.deadlineReached)
        agent.expect(.end("nothing was heard of the coordinator for 15 s"))
        #expect(agent.machine.nextDeadline == nil)
        agent.handle(.deadlineReached)
        agent.expectNothingElse()
    }

    @Test func `an agent that is not taken in ends at its limit`() {
        var agent = TestAgent()
        agent.machine = AgentMachine(startedAt: Timestamp(nanoseconds: 5 * second))
        #expect(agent.machine.nextDeadline?.nanoseconds == 35 * second)
        agent.now = 35 * second
        agent.handle(.deadlineReached)
        agent.expect(.end("the coordinator did not take the node in within 30 s"))
    }
}
