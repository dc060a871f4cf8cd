// Stories of deferred data that its client writes into the memory of a node.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct LentStories {
    private let size: Int64 = 4 << 20
    private let node = NodeID(1)

    private var written: OutputPart { OutputPart(byteCount: size, elementCount: 9, checksum: 5) }

    /// Data 1, which stays, and 11, which reads it; the client was asked for it.
    private func submitted(nodes: Int = 1, stays: Bool = true) -> TestCluster {
        var cluster = TestCluster(nodes: nodes)
        cluster.submit(
            [call(11, pages: [1])],
            data: [
                DataSpec(
                    id: task(1), output: .page, byteCount: size, isDeferred: true,
                    staysOnceBrought: stays)
            ], bytes: [[]], held: [1, 11])
        cluster.expect(.notify(client, .dataNeeded(task(1))))
        return cluster
    }

    /// And it was lent room at the place 64.
    private func lent(nodes: Int = 1) -> TestCluster {
        var cluster = submitted(nodes: nodes)
        want(&cluster)
        cluster.handle(.roomLent(node, task(1), offset: 64, byteCount: size))
        cluster.forget()
        return cluster
    }

    private func want(_ cluster: inout TestCluster, on node: NodeID? = NodeID(1)) {
        cluster.handle(.roomWanted(client, task(1), node, byteCount: size))
    }

    private func refuse(_ cluster: inout TestCluster) {
        let failure = TaskFailure(kind: .noMemory, message: "full", task: task(1))
        let attempt = AttemptID(task: task(1), number: 1)
        cluster.report(.ended(attempt, .failed(failure), RunRecord()), node: node)
    }

    @Test func `a client is lent room, writes, and its data is stored`() {
        var cluster = submitted()
        want(&cluster)
        cluster.expect(.lendRoom(node, task(1), byteCount: size))
        cluster.expectNothingElse()
        cluster.handle(.roomLent(node, task(1), offset: 64, byteCount: size))
        cluster.expect(.notify(client, .roomLent(task(1), offset: 64, byteCount: size)))
        cluster.handle(.dataWritten(client, task(1), written))
        cluster.expect(.keepWritten(node, task(1), written))
        cluster.expectNothingElse()
        cluster.store(1, on: 1, bytes: size)
        cluster.expect(.notify(client, .dataSettled(task(1))))
        cluster.expectFinished(1, value: nil)
        cluster.expectLease([11])
        cluster.expectNothingElse()
        #expect(cluster.scheduler.deferredData.isEmpty && cluster.scheduler.deferredBytes == 0)
        cluster.finish(11)
        cluster.forget()
        cluster.release(1, 11)
        cluster.expect(.dropPages(node, [task(1)]))
        cluster.expectEmpty()
    }

    @Test func `without a node whose memory it shares a client is told to send the data`() {
        var cluster = submitted(nodes: 3)
        want(&cluster, on: nil)
        cluster.expect(.notify(client, .roomRefused(task(1))))
        want(&cluster, on: NodeID(9))
        cluster.expect(.notify(client, .roomRefused(task(1))))
        cluster.handle(.dataArrived(client, task(1), bytes: [4]))
        // It stays, so it is where other data would be: on two nodes.
        cluster.expect(.storePage(node, task(1), .page, bytes: [4]))
        cluster.expect(.storePage(NodeID(2), task(1), .page, bytes: [4]))
        cluster.store(1, on: 1, bytes: size)
        cluster.store(1, on: 2, bytes: size)
        cluster.expect(.notify(client, .dataSettled(task(1))))
        cluster.expectFinished(1, value: nil)
    }

    @Test func `a node without room has the client send the data`() {
        var cluster = submitted()
        want(&cluster)
        cluster.forget()
        refuse(&cluster)
        cluster.expect(.notify(client, .roomRefused(task(1))))
        cluster.expectNothingElse()
        cluster.handle(.dataArrived(client, task(1), bytes: [4]))
        cluster.expect(.storePage(node, task(1), .page, bytes: [4]))
        refuse(&cluster)
        cluster.expectFailed(1, .noMemory)
    }

    @Test func `what could not be written is sent, and its place is freed`() {
        var cluster = lent()
        cluster.handle(.dataArrived(client, task(1), bytes: [4]))
        #expect(
            cluster.orders == [
                .dropPages(node, [task(1)]), .storePage(node, task(1), .page, bytes: [4]),
            ])
        cluster.forget()
        cluster.store(1, on: 1, bytes: size)
        cluster.expectFinished(1, value: nil)
    }

    @Test func `room that nobody needs is freed at once while nobody writes there`() {
        var cluster = submitted()
        want(&cluster)
        cluster.forget()
        cluster.release(1, 11)
        cluster.expect(.dropPages(node, [task(1)]))
        cluster.expect(.notify(client, .dataSettled(task(1))))
        cluster.expectEmpty()
        // It had been made meanwhile.
        cluster.handle(.roomLent(node, task(1), offset: 64, byteCount: size))
        cluster.expect(.dropPages(node, [task(1)]))
        #expect(cluster.scheduler.rejected[.unknownTask] == 1)
    }

    @Test func `room that a client writes in is freed when it has ended`() {
        var cluster = lent()
        cluster.release(1, 11)
        cluster.expect(.notify(client, .dataSettled(task(1))))
        cluster.expectNothingElse()
        cluster.expectEmpty()
        cluster.handle(.dataWritten(client, task(1), written))
        cluster.expect(.dropPages(node, [task(1)]))
        cluster.expectNothingElse()
        #expect(cluster.scheduler.abandonedLends.isEmpty)
    }

    @Test func `room that a client writes in is freed when the client is gone`() {
        var cluster = lent()
        cluster.handle(.clientLeft(client))
        cluster.expect(.dropPages(node, [task(1)]))
        cluster.expectEmpty()
        #expect(cluster.scheduler.abandonedLends.isEmpty)
    }

    @Test func `a client that is gone while its page is taken over leaves nothing`() {
        var cluster = lent()
        cluster.handle(.dataWritten(client, task(1), written))
        cluster.forget()
        cluster.handle(.clientLeft(client))
        cluster.expect(.dropPages(node, [task(1)]))
        cluster.expectEmpty()
        cluster.store(1, on: 1, bytes: size)
        cluster.expect(.revoke(node, [AttemptID(task: task(1), number: 1)]))
    }

    @Test func `what is being written when its node is lost is asked for again`() {
        var cluster = lent(nodes: 2)
        cluster.lose(1)
        cluster.expect(.notify(client, .dataNeeded(task(1))))
        cluster.forget()
        // What was written is nowhere.
        cluster.handle(.dataWritten(client, task(1), written))
        #expect(cluster.scheduler.rejected[.unknownTask] == 1)
        cluster.handle(.dataArrived(client, task(1), bytes: [4]))
        cluster.expect(.storePage(NodeID(2), task(1), .page, bytes: [4]))
    }

    @Test func `with the last node what is being written fails`() {
        var cluster = TestCluster { $0.failsWithoutNodes = true }
        cluster.submit(
            [],
            data: [
                DataSpec(
                    id: task(1), output: .page, byteCount: size, isDeferred: true,
                    staysOnceBrought: true)
            ], bytes: [[]], held: [1])
        want(&cluster)
        cluster.handle(.roomLent(node, task(1), offset: 64, byteCount: size))
        cluster.forget()
        cluster.lose(1)
        cluster.expectFailed(1, .lost)
        #expect(cluster.scheduler.abandonedLends.isEmpty)
    }

    @Test func `what does not stay goes with its last reader, and is written again`() {
        var cluster = submitted(nodes: 2, stays: false)
        want(&cluster)
        cluster.handle(.roomLent(node, task(1), offset: 64, byteCount: size))
        cluster.handle(.dataWritten(client, task(1), written))
        cluster.store(1, on: 1, bytes: size)
        cluster.forget()
        cluster.lose(1)
        cluster.expect(.notify(client, .dataNeeded(task(1))))
        want(&cluster, on: NodeID(2))
        cluster.expect(.lendRoom(NodeID(2), task(1), byteCount: size))
    }
}
