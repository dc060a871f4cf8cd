// Stories of functions that throw, on one node only or everywhere, with and without another try.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct RetryStories {
    private func submit(
        _ tasks: [TaskSpec], to cluster: inout TestCluster, attempts: UInt32, pause: Int64 = 0,
        loops: [IterationSpec] = [], held: [Int]
    ) {
        let part = GraphPart(
            functions: [function("load")], tasks: tasks, iterations: loops, held: held.map(task),
            retry: RetryRule(attempts: attempts, pause: pause))
        cluster.handle(.graphSubmitted(client, part, data: []))
    }

    /// A cluster of two nodes with one core each, and a task on each of them.
    private func pair(attempts: UInt32, pause: Int64 = 0) -> TestCluster {
        // Long tasks: a node takes none ahead.
        var cluster = TestCluster(nodes: 2, slots: 1) { $0.unknownNanoseconds = 1_000_000_000 }
        submit([call(1), call(2)], to: &cluster, attempts: attempts, pause: pause, held: [1, 2])
        return cluster
    }

    @Test func `an error is final, names its node, and says where other runs ended well`() throws {
        var cluster = pair(attempts: 0)
        let here = try #require(cluster.node(task(1)))
        let there = try #require(cluster.node(task(2)))
        cluster.finish(2)
        cluster.fail(1)
        let failure = cluster.expectFailed(1, .thrown)
        #expect(failure.node == "n\(here.rawValue)")
        #expect(failure.attempt == 1)
        #expect(
            failure.message
                == "it broke. Other runs of it ended well on n\(there.rawValue): see what "
                + "n\(here.rawValue) lacks, or let the plan try elsewhere (`retry:`)")
        cluster.release(1, 2)
        cluster.expectEmpty()
    }

    @Test func `a check that stopped it says nothing of other nodes, and is never tried again`() {
        var cluster = pair(attempts: 5)
        cluster.finish(2)
        cluster.fail(1, .trapped)
        #expect(
            cluster.expectFailed(1, .trapped).message
                == "it broke It is not tried again, since the check would stop it again: retries "
                + "are for errors that a function throws, and for time limits.")
    }

    @Test func `without retries a check that stopped it says nothing of them`() {
        var cluster = pair(attempts: 0)
        cluster.fail(1, .trapped)
        #expect(cluster.expectFailed(1, .trapped).message == "it broke")
    }

    @Test func `another try goes to another node, also while that one is busy`() throws {
        var cluster = pair(attempts: 2)
        let here = try #require(cluster.node(task(1)))
        let there = try #require(cluster.node(task(2)))
        cluster.forget()
        cluster.fail(1)
        #expect(cluster.expectRemark().contains("load failed on n\(here.rawValue)"))
        cluster.expectNothingElse()
        #expect(cluster.state(1) == .waiting)
        #expect(
            cluster.scheduler.explain(task(1))?.reasons
                == ["failed on n\(here.rawValue), and waits for another try"])
        // It keeps nobody from the node that it avoids.
        submit([call(3)], to: &cluster, attempts: 2, held: [3])
        #expect(cluster.node(task(3)) == here)
        cluster.finish(2)
        #expect(cluster.node(task(1)) == there)
        #expect(cluster.attempt(1).number == 2)
        cluster.finish(1)
        cluster.expectFinished(1)
        cluster.finish(3)
        cluster.release(1, 2, 3)
        cluster.expectEmpty()
        #expect(cluster.scheduler.retries.isEmpty)
    }

    @Test func `one that is given back still avoids the node on which it failed`() throws {
        var cluster = pair(attempts: 2)
        let here = try #require(cluster.node(task(1)))
        let there = try #require(cluster.node(task(2)))
        cluster.fail(1)
        cluster.finish(2)
        #expect(cluster.node(task(1)) == there)
        cluster.report(.returned(cluster.attempt(1)))
        #expect(cluster.node(task(1)) == there && cluster.attempt(1).number == 3)
        cluster.lose(Int(there.rawValue))
        #expect(cluster.node(task(1)) == here)
        cluster.finish(1)
        cluster.expectFinished(1)
    }

    @Test func `where it failed everywhere it is tried anywhere, so often as was asked`() {
        var cluster = TestCluster(nodes: 2, slots: 1)
        submit([call(1)], to: &cluster, attempts: 4, held: [1])
        var places: [NodeID?] = []
        for attempt in 1...4 {
            #expect(cluster.attempt(1).number == UInt32(attempt))
            places.append(cluster.node(task(1)))
            cluster.fail(1)
        }
        #expect(places[0] != places[1])
        let failure = cluster.expectFailed(1, .thrown)
        #expect(failure.attempt == 4)
        #expect(failure.message.hasPrefix("it broke. It was tried 4 times, on n"))
        #expect(!failure.message.contains("ended well"))
        // One word for each node.
        cluster.expectRemark()
        cluster.expectRemark()
        cluster.forget()
        cluster.release(1)
        cluster.expectEmpty()
    }

    @Test func `one node may have it again`() {
        var cluster = TestCluster(nodes: 1, slots: 1)
        submit([call(1)], to: &cluster, attempts: 3, held: [1])
        cluster.fail(1, .sourceMissing)
        cluster.fail(1, .sourceMissing)
        #expect(cluster.node(task(1)) == NodeID(1))
        cluster.fail(1, .sourceMissing)
        let failure = cluster.expectFailed(1, .sourceMissing)
        #expect(failure.message == "it broke. It was tried 3 times, on n1, n1 and n1")
    }

    @Test func `it waits for its pause, twice as long each time`() {
        var cluster = TestCluster(nodes: 1, slots: 1)
        submit([call(1)], to: &cluster, attempts: 3, pause: 1_000, held: [1])
        for pause in [1_000, 2_000] as [Int64] {
            cluster.fail(1)
            let due = cluster.now + pause
            #expect(cluster.scheduler.nextDeadline == Timestamp(nanoseconds: due))
            cluster.now = due - 1
            cluster.handle(.deadlineReached)
            #expect(cluster.state(1) == .waiting)
            cluster.now = due
            cluster.handle(.deadlineReached)
            #expect(cluster.node(task(1)) == NodeID(1))
        }
        cluster.finish(1)
        cluster.expectFinished(1)
    }

    @Test func `the loss of the other node, a cancellation and a release end the waiting`() throws {
        var cluster = pair(attempts: 2)
        let here = try #require(cluster.node(task(1)))
        let there = try #require(cluster.node(task(2)))
        cluster.fail(1)
        cluster.lose(Int(there.rawValue))
        // There is no other node any more.
        #expect(cluster.node(task(1)) == here || cluster.node(task(2)) == here)
        cluster.finish(1)
        cluster.finish(2)
        cluster.expectFinished(1)
        cluster.expectFinished(2)
        cluster.release(1, 2)
        cluster.expectEmpty()

        var other = pair(attempts: 2, pause: 1_000)
        other.fail(1)
        other.fail(2)
        other.handle(.cancellationRequested(client, [task(1)]))
        other.expectFailed(1, .cancelled)
        other.release(1, 2)
        other.now = 5_000
        other.handle(.deadlineReached)
        other.expectEmpty()
        #expect(other.scheduler.retries.isEmpty)
        #expect(other.granted.count == 2)
    }

    @Test func `what depends on it waits meanwhile, and rounds of loops are tried again too`() {
        var cluster = TestCluster(nodes: 1, slots: 2)
        submit([call(1), call(2, needs: [1])], to: &cluster, attempts: 2, held: [2])
        cluster.fail(1)
        cluster.report(.returned(cluster.attempt(2)))
        cluster.finish(1)
        cluster.finish(2)
        cluster.expectFinished(2)
    }

    @Test func `policies become rules that no number breaks`() {
        #expect(RetryRule(.never) == .never)
        #expect(RetryRule(.attempts(-5)) == .never)
        #expect(RetryRule(.attempts(3, backOff: .milliseconds(5))).pause == 5_000_000)
        let long = RetryRule(.attempts(.max, backOff: .seconds(Int64.max)))
        #expect(long.attempts == .max)
        #expect(long.pause(after: .max) == RetryRule.pauseMax)
        #expect(RetryRule(.attempts(2, backOff: .seconds(-1))).pause == 0)
    }
}
