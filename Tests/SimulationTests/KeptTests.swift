// Data that is kept when its client has gone, by the real machines in virtual time.

import Faults
import SwoopModel
import SwoopScheduling
import SwoopSession
import SwoopSimulation
import Testing

@Suite struct KeptTests {
    private static let reader = ClientID(9)
    private static let pages = (1...12).map { TaskID(high: 7, low: UInt64($0)) }

    /// Twelve pages are made and kept on three nodes, and their client leaves; then a node is lost,
    /// or leaves; then another client reads them. What it reads is what the toy functions say.
    ///
    /// - Returns: the bytes that the second client got, by page.
    private func run(
        seed: UInt64, _ trouble: (inout VirtualCluster) -> Void
    ) -> (values: [[UInt8]?], cluster: VirtualCluster) {
        var configuration = VirtualCluster.Configuration()
        configuration.seed = seed
        configuration.lateShare = 0.05
        configuration.doubledShare = 0.05
        configuration.scheduler.failsWithoutNodes = false
        configuration.scheduler.inlineMax = 32
        var cluster = VirtualCluster(configuration) { order, inputs in
            ToyFunction.run(order, inputs, makesChildren: false)
        }
        cluster.open()
        for _ in 0..<3 { cluster.join(slots: 2) }
        let function = FunctionSpec(
            identity: "toy 0", name: "toy0", fingerprint: 1, code: .remote(identity: "toy 0"),
            isOptimised: true, isAsync: false)
        let tasks = Self.pages.map {
            TaskSpec(
                id: $0, function: FunctionIndex(0), arguments: [.bytes([UInt8($0.low)])],
                output: .page)
        }
        cluster.act(
            .submitted(GraphPart(functions: [function], tasks: tasks, held: Self.pages), data: []))
        advance(&cluster, until: { $0.scheduler.progress.done == 12 })
        let type = KeptType(name: "Toy", layout: "toy", isArray: true)
        cluster.keep(KeepWish(number: 1, name: "toys", type: type, tasks: Self.pages))
        advance(&cluster, until: { !$0.scheduler.keptStates.isEmpty })
        cluster.close()
        advance(&cluster, until: { $0.scheduler.clients.isEmpty })
        trouble(&cluster)
        advance(&cluster, for: 30_000_000_000)
        cluster.open(Self.reader)
        var part = GraphPart()
        let names = (1...12).map { TaskID(high: 9, low: UInt64($0)) }
        let id = cluster.scheduler.keptStates.first?.id ?? KeptID(0)
        part.kept = [KeptUse(kept: id, tasks: names, output: .page)]
        for name in names { part.held.append(name) }
        cluster.act(.submitted(part, data: []), as: Self.reader)
        for name in names { cluster.act(.wanted(name), as: Self.reader) }
        var found: [TaskID: [UInt8]] = [:]
        advance(
            &cluster,
            watching: { entry in
                if case .session(.bring(let task, let bytes)) = entry { found[task] = bytes }
            }
        ) { _ in found.count == 12 }
        return (names.map { found[$0] }, cluster)
    }

    private func advance(
        _ cluster: inout VirtualCluster, for nanoseconds: Int64 = 60_000_000_000,
        watching: (TraceEntry) -> Void = { _ in },
        until isOver: (VirtualCluster) -> Bool = { _ in false }
    ) {
        let limit = cluster.now + nanoseconds
        var steps = 0
        while cluster.now < limit, !isOver(cluster) {
            let wake = cluster.step()
            for entry in cluster.trace { watching(entry) }
            cluster.trace.removeAll(keepingCapacity: true)
            steps += 1
            if steps % 64 == 0 { cluster.checkInvariants() }
            if wake == .idle { return }
        }
    }

    private func frees(_ cluster: inout VirtualCluster) -> Bool {
        cluster.freeKept(["toys"], as: Self.reader)
        cluster.close(Self.reader)
        advance(&cluster, until: { $0.scheduler.tasks.count == 0 })
        return cluster.scheduler.tasks.count == 0
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `kept pages outlive their client and each node in turn, with the same bytes`(
        seed: UInt64
    ) {
        let calm = run(seed: seed) { _ in }
        #expect(calm.values.allSatisfy { $0 != nil }, "seed \(seed)")
        for node in 0..<3 {
            var lost = run(seed: seed) { cluster in
                cluster.lose(cluster.members[node])
                cluster.join(slots: 2)
            }
            #expect(lost.values == calm.values, "seed \(seed), node \(node) lost")
            #expect(lost.cluster.scheduler.keptStates.first?.loss == "")
            #expect(frees(&lost.cluster), "seed \(seed), node \(node) lost")
            var drained = run(seed: seed) { cluster in
                cluster.drain(cluster.members[node], handsOnAfter: 0)
            }
            #expect(drained.values == calm.values, "seed \(seed), node \(node) left")
            #expect(drained.cluster.members.count == 2, "seed \(seed), node \(node) stays")
            #expect(frees(&drained.cluster), "seed \(seed), node \(node) left")
        }
    }

    @Test func `nodes that go one after the other take nothing along`() {
        let calm = run(seed: 3) { _ in }
        var cluster = run(seed: 3) { cluster in
            for _ in 0..<4 {
                cluster.lose(cluster.members[0])
                cluster.join(slots: 2)
                advance(&cluster, for: 20_000_000_000)
            }
        }
        #expect(cluster.values == calm.values)
        #expect(frees(&cluster.cluster))
    }
}
