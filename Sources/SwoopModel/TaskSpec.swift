// A graph as it is submitted: tasks, their arguments, the data that the client brings, and loops
// whose end depends on data. Values only; many tasks are columns (TaskColumns.swift), of which a
// TaskSpec is one row, and TaskRecord (SwoopScheduling) has what the scheduler knows beside it.

/// Arithmetic that a proxy carries along and the task that uses it carries out.
package enum ScalarOperation: UInt8, Sendable, CaseIterable {
    case add, subtract, multiply, divide, negate
    case less, lessOrEqual, equal, notEqual, greaterOrEqual, greater
    case and, or, not
    case convert
    /// Not arithmetic: the number of elements in the pages that the operands' tasks made. The
    /// scheduler knows it and puts it in when it grants the lease, so that the page itself need not
    /// travel.
    case elementCount
    /// As `elementCount`: the number of elements in all parts of the operands' outputs that come
    /// before the part which the task itself reads.
    case elementsBefore
    /// Of integers.
    case remainder
}

/// The scalar types that such arithmetic knows; `UInt` is `uint64`, `Int64` is `int`.
package enum ScalarType: UInt8, Sendable, CaseIterable {
    case int, double, bool
    case int8, int16, int32, uint8, uint16, uint32, uint64, float
    case text
    /// Whatever is equal where its bytes are.
    case bytes
}

/// One argument of a task: bytes that are known, or the output of another task, or made of such.
///
/// The worker resolves it to encoded bytes (the value codec of SwoopElements); a list of proxies is
/// its count followed by its parts, since an encoded array is just that.
package indirect enum Argument: Equatable, Sendable {
    /// Encoded already.
    case bytes([UInt8])
    /// The encoded value that another task made.
    case output(TaskID)
    /// The parts one after the other.
    case sequence([Argument])
    /// A scalar operation; operands and result are of the types named.
    case operation(
        ScalarOperation, operands: [Argument], operandType: ScalarType, resultType: ScalarType)

    /// Calls `body` with every task that the argument needs, in order, repeats included.
    package func forEachTask(_ body: (TaskID) -> Void) {
        switch self {
        case .bytes: break
        case .output(let task): body(task)
        case .sequence(let parts): for part in parts { part.forEachTask(body) }
        case .operation(_, let operands, _, _):
            for operand in operands { operand.forEachTask(body) }
        }
    }

    /// The same argument with every task renamed.
    package func renamed(_ rename: (TaskID) -> TaskID) -> Argument {
        switch self {
        case .bytes: self
        case .output(let task): .output(rename(task))
        case .sequence(let parts): .sequence(parts.map { $0.renamed(rename) })
        case .operation(let operation, let operands, let operandType, let resultType):
            .operation(
                operation, operands: operands.map { $0.renamed(rename) },
                operandType: operandType, resultType: resultType)
        }
    }
}

/// What a task leaves behind.
package enum OutputKind: UInt8, Sendable {
    /// One encoded value: travels inside reports when small, else in a page.
    case value
    /// A page of elements in the layout of SwoopElements.
    case page
}

/// One task as submitted: a function, its inputs and what it leaves.
package struct TaskSpec: Equatable, Sendable {
    package var id: TaskID
    /// Index into the function table of the graph part that brings the task; the scheduler
    /// renumbers it to its own table.
    package var function: FunctionIndex
    /// Encoded one after the other; for a fused loop the first is the chain's fields.
    package var arguments: [Argument]
    /// Tasks whose output pages the loop reads, in order.
    package var pages: [TaskID]
    /// Which part of these tasks' outputs it reads; nil: all. When the task is leased, `pages`
    /// names the parts (`TaskID.part`); one without elements is an input without bytes. Less than
    /// the largest number.
    package var part: UInt32?
    /// The part of a source that a loop covers: elements of a range, bytes of a file, elements of a
    /// page.
    package var lower: Int64
    package var upper: Int64
    package var output: OutputKind
    /// What runtimes are learned by: argument values, counts, bytes. NaN where not known before the
    /// run.
    package var features: [Double]

    package init(
        id: TaskID, function: FunctionIndex, arguments: [Argument] = [], pages: [TaskID] = [],
        part: UInt32? = nil, lower: Int64 = 0, upper: Int64 = 0, output: OutputKind = .value,
        features: [Double] = []
    ) {
        self.id = id
        self.function = function
        self.arguments = arguments
        self.pages = pages
        self.part = part
        self.lower = lower
        self.upper = upper
        self.output = output
        self.features = features
    }

    /// Tasks that must be done before this one can run: each once, in order of first mention.
    package var inputs: [TaskID] {
        var all: [TaskID] = []
        for argument in arguments { argument.forEachTask { all.append($0) } }
        all.append(contentsOf: pages)
        all.removeRepeats()
        return all
    }
}

/// A loop whose end depends on data: the scheduler instantiates the template until `until` is true.
///
/// The result of the loop is known under `id`: the state after the last round.
package struct IterationSpec: Equatable, Sendable {
    package var id: TaskID
    /// The state before the first round.
    package var initial: Argument
    /// Rounds at most; at least 1.
    package var limit: UInt32
    /// The body, recorded once.
    package var template: [TaskSpec]
    /// Stands in the template for the state at the start of the round.
    package var placeholder: TaskID
    /// The template's task that makes the state at the end of the round.
    package var result: TaskID
    /// The template's task that tells (an encoded Bool) whether to stop; nil: run to the limit.
    package var until: TaskID?

    package init(
        id: TaskID, initial: Argument, limit: UInt32, template: [TaskSpec], placeholder: TaskID,
        result: TaskID, until: TaskID?
    ) {
        self.id = id
        self.initial = initial
        self.limit = limit
        self.template = template
        self.placeholder = placeholder
        self.result = result
        self.until = until
    }
}

/// Data that the client brings: one page or one value, stored under the id of a task that never
/// runs.
package struct DataSpec: Equatable, Sendable {
    package var id: TaskID
    package var output: OutputKind
    package var byteCount: Int64
    /// Whether the client keeps the bytes until it is asked for them: they do not come along.
    package var isDeferred: Bool
    /// Of deferred data: whether it is asked for once and stays, as data does that came along,
    /// instead of going with the last task that reads it and being asked for again.
    package var staysOnceBrought: Bool

    package init(
        id: TaskID, output: OutputKind, byteCount: Int64, isDeferred: Bool = false,
        staysOnceBrought: Bool = false
    ) {
        self.id = id
        self.output = output
        self.byteCount = byteCount
        self.isDeferred = isDeferred
        self.staysOnceBrought = staysOnceBrought
    }
}

/// A part of a graph, as one submission brings it. Tasks may refer to tasks of this and of earlier
/// parts.
package struct GraphPart: Equatable, Sendable {
    package var functions: [FunctionSpec]
    package var tasks: TaskColumns
    package var iterations: [IterationSpec]
    package var data: [DataSpec]
    /// Names for outputs of kept data.
    package var kept: [KeptUse]
    /// Tasks for which the client holds a handle; all others may go when nothing needs them.
    package var held: TaskIDs
    /// Whether tasks that fail by themselves are tried again.
    package var retry: RetryRule

    package init(
        functions: [FunctionSpec] = [], tasks: [TaskSpec] = [], iterations: [IterationSpec] = [],
        data: [DataSpec] = [], kept: [KeptUse] = [], held: [TaskID] = [],
        retry: RetryRule = .never
    ) {
        self.retry = retry
        self.functions = functions
        self.tasks = TaskColumns(tasks)
        self.iterations = iterations
        self.data = data
        self.kept = kept
        self.held = TaskIDs(held)
    }
}

extension [TaskID] {
    /// Leaves the first mention of each task.
    package mutating func removeRepeats() {
        guard count > 1 else { return }
        if count <= 8 {
            for place in indices.dropFirst().reversed() where self[..<place].contains(self[place]) {
                remove(at: place)
            }
            return
        }
        var known: Set<TaskID> = []
        removeAll { !known.insert($0).inserted }
    }
}
