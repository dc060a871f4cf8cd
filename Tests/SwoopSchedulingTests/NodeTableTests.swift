// The table of nodes against a walk over all of them: random loads, the same answers.

import SwoopModel
import SwoopScheduling
import SwoopSimulation
import Testing

struct NodeTableTests {
    @Test(arguments: [1, 2, 3, 7, 64, 100])
    func `the node with least to do is the one that a walk over all finds`(count: Int) {
        var draws = SeededGenerator(seed: count)
        var table = NodeTable(assignedMax: 16)
        for number in 1...count { table.insert(node(number, &draws)) }
        for _ in 0..<400 {
            let place = draws.below(table.nodes.count)
            table[place].assignedNanoseconds = Int64(draws.below(5)) * 1_000
            table[place].assignedCores = Int64(draws.below(6))
            table[place].assigned = draws.below(20)
            table[place].pageBytes = Int64(draws.below(4)) << 20
            table[place].drain =
                draws.below(8) == 0
                ? Drain(until: .distantFuture, lookAt: Timestamp(nanoseconds: 5)) : nil
            if draws.below(3) > 0 { continue }
            table.refresh()
            table.checkOffers()
            let limit = Int64(draws.below(6))
            expectSame(in: table, withCores: limit)
            #expect(
                table.roomiest { $0.rawValue % 3 == 1 }
                    == roomiest(of: table) { $0.rawValue % 3 == 1 })
            #expect(
                table.offer.lookAt
                    == table.nodes.compactMap { $0.drain?.lookAt }.min() ?? .distantFuture)
        }
    }

    private func expectSame(in table: NodeTable, withCores cores: Int64) {
        func cost(_ node: NodeRecord) -> Double? {
            node.takesWork(of: 0) && node.slots - node.assignedCores >= cores
                ? Double(node.assignedNanoseconds) / Double(node.slots) : nil
        }
        let found = table.cheapest {
            $0.freeCores >= cores
        } _: {
            cost($0)
        }
        let places = table.nodes.indices.filter { cost(table[$0]) != nil }
        let expected = places.min { (cost(table[$0]) ?? 0, $0) < (cost(table[$1]) ?? 0, $1) }
        #expect(found?.place == expected)
        let first = table.first {
            $0.freeCores >= cores
        } where: {
            cost($0) != nil
        }
        #expect(first == places.first)
    }

    private func roomiest(of table: NodeTable, except isAvoided: (NodeID) -> Bool) -> Int? {
        let places = table.nodes.indices.filter {
            table[$0].drain == nil && !isAvoided(table[$0].id)
        }
        return places.min { (-table[$0].room, $0) < (-table[$1].room, $1) }
    }

    @Test func `nodes that come and go leave the others where their ids are`() {
        var draws = SeededGenerator(seed: 5)
        var table = NodeTable(assignedMax: 16)
        var there: Set<Int> = []
        for number in 1...300 {
            table.insert(node(number, &draws))
            there.insert(number)
            if draws.below(3) == 0, let gone = there.sorted().randomElement(using: &draws),
                let place = table.place(of: NodeID(UInt32(gone)))
            {
                table.remove(at: place)
                there.remove(gone)
            }
            table.refresh()
            table.checkOffers()
        }
        #expect(table.nodes.map { Int($0.id.rawValue) } == there.sorted())
        #expect(table.place(of: NodeID(301)) == nil)
    }

    private func node(_ number: Int, _ draws: inout SeededGenerator) -> NodeRecord {
        let description = NodeDescription(
            name: "n\(number)", slots: UInt32(1 + draws.below(4)), pageBudget: 1 << 24,
            processID: 1)
        var node = NodeRecord(
            id: NodeID(UInt32(number)), description: description,
            lastHeard: Timestamp(nanoseconds: Int64(draws.below(100))))
        if draws.below(4) > 0 { node.set(.ready, of: draws.below(3) * 40) }
        return node
    }
}
