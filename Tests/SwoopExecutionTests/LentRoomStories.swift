// Stories of room that an agent lends to clients on its machine.

import SwoopExecution
import SwoopModel
import Testing

@Suite struct LentRoomStories {
    private let place = PageExtent(offset: 4_096, byteCount: 1_000, elementCount: 0)
    private let written = OutputPart(byteCount: 900, elementCount: 7, checksum: 5)
    private let use = RoomUse.lend(task(1))

    private func agent() -> TestAgent {
        var configuration = AgentMachine.Configuration()
        configuration.storeBytes = 2_000
        configuration.slots = 2
        var agent = TestAgent()
        agent.machine = AgentMachine(configuration: configuration)
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(9))
        agent.handle(.workerReady(agent.worker))
        agent.finish(9)
        agent.forget()
        return agent
    }

    private func ask(_ agent: inout TestAgent) {
        agent.handle(.lendWanted(task(1), byteCount: 1_000))
        agent.expect(.allocate(use, byteCount: 1_000))
    }

    private func lend(_ agent: inout TestAgent) {
        agent.handle(.roomGiven(use))
        agent.handle(.extentLentToClient(task(1), place))
        agent.expect(.tellLent(task(1), place))
        agent.expectNothingElse()
    }

    @Test func `room is lent, and what is written there is a page like any other`() {
        var agent = agent()
        ask(&agent)
        lend(&agent)
        agent.handle(.dataWritten(task(1), written))
        let page = PageExtent(offset: 4_096, pages: StoredPages([written]))
        #expect(
            agent.reported() == [
                .ended(attempt(1), .finished(.page(StoredPages([written]))), RunRecord())
            ])
        agent.expectNothingElse()
        #expect(agent.machine.outputs[task(1)]?.extent == page && agent.machine.lends.isEmpty)
        agent.handle(.outputsDropped([task(1)]))
        agent.expect(.free(page))
    }

    @Test func `a lend waits for room, which a spill makes`() {
        var agent = agent()
        let other = PageExtent(offset: 0, byteCount: 1_500, elementCount: 1)
        agent.handle(.dataStored(task(2), other))
        #expect(agent.reported().count == 1)
        ask(&agent)
        agent.handle(.roomMissing(use, freeBytes: 500, reason: "full"))
        agent.expect(.spill(task(2), other))
        agent.expectNothingElse()
        var onDisk = other
        onDisk.medium = .disk
        agent.handle(.pageSpilled(task(2), from: other, to: onDisk))
        agent.expect(.free(other))
        agent.expect(.allocate(use, byteCount: 1_000))
        lend(&agent)
    }

    @Test func `who waits while a client writes gets its room when the page has left`() {
        var agent = agent()
        ask(&agent)
        lend(&agent)
        let output = RoomUse.output(agent.worker, token: 0)
        agent.handle(.roomWanted(output, byteCount: 1_500))
        agent.expect(.allocate(output, byteCount: 1_500))
        // Nothing can leave as long as it is being written, and nothing is refused.
        agent.handle(.roomMissing(output, freeBytes: 1_000, reason: "full"))
        agent.expectNothingElse()
        agent.handle(.dataWritten(task(1), written))
        #expect(agent.reported().count == 1)
        agent.expect(.spill(task(1), PageExtent(offset: 4_096, pages: StoredPages([written]))))
        agent.expectNothingElse()
    }

    @Test func `a lend for which there will be no room is reported as failed`() {
        var agent = agent()
        agent.handle(.lendWanted(task(1), byteCount: 5_000))
        agent.expect(
            .refuseRoom(
                use,
                reason: "the node has no room for a page of 5000 bytes: its memory for pages has "
                    + "2000 bytes in all"))
        agent.handle(.dataRefused(task(1), "no"))
        guard case .ended(attempt(1), .failed(let failure), _)? = agent.reported().first else {
            Issue.record("\(agent.orders)")
            return
        }
        #expect(failure.kind == .noMemory && agent.machine.lends.isEmpty)
    }

    @Test func `what is dropped before it was lent is not lent`() {
        var agent = agent()
        ask(&agent)
        agent.handle(.lendWanted(task(2), byteCount: 100))
        agent.handle(.outputsDropped([task(2)]))
        agent.handle(.outputsDropped([task(1)]))
        #expect(agent.machine.room.waiting.isEmpty)
        agent.expectNothingElse()
        // It was on its way.
        agent.handle(.roomGiven(use))
        agent.handle(.extentLentToClient(task(1), place))
        agent.expect(.free(place))
        agent.expectNothingElse()
    }

    @Test func `what is dropped while it is lent is freed, and what is written there is nothing`() {
        var agent = agent()
        ask(&agent)
        lend(&agent)
        agent.handle(.outputsDropped([task(1)]))
        agent.expect(.free(place))
        agent.handle(.dataWritten(task(1), written))
        agent.expectNothingElse()
        #expect(agent.machine.outputs.isEmpty && agent.machine.dropped == 1)
    }
}
