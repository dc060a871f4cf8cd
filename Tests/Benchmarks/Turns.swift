// turns: what the scheduler alone takes for a task. Agents answer at once and cost nothing, so that
// every nanosecond is the scheduler's: from the submission of a graph to the release of its last
// handle, for independent tasks and for trees, on few nodes and on many. Times are the processor's,
// since other processes of a busy machine interrupt a turn for longer than it takes; "wall" is not.

import Glibc
import SwoopModel
import SwoopScheduling

enum Turns {
    static func run() async throws {
        let largest = variable("TURNS_MAX").flatMap { Int($0) } ?? 1_000_000
        for shape in Shape.allCases {
            for nodes in [1, 100, 10_000] {
                for tasks in [10_000, 100_000, 1_000_000, 10_000_000] where tasks <= largest {
                    measure(shape, tasks: tasks, nodes: nodes)
                }
            }
        }
    }

    /// How the tasks hang together.
    enum Shape: String, CaseIterable {
        case independent
        /// Each task that is no leaf reads two others.
        case tree
    }

    private static func measure(_ shape: Shape, tasks: Int, nodes: Int) {
        let client = ClientID(7)
        var world = AnsweredScheduler()
        world.take(.clientJoined(client, .none))
        for node in 1...nodes {
            let description = NodeDescription(
                name: "n\(node)", slots: 4, pageBudget: 1 << 36, processID: 1)
            world.take(.nodeJoined(NodeID(UInt32(node)), description, .none))
        }
        // The first one tells what the function takes and leaves.
        world.take(.graphSubmitted(client, part([spec(0, of: client)], held: 0...0), data: []))
        world.answerAll()
        world.take(
            .estimateRevised(
                FunctionIndex(0),
                DurationModel(fixedNanoseconds: 1e8, slope: 0, feature: -1, logSpread: 0)))
        world.take(.handlesReleased(client, [TaskID(high: client.rawValue, low: 0)]))
        world.answerAll()

        let before = residentBytes()
        let graph = graph(shape, tasks, of: client)
        world.reset()
        let began = seconds()
        world.take(.graphSubmitted(client, graph, data: []))
        world.answerAll()
        let resident = residentBytes() - before
        // As a session gives them back.
        for start in stride(from: 0, to: graph.held.count, by: 512) {
            let end = min(graph.held.count, start + 512)
            world.take(.handlesReleased(client, Array(graph.held[start..<end])))
        }
        let wall = seconds() - began
        guard world.scheduler.tasks.count == 0 else { return say("turns: tasks were left") }
        emit(
            "turns", "swoop:\(shape.rawValue)", n: tasks, seconds: [world.seconds],
            extra: [
                ("nodes", Double(nodes)),
                ("ns_per_task", world.seconds / Double(tasks) * 1e9),
                ("longest_turn_ms", world.longest * 1e3),
                ("resident_bytes_per_task", Double(resident) / Double(tasks)),
                ("wall", wall),
            ])
    }

    private static func spec(_ number: Int, of client: ClientID, needs: [Int] = []) -> TaskSpec {
        TaskSpec(
            id: TaskID(high: client.rawValue, low: UInt64(number)), function: FunctionIndex(0),
            arguments: needs.isEmpty
                ? [.bytes([UInt8](repeating: 1, count: 8))]
                : needs.map { .output(TaskID(high: client.rawValue, low: UInt64($0))) },
            features: [Double(number)])
    }

    private static func graph(_ shape: Shape, _ count: Int, of client: ClientID) -> GraphPart {
        switch shape {
        case .independent:
            return part((1...count).lazy.map { spec($0, of: client) }, held: 1...count)
        case .tree:
            // Leaves first; each other one reads the next two that nobody reads.
            let leaves = count / 2 + 1
            let specs = (1...count).lazy.map { number in
                number <= leaves
                    ? spec(number, of: client)
                    : spec(
                        number, of: client,
                        needs: [2 * (number - leaves) - 1, 2 * (number - leaves)])
            }
            return part(specs, held: count...count)
        }
    }

    private static func part(_ tasks: some Sequence<TaskSpec>, held: ClosedRange<Int>) -> GraphPart
    {
        let function = FunctionSpec(
            identity: "Program/Main.swift/f", name: "f", fingerprint: 1,
            code: .remote(identity: "f"), isOptimised: true, isAsync: false, needs: TaskNeeds())
        var part = GraphPart(functions: [function])
        part.tasks = TaskColumns(tasks)
        part.held = TaskIDs(held.lazy.map { TaskID(high: 7, low: UInt64($0)) })
        return part
    }

    private static func residentBytes() -> Int {
        guard let text = try? output(of: "awk '/VmRSS/ {print $2}' /proc/\(getpid())/status") else {
            return 0
        }
        return (Int(text.split(separator: "\n").first ?? "") ?? 0) * 1_024
    }
}

/// A scheduler whose orders are carried out at once.
private struct AnsweredScheduler {
    var scheduler = Scheduler()
    /// Seconds inside of the scheduler, and the longest turn.
    private(set) var seconds = 0.0
    private(set) var longest = 0.0
    private var leases: [(node: NodeID, tasks: [AttemptID])] = []
    private var next = 0
    private var now: Int64 = 0

    mutating func reset() { (seconds, longest) = (0, 0) }

    mutating func take(_ event: SchedulerEvent) {
        now += 100
        var effects: [SchedulerEffect] = []
        let began = Self.clock()
        scheduler.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        let spent = Self.clock() - began
        seconds += spent
        longest = max(longest, spent)
        for effect in effects {
            guard case .grantLease(let node, let lease) = effect else { continue }
            leases.append((node, lease.tasks.map(\.attemptID)))
        }
    }

    /// Every lease is reported as begun and ended, the oldest first, until there is none.
    mutating func answerAll() {
        while next < leases.count || scheduler.isBusy {
            if scheduler.isBusy { take(.deadlineReached) }
            guard next < leases.count else { continue }
            let lease = leases[next]
            leases[next].tasks = []
            next += 1
            var reports: [RunReport] = []
            for attempt in lease.tasks {
                reports.append(.started(attempt))
                reports.append(.ended(attempt, .finished(.inline([1])), RunRecord()))
            }
            take(.reported(lease.node, reports))
        }
        leases = []
        next = 0
    }

    private static func clock() -> Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
