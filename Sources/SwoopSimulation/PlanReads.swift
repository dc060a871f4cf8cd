// What each task of a plan reads, in bytes: sizes that nobody knows before a run follow from it.

import SwoopModel

/// A task's output, or a share of it, that another task reads.
struct PlanRead {
    /// The place of the task that makes it.
    var place: Int
    /// The part of its bytes that is read.
    var share: Double
}

/// Counts the bytes that tasks read in the way in which workers count them for their records.
struct PlanReading {
    private let places: [TaskID: Int]
    /// Bytes of what is there before any task runs.
    private var sizes: [TaskID: Double] = [:]
    /// Whether the second argument of a function's tasks is a note, by its place in the table.
    private let haveNotes: [Bool]
    /// The largest part that is read of what a task leaves, by the first task that it is read of.
    private var parts: [TaskID: UInt32] = [:]
    /// Loops that share all pages but their first, and what is read of those pages: what lies
    /// beside the first.
    private var sharers: [Beside: Int] = [:]

    private struct Beside: Hashable {
        var function: FunctionIndex
        var pages: ArraySlice<TaskID>
    }

    init(_ part: GraphPart, _ tasks: [TaskSpec], pageBytes: [TaskID: Int]) {
        haveNotes = part.functions.map { function in
            if case .remote = function.code { return false }
            return true
        }
        places = Dictionary(tasks.enumerated().map { ($1.id, $0) }) { first, _ in first }
        sizes = pageBytes.mapValues { Double($0) }
        for data in part.data { sizes[data.id] = Double(data.byteCount) }
        // A loop's first state, where no task makes it.
        for loop in part.iterations {
            sizes[loop.placeholder] = Self.byteCount(of: loop.initial)
        }
        for spec in tasks {
            if let part = spec.part, let first = spec.pages.first {
                parts[first] = max(parts[first] ?? 0, part)
            }
            if let beside = beside(spec) { sharers[beside, default: 0] += 1 }
        }
    }

    /// What `spec` reads of other tasks, and the bytes of what is there before.
    func reads(of spec: TaskSpec) -> (reads: [PlanRead], knownBytes: Double) {
        var reads: [PlanRead] = []
        var knownBytes = 0.0
        func read(_ task: TaskID, share: Double) {
            if let place = places[task] {
                reads.append(PlanRead(place: place, share: share))
            } else {
                knownBytes += (sizes[task] ?? 0) * share
            }
        }
        let isLoop = hasNote(spec)
        // A run of a loop does not count its note, which says where in the source it is.
        for (place, argument) in spec.arguments.enumerated() where !isLoop || place != 1 {
            knownBytes += Self.byteCount(of: argument)
            Self.forEachOutput(of: argument) { read($0, share: 1) }
        }
        let partShare = spec.part == nil ? 1 : share(ofParts: spec)
        let shareBeside = beside(spec).map { share(of: $0) }
        for (number, page) in spec.pages.enumerated() {
            read(page, share: number > 0 ? shareBeside ?? partShare : partShare)
        }
        return (reads, knownBytes)
    }

    private func hasNote(_ spec: TaskSpec) -> Bool {
        let place = Int(spec.function.rawValue)
        return place < haveNotes.count && haveNotes[place]
    }

    /// What is divided by key, each reads a part of.
    private func share(ofParts spec: TaskSpec) -> Double {
        guard let most = spec.pages.first.flatMap({ parts[$0] }) else { return 1 }
        return 1 / (Double(most) + 1)
    }

    /// The pages of a second array, where a loop is to find out which of them are beside its own:
    /// then it is told how many elements they have, in a second list behind that of its own pages.
    /// A join is not told, and reads all of them.
    private func beside(_ spec: TaskSpec) -> Beside? {
        guard hasNote(spec), spec.part == nil, spec.pages.count > 1, spec.arguments.count > 1,
            case .sequence(let parts) = spec.arguments[1]
        else { return nil }
        let operations = parts.indices.filter { place in
            if case .operation = parts[place] { return true }
            return false
        }
        guard let first = operations.first, let last = operations.last,
            last - first >= operations.count
        else { return nil }
        return Beside(function: spec.function, pages: spec.pages.dropFirst())
    }

    /// A page is read as a whole, or not at all.
    private func share(of beside: Beside) -> Double {
        max(1 / Double(beside.pages.count), 1 / Double(max(1, sharers[beside] ?? 1)))
    }

    /// Bytes that stand in an argument itself; none of what it names.
    private static func byteCount(of argument: Argument) -> Double {
        switch argument {
        case .bytes(let bytes): Double(bytes.count)
        case .sequence(let parts): parts.reduce(0) { $0 + byteCount(of: $1) }
        case .operation(_, _, _, let result): result == .bool ? 1 : 8
        case .output: 0
        }
    }

    /// Calls `body` with every output whose bytes are in the argument, repeats included; those of
    /// operands are not.
    private static func forEachOutput(of argument: Argument, _ body: (TaskID) -> Void) {
        switch argument {
        case .output(let task): body(task)
        case .sequence(let parts): for part in parts { forEachOutput(of: part, body) }
        case .bytes, .operation: break
        }
    }
}
