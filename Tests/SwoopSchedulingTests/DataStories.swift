// Stories of client data: it has no lineage, so it is on two nodes before it counts as stored.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct DataStories {
    private let data = DataSpec(id: task(1), output: .page, byteCount: 3)
    private let bytes: [UInt8] = [1, 2, 3]
    private let first = AttemptID(task: task(1), number: 1)

    /// Data 1, and task 2 that reads it.
    private func submitted(nodes: Int) -> TestCluster {
        var cluster = TestCluster(nodes: nodes)
        cluster.submit([call(2, pages: [1])], data: [data], bytes: [bytes], held: [1, 2])
        return cluster
    }

    private func refuse(_ cluster: inout TestCluster, node: UInt32) {
        let failure = TaskFailure(kind: .noMemory, message: "its arena is full", task: task(1))
        cluster.handle(.reported(NodeID(node), [.ended(first, .failed(failure), RunRecord())]))
    }

    @Test func `data counts as stored when two nodes have it`() {
        var cluster = submitted(nodes: 3)
        cluster.expect(.storePage(NodeID(1), task(1), .page, bytes: bytes))
        cluster.expect(.storePage(NodeID(2), task(1), .page, bytes: bytes))
        cluster.expectNothingElse()
        cluster.store(1, on: 2, bytes: 3)
        cluster.expectNothingElse()
        cluster.store(1, on: 1, bytes: 3)
        cluster.expectFinished(1, value: nil)
        let found = cluster.expect("the lease") {
            if case .grantLease = $0 { true } else { false }
        }
        guard case .grantLease(let node, let lease) = found else { return }
        // It runs where the data is, and knows both places.
        #expect([NodeID(1), NodeID(2)].contains(node))
        #expect(
            lease.tasks[0].inputs[0].source
                == .stored(
                    StoredPages(byteCount: 3, elementCount: 1),
                    nodes: [NodeID(1), NodeID(2)]))
        cluster.expectNothingElse()
        cluster.finish(2)
        cluster.forget()
        cluster.release(1, 2)
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.expect(.dropPages(NodeID(2), [task(1)]))
        cluster.expectEmpty()
    }

    @Test func `the nodes with most room get it`() {
        var cluster = TestCluster(nodes: 3)
        let large = DataSpec(id: task(3), output: .page, byteCount: 9)
        let text = [UInt8](repeating: 1, count: 9)
        cluster.submit([], data: [large, data], bytes: [text, bytes], held: [1, 3])
        cluster.expect(.storePage(NodeID(1), task(3), .page, bytes: text))
        cluster.expect(.storePage(NodeID(2), task(3), .page, bytes: text))
        cluster.expect(.storePage(NodeID(3), task(1), .page, bytes: bytes))
        cluster.expect(.storePage(NodeID(1), task(1), .page, bytes: bytes))
        cluster.expectNothingElse()
    }

    @Test func `one node is enough where there is one, and a second one comes in time or not`() {
        var cluster = submitted(nodes: 0)
        cluster.expectNothingElse()
        cluster.join(1)
        cluster.expect(.storePage(NodeID(1), task(1), .page, bytes: bytes))
        cluster.join(2)
        cluster.expect(.storePage(NodeID(2), task(1), .page, bytes: bytes))
        cluster.join(3)
        cluster.expectNothingElse()
        var single = submitted(nodes: 1)
        single.expect(.storePage(NodeID(1), task(1), .page, bytes: bytes))
        single.store(1, on: 1, bytes: 3)
        single.expectFinished(1, value: nil)
        single.forget()
        single.join(2)
        single.expectNothingElse()
        single.lose(1)
        single.expectFailed(2, .lost)
    }

    @Test func `the loss of one of two nodes loses nothing`() {
        var cluster = submitted(nodes: 3)
        cluster.store(1, on: 1, bytes: 3)
        cluster.store(1, on: 2, bytes: 3)
        cluster.want(1)
        cluster.expect(.requestOutput(NodeID(1), task(1), client, name: task(1)))
        cluster.forget()
        cluster.lose(1)
        // Whoever waits for the bytes gets them from the other.
        cluster.expect(.requestOutput(NodeID(2), task(1), client, name: task(1)))
        let text = cluster.expectRemark()
        #expect(text.contains("n1") && text.contains("its power failed"))
        #expect(cluster.state(1) == .done)
        #expect(cluster.attempt(2).number == 2)
        cluster.finish(2)
        cluster.expectFinished(2)
        cluster.lose(2)
        cluster.want(1)
        cluster.expectFailed(1, .lost)
    }

    @Test func `a node that is lost while it stores is replaced`() {
        var cluster = submitted(nodes: 3)
        cluster.store(1, on: 1, bytes: 3)
        cluster.forget()
        cluster.lose(2)
        cluster.expect(.storePage(NodeID(3), task(1), .page, bytes: bytes))
        cluster.lose(1)
        #expect(cluster.state(1) == .waiting)
        cluster.store(1, on: 3, bytes: 3)
        cluster.expectFinished(1, value: nil)
    }

    @Test func `a node that cannot store it is replaced, or done without`() {
        var cluster = submitted(nodes: 3)
        cluster.forget()
        refuse(&cluster, node: 2)
        cluster.expect(.storePage(NodeID(3), task(1), .page, bytes: bytes))
        refuse(&cluster, node: 3)
        cluster.expectNothingElse()
        cluster.store(1, on: 1, bytes: 3)
        #expect(cluster.expectRemark().contains("one node only: its arena is full"))
        cluster.expectFinished(1, value: nil)
        var single = submitted(nodes: 1)
        single.forget()
        refuse(&single, node: 1)
        let failure = single.expectFailed(1, .noMemory)
        #expect(failure.message.contains("its arena is full"))
        single.expectFailed(2, .noMemory)
    }

    @Test func `data that is given up while it is stored is freed on both nodes`() {
        var cluster = submitted(nodes: 2)
        cluster.store(1, on: 2, bytes: 3)
        cluster.forget()
        cluster.release(1, 2)
        cluster.expect(.revoke(NodeID(1), [first]))
        cluster.expect(.dropPages(NodeID(2), [task(1)]))
        cluster.expectEmpty()
        // Its answer comes late.
        cluster.forget()
        cluster.store(1, on: 1, bytes: 3)
        cluster.expect(.revoke(NodeID(1), [first]))
        var cancelled = submitted(nodes: 2)
        cancelled.forget()
        cancelled.handle(.cancellationRequested(client, [task(1)]))
        cancelled.expectFailed(1, .cancelled)
        cancelled.expect(.revoke(NodeID(1), [first]))
        cancelled.expect(.revoke(NodeID(2), [first]))
    }

    @Test func `news of a copy that comes twice changes nothing`() {
        var cluster = submitted(nodes: 2)
        cluster.store(1, on: 1, bytes: 3)
        cluster.store(1, on: 1, bytes: 3)
        #expect(cluster.state(1) == .waiting)
        cluster.store(1, on: 2, bytes: 3)
        cluster.forget()
        cluster.store(1, on: 2, bytes: 3)
        cluster.expect(.reject(.staleAttempt))
        cluster.expectNothingElse()
    }
}

extension DataStories {
    @Test func `data is kept while a page that was made of it may be lost`() {
        var cluster = TestCluster(nodes: 3)
        let part = [call(2, pages: [1], output: .page), call(3, pages: [2], output: .page)]
        cluster.submit(part, data: [data], bytes: [bytes], held: [3])
        cluster.store(1, on: 1, bytes: 3)
        cluster.store(1, on: 2, bytes: 3)
        cluster.finish(2, page: 8)
        let node = cluster.node(task(3)) ?? NodeID(0)
        cluster.forget()
        cluster.finish(3, page: 8)
        // The page of 2 is freed, the data is not.
        cluster.expect("the end of a page") {
            if case .dropPages(_, [task(2)]) = $0 { true } else { false }
        }
        #expect(!cluster.orders.contains { if case .dropPages = $0 { true } else { false } })
        cluster.lose(Int(node.rawValue))
        #expect(cluster.attempt(2).number == 2)
        cluster.finish(2, page: 8)
        cluster.finish(3, page: 8)
        #expect(cluster.state(3) == .done)
        cluster.forget()
        cluster.release(3)
        cluster.expect("the end of the data") {
            if case .dropPages(_, [task(1)]) = $0 { true } else { false }
        }
        cluster.expectEmpty()
    }

    @Test func `a loss is told in one remark: who, why, what runs again, what is made again`() {
        var cluster = TestCluster(nodes: 2, slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit(
            [call(1, output: .page), call(2, output: .page), call(3, pages: [1, 2])], held: [3])
        let node = cluster.node(task(1)) ?? NodeID(0)
        cluster.finish(1, page: 8)
        cluster.finish(2, page: 8)
        cluster.forget()
        let held = cluster.node(task(3)) == node ? 1 : 0
        cluster.lose(Int(node.rawValue))
        let text = cluster.expectRemark()
        #expect(
            text
                == "node n\(node.rawValue) is lost: its power failed. \(held) tasks that it held "
                + "are run again, 1 pages are made again.")
        #expect(
            cluster.orders.allSatisfy { if case .notify(_, .remark) = $0 { false } else { true } })
        #expect(cluster.attempt(1).number == 2)
    }
}
