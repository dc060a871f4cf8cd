// Large submissions are taken in by slices: with the same meaning as at once, whatever happens
// between two of them. And what a task costs in memory.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct IntakeStories {
    private func cluster(_ steps: Int) -> TestCluster {
        TestCluster(nodes: 2) { $0.turnSteps = steps }
    }

    /// A tree over eight leaves, the root last, and a circle.
    private var tree: [TaskSpec] {
        let leaves = (1...8).map { call($0) }
        let inner = (9...15).map { call($0, needs: [2 * ($0 - 9) + 1, 2 * ($0 - 9) + 2]) }
        return (leaves + inner).reversed() + [
            call(20, needs: [21]), call(21, needs: [20]), call(22, needs: [21]),
        ]
    }

    /// Runs everything to its end; answers with the order in which tasks were granted.
    private func run(_ cluster: inout TestCluster) -> [AttemptID] {
        var next = 0
        while next < cluster.granted.count {
            let (attempt, node) = cluster.granted[next]
            next += 1
            cluster.report(
                .ended(attempt, .finished(.inline([1])), RunRecord()), node: node)
        }
        return cluster.granted.map(\.attempt)
    }

    @Test(arguments: [1, 2, 5, 13, 64])
    func `slices mean what the whole means`(steps: Int) {
        var (whole, sliced) = (cluster(1_000), cluster(steps))
        whole.submit(tree, held: [15, 22])
        sliced.submit(tree, held: [15, 22])
        #expect(Set(run(&whole)) == Set(run(&sliced)))
        #expect(whole.granted.count == 15)
        #expect(sliced.state(15) == .done && sliced.state(22) == .failed)
        sliced.release(15, 22)
        sliced.expectEmpty()
    }

    @Test func `what a client says while its plan is taken in comes after it`() {
        var cluster = cluster(3)
        let part = GraphPart(
            functions: [function("f")], tasks: (1...20).map { call($0) },
            held: (1...20).map { task($0) })
        cluster.turn(.graphSubmitted(client, part, data: []))
        #expect(cluster.scheduler.isBusy)
        cluster.turn(.outputsWanted(client, [task(20)]))
        cluster.turn(.handlesReleased(client, (1...19).map { task($0) }))
        #expect(cluster.scheduler.isBusy)
        cluster.handle(.nodeHeard(NodeID(1)))
        #expect(!cluster.scheduler.isBusy)
        #expect(cluster.scheduler.tasks.count == 1)
        #expect(
            cluster.scheduler.tasks.index(of: task(20)).map {
                cluster.scheduler.tasks[extra: $0].wantedNames
            } == [task(20)])
    }

    @Test func `a client that leaves while its plan is taken in leaves nothing`() {
        for turns in 0..<40 {
            var cluster = cluster(3)
            cluster.turn(
                .graphSubmitted(
                    client, GraphPart(functions: [function("f")], tasks: tree, held: [task(15)]),
                    data: []))
            for _ in 0..<turns where cluster.scheduler.isBusy { cluster.turn(.deadlineReached) }
            cluster.handle(.clientLeft(client))
            #expect(cluster.scheduler.tasks.count == 0)
            #expect(!cluster.scheduler.isBusy)
        }
    }

    @Test func `whatever a task reads may end, or be lost, while its plan is taken in`() {
        for turns in 0..<40 {
            var cluster = cluster(2)
            cluster.submit([call(100, output: .page), call(101)], held: [100, 101])
            cluster.finish(100, page: 1_000)
            let part = GraphPart(
                functions: [function("f")],
                tasks: (1...6).map { call($0, needs: [101], pages: [100]) },
                held: (1...6).map { task($0) })
            cluster.turn(.graphSubmitted(client, part, data: []))
            for _ in 0..<turns where cluster.scheduler.isBusy { cluster.turn(.deadlineReached) }
            if turns.isMultiple(of: 2) { cluster.finish(101) }
            let holder = cluster.scheduler.tasks.index(of: task(100)).flatMap {
                cluster.scheduler.tasks.locations(of: $0).first
            }
            cluster.lose(Int(holder?.rawValue ?? 1))
            _ = run(&cluster)
            for number in 1...6 { #expect(cluster.state(number) == .done) }
        }
    }

    @Test func `a large release is carried out by slices`() {
        var cluster = cluster(8)
        cluster.submit((1...50).map { call($0) }, held: Array(1...50))
        cluster.turn(.handlesReleased(client, (1...50).map { task($0) }))
        #expect(cluster.scheduler.tasks.count == 42)
        cluster.handle(.nodeHeard(NodeID(1)))
        cluster.expectEmpty()
    }

    /// Of a tree of pages all records stay as long as the root may have to be made again.
    @Test func `what one release makes needless goes by slices, but for what is needed again`() {
        var cluster = cluster(20)
        let leaves = (1...64).map { call($0, output: .page) }
        let inner = (65...127).map {
            call($0, pages: [2 * ($0 - 65) + 1, 2 * ($0 - 65) + 2], output: .page)
        }
        cluster.submit(leaves + inner, held: [127, 1])
        run(&cluster, from: 0)
        #expect(cluster.scheduler.tasks.count == 127)
        cluster.turn(.handlesReleased(client, [task(127)]))
        #expect(cluster.scheduler.tasks.count == 107)
        // One child of the root is looked at last: a new task reads it before, so that it is made
        // again, with all that it was made of.
        let before = cluster.granted.count
        guard let last = cluster.scheduler.unneeded.first else {
            Issue.record("nothing was left for the next turn")
            return
        }
        let child = Int(cluster.scheduler.tasks.id(of: last.index).low)
        #expect(125...126 ~= child)
        let reader = GraphPart(
            functions: [function("f")],
            tasks: [call(200, pages: [child], output: .page)], held: [task(200)])
        cluster.handle(.graphSubmitted(client, reader, data: []))
        run(&cluster, from: before)
        #expect(cluster.state(200) == .done)
        cluster.release(200, 1)
        cluster.expectEmpty()
    }

    /// Runs what was granted since then to its end, each task making a page.
    private func run(_ cluster: inout TestCluster, from first: Int) {
        var next = first
        while next < cluster.granted.count {
            cluster.finish(Int(cluster.granted[next].attempt.task.low), page: 8)
            next += 1
        }
    }

    @Test func `a turn grants so many leases and no more`() {
        var cluster = TestCluster(nodes: 2, slots: 64) { $0.turnSteps = 40 }
        cluster.submit((1...100).map { call($0) }, held: Array(1...100))
        #expect(cluster.leases.allSatisfy { $0.tasks.count <= 10 })
        #expect(cluster.granted.count == 100)
    }

    @Test func `a record has 64 bytes, its output 16, an edge 20`() {
        #expect(MemoryLayout<TaskRecord>.stride == 64)
        #expect(MemoryLayout<TaskOutput>.stride == 16)
        #expect(MemoryLayout<TaskLink>.stride == 8)
        #expect(TaskTable.edgeBytes == 20)
    }

    @Test func `small values are kept in place, and are what they were`() {
        for count in 0...12 {
            let bytes = (0..<count).map { UInt8(250 + $0 % 6) }
            #expect(TaskOutput(bytes).bytes == bytes)
        }
    }

    @Test func `ready tasks come by rank, equal ones in the order of coming`() {
        var queue = ReadyQueue()
        let line = ReadyLine(share: 0, effect: .harmless)
        var mixer = Mixer(seed: 4)
        var expected: [(rank: Int64, order: Int)] = []
        for ranks in [1, 3, 40, 5_000] as [UInt64] {
            for order in 0..<3_000 {
                mixer.mix(ranks)
                let rank = Int64(mixer.value % ranks)
                queue.push(TaskLink(index: order, generation: 0), rank: rank, in: line)
                expected.append((rank, order))
                // One is taken and put back.
                guard order % 7 == 0, let entry = queue.pop(line) else { continue }
                queue.restore(entry, in: line)
            }
            expected.sort { ($0.rank, -$0.order) > ($1.rank, -$1.order) }
            for wanted in expected { #expect(queue.pop(line)?.index == wanted.order) }
            #expect(queue.isEmpty)
            expected = []
        }
    }
}
