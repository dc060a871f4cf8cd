// Stories of memory for pages: who waits for it, what leaves for the disk, and what comes back from
// there.

import SwoopExecution
import SwoopModel
import Testing

private let second: Int64 = 1_000_000_000

/// A page in memory.
private func page(_ offset: Int64, _ byteCount: Int64 = 100) -> PageExtent {
    PageExtent(offset: offset, byteCount: byteCount, elementCount: 1, checksum: 5)
}

/// The same page on the disk.
private func onDisk(_ offset: Int64, _ byteCount: Int64 = 100) -> PageExtent {
    var extent = page(offset, byteCount)
    extent.medium = .disk
    return extent
}

private func here(_ task: Int, _ byteCount: Int64 = 100) -> (Int, InputSource) {
    (
        task,
        .stored(
            StoredPages(byteCount: byteCount, elementCount: 1, checksum: 5), nodes: [NodeID(1)])
    )
}

@Suite struct StoreStories {
    /// Node 1 with a worker, two slots and the data of tasks 11 and on in pages of these sizes.
    private func agent(
        _ pages: [Int64], storeBytes: Int64 = 1_000, trouble: String? = nil
    ) -> TestAgent {
        var configuration = AgentMachine.Configuration()
        configuration.storeBytes = storeBytes
        configuration.slots = 2
        configuration.spillTrouble = trouble
        var agent = TestAgent()
        agent.machine = AgentMachine(configuration: configuration)
        agent.handle(.accepted(NodeID(1)))
        agent.lease(assigned(1))
        agent.handle(.workerReady(agent.worker))
        agent.finish(1)
        for (place, bytes) in pages.enumerated() {
            agent.handle(.dataStored(task(11 + place), page(Int64(place) * 1_000, bytes)))
        }
        agent.forget()
        return agent
    }

    private let output = RoomUse.output(WorkerID(1), token: 0)
    private let other = RoomUse.output(WorkerID(1), token: 1)

    @Test func `less memory than was asked for is told when the node joins, and once`() {
        var configuration = AgentMachine.Configuration()
        configuration.budgetTrouble = "pages get less"
        var agent = TestAgent()
        agent.machine = AgentMachine(configuration: configuration)
        agent.handle(.accepted(NodeID(1)))
        agent.expect(.remark("pages get less"))
        agent.handle(.accepted(NodeID(1)))
        #expect(!agent.orders.contains(.remark("pages get less")))
    }

    @Test func `memory that is free is given at once`() {
        var agent = agent([])
        agent.handle(.roomWanted(output, byteCount: 100))
        agent.expect(.allocate(output, byteCount: 100))
        agent.handle(.roomGiven(output))
        agent.expectNothingElse()
        #expect(agent.machine.room.waiting.isEmpty)
    }

    @Test func `when memory is full the largest pages leave, and who waits is asked again`() {
        var agent = agent([100, 300, 200, 200])
        agent.handle(.roomWanted(output, byteCount: 450))
        agent.expect(.allocate(output, byteCount: 450))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.expect(.spill(task(12), page(1_000, 300)))
        agent.expect(.spill(task(13), page(2_000, 200)))
        agent.expectNothingElse()
        agent.handle(.pageSpilled(task(12), from: page(1_000, 300), to: onDisk(0, 300)))
        #expect(
            agent.orders == [.free(page(1_000, 300)), .allocate(output, byteCount: 450)])
        agent.forget()
        // What is on its way will do.
        agent.handle(.roomMissing(output, freeBytes: 300, reason: "full"))
        agent.expectNothingElse()
        agent.handle(.pageSpilled(task(13), from: page(2_000, 200), to: onDisk(512, 200)))
        agent.expect(.free(page(2_000, 200)))
        agent.expect(.allocate(output, byteCount: 450))
        // Free, but in pieces.
        agent.handle(.roomMissing(output, freeBytes: 500, reason: "full"))
        agent.expect(.spill(task(14), page(3_000, 200)))
        agent.expectNothingElse()
    }

    @Test func `pages that runs wait to read leave last, and those that they read do not`() {
        var agent = agent([100, 300, 200])
        agent.lease(assigned(2, [here(11)]), assigned(3, [here(12, 300), (4, .pending)]))
        #expect(agent.dispatched() == [attempt(2)])
        agent.handle(.roomWanted(output, byteCount: 600))
        agent.expect(.allocate(output, byteCount: 600))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        #expect(
            agent.orders == [
                .spill(task(13), page(2_000, 200)), .spill(task(12), page(1_000, 300)),
            ])
        agent.forget()
        agent.finish(2)
        #expect(agent.reported().count == 1)
        agent.expect(.spill(task(11), page(0)))
        agent.expectNothingElse()
    }

    @Test func `a run reads a page where it lies, and the disk is freed when it is dropped`() {
        var agent = agent([100])
        spillAll(&agent, wish: 500)
        agent.lease(assigned(2, [here(11)]))
        let inputs = [RunInput(task: task(11), source: .extent(onDisk(4_096)))]
        guard case .dispatch(_, let orders)? = agent.orders.first else {
            Issue.record("\(agent.orders)")
            return
        }
        #expect(orders.first?.inputs == inputs)
        agent.forget()
        agent.handle(.outputsDropped([task(11)]))
        agent.expectNothingElse()
        agent.finish(2)
        agent.expect(.free(onDisk(4_096)))
        #expect(agent.machine.outputs.isEmpty)
    }

    /// Sends the page of task 11 to the disk, at 4096.
    private func spillAll(_ agent: inout TestAgent, wish: Int64) {
        agent.handle(.roomWanted(output, byteCount: wish))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.expect(.spill(task(11), page(0)))
        agent.handle(.pageSpilled(task(11), from: page(0), to: onDisk(4_096)))
        agent.expect(.free(page(0)))
        agent.handle(.roomGiven(output))
        agent.forget()
    }

    @Test func `a page that is taken up while it leaves stays as long as it is read`() {
        var agent = agent([100])
        agent.handle(.roomWanted(output, byteCount: 500))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.lease(assigned(2, [here(11)]))
        #expect(agent.dispatched() == [attempt(2)])
        agent.forget()
        agent.handle(.pageSpilled(task(11), from: page(0), to: onDisk(0)))
        agent.expectNothingElse()
        agent.lease(assigned(3, [here(11)]))
        #expect(agent.dispatched() == [attempt(3)])
        agent.finish(2)
        #expect(agent.reported().count == 1)
        agent.expect(.free(page(0)))
        agent.expect(.allocate(output, byteCount: 500))
        agent.expectNothingElse()
        agent.finish(3)
        agent.forget()
        agent.handle(.outputsDropped([task(11)]))
        agent.expect(.free(onDisk(0)))
    }

    @Test func `what is dropped on its way to the disk is freed on both sides`() {
        var agent = agent([100])
        agent.handle(.roomWanted(output, byteCount: 500))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.forget()
        agent.handle(.outputsDropped([task(11)]))
        agent.expectNothingElse()
        agent.handle(.pageSpilled(task(11), from: page(0), to: onDisk(0)))
        agent.expect(.free(onDisk(0)))
        agent.expect(.free(page(0)))
        agent.expect(.allocate(output, byteCount: 500))
        agent.expectNothingElse()
        // News of a page that nobody knows.
        agent.handle(.pageSpilled(task(99), from: page(0), to: onDisk(8)))
        agent.expect(.free(onDisk(8)))
    }

    @Test func `ranges and whole outputs are sent from the disk, which keeps them meanwhile`() {
        var agent = agent([100])
        spillAll(&agent, wish: 500)
        agent.handle(.rangeWanted(task(11), token: 7))
        agent.expect(.sendRange(token: 7, task(11), onDisk(4_096)))
        agent.handle(.outputRequested(task(11)))
        agent.expect(.sendOutput(task(11), onDisk(4_096)))
        agent.handle(.outputsDropped([task(11)]))
        agent.handle(.rangeSent(task(11), .disk))
        agent.expectNothingElse()
        agent.handle(.rangeSent(task(11), .disk))
        agent.expect(.free(onDisk(4_096)))
        agent.expectNothingElse()
    }

    @Test func `an output that leaves for the coordinator stays until all of it has left`() {
        var agent = agent([100])
        agent.handle(.outputRequested(task(11)))
        agent.expect(.sendOutput(task(11), page(0)))
        // It may go neither to the disk nor away meanwhile.
        agent.handle(.outputsDropped([task(11)]))
        agent.expectNothingElse()
        agent.handle(.rangeSent(task(11)))
        agent.expect(.free(page(0)))
        agent.expectNothingElse()
    }

    @Test func `a range that is sent from memory keeps its page there`() {
        var agent = agent([100])
        agent.handle(.rangeWanted(task(11), token: 7))
        agent.handle(.roomWanted(output, byteCount: 500))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.forget()
        agent.handle(.rangeSent(task(11)))
        agent.expect(.spill(task(11), page(0)))
        agent.expectNothingElse()
    }

    @Test func `those who wait are answered in their order`() {
        var agent = agent([100, 200])
        agent.handle(.roomWanted(output, byteCount: 250))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.expect(.allocate(output, byteCount: 250))
        agent.handle(.roomWanted(other, byteCount: 10))
        agent.handle(.roomWanted(.data(task(20)), byteCount: 20))
        agent.expect(.spill(task(12), page(1_000, 200)))
        agent.expect(.spill(task(11), page(0)))
        agent.expectNothingElse()
        agent.handle(.pageSpilled(task(12), from: page(1_000, 200), to: onDisk(0, 200)))
        agent.expect(.allocate(output, byteCount: 250))
        agent.handle(.roomGiven(output))
        agent.expect(.allocate(other, byteCount: 10))
        agent.handle(.roomGiven(other))
        agent.expect(.allocate(.data(task(20)), byteCount: 20))
    }

    @Test func `a process that ends waits for nothing any more`() {
        var agent = agent([])
        agent.lease(assigned(2), assigned(3))
        agent.report(.started(attempt(2)))
        agent.forget()
        agent.handle(.roomWanted(output, byteCount: 250))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "full"))
        agent.handle(.roomWanted(.data(task(20)), byteCount: 20))
        agent.forget()
        agent.die()
        agent.expect(.allocate(.data(task(20)), byteCount: 20))
        #expect(agent.machine.room.waiting.count == 1)
    }

    @Test func `a failed spill loses nothing, is told once, and is tried again later`() {
        var agent = agent([100])
        agent.lease(assigned(2))
        agent.report(.started(attempt(2)))
        agent.forget()
        agent.handle(.roomWanted(.data(task(20)), byteCount: 500))
        agent.handle(.roomMissing(.data(task(20)), freeBytes: 0, reason: "full"))
        agent.forget()
        agent.handle(.spillFailed(task(11), page(0), reason: "/spill is full"))
        agent.expect(.remark("memory for pages is full and /spill is full"))
        // A run goes on, which may leave room.
        agent.expectNothingElse()
        #expect(agent.machine.outputs[task(11)]?.extent == page(0))
        #expect(agent.machine.nextDeadline?.nanoseconds == 5 * second)
        agent.now = 5 * second
        agent.handle(.coordinatorHeard)
        agent.expect(.spill(task(11), page(0)))
        agent.handle(.spillFailed(task(11), page(0), reason: "/spill is full"))
        agent.expectNothingElse()
        agent.finish(2)
        #expect(agent.reported().count == 1)
        agent.expect(
            .refuseRoom(
                .data(task(20)),
                reason: "the node has no room for a page of 500 bytes: /spill is full"))
        agent.expectNothingElse()
    }

    @Test func `a node that cannot spill says so and refuses when nothing else goes on`() {
        var agent = agent([100], trouble: "/x cannot be written")
        agent.handle(.roomWanted(.copy(task(20)), byteCount: 500))
        agent.handle(.roomMissing(.copy(task(20)), freeBytes: 0, reason: "full"))
        agent.expect(.allocate(.copy(task(20)), byteCount: 500))
        agent.expect(.remark("memory for pages is full and /x cannot be written"))
        agent.expect(
            .refuseRoom(
                .copy(task(20)),
                reason: "the node has no room for a page of 500 bytes: /x cannot be written"))
        agent.expectNothingElse()
    }

    /// Two runs that read all that is in memory, and wait for more.
    private func stuck(trouble: String? = nil) -> TestAgent {
        var agent = agent([300, 200], trouble: trouble)
        agent.lease(assigned(2, [here(11, 300)]), assigned(3, [here(12, 200)]))
        #expect(agent.dispatched() == [attempt(2), attempt(3)])
        agent.report(.started(attempt(2)), .started(attempt(3)))
        agent.forget()
        agent.handle(.roomWanted(output, byteCount: 900))
        agent.handle(.roomMissing(output, freeBytes: 0, reason: "all is read"))
        agent.expect(.allocate(output, byteCount: 900))
        if trouble != nil { agent.forget() }
        // The other one may end.
        agent.expectNothingElse()
        agent.handle(.roomWanted(other, byteCount: 900))
        return agent
    }

    @Test func `when all that run wait for room and nothing can leave, the first uses the disk`() {
        var agent = stuck()
        agent.expect(.allocateOnDisk(output, byteCount: 900))
        agent.expectNothingElse()
        let lent = onDisk(8_192, 4_096)
        agent.handle(.extentLent(agent.worker, lent))
        agent.expect(.allocate(other, byteCount: 900))
        agent.handle(.roomMissing(other, freeBytes: 0, reason: "all is read"))
        // One that writes will end.
        agent.expectNothingElse()
        agent.handle(.outputStored(agent.worker, attempt(2), onDisk(8_192, 900)))
        agent.finish(2, .onePage(byteCount: 900, elementCount: 1, checksum: 5))
        #expect(agent.reported().count == 1)
        agent.expect(.spill(task(11), page(0, 300)))
        agent.expectNothingElse()
        // It is read and freed like any other page of the disk.
        agent.finish(3)
        agent.lease(assigned(4, [here(2, 900)]))
        #expect(agent.order(of: 4)?.inputs.first?.source == .extent(onDisk(8_192, 900)))
        agent.forget()
        agent.finish(4)
        agent.forget()
        agent.handle(.outputsDropped([task(2)]))
        agent.expect(.free(onDisk(8_192, 900)))
    }

    @Test func `a run that was to write on the disk and does not gives its place back`() {
        var agent = stuck()
        agent.forget()
        agent.handle(.extentLent(agent.worker, onDisk(0, 4_096)))
        agent.forget()
        // At the same offset in memory there is none.
        agent.handle(.extentAbandoned(agent.worker, page(0, 900)))
        agent.expectNothingElse()
        agent.handle(.extentAbandoned(agent.worker, onDisk(0, 900)))
        agent.expect(.free(onDisk(0, 4_096)))
    }

    @Test func `a disk that is full is told, and what waits is refused`() {
        var agent = stuck()
        agent.forget()
        agent.handle(.roomOnDiskMissing(output, byteCount: 900, reason: "/spill is full"))
        agent.expect(.remark("memory for pages is full and /spill is full"))
        agent.expect(
            .refuseRoom(
                output, reason: "the node has no room for a page of 900 bytes: /spill is full"))
        agent.expect(.allocate(other, byteCount: 900))
        agent.expectNothingElse()
    }

    @Test func `without a disk the first of those that wait for ever is refused`() {
        var agent = stuck(trouble: "/x cannot be written")
        agent.expect(
            .refuseRoom(
                output,
                reason: "the node has no room for a page of 900 bytes: /x cannot be written"))
        agent.expect(.allocate(other, byteCount: 900))
        agent.expectNothingElse()
        agent.finish(2)
        agent.forget()
        agent.handle(.roomMissing(other, freeBytes: 0, reason: "all is read"))
        agent.expect(
            .refuseRoom(
                other,
                reason: "the node has no room for a page of 900 bytes: /x cannot be written"))
        agent.expectNothingElse()
    }

    @Test func `a copy that comes first stays first while a run behind it uses the disk`() {
        var agent = agent([300])
        agent.lease(assigned(2, [here(11, 300)]))
        agent.report(.started(attempt(2)))
        agent.forget()
        agent.handle(.roomWanted(.copy(task(20)), byteCount: 900))
        agent.handle(.roomMissing(.copy(task(20)), freeBytes: 700, reason: "all is read"))
        agent.expect(.allocate(.copy(task(20)), byteCount: 900))
        agent.expectNothingElse()
        agent.handle(.roomWanted(output, byteCount: 900))
        agent.expect(.allocateOnDisk(output, byteCount: 900))
        #expect(agent.machine.room.waiting.map(\.use) == [.copy(task(20))])
        agent.handle(.extentLent(agent.worker, onDisk(0, 4_096)))
        agent.handle(.outputStored(agent.worker, attempt(2), onDisk(0, 900)))
        agent.finish(2, .onePage(byteCount: 900, elementCount: 1, checksum: 5))
        #expect(agent.reported().count == 1)
        agent.expect(.spill(task(11), page(0, 300)))
        agent.expectNothingElse()
    }

    @Test func `a run that takes all cores is not waited for by those that cannot begin`() {
        var agent = agent([300])
        var needs = TaskNeeds()
        needs.cores = 2
        let wide = FunctionSpec(
            identity: "wide", name: "wide", fingerprint: 0, code: .remote(identity: "wide"),
            isOptimised: true, isAsync: false, needs: needs)
        agent.handle(
            .leaseGranted(
                Lease(
                    id: LeaseID(2), firstFunction: 0, functions: [wide],
                    tasks: [assigned(2, [here(11, 300)]), assigned(3)])))
        agent.report(.started(attempt(2)))
        agent.forget()
        agent.handle(.roomWanted(output, byteCount: 900))
        agent.handle(.roomMissing(output, freeBytes: 700, reason: "all is read"))
        agent.expect(.allocate(output, byteCount: 900))
        agent.expect(.allocateOnDisk(output, byteCount: 900))
        agent.expectNothingElse()
    }

    @Test func `a page that is larger than the whole memory is refused at once`() {
        var agent = agent([100])
        agent.handle(.roomWanted(output, byteCount: 1_001))
        agent.expect(
            .refuseRoom(
                output,
                reason: "the node has no room for a page of 1001 bytes: "
                    + "its memory for pages has 1000 bytes in all"))
        agent.expectNothingElse()
        agent.handle(.roomWanted(output, byteCount: 1_000))
        agent.expect(.allocate(output, byteCount: 1_000))
    }

    @Test func `what arrives or is written is waited for`() {
        var agent = agent([])
        agent.lease(assigned(2))
        agent.handle(.extentLent(agent.worker, page(0)))
        agent.handle(.roomWanted(.data(task(20)), byteCount: 500))
        agent.handle(.roomMissing(.data(task(20)), freeBytes: 0, reason: "full"))
        agent.forget()
        agent.handle(.outputStored(agent.worker, attempt(2), page(0)))
        agent.expect(.spill(task(2), page(0)))
        agent.expectNothingElse()
    }

    @Test func `memory that a failed run does not use is given back`() {
        var agent = agent([])
        agent.handle(.extentLent(agent.worker, page(0)))
        agent.handle(.extentAbandoned(agent.worker, page(0)))
        agent.expect(.free(page(0)))
        agent.handle(.extentAbandoned(agent.worker, page(0)))
        agent.expectNothingElse()
    }

    @Test func `workers are given no more to read than half of the memory, but for one run`() {
        var agent = agent([300, 300, 100, 600])
        agent.lease(
            assigned(2, [here(11, 300)]), assigned(3, [here(12, 300)]), assigned(4, [here(13)]))
        #expect(agent.dispatched() == [attempt(2)])
        agent.finish(2)
        #expect(agent.dispatched() == [attempt(3), attempt(4)])
        agent.lease(assigned(5, [here(14, 600)]), assigned(6))
        #expect(agent.dispatched().isEmpty)
        agent.finish(3)
        #expect(agent.dispatched().isEmpty)
        agent.finish(4)
        #expect(agent.dispatched() == [attempt(5), attempt(6)])
        #expect(agent.machine.room.readBytes == 600)
    }

    /// A run that reads ten bytes of each of these outputs.
    private func reader(_ number: Int, of wholes: [(task: Int, byteCount: Int64)]) -> AssignedTask {
        var reader = assigned(number)
        let part = StoredPages(byteCount: 10, elementCount: 1)
        reader.inputs = wholes.map { whole in
            AssignedInput(
                task: task(whole.task).part(1), source: .stored(part, nodes: [NodeID(1)]),
                slice: OutputSlice(
                    task: task(whole.task), offset: 64, wholeByteCount: whole.byteCount))
        }
        return reader
    }

    @Test func `who reads parts of many outputs waits until half of the memory is free of them`() {
        let kib: Int64 = 1_024
        var agent = agent([4 * kib, 12 * kib, 8 * kib, 12 * kib], storeBytes: 40 * kib)
        let wholes = [(11, 4 * kib), (12, 12 * kib), (13, 8 * kib), (14, 12 * kib)]
        agent.lease(reader(2, of: wholes))
        agent.expect(.spill(task(12), page(1_000, 12 * kib)))
        agent.expect(.spill(task(14), page(3_000, 12 * kib)))
        agent.expectNothingElse()
        agent.handle(
            .pageSpilled(task(12), from: page(1_000, 12 * kib), to: onDisk(0, 12 * kib)))
        agent.expect(.free(page(1_000, 12 * kib)))
        agent.expectNothingElse()
        agent.handle(
            .pageSpilled(task(14), from: page(3_000, 12 * kib), to: onDisk(16_384, 12 * kib)))
        #expect(agent.machine.room.pinnedBytes == 12 * kib)
        #expect(agent.order(of: 2)?.inputs.count == 4)
        // The next one reads the same, the third one what memory has no room to keep as well.
        agent.handle(.dataStored(task(15), page(5_000, 16 * kib)))
        agent.forget()
        agent.lease(reader(3, of: wholes), reader(4, of: [(15, 16 * kib)]))
        #expect(agent.dispatched() == [attempt(3)])
        agent.forget()
        #expect(agent.machine.outputs[task(15)]?.isSpilling == true)
        agent.finish(2)
        agent.forget()
        agent.finish(3)
        // There is room before it has left.
        #expect(agent.dispatched() == [attempt(4)])
        #expect(agent.machine.room.pinnedBytes == 16 * kib)
    }

    @Test func `parts are read in memory however much that is where there is no disk`() {
        var agent = agent([500, 400], trouble: "/x cannot be written")
        agent.lease(reader(2, of: [(11, 500), (12, 400)]))
        #expect(agent.dispatched() == [attempt(2)])
        agent.expectNothingElse()
        #expect(agent.machine.room.pinnedBytes == 8_192)
    }

    @Test func `a page that comes back wrong is made again, and its reader is not charged`() {
        var agent = agent([100])
        spillAll(&agent, wish: 500)
        agent.lease(assigned(2, [here(11)]), assigned(3, [here(11), (9, .pending)]))
        #expect(agent.dispatched() == [attempt(2)])
        agent.handle(.pageDamaged(task(11), by: attempt(2)))
        agent.expect(.remark("a page of 100 bytes came back wrong from the disk"))
        agent.expect(.outputMissing(task(11)))
        #expect(agent.reported() == [.returned(attempt(3))])
        agent.expectNothingElse()
        // Found out twice.
        agent.handle(.pageDamaged(task(11), by: nil))
        agent.expectNothingElse()
        // Made again by another attempt before its reader has ended.
        agent.lease(assigned(11, attempt: 2))
        #expect(agent.dispatched() == [attempt(11, 2)])
        agent.handle(.extentLent(agent.worker, page(5_000)))
        agent.handle(.outputStored(agent.worker, attempt(11, 2), page(5_000)))
        agent.expectNothingElse()
        let failure = TaskFailure(kind: .lost, message: "wrong", task: task(2))
        agent.report(.ended(attempt(2), .failed(failure), RunRecord()))
        agent.expect(.free(onDisk(4_096)))
        #expect(agent.reported() == [.returned(attempt(2))])
        #expect(agent.machine.outputs[task(11)]?.extent == page(5_000))
        #expect(agent.machine.room.damagedCount == 1)
        agent.lease(assigned(2, attempt: 2, [here(11)]))
        #expect(agent.dispatched() == [attempt(2, 2)])
        agent.expectNothingElse()
    }
}
