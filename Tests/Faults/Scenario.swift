// Scenario = workload + faults + seed: plain values that compose, and the run of one.

import SwoopModel
import SwoopScheduling
import SwoopSession
import SwoopSimulation

/// Something that goes wrong at a moment of virtual time.
package enum Fault: Hashable, Sendable {
    /// The worker process of one of the nodes is killed.
    case killWorker(node: Int)
    /// An agent is killed; another one comes after a while, as a new node.
    case killAgent(node: Int, backAfter: Int64)
}

/// Everything that decides a run.
package struct Scenario: Sendable {
    package var seed: UInt64
    package var tasks = 1_000
    package var nodes = 2
    package var slots: UInt32 = 2
    package var faults: [(time: Int64, fault: Fault)] = []
    package var lateShare = 0.05
    package var doubledShare = 0.05
    package var checksAttempts = true
    /// Whether the machines check their tables as they go: they trap where a checker only reports.
    package var checksInvariants = true
    /// Share of nodes that are slow.
    package var slowShare = 0.3

    /// A scenario of faults drawn by the seed.
    package init(seed: UInt64) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<generator.below(4) {
            let time = Int64(generator.below(40_000_000))
            let node = generator.below(2)
            let fault: Fault =
                generator.chance(0.5)
                ? .killWorker(node: node)
                : .killAgent(node: node, backAfter: Int64(generator.below(20_000_000)))
            faults.append((time, fault))
        }
    }

    /// What a run showed.
    package struct Outcome: Sendable {
        package var violations: [String]
        /// Of every byte that was sent, and when.
        package var digest: UInt64
        package var virtualNanoseconds: Int64
        package var steps: Int
        package var rejected: UInt64
        /// Held tasks that ended with a value.
        package var values: Int
    }

    /// Runs the scenario to its end: results are compared, everything is released, and nothing may
    /// be left.
    package func run() -> Outcome {
        var generator = SeededGenerator(seed: seed &+ 1)
        let workload = Workload(tasks: tasks, using: &generator)
        var run = ScenarioRun(self, workload, generator)
        return run.outcome()
    }
}

/// A scenario under way.
private struct ScenarioRun {
    let scenario: Scenario
    let workload: Workload
    var cluster: VirtualCluster
    var checker: Checker
    var generator: SeededGenerator
    var steps = 0
    var losesNodes = false
    var isStuck = false
    /// Numbers of planned moments: faults from 0, then these.
    static let cancelNumber = 1_000
    static let calmNumber = 1_001
    static let lostNumber = 2_000

    init(_ scenario: Scenario, _ workload: Workload, _ generator: SeededGenerator) {
        self.scenario = scenario
        self.workload = workload
        self.generator = generator
        var configuration = VirtualCluster.Configuration()
        configuration.seed = scenario.seed
        configuration.lateShare = scenario.lateShare
        configuration.doubledShare = scenario.doubledShare
        configuration.scheduler.checksAttempts = scenario.checksAttempts
        configuration.scheduler.failsWithoutNodes = false
        configuration.scheduler.lossesMax = 1_000
        configuration.scheduler.inlineMax = 32
        cluster = VirtualCluster(configuration, behaviour: ToyFunction.run)
        checker = Checker(workload)
    }

    mutating func outcome() -> Scenario.Outcome {
        for _ in 0..<scenario.nodes { join() }
        for (number, entry) in scenario.faults.enumerated() {
            cluster.plan(number, at: entry.time)
        }
        cluster.plan(Self.cancelNumber, at: 5_000_000)
        cluster.plan(Self.calmNumber, at: 60_000_000)
        cluster.act(.submitted(workload.part, data: workload.data))
        for task in workload.part.held {
            cluster.act(.awaited(task))
            cluster.act(.wanted(task))
        }
        let held = workload.part.held.count
        advance(limit: 120_000_000_000) { $0.checker.ended >= held }
        checker.compare(losesData: losesNodes)
        if isStuck { explain() }
        // Faults are over; the last handles go, and with them everything.
        cluster.calm()
        for task in workload.part.held { cluster.act(.released(task)) }
        advance(limit: cluster.now + 2_000_000_000) { _ in false }
        checkLeaks()
        return Scenario.Outcome(
            violations: checker.violations, digest: cluster.digest.value,
            virtualNanoseconds: cluster.now, steps: steps,
            rejected: cluster.scheduler.rejected.values.reduce(0, +),
            values: checker.brought.count)
    }

    private mutating func join() {
        let slowness = generator.chance(scenario.slowShare) ? 5.0 : 1
        cluster.join(slots: scenario.slots, slowness: slowness)
    }

    private mutating func advance(limit: Int64, until isOver: (ScenarioRun) -> Bool) {
        while cluster.now < limit {
            let wake = cluster.step()
            steps += 1
            if case .planned(let number) = wake { happen(number) }
            checker.take(cluster.trace)
            cluster.trace.removeAll(keepingCapacity: true)
            if scenario.checksInvariants && steps % 512 == 0 { cluster.checkInvariants() }
            if wake == .idle || isOver(self) { return }
        }
        isStuck = true
    }

    private mutating func happen(_ number: Int) {
        switch number {
        case Self.cancelNumber: cluster.act(.cancelled(workload.cancelled))
        case Self.calmNumber: cluster.calm()
        case Self.lostNumber...: join()
        default: happen(scenario.faults[number].fault)
        }
    }

    private mutating func happen(_ fault: Fault) {
        let members = cluster.members
        switch fault {
        case .killWorker(let node):
            guard node < members.count else { return }
            cluster.killWorker(of: members[node])
        case .killAgent(let node, let backAfter):
            guard node < members.count else { return }
            losesNodes = true
            cluster.lose(members[node])
            cluster.plan(Self.lostNumber, at: cluster.now + backAfter)
        }
    }

    private mutating func checkLeaks() {
        if cluster.scheduler.tasks.count > 0 {
            checker.violate("the scheduler keeps \(cluster.scheduler.tasks.count) records")
        }
        for text in cluster.leftovers { checker.violate(text) }
        if cluster.scheduler.progress.running != 0 {
            checker.violate("\(cluster.scheduler.progress.running) tasks are counted as running")
        }
    }

    private mutating func explain() {
        for task in workload.part.held where cluster.scheduler.tasks.index(of: task) != nil {
            guard let explanation = cluster.scheduler.explain(task),
                !["done", "failed"].contains(explanation.state)
            else { continue }
            checker.violate(
                "stuck: \(task) is \(explanation.state): \(explanation.reasons.prefix(3))")
        }
    }
}
