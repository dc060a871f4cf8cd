// Stories of the last node's loss in every phase of the work: where nothing can bring a node back
// all that waits for one ends with an error, else it waits for the next one and ends well.

import SwoopModel
import SwoopScheduling
import Testing

/// How far the work is when the node is lost.
enum Phase: String, CaseIterable, Sendable {
    /// All inputs there, and no core.
    case ready
    /// A piece of dependents, granted together.
    case leased
    case running
    /// Its children run.
    case suspended
    /// In the midst of a loop.
    case looping
    /// A loop has ended: its result is a page of the node.
    case looped
    /// A page that is read by what runs.
    case read
    /// A page that its client holds and has asked for.
    case wanted
    /// Client data on its way to the node.
    case storing
    /// Client data that was asked for, and that its client writes there.
    case lent
    /// What was lost before is made again.
    case remade
}

@Suite struct LastNodeStories {
    private func cluster(_ phase: Phase, failsWithoutNodes: Bool) -> TestCluster {
        var cluster = TestCluster(slots: 2) { $0.failsWithoutNodes = failsWithoutNodes }
        let needs = call(9, needs: [1, 2])
        let data = DataSpec(
            id: task(3), output: .page, byteCount: 8_192, isDeferred: phase == .lent,
            staysOnceBrought: true)
        switch phase {
        case .ready:
            let tasks = (100...200).map { call($0) }
            cluster.submit(
                [call(1), call(2, needs: [1]), needs] + tasks, held: [9] + Array(100...200))
        case .leased, .running, .suspended:
            cluster.submit([call(1), call(2, needs: [1]), needs], held: [2, 9])
            if phase != .leased { cluster.start(1) }
            if phase == .suspended { cluster.report(.suspended(cluster.attempt(1))) }
        case .looping, .looped:
            cluster.submit(
                [call(1), call(2, output: .page)], loops: [counting(8, limit: 3, needs: [1])],
                held: [2, 8])
            cluster.finish(1)
            if phase == .looping { break }
            for round in 1...3 as ClosedRange<UInt64> {
                let site = task(8).low ^ task(8).high
                let body = bodyTask.derived(site: site, ordinal: round)
                let stored = StoredOutput.onePage(byteCount: 9_000, elementCount: 1)
                cluster.report(.ended(cluster.attempt(body), .finished(stored), RunRecord()))
                cluster.finish(
                    untilTask.derived(site: site, ordinal: round), value: [round == 3 ? 1 : 0])
            }
        case .read, .wanted, .remade:
            cluster.submit(
                [call(1, output: .page), call(2, pages: [1]), needs], held: [1, 2, 9])
            cluster.finish(1, page: 9_000)
            cluster.start(2)
            if phase == .wanted { cluster.want(1) }
            if phase == .remade {
                cluster.handle(.pageMissed(NodeID(1), task(1)))
                cluster.start(1)
            }
        case .storing:
            cluster.submit(
                [call(2, pages: [3])], data: [data], bytes: [[UInt8](repeating: 1, count: 8_192)],
                held: [2, 3])
        case .lent:
            cluster.submit([call(2, pages: [3])], data: [data], bytes: [[]], held: [2, 3])
            cluster.handle(.roomWanted(client, task(3), NodeID(1), byteCount: 8_192))
            cluster.handle(.roomLent(NodeID(1), task(3), offset: 64, byteCount: 8_192))
        }
        return cluster
    }

    private func held(_ cluster: TestCluster) -> [TaskID] {
        let tasks = cluster.scheduler.tasks
        return tasks.indices.filter { tasks[$0].isHeld }.map { tasks.id(of: $0) }
    }

    @Test(arguments: Phase.allCases)
    func `every wait ends with an error, and nothing is counted wrongly`(phase: Phase) {
        var cluster = cluster(phase, failsWithoutNodes: true)
        let held = held(cluster)
        #expect(!held.isEmpty)
        cluster.lose(1)
        for index in cluster.scheduler.tasks.indices {
            let record = cluster.scheduler.tasks[index]
            #expect(
                record.state.isFinal || record.state == .done,
                "\(cluster.scheduler.tasks.id(of: index))")
            guard record.isHeld else { continue }
            #expect(
                record.state == .failed || record.isAvailable,
                "\(cluster.scheduler.tasks.id(of: index))")
            #expect(record.isAnnounced)
        }
        let progress = cluster.scheduler.progress
        #expect(progress.running == 0)
        #expect(progress.done + progress.failed + progress.cancelled == progress.total)
        cluster.handle(.handlesReleased(client, held))
        #expect(cluster.scheduler.tasks.count == 0)
    }

    @Test(arguments: Phase.allCases)
    func `work that may wait for a node goes on with the next one`(phase: Phase) {
        var cluster = cluster(phase, failsWithoutNodes: false)
        let held = held(cluster)
        cluster.lose(1)
        cluster.forget()
        cluster.join(2)
        finishAll(&cluster)
        for index in cluster.scheduler.tasks.indices {
            let record = cluster.scheduler.tasks[index]
            #expect(
                record.state == .done, "\(cluster.scheduler.tasks.id(of: index)) is \(record.state)"
            )
        }
        let progress = cluster.scheduler.progress
        #expect(progress.running == 0 && progress.failed == 0)
        #expect(progress.done == progress.total)
        cluster.handle(.handlesReleased(client, held))
        #expect(cluster.scheduler.tasks.count == 0)
    }

    /// Whatever the node is given ends well, until it is given nothing more.
    private func finishAll(_ cluster: inout TestCluster) {
        var isOver = false
        while !isOver {
            isOver = true
            for index in cluster.scheduler.tasks.indices
            where cluster.scheduler.tasks.contains(index) {
                let record = cluster.scheduler.tasks[index]
                if record.kind == .data, record.state == .waiting {
                    isOver = false
                    if cluster.scheduler.unstoredData[index] == nil {
                        cluster.handle(
                            .dataArrived(client, cluster.scheduler.tasks.id(of: index), bytes: [4]))
                    }
                    let stored = StoredOutput.onePage(byteCount: 8_192, elementCount: 1)
                    let attempt = AttemptID(task: cluster.scheduler.tasks.id(of: index), number: 1)
                    cluster.handle(
                        .reported(
                            NodeID(2), [.ended(attempt, .finished(stored), RunRecord())]))
                } else if record.state.node != nil {
                    isOver = false
                    let isPage = cluster.scheduler.tasks.output(of: index) == .page
                    let attempt = AttemptID(
                        task: cluster.scheduler.tasks.id(of: index), number: record.attempt)
                    let stored = StoredOutput.onePage(byteCount: 9_000, elementCount: 1)
                    cluster.report(
                        .ended(
                            attempt, .finished(isPage ? stored : .inline([1])), RunRecord()))
                }
            }
        }
    }

    @Test func `a task is lost with its node so often, and then fails with its dependents`() {
        var cluster = TestCluster(nodes: 0) {
            $0.failsWithoutNodes = false
            $0.lossesMax = 1
        }
        cluster.join(1)
        // Both are held by the node: the first that fails takes the other along.
        cluster.submit([call(1), call(2, needs: [1]), call(3, needs: [2])], held: [3])
        cluster.lose(1)
        cluster.join(2)
        cluster.forget()
        cluster.lose(2)
        let failure = cluster.expectFailed(3, .inputFailed)
        #expect(failure.message.contains("lost with its node"))
        #expect(cluster.scheduler.progress.failed == 3)
        cluster.release(3)
        cluster.expectEmpty()
    }

    @Test func `a state becomes what its list says and nothing else`() {
        let (one, two) = (NodeID(1), NodeID(2))
        let states: [TaskState] = [
            .waiting, .ready, .leased(one), .running(one), .suspended(one), .done, .failed,
            .cancelled,
        ]
        let allowed: [TaskState: Set<TaskState>] = [
            .waiting: [.ready, .leased(one), .done, .failed, .cancelled],
            .ready: [.waiting, .leased(one), .done, .failed, .cancelled],
            .leased(one): [.running(one), .waiting, .done, .failed, .cancelled],
            .running(one): [.suspended(one), .waiting, .done, .failed, .cancelled],
            .suspended(one): [.running(one), .waiting, .done, .failed, .cancelled],
            .done: [.waiting, .failed],
            .failed: [],
            .cancelled: [],
        ]
        for state in states {
            let found = Set(states.filter { state.canBecome($0) })
            #expect(found == allowed[state], "\(state)")
        }
        for state in [TaskState.leased(one), .running(one), .suspended(one)] {
            for next in [TaskState.leased(two), .running(two), .suspended(two)] {
                #expect(!state.canBecome(next), "\(state) moves to another node by itself")
            }
        }
    }
}
