// Stories of graphs in which something fails, is cancelled, released, lost or late.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct FailureStories {
    @Test func `a failure reaches what depends on it, with its cause`() {
        var cluster = TestCluster()
        cluster.submit([call(1), call(2, needs: [1]), call(3, needs: [2])], held: [1, 2, 3])
        cluster.forget()
        cluster.fail(1)
        let failure = cluster.expectFailed(1, .thrown)
        #expect(failure.message == "it broke")
        let second = cluster.expectFailed(2, .inputFailed)
        let third = cluster.expectFailed(3, .inputFailed)
        #expect(second.task == task(1))
        #expect(third.message == second.message)
        cluster.expect(.revoke(NodeID(1), [cluster.attempt(2)]))
        cluster.expect(.revoke(NodeID(1), [cluster.attempt(3)]))
        cluster.expectNothingElse()
        cluster.release(1, 2, 3)
        cluster.expectEmpty()
    }

    @Test
    func `steps of one chain fail as the step that failed, and a function that needs it is told`() {
        var cluster = TestCluster()
        let loop = FunctionSpec(
            identity: "range.map(f).sum", name: "range.map(f).sum", fingerprint: 0,
            code: .type(mangledName: "loop"), isOptimised: true, isAsync: false)
        cluster.submit(
            [
                call(1, function: 1), call(2, needs: [1], function: 1),
                call(3, needs: [2], function: 1), call(4, needs: [3]),
            ], functions: [function("f"), loop], held: [3, 4])
        cluster.forget()
        cluster.fail(1)
        let chain = cluster.expectFailed(3, .thrown)
        #expect(chain.message == "it broke" && chain.task == task(1))
        let other = cluster.expectFailed(4, .inputFailed)
        #expect(other.message.hasPrefix("not run, since its input range.map(f).sum failed: "))
    }

    @Test func `a death is tried again, alone, and fails after three attempts`() {
        var cluster = TestCluster()
        cluster.submit([call(1), call(2, needs: [1])], held: [2])
        for attempt in 1...3 {
            #expect(cluster.attempt(1).number == UInt32(attempt))
            #expect(cluster.leases.last?.tasks[0].isIsolated == (attempt > 1))
            cluster.fail(1, .died)
            if attempt < 3 { cluster.report(.returned(cluster.attempt(2))) }
        }
        let failure = cluster.expectFailed(2, .inputFailed)
        #expect(failure.message.contains("tried 3 times"))
        cluster.release(2)
        cluster.expectEmpty()
    }

    @Test func `an unknown input, an unknown function and a circle fail with a reason`() {
        var cluster = TestCluster()
        cluster.submit([call(1, needs: [99])], held: [1])
        cluster.expectFailed(1, .invalidGraph)
        cluster.submit([call(2, function: 5), call(3, needs: [2])], held: [3])
        cluster.expectFailed(3, .inputFailed)
        cluster.submit([call(4, needs: [5]), call(5, needs: [4]), call(6, needs: [5])], held: [6])
        cluster.expectFailed(6, .inputFailed)
        cluster.submit([call(6)], held: [])
        cluster.expect(.reject(.repeatedTask))
        cluster.expectNothingElse()
        cluster.release(1, 3, 6)
        cluster.expectEmpty()
    }

    @Test func `released tasks are revoked, their pages dropped, their records forgotten`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1, output: .page), call(2, pages: [1]), call(3, needs: [2])], held: [3])
        cluster.finish(1, page: 8)
        cluster.forget()
        cluster.release(3)
        cluster.expect(.revoke(NodeID(1), [AttemptID(task: task(3), number: 1)]))
        cluster.expect(.revoke(NodeID(1), [AttemptID(task: task(2), number: 1)]))
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.expectNothingElse()
        cluster.expectEmpty()
    }

    @Test func `what needs a cancelled task is cancelled with it, and frees what only it needed`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1), call(2, needs: [1]), call(3, needs: [2]), call(4, needs: [3])],
            held: [2, 3, 4])
        cluster.start(1)
        cluster.handle(.cancellationRequested(client, [task(2), task(77)]))
        cluster.expectFailed(2, .cancelled)
        let failure = cluster.expectFailed(3, .cancelled)
        #expect(failure.message.contains("cancelled with its input"))
        #expect(failure.task == task(3))
        cluster.expectFailed(4, .cancelled)
        cluster.expect(.revoke(NodeID(1), [AttemptID(task: task(1), number: 1)]))
        // And so is what comes to need it later.
        cluster.submit([call(5, needs: [2])], held: [5])
        cluster.expectFailed(5, .cancelled)
        cluster.release(2, 3, 4, 5)
        cluster.expectEmpty()
    }

    @Test func `runs that were taken back are none in what a failure says of attempts`() {
        var cluster = TestCluster(nodes: 2)
        cluster.submit([call(1)], held: [1])
        cluster.report(.returned(cluster.attempt(1)))
        cluster.lose(Int(cluster.node(task(1))?.rawValue ?? 0))
        #expect(cluster.attempt(1).number == 3)
        cluster.fail(1)
        #expect(cluster.expectFailed(1, .thrown).attempt == 1)
        cluster.release(1)
        cluster.expectEmpty()
    }

    @Test func `late and repeated news is dropped and counted`() {
        var cluster = TestCluster(nodes: 2)
        cluster.submit([call(1)], held: [1])
        let first = cluster.attempt(1)
        cluster.report(.returned(first))
        #expect(cluster.attempt(1).number == 2)
        cluster.report(.ended(first, .finished(.inline([5])), RunRecord()), node: NodeID(1))
        cluster.finish(1)
        cluster.expectFinished(1)
        cluster.finish(1)
        cluster.report(.started(AttemptID(task: task(50), number: 1)))
        cluster.handle(.reported(NodeID(9), []))
        #expect(cluster.scheduler.rejected[.staleAttempt] == 2)
        #expect(cluster.scheduler.rejected[.unknownTask] == 1)
        #expect(cluster.scheduler.rejected[.unknownNode] == 1)
    }

    @Test func `a page of an attempt that no longer counts is freed`() {
        var cluster = TestCluster()
        cluster.submit([call(1, output: .page)], held: [1])
        let first = cluster.attempt(1)
        cluster.release(1)
        cluster.forget()
        let page = StoredOutput.onePage(byteCount: 8, elementCount: 1)
        cluster.report(.ended(first, .finished(page), RunRecord()), node: NodeID(1))
        cluster.expect(.revoke(NodeID(1), [first]))
        cluster.expect(.reject(.unknownTask))
        cluster.expectNothingElse()
    }

    @Test func `wanted values come small, as a page, again after a loss, or not at all`() {
        var cluster = TestCluster(nodes: 2)
        cluster.submit([call(1), call(2, output: .page)], held: [1, 2])
        cluster.want(1)
        cluster.finish(1, value: [4])
        cluster.expectFinished(1, value: [4])
        cluster.expect(.deliver(client, task(1), bytes: [4]))
        let node = cluster.node(task(2)) ?? NodeID(0)
        cluster.finish(2, page: 80)
        cluster.expectFinished(2, value: nil)
        cluster.want(2)
        cluster.expect(.requestOutput(node, task(2), client, name: task(2)))
        cluster.forget()
        // It was lost: it is made again and then asked for again, with no second notice.
        cluster.handle(.pageMissed(node, task(2)))
        #expect(cluster.attempt(2).number == 2)
        let second = cluster.node(task(2)) ?? NodeID(0)
        cluster.finish(2, page: 80)
        cluster.expect(.requestOutput(second, task(2), client, name: task(2)))
        cluster.handle(.outputDelivered(client, task(2)))
        cluster.release(1)
        cluster.forget()
        cluster.want(1)
        cluster.expectFailed(1, .lost)
    }

    @Test func `what a failed task is asked for is the failure`() {
        var cluster = TestCluster()
        cluster.submit([call(1)], held: [1])
        cluster.fail(1)
        cluster.expectFailed(1, .thrown)
        cluster.want(1)
        cluster.expectFailed(1, .thrown)
    }

    @Test func `a client that leaves takes everything with it`() {
        var cluster = TestCluster()
        cluster.submit(
            [call(1, output: .page), call(2, pages: [1]), call(3)], loops: [counting(10)],
            held: [2, 3, 10])
        cluster.finish(1, page: 8)
        cluster.finish(3)
        cluster.forget()
        cluster.handle(.clientLeft(client))
        cluster.expect(.dropPages(NodeID(1), [task(1)]))
        cluster.expectEmpty()
    }

    @Test func `a lost page is made again from its inputs, and theirs`() {
        var cluster = TestCluster(nodes: 2, slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit(
            [call(1, output: .page), call(2, pages: [1], output: .page), call(3, pages: [2])],
            held: [3])
        cluster.finish(1, page: 8)
        let second = cluster.node(task(2))
        cluster.finish(2, page: 8)
        // The page of 1 is dropped: nothing needs it. That of 2 goes with its node.
        cluster.forget()
        cluster.lose(Int(second?.rawValue ?? 0))
        #expect(cluster.state(2) == .waiting)
        #expect(cluster.attempt(1).number == 2)
        cluster.finish(1, page: 8)
        cluster.finish(2, page: 8)
        cluster.finish(3)
        cluster.expectFinished(3)
        cluster.release(3)
        cluster.expectEmpty()
    }

    @Test func `a page that is lost on its way to the program too often is an error that says so`()
    {
        var cluster = TestCluster(nodes: 2) { $0.lossesMax = 3 }
        cluster.submit([call(1, output: .page)], held: [1])
        let failure = cluster.expectLost(onTheWayOf: 1) { cluster in
            defer { cluster.finish(1, page: 4_096) }
            return cluster.node(task(1)) ?? NodeID(0)
        }
        #expect(failure.message.contains("4096 bytes was lost 3 times on its way to the program"))
        cluster.release(1)
        cluster.expectEmpty()
    }

    @Test(arguments: [1, 2])
    func `a page that its nodes lose whenever a task is to read it is an error after a while`(
        readers: Int
    ) {
        var cluster = TestCluster(nodes: 2) { $0.lossesMax = 3 }
        let held = (0..<readers).map { 2 + $0 }
        cluster.submit(
            [call(1, output: .page)] + held.map { call($0, pages: [1]) }, held: held)
        for round in 1...4 as ClosedRange<UInt32> {
            #expect(cluster.attempt(1).number == round)
            let node = cluster.node(task(1)) ?? NodeID(0)
            cluster.finish(1, page: 4_096)
            cluster.forget()
            // Told twice: once is what counts.
            cluster.handle(.pageMissed(node, task(1)))
            cluster.handle(.pageMissed(node, task(1)))
            for reader in held { cluster.giveBack(reader) }
        }
        for reader in held {
            let failure = cluster.expectFailed(reader, .inputFailed)
            #expect(failure.message.contains("4096 bytes was lost 3 times on its way to those"))
            #expect(failure.message.contains("see what is wrong with the disks"))
        }
        for reader in held { cluster.release(reader) }
        cluster.expectEmpty()
    }

    @Test func `what was made again for nobody can be made again once more`() {
        var cluster = TestCluster(nodes: 2, slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit([call(1, output: .page), call(2, pages: [1], output: .page)], held: [2])
        cluster.finish(1, page: 8)
        cluster.finish(2, page: 8)
        // 1 is needed again by 3, is on its way, and 3 is given up.
        cluster.submit([call(3, pages: [1])], held: [3])
        #expect(cluster.attempt(1).number == 2)
        cluster.release(3)
        #expect(cluster.state(1) == .done)
        // Now 2 is lost as well: both are made again.
        for node in 1...2 { cluster.handle(.pageMissed(NodeID(UInt32(node)), task(2))) }
        #expect(cluster.attempt(1).number == 3)
        cluster.finish(1, page: 8)
        cluster.finish(2, page: 8)
        #expect(cluster.state(2) == .done)
        cluster.release(2)
        cluster.expectEmpty()
    }

    @Test func `the loss of the last node fails everything with the reason`() {
        var cluster = TestCluster(slots: 3)
        cluster.submit([call(1), call(2, needs: [1]), call(3)], held: [2, 3])
        cluster.finish(3)
        cluster.forget()
        cluster.lose(1)
        let failure = cluster.expectFailed(2, .inputFailed)
        #expect(failure.message.contains("its power failed"))
        #expect(cluster.state(3) == .done)
        // And later work does not wait for ever.
        cluster.submit([call(4)], held: [4])
        cluster.expectFailed(4, .lost)
        cluster.release(2, 3, 4)
        cluster.expectEmpty()
    }

    @Test func `a silent node is lost at its deadline`() {
        var cluster = TestCluster(nodes: 2)
        cluster.submit([call(1)], held: [1])
        let node = cluster.node(task(1)) ?? NodeID(0)
        cluster.now = 9_000_000_000
        cluster.handle(.nodeHeard(NodeID(3 - node.rawValue)))
        #expect(cluster.scheduler.nextDeadline?.nanoseconds == 10_000_000_000)
        cluster.now = 10_000_000_000
        cluster.handle(.deadlineReached)
        cluster.expect("the end of the node") {
            if case .closeNode(node, _) = $0 { true } else { false }
        }
        #expect(cluster.attempt(1).number == 2)
        #expect(cluster.node(task(1)) == NodeID(3 - node.rawValue))
    }
}

extension FailureStories {
    @Test(arguments: [2, 12, 30] as [Int64])
    func `a coordinator that was away itself finds nobody silent before it has read`(
        seconds: Int64
    ) {
        var cluster = TestCluster(nodes: 2)
        cluster.submit([call(1)], held: [1])
        cluster.now = 1_000_000_000 + seconds * 1_000_000_000
        // Whatever comes first: a client, news of one node, and only then the other's.
        cluster.handle(.paused(seconds * 1_000_000_000))
        cluster.submit([call(2)], held: [2])
        cluster.handle(.nodeHeard(NodeID(2)))
        cluster.handle(.deadlineReached)
        cluster.handle(.nodeHeard(NodeID(1)))
        #expect(cluster.scheduler.nodes.nodes.count == 2)
        // From now on a silence is one.
        cluster.now += 9_999_999_999
        cluster.handle(.nodeHeard(NodeID(2)))
        cluster.now += 1
        cluster.handle(.deadlineReached)
        #expect(cluster.scheduler.nodes.nodes.map(\.id) == [NodeID(2)])
    }

    @Test func `nobody is given up before the loop has read all that waits`() {
        var cluster = TestCluster(nodes: 2)
        cluster.now = 10_500_000_000
        cluster.handle(.nodeHeard(NodeID(2)))
        cluster.handle(.nodeHeard(NodeID(1)))
        cluster.handle(.deadlineReached)
        #expect(cluster.scheduler.nodes.nodes.count == 2)
    }

    @Test func `who waits for bytes that cannot be made again is told`() {
        var cluster = TestCluster(nodes: 1)
        let data = DataSpec(id: task(1), output: .page, byteCount: 3)
        cluster.submit(
            [call(2, pages: [1], output: .page)], data: [data], bytes: [[1, 2, 3]], held: [2])
        cluster.store(1, on: 1, bytes: 3)
        cluster.join(2)
        cluster.finish(2, page: 8)
        cluster.want(2)
        cluster.forget()
        cluster.lose(1)
        cluster.expectFailed(2, .lost)
        cluster.want(2)
        cluster.expectFailed(2, .lost)
        cluster.release(2)
        cluster.expectEmpty()
    }
}
