// Graphs that make more than their nodes have memory for, by the real machines in virtual time.

import Faults
import SwoopModel
import SwoopScheduling
import SwoopSession
import SwoopSimulation
import Testing

@Suite struct MemoryTests {
    private static let page = 8_192
    private static let loaders = 200

    private func task(_ number: Int) -> TaskID { TaskID(high: 7, low: UInt64(number)) }

    private func function(_ name: String) -> FunctionSpec {
        FunctionSpec(
            identity: name, name: name, fingerprint: 1, code: .remote(identity: name),
            isOptimised: true, isAsync: false)
    }

    /// Loaders 1 to 200 and, above them, a tree of pairs; its first level are sums of two pages,
    /// or all levels are pages.
    private func tree(ofPages: Bool) -> GraphPart {
        var tasks = (1...Self.loaders).map {
            TaskSpec(id: task($0), function: FunctionIndex(0), output: .page)
        }
        var level = Array(1...Self.loaders)
        var next = Self.loaders + 1
        while level.count > 1 {
            var above: [Int] = []
            for place in stride(from: 0, to: level.count, by: 2) {
                let inputs = level[place..<min(place + 2, level.count)].map(task)
                let readsPages = ofPages || level.count == Self.loaders
                tasks.append(
                    TaskSpec(
                        id: task(next), function: FunctionIndex(readsPages ? 1 : 2),
                        arguments: readsPages ? [] : inputs.map { .output($0) },
                        pages: readsPages ? inputs : [], output: ofPages ? .page : .value))
                above.append(next)
                next += 1
            }
            level = above
        }
        return GraphPart(
            functions: [function("load"), function("add"), function("sum")], tasks: tasks,
            held: [task(next - 1)])
    }

    /// Peak bytes of each node in pages, and virtual seconds.
    private func run(
        _ graph: GraphPart, nodes: Int, slots: UInt32, seed: UInt64 = 1
    ) -> (peaks: [Double], seconds: Double, isDone: Bool) {
        var configuration = VirtualCluster.Configuration()
        configuration.seed = seed
        configuration.keepsTrace = false
        var cluster = VirtualCluster(configuration) { order, _ in
            let time = order.spec.function == FunctionIndex(0) ? 20_000_000 : 2_000_000
            let page = VirtualRun.End.page(Array(repeating: 1, count: Self.page), elementCount: 1)
            let isPage = order.spec.output == .page
            return VirtualRun(nanoseconds: Int64(time), end: isPage ? page : .value([1]))
        }
        cluster.open()
        let ids = (0..<nodes).map { _ in
            cluster.join(slots: slots, pageBudget: Int64(4 * Self.page))
        }
        cluster.act(.submitted(graph, data: []))
        let last = graph.held[0]
        var steps = 0
        var isDone = false
        while !isDone, steps < 200_000, cluster.step() != .idle {
            steps += 1
            if steps % 64 == 0 { cluster.checkInvariants() }
            isDone =
                cluster.scheduler.tasks.index(of: last).map {
                    cluster.scheduler.tasks[$0].state == .done
                } ?? false
        }
        let peaks = ids.map { Double(cluster.pageBytes(on: $0).peak) / Double(Self.page) }
        return (peaks, Double(cluster.now) / 1e9, isDone)
    }

    @Test(arguments: [(1, 2), (1, 8), (3, 2)] as [(Int, UInt32)])
    func `200 loaders that feed a tree never take more than the room for four pages`(
        nodes: Int, slots: UInt32
    ) {
        let found = run(tree(ofPages: false), nodes: nodes, slots: slots)
        #expect(found.isDone)
        print("tree of sums on \(nodes) nodes of \(slots): peaks \(found.peaks),", found.seconds)
        // One for each core of a function that nobody knows, and copies of other nodes' pages: the
        // virtual agents keep those for half a second, and do not push them out for want of room.
        for peak in found.peaks { #expect(peak <= (nodes == 1 ? Double(max(4, slots)) : 7)) }
        // Nothing is gained at the price of idle cores: 200 × 20 ms of loading, four at a time.
        let cores = nodes * Int(min(slots, 4))
        #expect(found.seconds < 1.6 * 4.2 / Double(cores) + 0.1)
    }

    @Test func `a tree that needs nine pages at once ends with hardly more, and fast`() {
        let found = run(tree(ofPages: true), nodes: 1, slots: 2)
        #expect(found.isDone)
        print("tree of pages: peaks \(found.peaks),", found.seconds)
        #expect(found.peaks[0] <= 14)
        #expect(found.seconds < 1.3 * (200 * 0.020 + 199 * 0.002) / 2)
    }
}
