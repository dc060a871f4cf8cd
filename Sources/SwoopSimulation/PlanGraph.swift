// A plan as the estimate walks it: loops unrolled to their limit, every task behind what it needs.

import SwoopModel

/// The tasks of a plan in an order in which they could run one after the other.
struct PlanGraph {
    /// Rounds of a loop that are unrolled at most, and so many more as make no more tasks than are
    /// scheduled in virtual time.
    private static let roundsMax: UInt32 = 1_000

    private static func mostRounds(of loop: IterationSpec) -> UInt32 {
        max(roundsMax, UInt32(clamping: PlanSimulation.tasksMax / max(1, loop.template.count)))
    }

    private(set) var tasks: [TaskSpec] = []
    /// Places of each task's inputs among the tasks.
    private(set) var inputs: [[Int]] = []
    /// What each task reads of which tasks' outputs: not of all that it needs, for of some it is
    /// told the number of elements only.
    private(set) var reads: [[PlanRead]] = []
    /// Bytes that each task reads of client data and of constants among its own arguments, as a run
    /// counts them.
    private(set) var knownBytes: [Double] = []
    /// How often each task runs: more than once where it stands for rounds that are not unrolled.
    private(set) var runs: [Double] = []
    /// Whether the end of a loop depends on data: then its limit is only a bound.
    private(set) var isBound = false

    init(_ part: GraphPart, pageBytes: [TaskID: Int] = [:]) {
        var names: [TaskID: TaskID] = [:]
        var all = Array(part.tasks)
        var runsOfLoops: [TaskID: Double] = [:]
        for loop in part.iterations {
            if loop.until != nil { isBound = true }
            let first = all.count
            let rounds = max(1, min(loop.limit, Self.mostRounds(of: loop)))
            names[loop.id] = Self.unroll(loop, rounds: UInt64(rounds), into: &all)
            guard loop.limit > rounds else { continue }
            for spec in all[first...] {
                runsOfLoops[spec.id] = Double(loop.limit) / Double(rounds)
            }
        }
        func resolved(_ task: TaskID) -> TaskID {
            var task = task
            // A loop may start from another loop's result.
            for _ in 0...names.count { task = names[task] ?? task }
            return task
        }
        order(all.map { spec in Self.renamed(spec, resolved) })
        runs = tasks.map { runsOfLoops[$0.id] ?? 1 }
        let reading = PlanReading(part, tasks, pageBytes: pageBytes)
        for (place, spec) in tasks.enumerated() {
            let (own, bytes) = reading.reads(of: spec)
            // What is not made before is made by nobody.
            reads.append(own.filter { $0.place < place })
            knownBytes.append(bytes)
        }
    }

    /// Runs of all tasks together.
    var runCount: Int { Int(min(1e15, runs.reduce(0, +).rounded())) }

    private static func renamed(_ spec: TaskSpec, _ rename: (TaskID) -> TaskID) -> TaskSpec {
        var copy = spec
        copy.arguments = spec.arguments.map { $0.renamed(rename) }
        copy.pages = spec.pages.map(rename)
        return copy
    }

    /// Appends the rounds; answers with the task that makes the result.
    private static func unroll(
        _ loop: IterationSpec, rounds: UInt64, into tasks: inout [TaskSpec]
    ) -> TaskID {
        let own = Set(loop.template.map(\.id))
        // A state that no task made keeps the placeholder's name, which is nobody's.
        var state = loop.placeholder
        loop.initial.forEachTask { if state == loop.placeholder { state = $0 } }
        for round in 1...rounds {
            let rename = { (task: TaskID) -> TaskID in
                if task == loop.placeholder { return state }
                return own.contains(task)
                    ? task.derived(site: loop.id.low ^ loop.id.high, ordinal: round) : task
            }
            for template in loop.template {
                var spec = renamed(template, rename)
                spec.id = rename(template.id)
                tasks.append(spec)
            }
            state = rename(loop.result)
        }
        return state
    }

    private mutating func order(_ all: [TaskSpec]) {
        var places: [TaskID: Int] = [:]
        for (place, spec) in all.enumerated() { places[spec.id] = place }
        var needs: [[Int]] = []
        var users: [[Int]] = Array(repeating: [], count: all.count)
        var missing: [Int] = []
        for (place, spec) in all.enumerated() {
            var known: Set<Int> = []
            var own: [Int] = []
            spec.forEachInput { task in
                guard let input = places[task], input != place, known.insert(input).inserted else {
                    return
                }
                own.append(input)
            }
            for input in own { users[input].append(place) }
            missing.append(own.count)
            needs.append(own)
        }
        var sorted = all.indices.filter { missing[$0] == 0 }
        var next = 0
        while next < sorted.count {
            for user in users[sorted[next]] {
                missing[user] -= 1
                if missing[user] == 0 { sorted.append(user) }
            }
            next += 1
        }
        var newPlaces = Array(repeating: 0, count: all.count)
        for (new, old) in sorted.enumerated() { newPlaces[old] = new }
        tasks = sorted.map { all[$0] }
        inputs = sorted.map { needs[$0].map { newPlaces[$0] } }
    }
}

extension TaskSpec {
    /// Calls `body` with every task that this one needs, repeats included.
    fileprivate func forEachInput(_ body: (TaskID) -> Void) {
        for argument in arguments { argument.forEachTask(body) }
        for page in pages { body(page) }
    }
}
