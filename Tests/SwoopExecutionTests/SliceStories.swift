// Parts of outputs as inputs: what a lease says of them, and where nodes get them from.

import SwoopExecution
import SwoopModel
import Testing

/// Three parts of 64, 0 and 128 bytes.
private let threeParts = StoredPages([
    OutputPart(byteCount: 64, elementCount: 4), OutputPart(byteCount: 0, elementCount: 0),
    OutputPart(byteCount: 128, elementCount: 8, checksum: 5),
])

@Suite struct SliceStories {
    private var agent: TestAgent
    private let last = StoredPages([threeParts.parts[2]])
    private let slice = OutputSlice(task: task(9), offset: 64, wholeByteCount: 192)

    /// Node 1, with a worker that has nothing to do.
    init() {
        agent = TestAgent()
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(100))
        agent.handle(.workerReady(agent.worker))
        agent.finish(100)
        agent.forget()
    }

    private func assignedSlice(_ number: Int, on nodes: UInt32...) -> AssignedTask {
        var assigned = assigned(number)
        assigned.inputs = [
            AssignedInput(
                task: task(9).part(2),
                source: .stored(last, nodes: nodes.map { NodeID($0) }), slice: slice)
        ]
        return assigned
    }

    @Test mutating func `a part of an output of this node is read where it lies, and pins it`() {
        agent.handle(.dataStored(task(9), PageExtent(offset: 4_096, pages: threeParts)))
        agent.lease(assignedSlice(1, on: 1))
        let order = agent.order(of: 1)
        #expect(
            order?.inputs == [
                RunInput(
                    task: task(9).part(2),
                    source: .extent(PageExtent(offset: 4_160, pages: last)))
            ])
        // Dropped meanwhile, it stays as long as it is read.
        agent.handle(.outputsDropped([task(9)]))
        #expect(agent.machine.outputs[task(9)] != nil)
        agent.finish(1)
        agent.expect(.free(PageExtent(offset: 4_096, pages: threeParts)))
        #expect(agent.machine.outputs.isEmpty)
    }

    @Test mutating func `a part of another node's output is fetched alone`() {
        agent.lease(assignedSlice(1, on: 2))
        agent.expect(.fetch(task(9).part(2), from: NodeID(2), last, slice))
        let copy = PageExtent(offset: 0, pages: last)
        agent.handle(.pageFetched(task(9).part(2), copy))
        #expect(agent.order(of: 1)?.inputs.count == 1)
        agent.finish(1)
        agent.expect(.free(copy))
    }

    @Test mutating func `parts of a node that cannot be reached come as one whole output`() {
        agent.lease(assignedSlice(1, on: 2))
        agent.lease(assignedSlice(2, on: 2))
        agent.handle(.fetchFailed(task(9).part(2), .unreachable))
        agent.expect(.relay(task(9), from: NodeID(2)))
        let whole = PageExtent(offset: 8_192, byteCount: 192, elementCount: 12)
        agent.handle(.pageFetched(task(9), whole))
        for number in 1...2 {
            let order = agent.order(of: number)
            #expect(
                order?.inputs.first?.source == .extent(PageExtent(offset: 8_256, pages: last)))
        }
        agent.finish(1)
        #expect(agent.machine.outputs[task(9)] != nil)
        agent.finish(2)
        agent.expect(.free(whole))
        #expect(agent.machine.fetches.isEmpty)
    }

    @Test mutating func `a whole output of another size is not the one whose part is wanted`() {
        agent.lease(assignedSlice(1, on: 2))
        agent.handle(.fetchFailed(task(9).part(2), .unreachable))
        agent.handle(
            .pageFetched(task(9), PageExtent(offset: 0, byteCount: 256, elementCount: 12)))
        agent.expect(.report([.returned(AttemptID(task: task(1), number: 1))]))
        #expect(agent.machine.outputs.isEmpty && agent.machine.runs.isEmpty)
    }

    @Test mutating func `a relay that fails gives back what waits for parts`() {
        agent.lease(assignedSlice(1, on: 2))
        agent.handle(.fetchFailed(task(9).part(2), .unreachable))
        agent.handle(.fetchFailed(task(9), .absent))
        agent.expect(.report([.returned(AttemptID(task: task(1), number: 1))]))
    }
}
