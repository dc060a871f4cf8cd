// Work that was given ahead moves to idle nodes, by the real machines in virtual time.

import Faults
import SwoopModel
import SwoopScheduling
import SwoopSession
import SwoopSimulation
import Testing

@Suite struct RecallTests {
    /// Virtual seconds that 200 tasks of 5 ms take on a node and one that is ten times as slow, and
    /// how many came back from one of them.
    private func run(recalls: Bool) -> (seconds: Double, returned: Int) {
        var configuration = VirtualCluster.Configuration()
        if !recalls { configuration.scheduler.recallNanoseconds = .max }
        var cluster = VirtualCluster(configuration) { _, _ in
            VirtualRun(nanoseconds: 5_000_000, end: .value([1]))
        }
        cluster.open()
        cluster.join(slots: 2)
        cluster.join(slots: 2, slowness: 10)
        let function = FunctionSpec(
            identity: "f", name: "f", fingerprint: 1, code: .remote(identity: "f"),
            isOptimised: true, isAsync: false)
        let tasks = (1...200).map {
            TaskSpec(id: TaskID(high: 7, low: UInt64($0)), function: FunctionIndex(0))
        }
        let part = GraphPart(functions: [function], tasks: tasks, held: tasks.map(\.id))
        cluster.act(.submitted(part, data: []))
        var returned = 0
        var steps = 0
        while cluster.scheduler.progress.done < 200, cluster.step() != .idle {
            for case .event(.reported(_, let reports)) in cluster.trace {
                returned += reports.count { if case .returned = $0 { true } else { false } }
            }
            cluster.trace = []
            steps += 1
            if steps % 16 == 0 { cluster.checkInvariants() }
        }
        #expect(cluster.scheduler.progress.done == 200)
        return (Double(cluster.now) / 1e9, returned)
    }

    @Test func `what a slow node has not begun goes to one that is done`() {
        let (seconds, returned) = run(recalls: true)
        let (alone, none) = run(recalls: false)
        print("a slow node: \(seconds) s, \(returned) came back; without: \(alone) s")
        #expect(none == 0)
        #expect(returned > 0)
        // 200 tasks at 2.2 tasks in 5 ms, and the last one of the slow node.
        #expect(seconds < 200 * 0.005 / 2.2 + 0.06)
        #expect(alone > 1.2 * seconds)
    }
}
