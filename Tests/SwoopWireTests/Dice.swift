// Random nouns from a seed: the same in every process, so that a failure can be repeated by its
// seed.

import SwoopModel
import SwoopSimulation

/// Draws values.
struct Dice {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func word() -> UInt64 { random.next() }

    /// A number less than `bound`.
    mutating func below(_ bound: Int) -> Int { random.below(bound) }

    mutating func coin() -> Bool { word() & 1 == 0 }

    /// Often zero or an extreme, else of any magnitude.
    mutating func number() -> Int64 {
        switch below(6) {
        case 0: 0
        case 1: .max
        case 2: .min
        default: Int64(bitPattern: word()) >> Int64(below(64))
        }
    }

    /// A size as messages may have it, often an extreme.
    mutating func size() -> Int64 {
        switch below(6) {
        case 0: 0
        case 1: SizeBound.bytesMax
        default: Int64(word() >> UInt64(18 + below(46)))
        }
    }

    mutating func small() -> UInt32 {
        switch below(5) {
        case 0: 0
        case 1: .max
        default: UInt32(truncatingIfNeeded: word()) >> UInt32(below(32))
        }
    }

    mutating func double() -> Double {
        switch below(5) {
        case 0: 0
        case 1: -.infinity
        default: Double(number()) / 3
        }
    }

    mutating func list<Element>(
        upTo most: Int = 4, _ element: (inout Dice) -> Element
    ) -> [Element] {
        var elements: [Element] = []
        for _ in 0..<below(most + 1) { elements.append(element(&self)) }
        return elements
    }

    mutating func bytes(upTo most: Int = 12) -> [UInt8] {
        list(upTo: most) { UInt8(truncatingIfNeeded: $0.word()) }
    }

    mutating func text() -> String {
        let pieces = ["", "a", "isInside", "é", "日本", "🧮", "\0", "a.swift f(_:)"]
        return list(upTo: 3) { pieces[$0.below(pieces.count)] }.joined()
    }

    mutating func task() -> TaskID {
        TaskID(high: coin() ? 77 : word() >> UInt64(below(64)), low: word() >> UInt64(below(64)))
    }

    mutating func tasks() -> [TaskID] { list(upTo: 6) { $0.task() } }

    mutating func attempt() -> AttemptID { AttemptID(task: task(), number: small()) }

    mutating func output() -> OutputKind { coin() ? .value : .page }

    mutating func argument(depth: Int = 4) -> Argument {
        switch below(depth == 0 ? 2 : 5) {
        case 0, 2: return .bytes(bytes())
        case 1: return .output(task())
        case 3: return .sequence(list(upTo: 3) { $0.argument(depth: depth - 1) })
        default:
            return .operation(
                ScalarOperation.allCases[below(ScalarOperation.allCases.count)],
                operands: list(upTo: 3) { $0.argument(depth: depth - 1) },
                operandType: ScalarType.allCases[below(ScalarType.allCases.count)],
                resultType: ScalarType.allCases[below(ScalarType.allCases.count)])
        }
    }
}

extension Dice {
    mutating func functionSpec() -> FunctionSpec {
        let code: CodeReference =
            switch below(3) {
            case 0: .remote(identity: text())
            case 1: .code(image: text(), offset: word())
            default: .type(mangledName: text())
            }
        return FunctionSpec(
            identity: text(), name: text(), fingerprint: word(), code: code,
            isOptimised: coin(), isAsync: coin())
    }

    mutating func taskSpec() -> TaskSpec {
        TaskSpec(
            id: task(), function: FunctionIndex(small()),
            arguments: list(upTo: 3) { $0.argument() }, pages: coin() ? [] : tasks(),
            part: coin() ? nil : min(small(), .max - 1), lower: number(), upper: number(),
            output: output(),
            features: list { $0.double() })
    }

    /// Tasks as programs submit them: one function, consecutive ids, one encoded argument each.
    mutating func uniformTasks() -> [TaskSpec] {
        let first = word()
        return (0..<UInt64(below(20))).map { index in
            TaskSpec(
                id: TaskID(high: 5, low: first &+ index), function: FunctionIndex(3),
                arguments: [.bytes(bytes())], features: [Double(index)])
        }
    }

    mutating func iteration() -> IterationSpec {
        IterationSpec(
            id: task(), initial: argument(), limit: small(), template: list { $0.taskSpec() },
            placeholder: task(), result: task(), until: coin() ? task() : nil)
    }

    mutating func graphPart() -> GraphPart {
        GraphPart(
            functions: list { $0.functionSpec() },
            tasks: coin() ? uniformTasks() : list { $0.taskSpec() },
            iterations: list(upTo: 2) { $0.iteration() },
            data: list {
                DataSpec(
                    id: $0.task(), output: $0.output(), byteCount: $0.size(),
                    isDeferred: $0.coin(), staysOnceBrought: $0.coin())
            },
            kept: list(upTo: 2) { $0.keptUse() }, held: tasks(),
            retry: RetryRule(attempts: small(), pause: number()))
    }

    mutating func lease() -> Lease {
        Lease(
            id: LeaseID(word()), firstFunction: small(), functions: list { $0.functionSpec() },
            tasks: list { dice in
                AssignedTask(
                    spec: dice.taskSpec(), attempt: dice.small(),
                    inputs: dice.list { $0.assignedInput() }, rank: dice.number(),
                    isIsolated: dice.coin())
            })
    }

    mutating func pages() -> StoredPages {
        StoredPages(
            (0...below(3)).map { _ in
                OutputPart(
                    byteCount: size(), elementCount: size(),
                    checksum: word())
            })
    }

    mutating func assignedInput() -> AssignedInput {
        let source: InputSource =
            switch below(3) {
            case 0: .pending
            case 1: .stored(pages(), nodes: list { NodeID($0.small()) })
            default: .inline(bytes())
            }
        let slice = OutputSlice(task: task(), offset: size(), wholeByteCount: size())
        return AssignedInput(
            task: task(), source: source, slice: coin() ? slice : nil, isShared: coin())
    }

    mutating func extent() -> PageExtent {
        PageExtent(offset: size(), pages: pages())
    }

    mutating func runOrder() -> RunOrder {
        RunOrder(
            spec: taskSpec(), attempt: small(),
            inputs: list { dice in
                RunInput(
                    task: dice.task(),
                    source: dice.coin() ? .inline(dice.bytes()) : .extent(dice.extent()))
            },
            rank: number(), cores: small())
    }
}

extension Dice {
    mutating func record() -> RunRecord {
        RunRecord(
            features: list { $0.double() }, elements: number(), bytesIn: number(),
            bytesOut: number(), cpuNanoseconds: number(), wallNanoseconds: number(),
            isCold: coin())
    }

    mutating func failure() -> TaskFailure {
        var failure = TaskFailure(
            kind: FailureKind.allCases[below(FailureKind.allCases.count)], message: text(),
            task: task())
        failure.errorType = text()
        failure.file = text()
        failure.line = small()
        failure.function = text()
        failure.attempt = small()
        failure.node = text()
        failure.signal = Int32(truncatingIfNeeded: number())
        failure.frames = list { $0.word() }
        failure.image = text()
        failure.lastOutput = list { $0.text() }
        return failure
    }

    mutating func report() -> RunReport {
        switch below(9) {
        case 0: .started(attempt())
        case 1: .suspended(attempt())
        case 2: .resumed(attempt())
        case 3: .returned(attempt())
        case 4: .childrenEnded(attempt(), function: text(), records: list { $0.record() })
        case 5: .ended(attempt(), .cancelled, record())
        case 6: .ended(attempt(), .failed(failure()), record())
        case 7: .ended(attempt(), .finished(.inline(bytes())), record())
        default:
            .ended(
                attempt(), .finished(.page(pages())),
                record())
        }
    }

    mutating func outputLine() -> OutputLine {
        OutputLine(
            task: task(), function: text(), node: text(), text: text(), isError: coin(),
            dropped: small())
    }

    mutating func progress() -> ProgressCount {
        ProgressCount(
            done: word(), failed: word(), running: word(), total: word(), bytesIn: word(),
            bytesOut: word(), movedBytes: word(), nanosecondsLeft: number())
    }

    mutating func notice() -> ClientNotice {
        switch below(9) {
        case 0:
            .finished(
                task(), value: coin() ? bytes() : nil, byteCount: size(),
                elementCount: size())
        case 1: .failed(task(), failure())
        case 2: .dataNeeded(task())
        case 3: .printed(outputLine())
        case 4: .remark(text())
        case 5: .roomLent(task(), offset: size(), byteCount: size())
        case 6: .roomRefused(task())
        case 7: .dataSettled(task())
        default: .progress(progress())
        }
    }

    mutating func node() -> NodeDescription {
        NodeDescription(
            name: text(), slots: small(), pageBudget: size(),
            processID: Int32(truncatingIfNeeded: number()),
            reach: NodeReach.allCases[Int(small() % 3)])
    }

    mutating func slot() -> SlotUsage {
        SlotUsage(
            function: coin() ? text() : nil, task: coin() ? task() : nil,
            elapsedNanoseconds: number(), busyNanoseconds: number())
    }

    mutating func usage() -> ClusterUsage {
        ClusterUsage(
            nodes: list { dice in
                NodeUsage(
                    node: NodeID(dice.small()), name: dice.text(),
                    slots: dice.list { $0.slot() }, cpuNanoseconds: dice.number(),
                    residentBytes: dice.number(), fetchedBytes: dice.number(),
                    givenBytes: dice.number(),
                    pageBudget: dice.number(),
                    ageNanoseconds: dice.number(), isSilent: dice.coin())
            },
            progress: progress())
    }

    mutating func history() -> FunctionHistory {
        FunctionHistory(
            identity: text(), node: text(), isOptimised: coin(), fingerprint: word(),
            records: list { $0.record() })
    }
}
