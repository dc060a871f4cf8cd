// A plan as the estimate walks it: loops unrolled to their limit, every task behind what it needs.

import SwoopModel

/// The tasks of a plan in an order in which they could run one after the other.
struct PlanGraph {
    /// Rounds of a loop that are unrolled at most.
    static let roundsMax: UInt32 = 1_000

    private(set) var tasks: [TaskSpec] = []
    /// Places of each task's inputs among the tasks.
    private(set) var inputs: [[Int]] = []
    /// Bytes of client data that each task reads.
    private(set) var dataBytes: [Double] = []
    /// Bytes that stand in each task's own arguments, as a run counts them.
    private(set) var ownBytes: [Double] = []
    /// The share that each task reads of its inputs: what is divided by key, each reads a part of.
    private(set) var shares: [Double] = []
    /// Whether the end of a loop depends on data: then its limit is only a bound.
    private(set) var isBound = false

    init(_ part: GraphPart) {
        var names: [TaskID: TaskID] = [:]
        var all = part.tasks
        for loop in part.iterations {
            if loop.until != nil || loop.limit > Self.roundsMax { isBound = true }
            names[loop.id] = Self.unroll(loop, into: &all)
        }
        func resolved(_ task: TaskID) -> TaskID {
            var task = task
            // A loop may start from another loop's result.
            for _ in 0...names.count { task = names[task] ?? task }
            return task
        }
        order(all.map { spec in Self.renamed(spec, resolved) }, data: part.data)
        let isLoop = part.functions.map { function in
            if case .remote = function.code { return false }
            return true
        }
        ownBytes = tasks.map { spec in
            let place = Int(spec.function.rawValue)
            return Self.ownBytes(of: spec, isLoop: place < isLoop.count && isLoop[place])
        }
        shares = Self.shares(of: tasks)
    }

    /// A run of a loop does not count its note, which says where in the source it is.
    private static func ownBytes(of spec: TaskSpec, isLoop: Bool) -> Double {
        var sum = 0.0
        for (place, argument) in spec.arguments.enumerated() where !isLoop || place != 1 {
            sum += argument.ownByteCount
        }
        return sum
    }

    private static func shares(of tasks: [TaskSpec]) -> [Double] {
        var parts: [TaskID: UInt32] = [:]
        for spec in tasks {
            guard let part = spec.part, let first = spec.pages.first else { continue }
            parts[first] = max(parts[first] ?? 0, part)
        }
        return tasks.map { spec in
            guard spec.part != nil, let most = spec.pages.first.flatMap({ parts[$0] }) else {
                return 1
            }
            return 1 / (Double(most) + 1)
        }
    }

    private static func renamed(_ spec: TaskSpec, _ rename: (TaskID) -> TaskID) -> TaskSpec {
        var copy = spec
        copy.arguments = spec.arguments.map { $0.renamed(rename) }
        copy.pages = spec.pages.map(rename)
        return copy
    }

    /// Appends the rounds; answers with the task that makes the result.
    private static func unroll(_ loop: IterationSpec, into tasks: inout [TaskSpec]) -> TaskID {
        let own = Set(loop.template.map(\.id))
        // A state that no task made keeps the placeholder's name, which is nobody's.
        var state = loop.placeholder
        loop.initial.forEachTask { if state == loop.placeholder { state = $0 } }
        for round in 1...UInt64(max(1, min(loop.limit, roundsMax))) {
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

    private mutating func order(_ all: [TaskSpec], data: [DataSpec]) {
        var places: [TaskID: Int] = [:]
        for (place, spec) in all.enumerated() { places[spec.id] = place }
        let sizes = Dictionary(data.map { ($0.id, Double($0.byteCount)) }) { first, _ in first }
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
        dataBytes = tasks.map { spec in
            var sum = 0.0
            spec.forEachInput { sum += sizes[$0] ?? 0 }
            return sum
        }
    }
}

extension Argument {
    /// Bytes that stand in the argument itself; none of what it names.
    fileprivate var ownByteCount: Double {
        switch self {
        case .bytes(let bytes): Double(bytes.count)
        case .sequence(let parts): parts.reduce(0) { $0 + $1.ownByteCount }
        case .output, .operation: 0
        }
    }
}

extension TaskSpec {
    /// Calls `body` with every task that this one needs, repeats included.
    fileprivate func forEachInput(_ body: (TaskID) -> Void) {
        for argument in arguments { argument.forEachTask(body) }
        for page in pages { body(page) }
    }
}
