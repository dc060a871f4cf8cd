// Stories of work that was given ahead and goes to a node that idles.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct RecallStories {
    private let millisecond: Int64 = 1_000_000

    /// A node of two cores with 20 tasks of 5 ms, and a second node that joins.
    private func joined(_ tasks: [TaskSpec]? = nil) -> TestCluster {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(900)], held: [900])
        cluster.finish(900)
        let all = tasks ?? (1...20).map { call($0) }
        cluster.submit(all, held: all.map { Int($0.id.low) })
        cluster.start(1)
        cluster.start(2)
        cluster.forget()
        cluster.join(2, slots: 2)
        return cluster
    }

    private func recalled(_ cluster: inout TestCluster) -> [Int] {
        let found = cluster.expect("a recall") {
            if case .recall(NodeID(1), _) = $0 { true } else { false }
        }
        guard case .recall(_, let attempts) = found else { return [] }
        return attempts.map { Int($0.task.low) }
    }

    @Test func `half of what was not begun goes to a node that joins, the last first`() {
        var cluster = joined()
        #expect(recalled(&cluster) == Array((11...20).reversed()))
        cluster.expectNothingElse()
        // Asked once; what comes back goes where the queue is shorter.
        for number in (11...20).reversed() { cluster.report(.returned(cluster.attempt(number))) }
        #expect((11...20).allSatisfy { cluster.attempt($0).number == 2 })
        #expect(cluster.node(task(20)) == NodeID(2))
        #expect(cluster.scheduler.nodes.nodes.map(\.assigned) == [10, 10])
        for number in 1...20 { cluster.finish(number) }
        for number in 1...20 { cluster.release(number) }
        cluster.release(900)
        cluster.expectEmpty()
    }

    @Test func `what has begun meanwhile stays, and the next question waits for the answers`() {
        var cluster = joined()
        let asked = recalled(&cluster)
        cluster.now = 20 * millisecond
        for number in asked.dropLast() { cluster.start(number) }
        #expect(cluster.scheduler.nodes.nodes[0].recalls == 1)
        cluster.expectNothingElse()
        cluster.report(.returned(cluster.attempt(asked.last ?? 0)))
        #expect(cluster.node(task(asked.last ?? 0)) == NodeID(2))
        // Its second core idles still.
        #expect(!recalled(&cluster).isEmpty)
    }

    @Test func `short queues stay where they are`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(900)], held: [900])
        cluster.finish(900)
        // 4 ms for each core.
        cluster.handle(
            .estimateRevised(
                FunctionIndex(0),
                DurationModel(fixedNanoseconds: 1e6, slope: 0, feature: -1, logSpread: 0.1)))
        cluster.submit((1...8).map { call($0) }, held: Array(1...8))
        cluster.forget()
        cluster.join(2, slots: 2)
        cluster.expectNothingElse()
    }

    @Test func `tasks whose inputs are made there stay, and those whose copies cost more`() {
        let chain = (1...10).map { call($0) } + (11...20).map { call($0, needs: [$0 - 10]) }
        var cluster = joined(chain)
        #expect(recalled(&cluster).allSatisfy { $0 <= 10 })
        // Each reads 10 MB, which is on the first node: 10 ms of copying for 5 ms of waiting.
        var second = TestCluster(nodes: 1, slots: 2)
        second.submit([call(900, output: .page)], held: [900])
        second.finish(900, page: 10 << 20)
        second.submit(
            (1...20).map { call($0, pages: [900], function: 1) },
            functions: [function("f"), function("g")], held: Array(1...20))
        second.finish(1)
        second.forget()
        second.join(2, slots: 2)
        second.expectNothingElse()
    }

    @Test func `a chain that was given along with its head is no queue, and stays`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(900)], held: [900])
        cluster.finish(900)
        cluster.forget()
        cluster.submit([call(1)] + (2...8).map { call($0, needs: [$0 - 1]) }, held: [8])
        cluster.expectLease([1, 2, 3, 4, 5, 6, 7, 8])
        cluster.forget()
        cluster.join(2, slots: 2)
        cluster.expectNothingElse()
        // Beside it there are two that could begin at once, for one core that is left.
        cluster.submit([call(11), call(12)], held: [11, 12])
        #expect((11...12).contains { cluster.node(task($0)) == NodeID(2) })
    }

    // 3.8 ms of work for each core of a node that has the input, 4.2 ms to copy it: what comes back
    // goes there once more. Over a link on which an answer takes 36 ms that had no end, since the
    // next question came before the input.
    @Test func `what comes back and goes to the same node is asked for with growing pauses`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit(
            [call(900, output: .page), call(901, function: 1)],
            functions: [function("f"), function("g")], held: [900, 901])
        cluster.finish(900, page: 4 << 20)
        cluster.finish(901)
        for (place, nanoseconds) in [(0, 3.8e6), (1, 5e6)] as [(UInt32, Double)] {
            let model = DurationModel(
                fixedNanoseconds: nanoseconds, slope: 0, feature: -1, logSpread: 0.1)
            cluster.handle(.estimateRevised(FunctionIndex(place), model))
        }
        cluster.submit([call(1), call(2)], held: [1, 2])
        cluster.submit(
            [call(3, pages: [900], function: 1)], functions: [function("f"), function("g")],
            held: [3])
        cluster.start(1)
        cluster.start(2)
        cluster.join(2, slots: 2)
        var questions = 0
        for _ in 0..<200 {
            cluster.now += 36 * millisecond
            let isAsked = cluster.orders.contains { if case .recall = $0 { true } else { false } }
            cluster.forget()
            if isAsked {
                questions += 1
                cluster.report(.returned(cluster.attempt(3)))
            } else {
                cluster.handle(.nodeHeard(NodeID(1)))
            }
            #expect(cluster.node(task(3)) == NodeID(1))
        }
        // In 7 s: with pauses of 10 ms, twice as much, and so on.
        #expect((2...10).contains(questions), "\(questions)")
    }

    @Test func `a node that is lost before it answers leaves nothing behind`() {
        var cluster = joined()
        _ = recalled(&cluster)
        cluster.lose(1)
        #expect((1...20).allSatisfy { cluster.node(task($0)) == NodeID(2) })
        for number in 1...20 { cluster.finish(number) }
        for number in 1...20 { cluster.release(number) }
        cluster.release(900)
        cluster.expectEmpty()
    }
}
