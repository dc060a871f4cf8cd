// Stories of memory that is short: who is kept back, who goes first, and that nobody waits for what
// never comes.

import SwoopModel
import SwoopScheduling
import Testing

/// Bytes of every page in these stories: nodes have room for four.
private let page: Int64 = 50 << 20

@Suite struct BudgetStories {
    private let functions = [function("load"), function("sum"), function("add")]

    /// `count` loaders from 1, and the sum of each from 101; the size of a loader's page is known.
    private func loaders(
        _ count: Int, nodes: Int = 1, slots: UInt32 = 2, knows: Bool = true
    ) -> TestCluster {
        // Long ones: no node is given more than it has cores for, but for reasons of memory.
        var cluster = TestCluster(nodes: nodes, slots: slots, budget: 4 * page) {
            $0.unknownNanoseconds = 1_000_000
        }
        cluster.submit([call(900), call(901, function: 1)], functions: functions, held: [])
        if knows {
            for function in [1, 2] as [UInt32] {
                cluster.handle(
                    .outputSizeRevised(FunctionIndex(function), OutputModel(fixedBytes: 8)))
            }
            let model = OutputModel(fixedBytes: 0, slope: 1_048_576, feature: 0)
            cluster.handle(.outputSizeRevised(FunctionIndex(0), model))
        }
        cluster.submit(
            (1...count).map { call($0, features: [50]) }
                + (1...count).map { call(100 + $0, pages: [$0], function: 1) },
            functions: functions, held: (1...count).map { 100 + $0 })
        return cluster
    }

    private func started(_ cluster: TestCluster) -> [Int] {
        cluster.granted.map { Int($0.attempt.task.low) }
    }

    @Test func `loaders are given away as far as there is room for their pages`() {
        var cluster = loaders(10)
        // Four pages, each with the sum that frees it.
        #expect(started(cluster) == [1, 101, 2, 102, 3, 103, 4, 104])
        #expect(cluster.scheduler.nodes.nodes[0].promisedBytes == 4 * page)
        cluster.finish(1, page: page)
        #expect(started(cluster).count == 8)
        #expect(
            cluster.scheduler.explain(task(5))?.reasons == [
                "no node has room for the 52428800 bytes that it takes, and running tasks make some"
            ])
        cluster.finish(101)
        #expect(started(cluster).suffix(2) == [5, 105])
        for number in 2...10 {
            cluster.finish(number, page: page)
            #expect(cluster.scheduler.nodes.nodes[0].takenBytes <= 4 * page)
            cluster.finish(100 + number)
        }
        for number in 101...110 { cluster.release(number) }
        cluster.expectEmpty()
    }

    @Test func `of a function that never ended one for each core is tried, and the first tells`() {
        var cluster = loaders(10, knows: false)
        #expect(started(cluster) == [1, 101, 2, 102])
        #expect(
            cluster.scheduler.explain(task(3))?.reasons
                == ["nobody knows what load leaves, and as many as there are cores try"])
        cluster.finish(1, page: page)
        // One page is there, another one is expected now.
        #expect(cluster.scheduler.nodes.nodes[0].takenBytes == 4 * page)
        #expect(started(cluster).dropFirst(4) == [3, 103, 4, 104])
    }

    @Test func `what relieves memory goes before what fills it`() {
        var cluster = TestCluster(slots: 1, budget: 4 * page) { $0.horizonNanoseconds = 0 }
        cluster.submit([call(900)], functions: functions, held: [])
        for index in 0..<3 as Range<UInt32> {
            let bytes = index == 1 ? 8 : Double(page)
            cluster.handle(.outputSizeRevised(FunctionIndex(index), OutputModel(fixedBytes: bytes)))
        }
        cluster.submit((1...3).map { call($0) }, functions: functions, held: [1, 2, 3])
        for number in 1...3 { cluster.finish(number, page: page) }
        cluster.submit([call(9, function: 1)], functions: functions, held: [9])
        // 5 hangs before more work than 4 does, and there would be room for its page.
        cluster.submit(
            [call(5), call(6, pages: [5], function: 1), call(4, pages: [1], function: 1)],
            functions: functions, held: [4, 6])
        cluster.finish(9)
        #expect(cluster.state(4) == .leased(NodeID(1)))
        #expect(cluster.state(5) == .ready)
        // With room to spare the longer way goes first.
        cluster.release(1, 2, 3)
        cluster.submit(
            [call(7, function: 1), call(8), call(10, pages: [8], function: 1)],
            functions: functions, held: [7, 10])
        cluster.finish(4)
        cluster.finish(5, page: 8)
        #expect(cluster.state(8) == .leased(NodeID(1)))
        #expect(cluster.state(7) == .ready)
    }

    @Test func `where nothing running makes room a filling task goes to an idle core`() {
        // The pages are held: no end of any task frees them.
        var cluster = TestCluster(budget: 4 * page)
        cluster.submit([call(900)], functions: functions, held: [])
        cluster.handle(
            .outputSizeRevised(FunctionIndex(0), OutputModel(fixedBytes: Double(page))))
        cluster.submit((1...9).map { call($0) }, functions: functions, held: Array(1...9))
        #expect(started(cluster) == [1, 2, 3, 4])
        for number in 1...4 { cluster.finish(number, page: page) }
        // Two at once, as many as there are cores: no queue, and no core that idles.
        #expect(started(cluster) == [1, 2, 3, 4, 5, 6])
        cluster.finish(5, page: page)
        #expect(started(cluster).count == 7)
    }

    @Test func `a task larger than any node's memory runs all the same, alone`() {
        var cluster = TestCluster(nodes: 2, budget: page / 2)
        cluster.submit([call(900)], functions: functions, held: [])
        cluster.handle(
            .outputSizeRevised(FunctionIndex(0), OutputModel(fixedBytes: Double(page))))
        cluster.submit((1...4).map { call($0) }, functions: functions, held: [1, 2, 3, 4])
        #expect(started(cluster) == [1, 2])
        #expect(Set(cluster.granted.map(\.node)).count == 2)
        cluster.finish(1, page: page)
        #expect(started(cluster) == [1, 2, 3])
    }

    @Test func `a loader goes to the node that has room, and copies of inputs count`() {
        var cluster = TestCluster(nodes: 2, slots: 1, budget: 4 * page) {
            $0.horizonNanoseconds = 0
        }
        cluster.submit([call(900)], functions: functions, held: [])
        cluster.handle(
            .outputSizeRevised(FunctionIndex(0), OutputModel(fixedBytes: Double(page))))
        cluster.submit((1...2).map { call($0) }, functions: functions, held: [1, 2])
        cluster.finish(1, page: page)
        cluster.finish(2, page: page)
        let first = cluster.scheduler.tasks.index(of: task(1)).map {
            cluster.scheduler.tasks.locations(of: $0)
        }
        #expect(first == [NodeID(1)])
        cluster.submit(
            [call(3, pages: [1, 2], function: 0)], functions: functions, held: [3])
        // Its own page and a copy of one of the two.
        let node = cluster.node(task(3)).flatMap { cluster.scheduler.nodes.place(of: $0) } ?? 0
        #expect(cluster.scheduler.nodes[node].promisedBytes == 2 * page)
    }

    @Test func `what is expected follows what is seen: up at once, down slowly`() {
        var sizes = OutputSizes()
        #expect(sizes.expected(features: [], inputBytes: 0, inlineMax: 4_096) == nil)
        sizes.learn(pageBytes: 20 << 12, of: 0)
        #expect(sizes.expected(features: [], inputBytes: 0, inlineMax: 4_096) == 20 << 12)
        sizes.learn(pageBytes: 0, of: 0)
        #expect(sizes.expected(features: [], inputBytes: 0, inlineMax: 4_096) == 18 << 12)
        // Of pages: by the byte.
        sizes.learn(pageBytes: 5_000, of: 10_000)
        #expect(sizes.expected(features: [], inputBytes: 20 << 12, inlineMax: 4_096) == 10 << 12)
        #expect(sizes.expected(features: [], inputBytes: 1_000, inlineMax: 4_096) == 0)
        // A size that the result grows with counts more than the largest result.
        sizes.model = OutputModel(fixedBytes: 0, slope: 8, feature: 0)
        #expect(sizes.expected(features: [1_000], inputBytes: 0, inlineMax: 4_096) == 2 << 12)
        #expect(sizes.expected(features: [.nan], inputBytes: 0, inlineMax: 4_096) == 16 << 12)
    }
}

/// Stories of what functions declare.
@Suite struct NeedStories {
    private func cluster(
        budget: Int64, slots: UInt32 = 4, _ needs: [TaskNeeds], tasks: [TaskSpec]
    ) -> TestCluster {
        var cluster = TestCluster(slots: slots, budget: budget)
        let functions = needs.enumerated().map { function("f\($0)", needs: $1) }
        cluster.submit(tasks, functions: functions, held: tasks.map { Int($0.id.low) })
        return cluster
    }

    private func started(_ cluster: TestCluster) -> [Int] {
        cluster.granted.map { Int($0.attempt.task.low) }
    }

    @Test func `tasks that declare 400 MB run one at a time on a node of 500 MB`() {
        let needs = TaskNeeds(memory: 400_000_000)
        var cluster = cluster(budget: 500_000_000, [needs], tasks: (1...6).map { call($0) })
        for number in 1...6 {
            #expect(started(cluster) == Array(1...number))
            cluster.finish(number)
        }
    }

    @Test func `two at a time on a node of 1,000 MB, and others beside them`() {
        let needs = TaskNeeds(memory: 400_000_000)
        var cluster = cluster(
            budget: 1_000_000_000, [needs, TaskNeeds()],
            tasks: (1...6).map { call($0) } + [call(7, function: 1), call(8, function: 1)])
        #expect(started(cluster) == [1, 2, 7, 8])
        for number in 1...4 {
            cluster.finish(number)
            #expect(started(cluster).count == 4 + number)
            #expect(cluster.scheduler.nodes.nodes[0].declaredBytes == 800_000_000)
        }
    }

    @Test func `pages that are held do not keep a task from running that declares memory`() {
        let needs = TaskNeeds(memory: 400_000_000)
        var cluster = cluster(
            budget: 500_000_000, [needs, TaskNeeds()], tasks: [call(1, function: 1)])
        cluster.finish(1, page: 450_000_000)
        let functions = [function("f0", needs: needs)]
        cluster.submit([call(2), call(3)], functions: functions, held: [2, 3])
        #expect(started(cluster) == [1, 2])
        cluster.finish(2)
        #expect(started(cluster) == [1, 2, 3])
    }

    @Test func `declared cores are never more than there are, and nothing queues beside them`() {
        let needs = TaskNeeds(cores: 3)
        var cluster = cluster(
            budget: 1 << 30, [needs, TaskNeeds()],
            tasks: [call(1), call(2)] + (3...9).map { call($0, function: 1) })
        // The second one finds one core only, and those behind it do not get before it.
        #expect(started(cluster) == [1])
        cluster.finish(1)
        #expect(started(cluster) == [1, 2, 3])
        #expect(cluster.scheduler.nodes.nodes[0].assignedCores == 4)
        cluster.finish(2)
        #expect(started(cluster).count >= 6)
        #expect(cluster.scheduler.nodes.nodes[0].assignedCores >= 4)
        for number in 3...9 { cluster.finish(number) }
        for number in 1...9 { cluster.release(number) }
        cluster.expectEmpty()
    }

    @Test func `a suspended run gives back all of its cores`() {
        var cluster = cluster(
            budget: 1 << 30, [TaskNeeds(cores: 4)], tasks: [call(1), call(2)])
        #expect(started(cluster) == [1])
        cluster.start(1)
        cluster.report(.suspended(cluster.attempt(1)))
        #expect(started(cluster) == [1, 2])
    }

    @Test func `what no node can ever meet fails, and says what is needed and what there is`() {
        var cluster = cluster(
            budget: 500_000_000,
            [TaskNeeds(memory: 600_000_000), TaskNeeds(cores: 5), TaskNeeds()],
            tasks: [call(1), call(2, function: 1), call(3, function: 2)])
        #expect(
            cluster.expectFailed(1, .unmetNeeds).message
                == "f0: it needs 600 MB of memory, and no node has so much: the largest, n1, has "
                + "4 cores and 500 MB")
        let second = cluster.expectFailed(2, .unmetNeeds).message
        #expect(second.hasPrefix("f1: it needs 5 cores, and no node"))
        #expect(started(cluster) == [3])
    }

    @Test func `what one of several nodes can meet goes there`() {
        var cluster = TestCluster(nodes: 0)
        cluster.join(1, slots: 1, budget: 100)
        cluster.join(2, slots: 4, budget: 1 << 30)
        cluster.submit(
            [call(1)], functions: [function("f", needs: TaskNeeds(memory: 1_000, cores: 2))],
            held: [1])
        #expect(cluster.granted.map(\.node) == [NodeID(2)])
    }

    @Test func `a value that is too large for a report is booked as the page that it becomes`() {
        for (bytes, taken) in [
            (1, 0), (Agreed.reportedBytesMax, 0), (Agreed.reportedBytesMax + 1, 4_096),
            (4_096, 4_096), (4_097, 8_192),
        ] {
            var cluster = TestCluster(budget: 4 * page)
            cluster.submit([call(900)], held: [])
            cluster.handle(
                .outputSizeRevised(FunctionIndex(0), OutputModel(fixedBytes: Double(bytes))))
            let before = cluster.scheduler.nodes.nodes[0].promisedBytes
            cluster.submit([call(1)], held: [1])
            #expect(cluster.granted.last?.attempt == cluster.attempt(1), "\(bytes)")
            let promised = cluster.scheduler.nodes.nodes[0].promisedBytes - before
            #expect(promised == Int64(taken), "\(bytes)")
        }
    }
}
