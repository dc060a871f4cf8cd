// Stories of a node that is to leave: nothing is lost, and nothing new goes there.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct DrainStories {
    private let second = nanosecondsPerSecond

    private func drained(_ cluster: TestCluster, _ node: UInt32) -> Bool {
        cluster.orders.contains { $0 == .nodeDrained(NodeID(node)) }
    }

    /// Time passes until the node is looked at again.
    private func look(_ cluster: inout TestCluster) {
        cluster.now += second / 10
        cluster.handle(.deadlineReached)
    }

    @Test func `nothing new goes there, what it has not begun comes back, runs end`() {
        var cluster = TestCluster(nodes: 2, slots: 1)
        cluster.submit([call(900)], held: [900])
        cluster.finish(900)
        cluster.release(900)
        cluster.submit((1...8).map { call($0) }, held: Array(1...8))
        let here = (1...8).filter { cluster.node(task($0)) == NodeID(1) }
        #expect(here.count > 1)
        cluster.start(here[0])
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: 60 * second)))
        let found = cluster.expect("a recall") { if case .recall = $0 { true } else { false } }
        #expect(
            found == .recall(NodeID(1), here.dropFirst().map { cluster.attempt($0) }))
        #expect(cluster.scheduler.rest(of: NodeID(1))?.runs == here.count)
        for number in here.dropFirst() { cluster.report(.returned(cluster.attempt(number))) }
        #expect(here.dropFirst().allSatisfy { cluster.node(task($0)) != NodeID(1) })
        look(&cluster)
        #expect(!drained(cluster, 1))
        #expect(cluster.scheduler.rest(of: NodeID(1))?.words == "1 task to end")
        cluster.finish(here[0])
        look(&cluster)
        #expect(drained(cluster, 1))
        #expect(cluster.scheduler.nodes.nodes.map(\.id) == [NodeID(2)])
        for number in 1...8 where number != here[0] { cluster.finish(number) }
        for number in 1...8 {
            cluster.expectFinished(number)
            cluster.release(number)
        }
        cluster.expectEmpty()
    }

    @Test func `what still runs after the stated time is handed on and charged nothing`() {
        var cluster = TestCluster(nodes: 2, slots: 1)
        cluster.submit([call(1), call(2)], held: [1, 2])
        let number = cluster.node(task(1)) == NodeID(1) ? 1 : 2
        let old = cluster.attempt(number)
        cluster.start(number)
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: 5 * second)))
        cluster.now = 6 * second
        for node in [1, 2] { cluster.handle(.nodeHeard(NodeID(UInt32(node)))) }
        cluster.expect(.revoke(NodeID(1), [old]))
        #expect(drained(cluster, 1))
        cluster.finish(3 - number)
        #expect(cluster.attempt(number).number == 2)
        #expect(cluster.node(task(number)) == NodeID(2))
        let index = cluster.scheduler.tasks.index(of: task(number)) ?? 0
        #expect(cluster.scheduler.tasks[extra: index].charged == 0)
        #expect(cluster.scheduler.tasks[extra: index].losses == 0)
        // Its late answer counts no more.
        cluster.report(.ended(old, .finished(.inline([9])), RunRecord()), node: NodeID(1))
        cluster.finish(number)
        cluster.expectFinished(number)
    }

    @Test func `pages that only it has are copied before it ends`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(1, output: .page)], held: [1])
        cluster.finish(1, page: 64)
        cluster.join(2)
        cluster.forget()
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: second)))
        let pages = StoredPages(byteCount: 64, elementCount: 8)
        cluster.expect(
            .copyPage(
                NodeID(2),
                PageCopy(attempt: cluster.attempt(1), pages: pages, nodes: [NodeID(1)])))
        #expect(cluster.scheduler.rest(of: NodeID(1))?.words == "1 page to be copied")
        look(&cluster)
        cluster.expectNothingElse()
        cluster.handle(.pageCopied(NodeID(2), task(1)))
        look(&cluster)
        cluster.expect(.nodeDrained(NodeID(1)))
        #expect(cluster.state(1) == .done)
        cluster.want(1)
        cluster.expect(.requestOutput(NodeID(2), task(1), client, name: task(1)))
    }

    @Test func `a page that cannot be copied is made again, and data waits for another node`() {
        var cluster = TestCluster(nodes: 1, slots: 2) { $0.failsWithoutNodes = false }
        let data = DataSpec(id: task(9), output: .page, byteCount: 64)
        cluster.submit(
            [call(1, output: .page)], data: [data],
            bytes: [[UInt8](repeating: 1, count: 64)], held: [1, 9])
        cluster.store(9, on: 1, bytes: 64)
        cluster.finish(1, page: 64)
        cluster.forget()
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: second)))
        // There is no other node: the page may be made again, the data may not.
        let rest = cluster.scheduler.rest(of: NodeID(1))
        #expect(rest?.strandedPages == 1 && rest?.copies == 0)
        #expect(rest?.words.contains("there is no other node") == true)
        cluster.join(2)
        look(&cluster)
        #expect(cluster.orders.count { if case .copyPage = $0 { true } else { false } } == 2)
        cluster.forget()
        let failure = TaskFailure(kind: .lost, message: "no room", task: task(1))
        cluster.handle(.pageNotCopied(NodeID(2), failure))
        cluster.handle(.pageCopied(NodeID(2), task(9)))
        look(&cluster)
        cluster.expect(.nodeDrained(NodeID(1)))
        #expect(cluster.state(9) == .done)
        #expect(cluster.attempt(1).number == 2)
        #expect(cluster.node(task(1)) == NodeID(2))
    }

    @Test func `copies on their way to a node that is lost go to another`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(1, output: .page)], held: [1])
        cluster.finish(1, page: 64)
        cluster.join(2)
        cluster.forget()
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: second)))
        cluster.expect("a copy") { if case .copyPage(NodeID(2), _) = $0 { true } else { false } }
        cluster.join(3)
        cluster.lose(2)
        look(&cluster)
        cluster.expect("a copy") { if case .copyPage(NodeID(3), _) = $0 { true } else { false } }
        // News of a copy that nobody counts on any more comes to nothing.
        cluster.handle(.pageCopied(NodeID(2), task(1)))
        #expect(!drained(cluster, 1))
    }

    // Seed 112 and 21 others of the fault simulation: the copy stayed on its node for good.
    @Test(arguments: [0, 1, 2, 3])
    func `a copy of what nobody needs any more is dropped, whatever became of who wanted it`(
        change: Int
    ) {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(1, output: .page)], held: [1])
        cluster.finish(1, page: 64)
        cluster.join(2)
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: second)))
        cluster.expect("a copy") { if case .copyPage(NodeID(2), _) = $0 { true } else { false } }
        cluster.release(1)
        switch change {
        case 0: break
        case 1: look(&cluster)
        case 2: cluster.lose(1)
        default: cluster.handle(.drainEnded(NodeID(1)))
        }
        cluster.forget()
        cluster.handle(.pageCopied(NodeID(2), task(1)))
        cluster.expect(.dropPages(NodeID(2), [task(1)]))
        // Of a node that is gone nothing need be dropped.
        cluster.forget()
        cluster.handle(.pageCopied(NodeID(7), task(1)))
        cluster.expectEmpty()
    }

    @Test func `a copy of what is kept but read by nobody is dropped at once`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit(
            [call(1, output: .page), call(2, pages: [1], output: .page)], held: [1, 2])
        cluster.finish(1, page: 64)
        cluster.finish(2, page: 64)
        cluster.join(2)
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: second)))
        cluster.release(1)
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.forget()
        cluster.handle(.pageCopied(NodeID(2), task(1)))
        cluster.expect(.dropPages(NodeID(2), [task(1)]))
    }

    @Test func `data that came while the only node was to leave is stored when that stays`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit([call(1)], held: [1])
        cluster.start(1)
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: 60 * second)))
        let data = DataSpec(id: task(9), output: .page, byteCount: 3)
        cluster.forget()
        cluster.submit([call(2, pages: [9])], data: [data], bytes: [[1, 2, 3]], held: [2])
        cluster.expectNothingElse()
        cluster.handle(.drainEnded(NodeID(1)))
        cluster.expect(.storePage(NodeID(1), task(9), .page, bytes: [1, 2, 3]))
        cluster.store(9, on: 1, bytes: 3)
        cluster.finish(2)
        cluster.expectFinished(2)
    }

    @Test func `a node that is to stay after all is given work again`() {
        var cluster = TestCluster(nodes: 1, slots: 1) { $0.failsWithoutNodes = false }
        cluster.handle(.drainWanted(NodeID(1), until: Timestamp(nanoseconds: 60 * second)))
        cluster.expect(.nodeDrained(NodeID(1)))
        cluster.join(2, slots: 2)
        cluster.submit([call(1)], held: [1])
        cluster.start(1)
        cluster.handle(.drainWanted(NodeID(2), until: Timestamp(nanoseconds: 60 * second)))
        cluster.submit([call(2)], held: [2])
        #expect(cluster.state(2) == .ready)
        #expect(
            cluster.scheduler.explain(task(2))?.reasons == ["every node is about to leave"])
        cluster.handle(.drainEnded(NodeID(2)))
        #expect(cluster.node(task(2)) == NodeID(2))
    }

    @Test func `without a node work waits, and what only a lost one could run waits for it`() {
        var cluster = TestCluster(nodes: 2, slots: 8) { $0.failsWithoutNodes = false }
        let wide = function("wide", needs: TaskNeeds(memory: 0, cores: 8))
        cluster.lose(1)
        cluster.lose(2)
        cluster.submit(
            [call(1), call(2, function: 1)], functions: [function("f"), wide], held: [1, 2])
        #expect(cluster.state(1) == .ready && cluster.state(2) == .ready)
        cluster.join(3, slots: 1)
        cluster.finish(1)
        // Eight cores have none of those that are there; the lost ones had.
        #expect(cluster.state(2) == .ready)
        cluster.handle(.nodeForgotten("n1"))
        #expect(cluster.state(2) == .ready)
        cluster.handle(.nodeForgotten("n2"))
        cluster.expectFailed(2, .unmetNeeds)
    }
}
