// A random graph of pure toy functions, and what a serial run makes of it.

package import SwoopModel
package import SwoopSimulation

/// A graph part with what is to come of it.
package struct Workload: Sendable {
    package var part: GraphPart
    package var data: [[UInt8]]
    /// Tasks that are cancelled half-way: they may end either way.
    package var cancelled: [TaskID]
    /// The bytes of every held task by a serial run; nil: it fails.
    package var expected: [TaskID: [UInt8]?]

    /// The upper half of the ids of its tasks.
    let client: UInt64
    static let placeholder = TaskID(high: 1, low: 1)

    func task(_ number: Int) -> TaskID { TaskID(high: client, low: UInt64(number)) }

    /// About `count` tasks: values, pages, loops, some that throw, some that are cancelled.
    package init(
        tasks count: Int, client: UInt64 = 7, bulkBytes: Int = 0,
        using generator: inout SeededGenerator
    ) {
        self.client = client
        part = GraphPart(
            functions: (0..<4).map { number in
                FunctionSpec(
                    identity: "toy \(number)", name: "toy\(number)", fingerprint: 1,
                    code: .remote(identity: "toy \(number)"), isOptimised: true, isAsync: false)
            })
        data = []
        cancelled = []
        expected = [:]
        addData(using: &generator)
        if bulkBytes > 0 { addBulk(bulkBytes, using: &generator) }
        let loops = 3
        for number in 10..<10 + count - loops * 8 { add(number, using: &generator) }
        for number in 0..<loops { addLoop(number, after: count, using: &generator) }
        hold(using: &generator)
        expected = serialResults()
    }

    private mutating func addData(using generator: inout SeededGenerator) {
        for number in 0..<4 {
            let bytes = (0..<64).map { _ in UInt8(generator.below(256)) }
            let kind: OutputKind = number < 2 ? .value : .page
            part.data.append(
                DataSpec(
                    id: task(number), output: kind, byteCount: 64, isDeferred: number % 2 == 1))
            data.append(bytes)
        }
    }

    /// Data that is wanted back as it is: brought along, and when there is room.
    private mutating func addBulk(_ byteCount: Int, using generator: inout SeededGenerator) {
        for number in 4..<6 {
            let seed = generator.below(251)
            data.append((0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ seed) })
            part.data.append(
                DataSpec(
                    id: task(number), output: .page, byteCount: Int64(byteCount),
                    isDeferred: number == 5))
            part.held.append(task(number))
        }
    }

    private mutating func add(_ number: Int, using generator: inout SeededGenerator) {
        var spec = TaskSpec(
            id: task(number), function: FunctionIndex(UInt32(generator.below(4))),
            arguments: [.bytes([UInt8(number & 255)])],
            output: generator.chance(0.3) ? .page : .value)
        for _ in 0..<generator.below(4) {
            // Mostly in blocks of 50, so that one that throws does not take the whole graph along.
            let own = (number - 10) % 50
            let back = generator.chance(0.98) ? min(own, 1 + generator.below(30)) : number - 10
            guard back > 0 else { continue }
            spec.add(input: task(number - 1 - generator.below(back)), in: part)
        }
        if generator.chance(0.1) {
            spec.add(input: task(generator.below(4)), in: part)
        }
        part.tasks.append(spec)
    }

    private mutating func addLoop(
        _ number: Int, after count: Int, using generator: inout SeededGenerator
    ) {
        let isPage = generator.chance(0.3)
        let first = TaskID(high: 2, low: UInt64(number))
        let last = TaskID(high: 3, low: UInt64(number))
        let until = TaskID(high: 4, low: UInt64(number))
        var step = TaskSpec(
            id: first, function: FunctionIndex(0), arguments: [.bytes([UInt8(number)])],
            output: isPage ? .page : .value)
        if isPage {
            step.pages = [Self.placeholder]
        } else {
            step.arguments.append(.output(Self.placeholder))
        }
        var outer = TaskSpec(
            id: last, function: FunctionIndex(1), arguments: [.output(first)],
            output: isPage ? .page : .value)
        if isPage { (outer.arguments, outer.pages) = ([], [first]) }
        outer.add(input: task(10 + generator.below(50)), in: part)
        // Function 3 of a value answers with a Bool in the first byte.
        var condition = TaskSpec(id: until, function: FunctionIndex(3), arguments: [.bytes([0xb0])])
        if isPage { condition.pages = [last] } else { condition.arguments.append(.output(last)) }
        let initial = part.tasks.first { $0.output == (isPage ? .page : .value) && $0.id.low > 40 }
        guard let initial else { return }
        let id = task(100_000 + number)
        part.iterations.append(
            IterationSpec(
                id: id, initial: .output(initial.id), limit: UInt32(2 + generator.below(6)),
                template: [step, outer, condition], placeholder: Self.placeholder, result: last,
                until: generator.chance(0.7) ? until : nil))
        // Something that uses the loop's result.
        var user = TaskSpec(id: task(200_000 + number), function: FunctionIndex(2))
        if isPage { user.pages = [id] } else { user.arguments = [.output(id)] }
        part.tasks.append(user)
    }

    private mutating func hold(using generator: inout SeededGenerator) {
        var used: Set<TaskID> = []
        for task in part.tasks { used.formUnion(task.inputs) }
        for loop in part.iterations { loop.initial.forEachTask { used.insert($0) } }
        for task in part.tasks where !used.contains(task.id) || generator.chance(0.1) {
            part.held.append(task.id)
            if generator.chance(0.03) { cancelled.append(task.id) }
        }
        for loop in part.iterations { part.held.append(loop.id) }
    }
}

extension TaskSpec {
    /// Makes the output of `input` an argument or a page of this task.
    fileprivate mutating func add(input: TaskID, in part: GraphPart) {
        let made = part.tasks.first { $0.id == input }
        let isPage =
            made.map { $0.output == .page }
            ?? (part.data.first { $0.id == input }?.output == .page)
        if isPage { pages.append(input) } else { arguments.append(.output(input)) }
    }
}
