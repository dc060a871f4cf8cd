// Stories of pages that pass from node to node: ranges of what is still on its way here, questions
// that wait, and copies that are kept for those who come late.

import SwoopExecution
import SwoopModel
import Testing

private let tenth: Int64 = 100_000_000

@Suite struct RangeStories {
    /// Node 1, which copies page 9 of 8 bytes from node 2 for run 1.
    private var agent: TestAgent
    private let copy = extent(64)

    init() {
        agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(100))
        agent.handle(.workerReady(agent.worker))
        agent.finish(100)
        agent.forget()
    }

    private mutating func read(_ number: Int, isShared: Bool = true, from nodes: UInt32...) {
        var assigned = assigned(number)
        assigned.inputs = [
            AssignedInput(
                task: task(9), source: .stored(eightBytes, nodes: nodes.map { NodeID($0) }),
                isShared: isShared)
        ]
        agent.lease(assigned)
    }

    @Test mutating func `ranges of a page that is on its way are passed on as they arrive`() {
        read(1, from: 2)
        agent.expect(.fetch(task(9), from: NodeID(2), eightBytes, nil))
        agent.handle(.rangeWanted(task(9), token: 1, upTo: 2))
        agent.handle(.rangeWanted(task(9), token: 2, upTo: 6))
        agent.handle(.rangeWanted(task(9), token: 3, upTo: 8))
        agent.expectNothingElse()
        agent.handle(.pageGrew(task(9), upTo: 4))
        agent.expect(.sendArrived(token: 1, task(9)))
        agent.expectNothingElse()
        agent.handle(.rangeWanted(task(9), token: 4, upTo: 4))
        agent.expect(.sendArrived(token: 4, task(9)))
        // What is left is sent of the page, which is kept so long.
        agent.handle(.pageFetched(task(9), copy))
        agent.expect(.sendRange(token: 2, task(9), copy))
        agent.expect(.sendRange(token: 3, task(9), copy))
        #expect(agent.machine.questions.isEmpty)
        agent.finish(1)
        agent.handle(.rangeSent(task(9)))
        agent.handle(.rangeSent(task(9)))
        #expect(agent.machine.outputs[task(9)] != nil)
    }

    @Test mutating func `who asks before the lease has come waits for it, not for ever`() {
        agent.handle(.rangeWanted(task(9), token: 1, upTo: 8))
        agent.handle(.rangeWanted(task(8), token: 2, upTo: 8))
        agent.expectNothingElse()
        read(1, from: 2)
        agent.forget()
        #expect(agent.machine.nextDeadline?.nanoseconds == tenth)
        agent.now = tenth
        agent.handle(.deadlineReached)
        agent.expect(.refuseRange(token: 2, task(8)))
        agent.expect(.outputMissing(task(8)))
        agent.expectNothingElse()
        // What is on its way is waited for for longer.
        agent.handle(.coordinatorHeard)
        agent.now = 100 * tenth
        agent.handle(.coordinatorHeard)
        agent.expect(.refuseRange(token: 1, task(9)))
        agent.expect(.outputMissing(task(9)))
        agent.expectNothingElse()
    }

    @Test mutating func `who waits for a page that does not come asks elsewhere`() {
        read(1, from: 2)
        agent.handle(.rangeWanted(task(9), token: 1, upTo: 8))
        agent.forget()
        agent.handle(.fetchFailed(task(9), .noRoom))
        agent.now = tenth
        agent.handle(.coordinatorHeard)
        agent.expect(.refuseRange(token: 1, task(9)))
        agent.expect(.outputMissing(task(9)))
        agent.expectNothingElse()
    }

    @Test mutating func `bytes that came before another node was asked are not passed on`() {
        read(1, from: 2, 3)
        agent.handle(.pageGrew(task(9), upTo: 4))
        agent.handle(.fetchFailed(task(9), .absent))
        agent.forget()
        agent.handle(.rangeWanted(task(9), token: 1, upTo: 2))
        agent.expectNothingElse()
        agent.handle(.pageGrew(task(9), upTo: 2))
        agent.expect(.sendArrived(token: 1, task(9)))
    }

    @Test mutating func `a copy that others may want is kept for half a second`() {
        read(1, from: 2)
        agent.handle(.pageFetched(task(9), copy))
        agent.finish(1)
        agent.forget()
        #expect(agent.machine.nextDeadline?.nanoseconds == 5 * tenth)
        agent.now = 4 * tenth
        agent.handle(.rangeWanted(task(9), token: 1, upTo: 8))
        agent.expect(.sendRange(token: 1, task(9), copy))
        agent.now = 5 * tenth
        agent.handle(.rangeSent(task(9)))
        agent.expectNothingElse()
        // From then on again; and a run of this node finds it.
        read(2, from: 2)
        #expect(agent.dispatched() == [attempt(2)])
        agent.finish(2)
        agent.forget()
        agent.now = 10 * tenth
        agent.handle(.deadlineReached)
        agent.expect(.free(copy))
        agent.expectNothingElse()
        #expect(agent.machine.outputs.isEmpty)
    }

    @Test mutating func `a copy that nobody else wants goes with its reader`() {
        read(1, isShared: false, from: 2)
        agent.handle(.pageFetched(task(9), copy))
        agent.forget()
        agent.finish(1)
        agent.expect(.free(copy))
        #expect(agent.machine.outputs.isEmpty)
    }

    @Test mutating func `a copy that nothing reads goes when memory is wanted`() {
        read(1, from: 2)
        agent.handle(.pageFetched(task(9), copy))
        agent.finish(1)
        agent.forget()
        let wish = RoomUse.data(task(5))
        agent.handle(.roomWanted(wish, byteCount: 100))
        agent.expect(.allocate(wish, byteCount: 100))
        agent.handle(.roomMissing(wish, freeBytes: 0, reason: "full"))
        agent.expect(.free(copy))
        agent.expect(.allocate(wish, byteCount: 100))
        agent.expectNothingElse()
    }
}
