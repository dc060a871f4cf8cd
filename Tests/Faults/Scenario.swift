// Scenario = workload + faults + seed: plain values that compose, and the run of one.

import SwoopExecution
import SwoopModel
import SwoopScheduling
import SwoopSession
package import SwoopSimulation

/// Something that goes wrong at a moment of virtual time.
package enum Fault: Hashable, Sendable {
    /// The worker processes of one of the nodes are killed.
    case killWorker(node: Int)
    /// An agent is killed; another one comes after a while, as a new node.
    case killAgent(node: Int, backAfter: Int64)
    /// Nothing comes to a node or from it for so long; then all of it does. Up to 10 s nobody is to
    /// notice, then the node counts as lost, and after 15 s its agent ends and another one comes.
    case cutLink(node: Int, nanoseconds: Int64)
    /// The coordinator sees the connection end; the agent lives, and comes back as a new node.
    case breakConnection(node: Int)
    /// The coordinator's process is stopped for so long; clients that are in it are, too.
    case stallCoordinator(nanoseconds: Int64)
    /// An agent is stopped for so long, its workers too or not.
    case stallAgent(node: Int, nanoseconds: Int64, withWorkers: Bool)
    /// The workers of a node are stopped for so long.
    case stallWorkers(node: Int, nanoseconds: Int64)
    /// The first client's process is stopped for so long.
    case stallClient(nanoseconds: Int64)
    /// All agents are killed at once; others come after a while, as new nodes. nil: none ever does.
    case killAllAgents(backAfter: Int64?)
    /// A node is to leave; what still runs there after so long is handed on.
    case drain(node: Int, handsOnAfter: Int64, then: AfterDrain)
}

/// What becomes of a cluster of which a node is to leave.
package enum AfterDrain: Hashable, Sendable {
    /// It goes on without that node.
    case fewer
    /// Another one comes so long after the question.
    case another(Int64)
    /// It is wanted back so long after the question: it stays, or another one comes.
    case stays(Int64)
}

/// Where the processes of a cluster are.
package enum ScenarioPlace: Hashable, Sendable, CaseIterable {
    /// One program that starts its agents itself: they live as long as it does.
    case local
    /// One program, its agents on hosts: they end when it is silent for too long.
    case hosts
    /// A standing cluster: clients are processes of their own.
    case standing
}

/// Everything that decides a run.
package struct Scenario: Sendable {
    package var seed: UInt64
    package var tasks = 1_000
    package var nodes = 2
    package var slots: UInt32 = 2
    package var faults: [(time: Int64, fault: Fault)] = []
    /// Pairs of hosts that do not reach each other, numbered from 1.
    package var separated: [(UInt32, UInt32)] = []
    /// When a client with another program joins; nil: none does.
    package var secondProgramAt: Int64?
    /// A host, numbered from 1, that cannot take in the second program.
    package var refusingHost: UInt32?
    /// When the first client has some of its pages kept; nil: it does not.
    package var keepsAt: Int64?
    /// Bytes that pages may take on each node.
    package var pageBudget: Int64 = 1 << 40
    /// Whether pages that runs leave take their room before they are written.
    package var limitsMemory = false
    /// Whether some runs make child runs and wait for them.
    package var makesChildren = false
    package var lateShare = 0.05
    package var doubledShare = 0.05
    package var checksAttempts = true
    /// Whether everything fails with the last node, as where nothing can bring one back.
    package var failsWithoutNodes = false
    package var place = ScenarioPlace.hosts
    /// Whether processes notice that they were stopped.
    package var noticesPauses = true
    /// Whether the machines check their tables as they go: they trap where a checker only reports.
    package var checksInvariants = true
    /// Bytes of each of two pieces of data that are stored, and fetched again; 0: there are none.
    package var bulkBytes = 0
    /// Of every link.
    package var bytesPerSecond = 1e9
    /// Share of nodes that are slow.
    package var slowShare = 0.3

    /// A scenario of faults drawn by the seed.
    package init(seed: UInt64) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        nodes = 1 + generator.below(4)
        for _ in 0..<generator.below(4) {
            let time = Int64(generator.below(40_000_000))
            faults.append((time, Self.fault(on: generator.below(nodes), using: &generator)))
        }
        for one in 1...nodes {
            for other in 1...nodes where one < other && generator.chance(0.15) {
                separated.append((UInt32(one), UInt32(other)))
            }
        }
        drawLoss(using: &generator)
        drawStalls(using: &generator)
        // Each page takes 4 KiB.
        if generator.chance(0.5) { pageBudget = Int64(1 + generator.below(20)) << 12 }
        drawBulk()
        drawDrain()
        drawRuns()
        drawKeeping()
        guard generator.chance(0.5) else { return }
        secondProgramAt = Int64(generator.below(30_000_000))
        if generator.chance(0.3) { refusingHost = UInt32(1 + generator.below(nodes)) }
    }

    /// In one of three scenarios all nodes are lost at once, in whatever phase the work is.
    private mutating func drawLoss(using generator: inout SeededGenerator) {
        failsWithoutNodes = generator.chance(0.5)
        guard generator.chance(0.35) else { return }
        let isForGood = failsWithoutNodes && generator.chance(0.5)
        let pause = Int64(generator.below(2) * generator.below(20_000_000))
        faults.append(
            (
                Int64(generator.below(60_000_000)),
                .killAllAgents(backAfter: isForGood ? nil : pause)
            ))
    }

    /// In one of four scenarios links are slow, from 0.1 Mbit/s on, and there is bulk that keeps
    /// each of them for up to 4 s. Dice of its own: the other faults of a seed stay what they were.
    private mutating func drawBulk() {
        var generator = SeededGenerator(seed: seed ^ 0xb01d)
        guard generator.chance(0.25) else { return }
        let kilobytes = Int(12.5 * Double(1 << generator.below(10)))
        bytesPerSecond = Double(kilobytes) * 1e3
        bulkBytes = min(1_000_000, kilobytes * (200 + generator.below(3_800)))
        tasks = 300
        // Every node has room for both, and for what is read of them.
        if pageBudget < 1 << 40 { pageBudget += 4 * Int64(bulkBytes) }
    }

    /// In one of three scenarios one or two nodes are to leave while there is work. Dice of its
    /// own, as above.
    private mutating func drawDrain() {
        var generator = SeededGenerator(seed: seed ^ 0xd4a1)
        guard generator.chance(0.35) else { return }
        let count = 1 + generator.below(2)
        for _ in 0..<count {
            let time = Int64(generator.below(50_000_000))
            let pause = Int64(generator.below(4) * generator.below(20_000_000))
            let then: AfterDrain =
                switch generator.below(4) {
                case 0: .stays(Int64(generator.below(200_000_000)))
                // Somebody is always there in the end.
                case 1 where nodes > 1 && count == 1: .fewer
                default: .another(Int64(generator.below(20_000_000)))
                }
            faults.append(
                (time, .drain(node: generator.below(nodes), handsOnAfter: pause, then: then)))
        }
    }

    /// In half of the scenarios runs make children, and in half of those with little memory pages
    /// take room. Dice of its own, as above.
    private mutating func drawRuns() {
        var generator = SeededGenerator(seed: seed ^ 0x2005)
        makesChildren = generator.chance(0.5)
        limitsMemory = pageBudget < 1 << 40 && generator.chance(0.5)
        // What all slots read and leave at a time has room.
        if limitsMemory { pageBudget += 10 << 12 }
    }

    /// In one of three scenarios pages are kept, and read by another client when the first one has
    /// gone. Dice of its own, as above.
    private mutating func drawKeeping() {
        var generator = SeededGenerator(seed: seed ^ 0x6e97)
        guard generator.chance(0.35) else { return }
        keepsAt = Int64(generator.below(40_000_000))
    }

    /// In half of the scenarios processes are stopped for up to 30 s and go on.
    private mutating func drawStalls(using generator: inout SeededGenerator) {
        place = ScenarioPlace.allCases[generator.below(3)]
        guard generator.chance(0.5) else { return }
        for _ in 0...generator.below(3) {
            let time = Int64(generator.below(60_000_000))
            let nanoseconds = Int64(1 + generator.below(30_000)) * 1_000_000
            let node = generator.below(nodes)
            let fault: Fault =
                switch generator.below(5) {
                case 0: .stallAgent(node: node, nanoseconds: nanoseconds, withWorkers: true)
                case 1: .stallAgent(node: node, nanoseconds: nanoseconds, withWorkers: false)
                case 2: .stallWorkers(node: node, nanoseconds: nanoseconds)
                case 3: .stallClient(nanoseconds: nanoseconds)
                default: .stallCoordinator(nanoseconds: coordinatorStall(nanoseconds))
                }
            faults.append((time, fault))
        }
    }

    /// Clients of a standing cluster give up a coordinator that is stopped for 10 s, and may.
    private func coordinatorStall(_ nanoseconds: Int64) -> Int64 {
        place == .standing ? nanoseconds / 4 : nanoseconds
    }

    private static func fault(on node: Int, using generator: inout SeededGenerator) -> Fault {
        switch generator.below(5) {
        case 0, 1: .killWorker(node: node)
        case 2: .killAgent(node: node, backAfter: Int64(generator.below(20_000_000)))
        case 3: .breakConnection(node: node)
        default:
            .cutLink(node: node, nanoseconds: Int64(1 + generator.below(24)) * 1_000_000_000)
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
        /// Kept pages that another client read when the first one had gone.
        package var keptRead: Int
        /// Held tasks that ended with a value.
        package var values: Int
        /// Pages that went by way of the coordinator.
        package var relayed: Int
        /// Pages that went to a disk.
        package var onDisk: Int
        /// Child runs that were begun.
        package var children: Int
        /// Nodes that the coordinator gave up.
        package var lost: Int
        /// Nodes that left as they were asked to.
        package var drained: Int
        /// Agents that ended by themselves: they did not hear of the coordinator.
        package var agentsEnded: Int
        /// When the last result was there.
        package var endedAfter: Int64
    }

    /// Runs the scenario to its end: results are compared, everything is released, and nothing may
    /// be left. Whoever replays a seed may watch what happens, and when.
    package func run(watching watch: ((Int64, TraceEntry) -> Void)? = nil) -> Outcome {
        var generator = SeededGenerator(seed: seed &+ 1)
        var workloads = [
            Workload(tasks: tasks, bulkBytes: bulkBytes, using: &generator)
        ]
        if secondProgramAt != nil {
            let client = ScenarioRun.secondClient.rawValue
            workloads.append(Workload(tasks: tasks / 4, client: client, using: &generator))
        }
        var run = ScenarioRun(self, workloads, generator)
        run.watch = watch
        return run.outcome()
    }
}

/// A scenario under way.
private struct ScenarioRun {
    let scenario: Scenario
    let workloads: [Workload]
    var cluster: VirtualCluster
    var checker: Checker
    var generator: SeededGenerator
    var steps = 0
    var isStuck = false
    var watch: ((Int64, TraceEntry) -> Void)?
    /// Numbers of planned moments: faults from 0, then these.
    static let cancelNumber = 1_000
    static let calmNumber = 1_001
    static let secondNumber = 1_002
    static let keepNumber = 1_003
    static let lostNumber = 2_000
    static let firstProgram = ProgramID("first")
    static let secondProgram = ProgramID("second")
    static let secondClient = ClientID(9)
    static let reader = ClientID(11)
    static let keptName = "some"

    init(_ scenario: Scenario, _ workloads: [Workload], _ generator: SeededGenerator) {
        self.scenario = scenario
        self.workloads = workloads
        self.generator = generator
        var configuration = VirtualCluster.Configuration()
        configuration.seed = scenario.seed
        configuration.lateShare = scenario.lateShare
        configuration.bytesPerSecond = scenario.bytesPerSecond
        configuration.doubledShare = scenario.doubledShare
        configuration.scheduler.checksAttempts = scenario.checksAttempts
        configuration.scheduler.failsWithoutNodes = scenario.failsWithoutNodes
        configuration.scheduler.lossesMax = 1_000
        // Some take submissions in by slices of a few tasks: that costs twice the time.
        if scenario.seed.isMultiple(of: 4) { configuration.scheduler.turnSteps = 24 }
        configuration.noticesPauses = scenario.noticesPauses
        configuration.clientsWatch = scenario.place == .standing
        if scenario.place == .local {
            configuration.agent.grace = 3_155_760_000 * nanosecondsPerSecond
        }
        configuration.scheduler.inlineMax = 32
        configuration.limitsMemory = scenario.limitsMemory
        let makesChildren = scenario.makesChildren
        cluster = VirtualCluster(configuration) { order, inputs in
            ToyFunction.run(order, inputs, makesChildren: makesChildren)
        }
        checker = Checker(
            workloads, mayLackProgram: scenario.refusingHost != nil,
            failsWithoutNodes: scenario.failsWithoutNodes)
    }

    mutating func outcome() -> Scenario.Outcome {
        cluster.open(program: Self.firstProgram)
        for _ in 0..<scenario.nodes { join() }
        for (one, other) in scenario.separated { cluster.separate(one, other) }
        if let host = scenario.refusingHost { cluster.refuseOtherPrograms(on: host) }
        for (number, entry) in scenario.faults.enumerated() {
            cluster.plan(number, at: entry.time)
        }
        cluster.plan(Self.cancelNumber, at: 5_000_000)
        cluster.plan(Self.calmNumber, at: 60_000_000)
        if let time = scenario.secondProgramAt { cluster.plan(Self.secondNumber, at: time) }
        if let time = scenario.keepsAt { cluster.plan(Self.keepNumber, at: time) }
        submit(workloads[0], as: VirtualCluster.firstClient)
        let held = workloads.reduce(0) { $0 + $1.part.held.count }
        advance(limit: scenario.bulkBytes > 0 ? 900_000_000_000 : 180_000_000_000) {
            $0.checker.ended >= held
        }
        checker.compare()
        let endedAfter = cluster.now
        if isStuck { explain() }
        // Faults are over; the last handles go, and with them everything.
        cluster.calm()
        let keptRead = scenario.keepsAt == nil ? 0 : readKept()
        for task in workloads[0].part.held { cluster.act(.released(task)) }
        for task in workloads.dropFirst().flatMap(\.part.held) {
            cluster.act(.released(task), as: Self.secondClient)
        }
        // Long enough for every link to be back, and what was forgotten behind it to be cleared.
        advance(limit: cluster.now + 45_000_000_000) { _ in false }
        checkLeaks()
        return Scenario.Outcome(
            violations: checker.violations, digest: cluster.digest.value,
            virtualNanoseconds: cluster.now, steps: steps,
            rejected: cluster.scheduler.rejected.values.reduce(0, +), keptRead: keptRead,
            values: checker.brought.count - keptRead, relayed: cluster.pagesRelayed,
            onDisk: cluster.pagesOnDisk, children: cluster.childrenRun, lost: checker.losses,
            drained: checker.drained, agentsEnded: checker.agentsEnded, endedAfter: endedAfter)
    }

    private mutating func submit(_ workload: Workload, as client: ClientID) {
        cluster.act(.submitted(workload.part, data: workload.data), as: client)
        for task in workload.part.held {
            cluster.act(.awaited(task), as: client)
            cluster.act(.wanted(task), as: client)
        }
    }

    private mutating func join() {
        let slowness = generator.chance(scenario.slowShare) ? 5.0 : 1
        cluster.join(
            slots: scenario.slots, slowness: slowness, pageBudget: scenario.pageBudget,
            program: Self.firstProgram)
    }

    private mutating func advance(limit: Int64, until isOver: (ScenarioRun) -> Bool) {
        while cluster.now < limit {
            let wake = cluster.step()
            steps += 1
            if case .planned(let number) = wake { happen(number) }
            // An agent that ended by itself is started again, as a new node.
            let ended = cluster.trace.contains { if case .agentEnded = $0 { true } else { false } }
            if ended { cluster.plan(Self.lostNumber, at: cluster.now + 1_000_000) }
            if let watch { for entry in cluster.trace { watch(cluster.now, entry) } }
            checker.take(cluster.trace)
            cluster.trace.removeAll(keepingCapacity: true)
            if scenario.checksInvariants && steps % 512 == 0 { cluster.checkInvariants() }
            if wake == .idle || isOver(self) { return }
        }
        isStuck = true
    }

    private mutating func happen(_ number: Int) {
        switch number {
        case Self.cancelNumber: cluster.act(.cancelled(workloads[0].cancelled))
        case Self.secondNumber:
            cluster.open(Self.secondClient, program: Self.secondProgram)
            submit(workloads[1], as: Self.secondClient)
        case Self.keepNumber: keep()
        case Self.calmNumber: cluster.calm()
        case Self.lostNumber...: join()
        default: happen(scenario.faults[number].fault)
        }
    }

    /// Pages of the first client's that a serial run makes, a few of them.
    private var keepable: [TaskID] {
        let pages = Set(workloads[0].part.tasks.filter { $0.output == .page }.map(\.id))
        let cancelled = Set(workloads[0].cancelled)
        return workloads[0].part.held.filter { task in
            guard let expected = workloads[0].expected[task], expected != nil else { return false }
            return pages.contains(task) && !cancelled.contains(task)
        }.prefix(6).map { $0 }
    }

    private mutating func keep() {
        let type = KeptType(name: "Toy", layout: "toy", isArray: true)
        cluster.keep(KeepWish(number: 1, name: Self.keptName, type: type, tasks: keepable))
    }

    /// The first client goes, and another one reads what it had kept; answers with how many pages
    /// came. Unless a node was lost that is all of them, as a serial run makes them.
    private mutating func readKept() -> Int {
        // What is being kept has time to be.
        advance(limit: cluster.now + 5_000_000_000) { _ in false }
        cluster.close()
        advance(limit: cluster.now + 1_000_000_000) { _ in false }
        guard let kept = cluster.scheduler.keptStates.first, kept.loss.isEmpty else { return 0 }
        let wanted = keepable
        guard kept.sizes.count == wanted.count else {
            checker.violate("\(kept.sizes.count) of \(wanted.count) pages are kept")
            return 0
        }
        cluster.open(Self.reader, program: Self.firstProgram)
        let names = wanted.indices.map {
            TaskID(high: Self.reader.rawValue, low: UInt64($0 + 1))
        }
        var part = GraphPart(held: names)
        part.kept = [KeptUse(kept: kept.id, tasks: names, output: .page)]
        cluster.act(.submitted(part, data: []), as: Self.reader)
        for name in names { cluster.act(.wanted(name), as: Self.reader) }
        advance(limit: cluster.now + 120_000_000_000) { run in
            names.allSatisfy { run.checker.brought[$0] != nil || run.checker.refused[$0] != nil }
        }
        for (name, task) in zip(names, wanted) {
            if let bytes = checker.brought[name] {
                if bytes != workloads[0].expected[task] {
                    checker.violate("\(task) was kept with other bytes than the serial run's")
                }
            } else if checker.losses == 0 {
                checker.violate("\(task) was kept, and cannot be read")
            }
        }
        cluster.freeKept([Self.keptName], as: Self.reader)
        advance(limit: cluster.now + 5_000_000_000) { $0.cluster.scheduler.keptStates.isEmpty }
        cluster.close(Self.reader)
        return names.count { checker.brought[$0] != nil }
    }

    private mutating func happen(_ fault: Fault) {
        let members = cluster.members
        switch fault {
        case .killWorker(let node):
            guard node < members.count else { return }
            cluster.killWorkers(of: members[node])
        case .killAgent(let node, let backAfter):
            guard node < members.count else { return }
            cluster.lose(members[node])
            cluster.plan(Self.lostNumber, at: cluster.now + backAfter)
        case .cutLink(let node, let nanoseconds):
            guard node < members.count else { return }
            cluster.cutLink(of: members[node], for: nanoseconds)
        case .breakConnection(let node):
            guard node < members.count else { return }
            cluster.breakConnection(of: members[node])
        case .stallCoordinator(let nanoseconds):
            cluster.stall(.coordinator, for: nanoseconds)
            guard scenario.place != .standing else { return }
            cluster.stall(.client(VirtualCluster.firstClient), for: nanoseconds)
        case .stallAgent(let node, let nanoseconds, let withWorkers):
            guard node < members.count else { return }
            cluster.stall(.agent(members[node]), for: nanoseconds)
            if withWorkers { cluster.stall(.workers(members[node]), for: nanoseconds) }
        case .stallWorkers(let node, let nanoseconds):
            guard node < members.count else { return }
            cluster.stall(.workers(members[node]), for: nanoseconds)
        case .stallClient(let nanoseconds):
            cluster.stall(.client(VirtualCluster.firstClient), for: nanoseconds)
            guard scenario.place != .standing else { return }
            cluster.stall(.coordinator, for: nanoseconds)
        case .drain(let node, let pause, let then):
            guard node < members.count else { return }
            cluster.drain(members[node], handsOnAfter: pause)
            switch then {
            case .fewer: break
            case .another(let after): cluster.plan(Self.lostNumber, at: cluster.now + after)
            case .stays(let after):
                cluster.keep(members[node], after: after, orPlan: Self.lostNumber)
            }
        case .killAllAgents(let backAfter):
            for node in members { cluster.lose(node) }
            guard let backAfter else { return }
            for _ in members { cluster.plan(Self.lostNumber, at: cluster.now + backAfter) }
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
        for text in cluster.laneReport { checker.violate("stuck: \(text)") }
        for task in workloads.flatMap(\.part.held)
        where cluster.scheduler.tasks.index(of: task) != nil {
            guard let explanation = cluster.scheduler.explain(task),
                !["done", "failed"].contains(explanation.state)
            else { continue }
            checker.violate(
                "stuck: \(task) is \(explanation.state): \(explanation.reasons.prefix(3))")
        }
    }
}
