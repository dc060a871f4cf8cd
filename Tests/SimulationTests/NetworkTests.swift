// Behaviours of several nodes, each by itself: an agent killed, a link cut, nodes that do not reach
// one another, a second program. FaultTests draws all of it at random.

import Faults
import Testing

private let second: Int64 = 1_000_000_000

@Suite struct NetworkTests {
    /// A scenario in which nothing goes wrong yet.
    private func scenario(seed: UInt64, nodes: Int, tasks: Int = 400) -> Scenario {
        var scenario = Scenario(seed: seed)
        scenario.nodes = nodes
        scenario.tasks = tasks
        scenario.faults = []
        scenario.separated = []
        scenario.pageBudget = 1 << 40
        scenario.secondProgramAt = nil
        scenario.refusingHost = nil
        scenario.failsWithoutNodes = false
        scenario.place = .hosts
        scenario.bulkBytes = 0
        scenario.bytesPerSecond = 1e9
        return scenario
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `an agent killed for good loses no result and no data`(seed: UInt64) {
        for moment in [1, 4, 16] as [Int64] {
            var scenario = scenario(seed: seed, nodes: 3)
            scenario.faults = [
                (moment * 1_000_000, .killAgent(node: Int(seed) - 1, backAfter: 100 * second))
            ]
            let outcome = scenario.run()
            report(outcome, seed: seed)
            #expect(outcome.lost == 1)
            #expect(outcome.endedAfter < 10 * second)
        }
    }

    @Test(arguments: [4, 5, 6] as [UInt64])
    func `an agent killed again and again loses nothing, doubles nothing`(seed: UInt64) {
        var scenario = scenario(seed: seed, nodes: 2, tasks: 800)
        scenario.faults = (1...8).map { number in
            (Int64(number) * 5_000_000, .killAgent(node: number % 2, backAfter: 1_000_000))
        }
        let outcome = scenario.run()
        report(outcome, seed: seed)
        #expect(outcome.lost == 8)
    }

    @Test(arguments: [7, 8, 9] as [UInt64])
    func `a link cut for 5 s loses no node, for 12 s one, for 20 s its agent`(seed: UInt64) {
        for (seconds, lost) in [(5, 0), (12, 1), (20, 1)] as [(Int64, Int)] {
            var scenario = scenario(seed: seed, nodes: 3)
            scenario.faults = [(2_000_000, .cutLink(node: 1, nanoseconds: seconds * second))]
            let outcome = scenario.run()
            report(outcome, seed: seed)
            #expect(outcome.lost == lost)
            #expect(outcome.agentsEnded == (seconds > 15 ? 1 : 0))
        }
    }

    @Test(arguments: [11, 14] as [UInt64])
    func `an agent that the coordinator gave up comes back as a new node`(seed: UInt64) {
        var scenario = scenario(seed: seed, nodes: 2)
        scenario.faults = (1...6).map { number in
            (Int64(number) * 2_400_000, .breakConnection(node: number % 2))
        }
        let outcome = scenario.run()
        report(outcome, seed: seed)
        #expect(outcome.lost == 6)
        #expect(outcome.agentsEnded == 0)
    }

    @Test(arguments: [12, 13] as [UInt64])
    func `nodes that do not reach one another exchange pages by way of the coordinator`(
        seed: UInt64
    ) {
        var scenario = scenario(seed: seed, nodes: 3)
        scenario.separated = [(1, 2), (1, 3), (2, 3)]
        let outcome = scenario.run()
        report(outcome, seed: seed)
        #expect(outcome.relayed > 0)
        scenario.separated = []
        #expect(scenario.run().relayed == 0)
    }

    // Seed 17: a lease whose inputs come slowly was recalled and granted to the same node again and
    // again, before recalls backed off. At 12,500 bytes a second, 0.1 Mbit/s, signs of life have to
    // pass the bulk.
    @Test(
        arguments: [
            (16, 600_000, 40_000), (17, 600_000, 40_000), (18, 600_000, 40_000),
            (36, 300_000, 12_500), (37, 300_000, 12_500),
        ] as [(UInt64, Int, Double)])
    func `bulk that fills every link for 15 s and more loses no node`(
        seed: UInt64, bulkBytes: Int, bytesPerSecond: Double
    ) {
        var scenario = scenario(seed: seed, nodes: 3)
        scenario.bulkBytes = bulkBytes
        scenario.bytesPerSecond = bytesPerSecond
        let outcome = scenario.run()
        report(outcome, seed: seed)
        #expect(outcome.lost == 0)
        #expect(outcome.agentsEnded == 0)
        #expect(outcome.endedAfter > 30 * second)
    }

    // What came was put off to the end of a stop, and put off again behind what came after it when
    // the stop was prolonged: pieces of bulk overtook one another.
    @Test(arguments: [335, 871, 1229, 1623, 1700] as [UInt64])
    func `what comes to a process that is stopped anew is read in the order in which it was sent`(
        seed: UInt64
    ) {
        report(Scenario(seed: seed).run(), seed: seed)
    }

    // Seeds 360, 415, 594, 624, 639, 645, 1002, 1082, 1425, 1714 and 1903 had such a client: it
    // gave its coordinator up after two seconds, and one that was there already after ten.
    @Test(arguments: [360, 415, 1903] as [UInt64])
    func `a client that comes while its coordinator is stopped waits for it`(seed: UInt64) {
        report(Scenario(seed: seed).run(), seed: seed)
        for seconds in [1, 3, 9] as [Int64] {
            var scenario = scenario(seed: seed, nodes: 2)
            scenario.place = .standing
            scenario.secondProgramAt = 4_000_000
            scenario.faults = [(2_000_000, .stallCoordinator(nanoseconds: seconds * second))]
            let outcome = scenario.run()
            report(outcome, seed: seed)
            #expect(outcome.endedAfter > seconds * second)
            #expect(outcome.endedAfter < (seconds + 10) * second)
        }
    }

    @Test(arguments: [14, 15] as [UInt64])
    func `two programs share the nodes, one of which cannot take in the second`(seed: UInt64) {
        var scenario = scenario(seed: seed, nodes: 3)
        scenario.secondProgramAt = 2_000_000
        scenario.refusingHost = 2
        let outcome = scenario.run()
        report(outcome, seed: seed)
        #expect(outcome.lost == 0)
    }
}
