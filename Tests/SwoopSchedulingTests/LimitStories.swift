// Stories of functions that say how long their runs may take, and how often they are tried.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct LimitStories {
    /// A cluster of two nodes with one core each, and a task whose runs may take a second.
    private func cluster(attempts: UInt32 = 0, pause: Int64 = 0) -> TestCluster {
        var cluster = TestCluster(nodes: 2, slots: 1) { $0.unknownNanoseconds = 1_000_000_000 }
        let needs = TaskNeeds(
            timeLimit: 1_000_000_000, retry: RetryRule(attempts: attempts, pause: pause))
        cluster.handle(
            .graphSubmitted(
                client,
                GraphPart(
                    functions: [function("fetch", needs: needs)], tasks: [call(1)],
                    held: [task(1)]), data: []))
        return cluster
    }

    @Test func `a run that takes longer is stopped and fails, from when it began`() throws {
        var cluster = cluster()
        cluster.now += 5_000_000_000
        cluster.start(1)
        let node = try #require(cluster.node(task(1)))
        let attempt = cluster.attempt(1)
        #expect(
            cluster.scheduler.nextDeadline
                == Timestamp(nanoseconds: cluster.now + 1_000_000_000))
        cluster.now += 999_999_999
        cluster.handle(.deadlineReached)
        #expect(cluster.state(1) == .running(node))
        cluster.now += 1
        cluster.handle(.deadlineReached)
        cluster.expect(.revoke(node, [attempt]))
        let failure = cluster.expectFailed(1, .timedOut)
        #expect(failure.message.contains("it was stopped, since it had not ended within the 1 s"))
        #expect(failure.node == "n\(node.rawValue)" && failure.attempt == 1)
        cluster.release(1)
        cluster.expectEmpty()
    }

    @Test func `a function's own retries go to another node, after a pause`() throws {
        var cluster = cluster(attempts: 2, pause: 1_000)
        cluster.start(1)
        let here = try #require(cluster.node(task(1)))
        cluster.now += 1_000_000_000
        cluster.handle(.deadlineReached)
        #expect(cluster.state(1) == .waiting)
        cluster.now += 1_000
        cluster.handle(.deadlineReached)
        let there = try #require(cluster.node(task(1)))
        #expect(there != here)
        cluster.start(1)
        cluster.finish(1)
        cluster.expectFinished(1)
        cluster.release(1)
        cluster.expectEmpty()
    }

    @Test func `retries of a loop's functions are for calls that hang, not for those that throw`()
        throws
    {
        for kind in [FailureKind.timedOut, .thrown] {
            var cluster = TestCluster(nodes: 2, slots: 1)
            let loop = FunctionSpec(
                identity: "range.map(f).sum", name: "range.map(f).sum", fingerprint: 0,
                code: .type(mangledName: "loop"), isOptimised: true, isAsync: false,
                needs: TaskNeeds(retry: RetryRule(attempts: 2, pause: 0)))
            cluster.handle(
                .graphSubmitted(
                    client, GraphPart(functions: [loop], tasks: [call(1)], held: [task(1)]),
                    data: []))
            cluster.start(1)
            let here = try #require(cluster.node(task(1)))
            cluster.fail(1, kind)
            guard kind == .timedOut else {
                cluster.expectFailed(1, .thrown)
                continue
            }
            let there = try #require(cluster.node(task(1)))
            #expect(there != here)
            cluster.fail(1, kind)
            let failure = cluster.expectFailed(1, .timedOut)
            #expect(failure.message.contains("It was tried 2 times"))
        }
    }

    @Test func `what ended in time is left alone, and a late word of it is dropped`() {
        var cluster = cluster()
        cluster.start(1)
        cluster.finish(1)
        cluster.now += 2_000_000_000
        cluster.handle(.deadlineReached)
        cluster.expectFinished(1)
        #expect(cluster.state(1) == .done)
    }

    @Test func `what is cancelled, or needed that, is counted as cancelled`() {
        var cluster = TestCluster(nodes: 1, slots: 1)
        cluster.handle(
            .graphSubmitted(
                client,
                GraphPart(
                    functions: [function("load")],
                    tasks: [call(1), call(2, needs: [1]), call(3)], held: [task(2), task(3)]),
                data: []))
        cluster.handle(.cancellationRequested(client, [task(1)]))
        cluster.fail(3)
        let progress = cluster.scheduler.progress
        #expect(progress.cancelled == 2 && progress.failed == 1 && progress.total == 3)
    }
}
