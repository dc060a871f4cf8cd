// Stories of data that its client keeps until there is room for it.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct DeferredStories {
    /// Of a node's budget, 1 GiB, a quarter is for such data: two of these.
    private let size: Int64 = 100 << 20

    private func data(_ numbers: ClosedRange<Int>) -> [DataSpec] {
        numbers.map {
            DataSpec(id: task($0), output: .value, byteCount: size, isDeferred: true)
        }
    }

    private func asked(_ number: Int) -> SchedulerEffect {
        .notify(client, .dataNeeded(task(number)))
    }

    private func bring(_ cluster: inout TestCluster, _ number: Int) {
        cluster.handle(.dataArrived(client, task(number), bytes: [UInt8(number)]))
    }

    /// Brings what is asked for; the node that it was sent to, which stored it.
    private func bringWhenAsked(_ cluster: inout TestCluster, _ number: Int) -> NodeID {
        cluster.expect(asked(number))
        bring(&cluster, number)
        let place = cluster.scheduler.unstoredData.values.first?.pending.first
        let node = place ?? NodeID(0)
        cluster.store(number, on: Int(node.rawValue), bytes: size)
        return node
    }

    private func expectNoneLeft(_ cluster: TestCluster) {
        cluster.expectEmpty()
        #expect(cluster.scheduler.deferredBytes == 0 && cluster.scheduler.deferredData.isEmpty)
    }

    /// Data 1 to 4, and 11 to 14, each of which reads one.
    private func submitted(nodes: Int = 1) -> TestCluster {
        var cluster = TestCluster(nodes: nodes)
        cluster.submit(
            (1...4).map { call(10 + $0, pages: [$0]) }, data: data(1...4),
            bytes: [[], [], [], []], held: [11, 12, 13, 14])
        return cluster
    }

    @Test func `as much is asked for as there is room for, and more when some is used up`() {
        var cluster = submitted()
        cluster.expect(asked(1))
        cluster.expect(asked(2))
        cluster.expectNothingElse()
        bring(&cluster, 1)
        cluster.expect(.storePage(NodeID(1), task(1), .value, bytes: [1]))
        cluster.store(1, on: 1, bytes: size)
        cluster.expectLease([11])
        cluster.expectNothingElse()
        cluster.finish(11)
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.expect(asked(3))
        cluster.expectFinished(11)
        cluster.expectNothingElse()
        for number in 2...4 {
            bring(&cluster, number)
            cluster.store(number, on: 1, bytes: size)
            cluster.finish(10 + number)
        }
        cluster.forget()
        cluster.release(11, 12, 13, 14)
        expectNoneLeft(cluster)
    }

    @Test func `without a node nothing is asked for`() {
        var cluster = submitted(nodes: 0)
        cluster.expectNothingElse()
        cluster.join(1)
        cluster.expect(asked(1))
        cluster.expect(asked(2))
        cluster.expectNothingElse()
    }

    @Test func `what no node has memory for is refused before it is asked for`() {
        var cluster = TestCluster()
        let giant = DataSpec(
            id: task(2), output: .value, byteCount: 5 << 30, isDeferred: true,
            staysOnceBrought: true)
        cluster.submit(
            [call(11, pages: [1]), call(12, pages: [2])], data: data(1...1) + [giant],
            bytes: [[], []], held: [11, 12])
        cluster.expect(asked(1))
        let failure = cluster.expectFailed(12, .noMemory)
        #expect(failure.message.contains("has no room for a page of 5368709120 bytes"))
        cluster.expect(.notify(client, .dataSettled(task(2))))
        cluster.expectNothingElse()
        bring(&cluster, 1)
        cluster.expect(.storePage(NodeID(1), task(1), .value, bytes: [1]))
    }

    @Test func `what a task needs at once is asked for, however little room there is`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(10, pages: [1, 2, 3])], data: data(1...3), bytes: [[], [], []], held: [10])
        cluster.forget()
        bring(&cluster, 1)
        cluster.store(1, on: 1, bytes: size)
        bring(&cluster, 2)
        cluster.forget()
        cluster.store(2, on: 1, bytes: size)
        cluster.expect(asked(3))
        bring(&cluster, 3)
        cluster.store(3, on: 1, bytes: size)
        #expect(cluster.node(task(10)) == NodeID(1))
    }

    @Test func `what is lost with its node is asked for again`() {
        var cluster = TestCluster(nodes: 2)
        cluster.submit([call(11, pages: [1])], data: data(1...1), bytes: [[]], held: [11])
        bring(&cluster, 1)
        cluster.store(1, on: 1, bytes: size)
        cluster.forget()
        cluster.lose(1)
        cluster.expect(asked(1))
        bring(&cluster, 1)
        cluster.expect(.storePage(NodeID(2), task(1), .value, bytes: [1]))
        cluster.store(1, on: 2, bytes: size)
        cluster.finish(11)
        cluster.expectFinished(11)
    }

    @Test func `what is lost on its way back to the client too often is an error that says so`() {
        var cluster = TestCluster(nodes: 2) { $0.lossesMax = 3 }
        cluster.submit([], data: data(1...1), bytes: [[]], held: [1])
        let failure = cluster.expectLost(onTheWayOf: 1) { bringWhenAsked(&$0, 1) }
        #expect(failure.message.contains("was lost 3 times on its way to the program"))
        cluster.release(1)
        expectNoneLeft(cluster)
    }

    @Test func `what its nodes lose whenever a task is to read it is an error after a while`() {
        var cluster = TestCluster(nodes: 2) { $0.lossesMax = 3 }
        cluster.submit([call(11, pages: [1])], data: data(1...1), bytes: [[]], held: [11])
        for _ in 1...4 {
            let node = bringWhenAsked(&cluster, 1)
            cluster.forget()
            cluster.handle(.pageMissed(node, task(1)))
            cluster.giveBack(11)
        }
        let failure = cluster.expectFailed(11, .lost)
        #expect(failure.message.contains("was lost 3 times on its way to those that read it"))
        cluster.release(11)
        expectNoneLeft(cluster)
    }

    @Test func `a result that is lost has its data brought once more`() {
        var cluster = TestCluster(nodes: 2)
        cluster.submit(
            [call(11, pages: [1], output: .page)], data: data(1...1), bytes: [[]], held: [11])
        bring(&cluster, 1)
        cluster.store(1, on: 1, bytes: size)
        let first = cluster.node(task(11))
        cluster.finish(11, page: 7)
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.forget()
        #expect(first == NodeID(1))
        cluster.lose(1)
        cluster.expect(asked(1))
        bring(&cluster, 1)
        cluster.store(1, on: 2, bytes: size)
        #expect(cluster.node(task(11)) == NodeID(2))
    }

    @Test func `what the client does not have any more fails what needs it`() {
        var cluster = submitted()
        cluster.forget()
        var failure = TaskFailure(kind: .sourceChanged, message: "a.csv has changed")
        failure.task = task(2)
        cluster.handle(.dataFailed(client, failure))
        let told = cluster.expectFailed(12, .sourceChanged)
        #expect(told.message.contains("a.csv has changed"))
        cluster.expect(asked(3))
        cluster.expectNothingElse()
    }

    @Test func `what nobody needs any more is not asked for, and dropped when it comes`() {
        var cluster = submitted()
        cluster.forget()
        cluster.release(11, 13)
        cluster.expect(asked(4))
        cluster.expectNothingElse()
        bring(&cluster, 1)
        bring(&cluster, 3)
        #expect(cluster.scheduler.rejected[.unknownTask] == 2)
        cluster.release(12, 14)
        cluster.forget()
        cluster.expectEmpty()
        #expect(cluster.scheduler.deferredBytes == 0 && cluster.scheduler.deferredAsked == 0)
    }
}

@Suite struct ProgressStories {
    @Test func `what is left is predicted once all functions are known, over all slots`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.submit((1...6).map { call($0) }, held: [1, 2, 3, 4, 5, 6])
        #expect(cluster.scheduler.progress(of: client).nanosecondsLeft == 0)
        cluster.handle(
            .estimateRevised(
                FunctionIndex(0),
                DurationModel(fixedNanoseconds: 3e9, slope: 0, feature: -1, logSpread: 0.1)))
        #expect(cluster.scheduler.progress(of: client).nanosecondsLeft == 9_000_000_000)
        cluster.finish(1)
        cluster.finish(2)
        let progress = cluster.scheduler.progress(of: client)
        #expect(progress.nanosecondsLeft == 6_000_000_000)
        #expect(progress.done == 2 && progress.total == 6)
        for number in 3...6 { cluster.finish(number) }
        #expect(cluster.scheduler.progress(of: client).nanosecondsLeft == 0)
    }

    @Test func `of very many tasks some stand for all, whatever their order`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        cluster.checks = false
        // Two functions take turns, one of which takes ten times as long.
        let count = 21_000
        cluster.submit(
            (1...count).map { call($0, function: $0 % 2) },
            functions: [function("f"), function("g")], held: Array(1...count))
        for (place, nanoseconds) in [1e9, 1e10].enumerated() {
            let model = DurationModel(
                fixedNanoseconds: nanoseconds, slope: 0, feature: -1, logSpread: 0.1)
            cluster.handle(.estimateRevised(FunctionIndex(UInt32(place)), model))
        }
        let left = Double(cluster.scheduler.progress(of: client).nanosecondsLeft)
        #expect(abs(left / (Double(count) * 5.5e9 / 2) - 1) < 0.03, "\(left)")
    }

    @Test func `bytes that runs read and made are counted`() {
        var cluster = TestCluster()
        cluster.submit([call(1)], held: [1])
        let record = RunRecord(bytesIn: 5_000, bytesOut: 70)
        cluster.report(.ended(cluster.attempt(1), .finished(.inline([1])), record))
        let progress = cluster.scheduler.progress(of: client)
        #expect(progress.bytesIn == 5_000 && progress.bytesOut == 70)
    }
}
