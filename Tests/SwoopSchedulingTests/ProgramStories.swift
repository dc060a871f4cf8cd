// Stories of programs: who is told to fetch which, and what waits for it.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct ProgramStories {
    private let pi = ProgramID("pi")
    private let rank = ProgramID("rank")
    private let other = ClientID(8)

    /// Two nodes that have `pi`, and nobody yet.
    private func cluster() -> TestCluster {
        var cluster = TestCluster(nodes: 0)
        cluster.join(1, program: pi)
        cluster.join(2, program: pi)
        cluster.expectNothingElse()
        return cluster
    }

    /// A part with tasks of the other client.
    private func part(_ numbers: [Int], held: [Int] = []) -> GraphPart {
        GraphPart(
            functions: [function("f")],
            tasks: numbers.map { TaskSpec(id: id($0), function: FunctionIndex(0)) },
            held: (held.isEmpty ? numbers : held).map(id))
    }

    private func id(_ number: Int) -> TaskID {
        TaskID(high: other.rawValue, low: UInt64(number))
    }

    @Test func `every node that lacks the program of a client is told once to prepare it`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, rank))
        cluster.expect(.prepareProgram(NodeID(1), rank))
        cluster.expect(.prepareProgram(NodeID(2), rank))
        cluster.handle(.clientJoined(ClientID(9), rank))
        cluster.handle(.clientJoined(ClientID(10), pi))
        cluster.expectNothingElse()
        cluster.join(3, program: pi)
        cluster.expect(.prepareProgram(NodeID(3), rank))
        cluster.join(4, program: rank)
        cluster.expect(.prepareProgram(NodeID(4), pi))
        cluster.expectNothingElse()
    }

    @Test func `tasks run only where their program is`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, rank))
        cluster.handle(.graphSubmitted(other, part([1, 2]), data: []))
        #expect(cluster.granted.isEmpty)
        #expect(cluster.scheduler.explain(id(1))?.reasons == ["no node has its program yet"])
        cluster.handle(.programReady(NodeID(2), rank))
        #expect(cluster.granted.map(\.node) == [NodeID(2), NodeID(2)])
        #expect(cluster.leases.last?.functions.map(\.program) == [rank])
    }

    @Test func `what waits for a program keeps nobody else from running, and costs no event`() {
        var cluster = cluster()
        cluster.checks = false
        cluster.handle(.clientJoined(other, rank))
        cluster.handle(.clientJoined(ClientID(9), pi))
        cluster.handle(.graphSubmitted(other, part(Array(1...many)), data: []))
        #expect(cluster.granted.isEmpty)
        let own = GraphPart(
            functions: [function("g")],
            tasks: [TaskSpec(id: task(1), function: FunctionIndex(0))], held: [task(1)])
        cluster.handle(.graphSubmitted(ClientID(9), own, data: []))
        #expect(cluster.granted.map(\.attempt.task) == [task(1)])
        // 20,000 events while they wait. If each looked at every waiting task, this would take
        // minutes.
        let begin = ContinuousClock.now
        for _ in 0..<20_000 { cluster.handle(.nodeHeard(NodeID(1))) }
        #expect(ContinuousClock.now - begin < .seconds(60))
        cluster.handle(.programReady(NodeID(1), rank))
        #expect(cluster.granted.count > 1)
    }

    @Test func `the same function of two programs is two functions`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, rank))
        cluster.handle(.clientJoined(ClientID(9), pi))
        cluster.handle(.graphSubmitted(other, part([1]), data: []))
        cluster.handle(.programReady(NodeID(1), rank))
        let own = GraphPart(
            functions: [function("f")],
            tasks: [TaskSpec(id: task(1), function: FunctionIndex(0))], held: [task(1)])
        cluster.handle(.graphSubmitted(ClientID(9), own, data: []))
        #expect(cluster.scheduler.functions.map(\.identity).count == 2)
        #expect(cluster.scheduler.functions.map(\.program) == [rank, pi])
    }

    @Test func `a node that cannot run the program is left out, with a remark`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, rank))
        cluster.handle(.graphSubmitted(other, part([1]), data: []))
        cluster.forget()
        cluster.handle(.programFailed(NodeID(1), rank, reason: "its disk is full"))
        let text = cluster.expectRemark(to: other)
        #expect(text.contains("n1") && text.contains("its disk is full"))
        cluster.expectNothingElse()
        cluster.handle(.programReady(NodeID(2), rank))
        #expect(cluster.granted.map(\.node) == [NodeID(2)])
    }

    @Test func `where every node failed, the tasks fail with all reasons, later ones too`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, rank))
        cluster.handle(.graphSubmitted(other, part([1, 2], held: [1]), data: []))
        cluster.handle(.programFailed(NodeID(1), rank, reason: "its disk is full"))
        cluster.forget()
        cluster.handle(.programFailed(NodeID(2), rank, reason: "its folder is noexec"))
        let told = cluster.expect("the failure") {
            if case .notify(other, .failed(id(1), _)) = $0 { true } else { false }
        }
        guard case .notify(_, .failed(_, let failure)) = told else { return }
        #expect(failure.message.contains("n1: its disk is full"))
        #expect(failure.message.contains("n2: its folder is noexec"))
        cluster.forget()
        cluster.handle(.graphSubmitted(other, part([3]), data: []))
        cluster.expect("the failure of a later task") {
            if case .notify(other, .failed(id(3), _)) = $0 { true } else { false }
        }
        // The next client with the program has every node try again.
        cluster.handle(.clientJoined(ClientID(9), rank))
        cluster.expect(.prepareProgram(NodeID(1), rank))
        cluster.expect(.prepareProgram(NodeID(2), rank))
    }

    @Test func `the loss of the only node that has the program is not the end of it`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, rank))
        cluster.handle(.programReady(NodeID(2), rank))
        cluster.handle(.graphSubmitted(other, part([1]), data: []))
        #expect(cluster.granted.map(\.node) == [NodeID(2)])
        cluster.lose(2)
        #expect(cluster.granted.count == 1)
        cluster.handle(.programReady(NodeID(1), rank))
        #expect(cluster.granted.last?.node == NodeID(1))
    }

    @Test func `a viewer names no program, and nobody prepares one`() {
        var cluster = cluster()
        cluster.handle(.clientJoined(other, .none))
        cluster.expectNothingElse()
        cluster.handle(.graphSubmitted(other, part([1]), data: []))
        cluster.expect("the failure of its task") {
            if case .notify(other, .failed(id(1), _)) = $0 { true } else { false }
        }
    }
}
