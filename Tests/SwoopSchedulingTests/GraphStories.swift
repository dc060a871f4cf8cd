// Stories of graphs that run well: chains, trees, diamonds, pieces, loops' neighbours, order.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct GraphStories {
    @Test func `a chain runs as one piece in one lease`() {
        var cluster = TestCluster()
        cluster.submit([call(1), call(2, needs: [1]), call(3, needs: [2])], held: [3])
        #expect(
            cluster.leases[0].tasks[1].inputs == [AssignedInput(task: task(1), source: .pending)])
        cluster.expectLease([1, 2, 3])
        cluster.expectNothingElse()
        cluster.finish(1)
        cluster.finish(2)
        cluster.finish(3, value: [9])
        cluster.expectFinished(3, value: [9])
        cluster.expectNothingElse()
        cluster.release(3)
        cluster.expectNothingElse()
        cluster.expectEmpty()
    }

    @Test func `a diamond joins where both of its sides are done`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1), call(2, needs: [1]), call(3, needs: [1]), call(4, needs: [2, 3])], held: [4])
        cluster.expectLease([1, 2, 3, 4])
        for number in 1...4 { cluster.finish(number) }
        cluster.expectFinished(4)
        cluster.release(4)
        cluster.expectEmpty()
    }

    @Test func `tasks may come before what they need in the same part`() {
        var cluster = TestCluster()
        cluster.submit([call(2, needs: [1]), call(1)], held: [2])
        cluster.expectLease([1, 2])
    }

    @Test func `a tree over two nodes ends once and leaves nothing`() {
        var cluster = TestCluster(nodes: 2)
        let leaves = (1...16).map { call($0, output: .page) }
        let nodes = (17...31).map { number in
            call(number, pages: [2 * (number - 17) + 1, 2 * (number - 17) + 2], output: .page)
        }
        cluster.submit(leaves + nodes, held: [31])
        // In the order of their grants, whatever the node.
        var done = 0
        while done < cluster.granted.count {
            cluster.finish(Int(cluster.granted[done].attempt.task.low), page: 64)
            done += 1
        }
        cluster.expectFinished(31, value: nil)
        let dropped = cluster.orders.reduce(0) {
            if case .dropPages(_, let tasks) = $1 { $0 + tasks.count } else { $0 }
        }
        #expect(dropped == 30)
        cluster.release(31)
        cluster.expectEmpty()
    }

    @Test func `the longest path goes first`() {
        var cluster = TestCluster(slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit(
            [call(1), call(2), call(3, needs: [2]), call(4, needs: [3])], held: [1, 4])
        cluster.expectLease([2])
        cluster.finish(2)
        cluster.expectLease([3])
    }

    @Test func `of independent tasks the longest goes first`() {
        var cluster = TestCluster(slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit([call(1)], held: [1])
        cluster.handle(
            .estimateRevised(
                FunctionIndex(0),
                DurationModel(fixedNanoseconds: 0, slope: 1e6, feature: 0, logSpread: 0.1)))
        cluster.submit(
            [call(2, features: [1]), call(3, features: [9]), call(4, features: [5])],
            held: [2, 3, 4])
        cluster.forget()
        for number in [1, 3, 4] { cluster.finish(number) }
        #expect(cluster.granted.map { Int($0.attempt.task.low) } == [1, 3, 4, 2])
    }

    @Test func `a node is given more once its tasks are known to be short`() {
        var cluster = TestCluster()
        cluster.submit((1...1_000).map { call($0) }, held: Array(1...1_000))
        // One for each core, until the first tells what it leaves.
        #expect(cluster.granted.count == 2)
        cluster.finish(1)
        // 50 ms a slot of what is taken for 5 ms each.
        #expect(cluster.granted.count == 21)
        cluster.handle(
            .estimateRevised(
                FunctionIndex(0),
                DurationModel(fixedNanoseconds: 10_000, slope: 0, feature: -1, logSpread: 0.1)))
        for number in 2...10 { cluster.finish(number) }
        #expect(cluster.granted.count == 1_000)
    }

    @Test func `a task goes where its page is`() {
        var cluster = TestCluster(nodes: 2) { $0.horizonNanoseconds = 0 }
        cluster.submit([call(1, output: .page), call(2, output: .page)], held: [1, 2])
        cluster.finish(1, page: 1 << 20)
        cluster.finish(2, page: 1 << 20)
        cluster.forget()
        cluster.submit([call(3, pages: [2])], held: [3])
        cluster.expectLease([3], to: 2)
    }

    @Test func `a task goes where most bytes of its pages are`() {
        var cluster = TestCluster(nodes: 3, slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit((1...3).map { call($0, output: .page) }, held: [1, 2, 3])
        for (number, size) in [(1, 3), (2, 4), (3, 2)] as [(Int, Int64)] {
            cluster.finish(number, page: size << 20)
        }
        cluster.forget()
        // 1 and 3 together are more than 2, but they are on two nodes.
        cluster.submit([call(4, pages: [1, 2, 3])], held: [4])
        cluster.expectLease([4], to: 2)
        // That node is busy: to wait for it would cost more than to copy.
        cluster.submit([call(5, pages: [1, 2, 3])], held: [5])
        cluster.expectLease([5], to: 1)
        // 5 MiB moved for the one, 6 for the other.
        cluster.finish(4)
        #expect(cluster.scheduler.progress(of: client).movedBytes == 5 << 20)
        cluster.finish(5)
        #expect(cluster.scheduler.progress.movedBytes == 11 << 20)
    }

    @Test func `a count of elements is put in once its page is made, and not before`() {
        var cluster = TestCluster()
        var loop = call(2, pages: [1])
        loop.arguments = [
            .operation(
                .elementCount, operands: [.output(task(1))], operandType: .int, resultType: .int)
        ]
        cluster.submit([call(1, output: .page), loop], held: [2])
        cluster.expectLease([1])
        cluster.expectNothingElse()
        cluster.finish(1, page: 40)
        cluster.expectLease([2])
        #expect(cluster.leases[1].tasks[0].spec.arguments == [.bytes(Scalar.int(5).encoded)])
    }

    @Test func `a task that reads one part of outputs is told where it lies, or that it is empty`()
    {
        var cluster = TestCluster()
        var merge = call(3, pages: [1, 2])
        merge.part = 1
        merge.arguments = [
            .operation(
                .elementsBefore, operands: [.output(task(1)), .output(task(2))],
                operandType: .int, resultType: .int)
        ]
        cluster.submit([call(1, output: .page), call(2, output: .page), merge], held: [3])
        let full = StoredPages([
            OutputPart(byteCount: 64, elementCount: 5),
            OutputPart(byteCount: 128, elementCount: 9, checksum: 4),
        ])
        let empty = StoredPages([
            OutputPart(byteCount: 192, elementCount: 6), OutputPart(byteCount: 0, elementCount: 0),
        ])
        for (number, pages) in [(1, full), (2, empty)] {
            cluster.report(
                .ended(cluster.attempt(number), .finished(.page(pages)), RunRecord()))
        }
        let leased = cluster.leases.last?.tasks.first
        #expect(
            leased?.spec.id == task(3) && leased?.spec.pages == [task(1).part(1), task(2).part(1)])
        #expect(leased?.spec.arguments == [.bytes(Scalar.int(11).encoded)])
        #expect(
            leased?.inputs == [
                AssignedInput(
                    task: task(1).part(1),
                    source: .stored(
                        StoredPages(byteCount: 128, elementCount: 9, checksum: 4),
                        nodes: [NodeID(1)]),
                    slice: OutputSlice(task: task(1), offset: 64, wholeByteCount: 192)),
                AssignedInput(task: task(2).part(1), source: .inline([])),
            ])
        cluster.finish(3)
        cluster.release(3)
        cluster.expectEmpty()
    }

    @Test func `suspended runs give their cores back`() {
        var cluster = TestCluster(slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit([call(1), call(2)], held: [1, 2])
        cluster.expectLease([1])
        cluster.start(1)
        cluster.report(.suspended(cluster.attempt(1)))
        cluster.expectLease([2])
        cluster.report(.resumed(cluster.attempt(1)))
        cluster.finish(1)
        cluster.finish(2)
        cluster.release(1, 2)
        cluster.expectEmpty()
    }

    @Test func `a chain of very many tasks takes no stack and linear time`() {
        var cluster = TestCluster()
        cluster.checks = false
        let count = many
        cluster.submit((1...count).map { call($0, needs: $0 == 1 ? [] : [$0 - 1]) }, held: [count])
        for number in 1...count { cluster.finish(number) }
        cluster.expectFinished(count)
        cluster.release(count)
        cluster.expectEmpty()
        // And the failure of the first one reaches the last.
        cluster.submit((1...count).map { call($0, needs: $0 == 1 ? [] : [$0 - 1]) }, held: [count])
        cluster.fail(1)
        let failure = cluster.expectFailed(count, .inputFailed)
        #expect(failure.task == task(1))
        cluster.release(count)
        cluster.expectEmpty()
    }

    @Test func `a task with very many inputs takes linear time`() {
        var cluster = TestCluster()
        cluster.checks = false
        let count = many
        let last = TaskSpec(
            id: task(count + 1), function: FunctionIndex(0),
            arguments: [.sequence((1...count).map { .output(task($0)) })])
        cluster.submit((1...count).map { call($0) } + [last], held: [count + 1])
        for number in 1...count + 1 { cluster.finish(number) }
        cluster.expectFinished(count + 1)
        cluster.release(count + 1)
        cluster.expectEmpty()
    }
}
