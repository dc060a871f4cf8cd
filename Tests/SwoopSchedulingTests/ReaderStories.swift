// Stories of a page that many nodes read: who is told to copy it from whom.

import SwoopModel
import SwoopScheduling
import Testing

@Suite struct ReaderStories {
    private var cluster: TestCluster

    /// Seven nodes of one core; page 1 is on node 1, and a task is on each node that reads it.
    init() {
        cluster = TestCluster(nodes: 7, slots: 1) { $0.horizonNanoseconds = 0 }
        cluster.submit([call(1, output: .page)], held: [1])
        cluster.finish(1, page: 1 << 20)
        cluster.forget()
    }

    private mutating func readEverywhere(_ first: Int = 2, count: Int = 7) {
        let readers = (first..<first + count).map { call($0, pages: [1]) }
        cluster.submit(readers, held: readers.map { Int($0.id.low) })
    }

    /// Nodes that the task's node is to ask for page 1, and whether others may want its copy.
    private func holders(for number: Int) -> (nodes: [UInt32], isShared: Bool)? {
        for lease in cluster.leases.reversed() {
            guard let task = lease.tasks.first(where: { $0.spec.id == task(number) }),
                let input = task.inputs.first, case .stored(_, let nodes) = input.source
            else { continue }
            return (nodes.map(\.rawValue), input.isShared)
        }
        return nil
    }

    @Test mutating func `a node gives its page to two others, and each of them to two more`() {
        readEverywhere()
        let all = (2...8).map { holders(for: $0)?.nodes }
        #expect(all == [[1], [1], [1], [2, 1], [2, 1], [3, 1], [3, 1]])
        #expect(
            (2...8).map { holders(for: $0)?.isShared } == [false] + Array(repeating: true, count: 6)
        )
        // Each byte is counted where it arrives, once for each node.
        for number in 2...8 { cluster.finish(number) }
        #expect(cluster.scheduler.progress.movedBytes == 6 << 20)
    }

    @Test mutating func `a page of two nodes leaves each of them twice`() {
        cluster.submit(
            [], data: [DataSpec(id: task(9), output: .page, byteCount: 1 << 20)],
            bytes: [[UInt8](repeating: 0, count: 1 << 20)], held: [9])
        cluster.store(9, on: 2, bytes: 1 << 20)
        cluster.store(9, on: 3, bytes: 1 << 20)
        cluster.forget()
        let readers = (10...16).map { call($0, pages: [9]) }
        cluster.submit(readers, held: Array(10...16))
        #expect(
            (10...16).map { holders(for: $0)?.nodes } == [
                [2, 3], [2, 3], [2, 3], [3, 2], [2, 3], [3, 2], [1, 2, 3],
            ])
    }

    @Test mutating func `a copy is counted on while it is read, and for a moment`() {
        readEverywhere()
        for number in 2...8 { cluster.finish(number) }
        // Node 4 reads it again at once: the others' copies are still there.
        cluster.now += 200_000_000
        readEverywhere(20)
        #expect(holders(for: 23)?.nodes == [2, 1])
        for number in 20...26 { cluster.finish(number) }
        // Later each has forgotten it, and the tree begins anew.
        cluster.now += 400_000_000
        readEverywhere(30, count: 4)
        #expect((30...33).map { holders(for: $0)?.nodes } == [[1], [1], [1], [2, 1]])
    }

    @Test mutating func `nobody is sent to a node that is lost or has no copy`() {
        readEverywhere(2, count: 3)
        #expect(holders(for: 3)?.nodes == [1])
        cluster.handle(.pageMissed(NodeID(2), task(1)))
        // The page itself is where it was.
        #expect(
            cluster.scheduler.tasks.index(of: task(1)).map {
                cluster.scheduler.tasks.locations(of: $0)
            }
                == [NodeID(1)])
        cluster.lose(3)
        cluster.forget()
        readEverywhere(10, count: 4)
        for number in 3...4 { #expect(holders(for: number)?.nodes == [1]) }
        let all = (10...13).compactMap { holders(for: $0)?.nodes }
        #expect(
            !all.isEmpty && all.allSatisfy { $0.last == 1 && $0.first != 2 && $0.first != 3 },
            "\(all)")
    }
}
