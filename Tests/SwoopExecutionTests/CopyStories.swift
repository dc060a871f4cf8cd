// Stories of pages that a node is to copy and keep.

import SwoopExecution
import SwoopModel
import Testing

@Suite struct CopyStories {
    private let copy = PageCopy(
        attempt: AttemptID(task: task(9), number: 2), pages: eightBytes, nodes: [NodeID(2)])

    private func agent() -> TestAgent {
        var agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        return agent
    }

    @Test func `a copy is fetched, told of, and stays`() {
        var agent = agent()
        agent.handle(.copiesWanted([copy]))
        agent.expect(.fetch(task(9), from: NodeID(2), eightBytes, nil))
        agent.handle(.pageFetched(task(9), extent(0)))
        agent.expect(.tellCopied(task(9)))
        agent.expectNothingElse()
        // A passing copy would be gone after half a second.
        agent.now = 5_000_000_000
        agent.handle(.coordinatorHeard)
        agent.expectNothingElse()
        agent.handle(.outputsDropped([task(9)]))
        agent.expect(.free(extent(0)))
    }

    @Test func `one that is here already, for a run, is kept`() {
        var agent = agent()
        agent.lease(assigned(1, [(9, .stored(eightBytes, nodes: [NodeID(2)]))]))
        agent.handle(.copiesWanted([copy]))
        agent.expect(.fetch(task(9), from: NodeID(2), eightBytes, nil))
        agent.handle(.pageFetched(task(9), extent(0)))
        agent.expect(.tellCopied(task(9)))
        agent.forget()
        agent.handle(.copiesWanted([copy]))
        agent.expect(.tellCopied(task(9)))
    }

    @Test func `one that nobody gives is told of`() {
        var agent = agent()
        agent.handle(.copiesWanted([copy]))
        agent.forget()
        agent.handle(.fetchFailed(task(9), .absent))
        guard case .tellNotCopied(let failure) = agent.orders.first else {
            Issue.record("\(agent.orders)")
            return
        }
        #expect(failure.task == task(9))
        #expect(agent.machine.copying.isEmpty)
        agent.forget()
        let alone = PageCopy(attempt: copy.attempt, pages: eightBytes, nodes: [])
        agent.handle(.copiesWanted([alone]))
        #expect(agent.orders.count { if case .tellNotCopied = $0 { true } else { false } } == 1)
    }

    @Test func `one that is not needed any more while it comes goes like any other`() {
        var agent = agent()
        agent.handle(.copiesWanted([copy]))
        agent.forget()
        agent.handle(.outputsDropped([task(9)]))
        agent.handle(.pageFetched(task(9), extent(0)))
        agent.expect(.free(extent(0)))
        agent.expectNothingElse()
    }
}
