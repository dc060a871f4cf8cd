// What the coordinator hands to an agent: permission to run a connected piece of a graph, with
// everything that the agent needs to do it without asking back.

/// Where an agent finds an input of an assigned task.
package enum InputSource: Equatable, Sendable {
    /// The value itself.
    case inline([UInt8])
    /// A stored output, or a part of one, resident on these nodes.
    case stored(StoredPages, nodes: [NodeID])
    /// The output of another task of a lease that this agent holds.
    case pending
}

/// Which part of an output an input is.
package struct OutputSlice: Equatable, Sendable {
    /// The task that made the output.
    package var task: TaskID
    /// Where in the output the part begins, in bytes.
    package var offset: Int64
    /// Bytes of the whole output.
    package var wholeByteCount: Int64

    package init(task: TaskID, offset: Int64, wholeByteCount: Int64) {
        self.task = task
        self.offset = offset
        self.wholeByteCount = wholeByteCount
    }
}

/// An input: the task that makes it and where it is now.
package struct AssignedInput: Equatable, Sendable {
    /// The task that makes it; for a slice a name of its own (`TaskID.part`).
    package var task: TaskID
    package var source: InputSource
    /// Set where the input is but a part of what a task made.
    package var slice: OutputSlice?
    /// Whether other tasks that have not ended read it too: a copy may be of use to their nodes.
    package var isShared: Bool

    package init(
        task: TaskID, source: InputSource, slice: OutputSlice? = nil, isShared: Bool = false
    ) {
        self.task = task
        self.source = source
        self.slice = slice
        self.isShared = isShared
    }
}

/// One task of a lease.
package struct AssignedTask: Equatable, Sendable {
    package var spec: TaskSpec
    package var attempt: UInt32
    package var inputs: [AssignedInput]
    /// Higher runs first: nanoseconds of the longest predicted path that still hangs on it.
    package var rank: Int64
    /// To be run with nothing beside it in its worker: it was on a core when a worker died.
    package var isIsolated: Bool

    package init(
        spec: TaskSpec, attempt: UInt32, inputs: [AssignedInput], rank: Int64, isIsolated: Bool
    ) {
        self.spec = spec
        self.attempt = attempt
        self.inputs = inputs
        self.rank = rank
        self.isIsolated = isIsolated
    }

    package var attemptID: AttemptID { AttemptID(task: spec.id, number: attempt) }
}

/// The tasks of a lease as columns; one that is looked at is made on the spot.
package struct LeasedTasks: Equatable, Sendable {
    package private(set) var specs = TaskColumns()
    package private(set) var attempts = SteadyColumn<UInt32>()
    package private(set) var ranks = SteadyColumn<Int64>()
    /// 1 where the task is to run with nothing beside it.
    package private(set) var isolations = SteadyColumn<UInt32>()
    /// The inputs of each task.
    package private(set) var inputRanges = RowRanges()
    package private(set) var inputs: [AssignedInput] = []

    package init() {}

    package init(_ tasks: some Sequence<AssignedTask>) {
        for task in tasks { append(task) }
    }

    /// nil: the columns do not go with one another.
    package init?(
        specs: TaskColumns, attempts: [UInt32], ranks: [Int64], isolations: [UInt32],
        inputCounts: [UInt32], inputs: [AssignedInput]
    ) {
        let rows = specs.count
        guard let attempts = SteadyColumn(attempts, rows: rows),
            let ranks = SteadyColumn(ranks, rows: rows),
            let isolations = SteadyColumn(isolations, rows: rows),
            let inputRanges = RowRanges(widths: inputCounts, rows: rows),
            inputRanges.total == inputs.count
        else { return nil }
        (self.specs, self.attempts, self.ranks) = (specs, attempts, ranks)
        (self.isolations, self.inputRanges, self.inputs) = (isolations, inputRanges, inputs)
    }

    /// Adds a task behind the last one.
    package mutating func append(_ task: AssignedTask) {
        append(
            inputCount: task.inputs.count, attempt: task.attempt, rank: task.rank,
            isIsolated: task.isIsolated)
        inputs += task.inputs
        specs.append(task.spec)
    }

    /// Adds a task of a graph's columns; its inputs follow by `append(_:)`.
    ///
    /// - Parameter inputCount: how many of them there will be.
    package mutating func append(
        _ row: Int, of columns: SharedColumns, inputCount: Int, attempt: UInt32, rank: Int64,
        isIsolated: Bool
    ) {
        append(inputCount: inputCount, attempt: attempt, rank: rank, isIsolated: isIsolated)
        specs.append(row, of: columns)
    }

    /// Adds an input of the last task.
    package mutating func append(_ input: AssignedInput) { inputs.append(input) }

    private mutating func append(
        inputCount: Int, attempt: UInt32, rank: Int64, isIsolated: Bool
    ) {
        let rows = specs.count
        attempts.append(attempt, after: rows)
        ranks.append(rank, after: rows)
        isolations.append(isIsolated ? 1 : 0, after: rows)
        inputRanges.append(inputCount)
    }
}

extension LeasedTasks: RandomAccessCollection, ExpressibleByArrayLiteral {
    package init(arrayLiteral tasks: AssignedTask...) { self.init(tasks) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { specs.count }

    package subscript(row: Int) -> AssignedTask {
        AssignedTask(
            spec: specs[row], attempt: attempts[row], inputs: Array(inputs[inputRanges[row]]),
            rank: ranks[row], isIsolated: isolations[row] != 0)
    }
}

/// Permission for one agent to run one piece of a graph.
package struct Lease: Equatable, Sendable {
    package var id: LeaseID
    /// Functions that the node has not been told of yet: they continue its table from
    /// `firstFunction`.
    package var firstFunction: UInt32
    package var functions: [FunctionSpec]
    /// Inputs come before the tasks that need them.
    package var tasks: LeasedTasks

    package init(
        id: LeaseID, firstFunction: UInt32, functions: [FunctionSpec], tasks: LeasedTasks
    ) {
        self.id = id
        self.firstFunction = firstFunction
        self.functions = functions
        self.tasks = tasks
    }

    package init(
        id: LeaseID, firstFunction: UInt32, functions: [FunctionSpec], tasks: [AssignedTask]
    ) {
        self.init(
            id: id, firstFunction: firstFunction, functions: functions, tasks: LeasedTasks(tasks))
    }
}

/// What a node has to offer, as its agent says when it registers.
public struct NodeDescription: Hashable, Sendable {
    /// Host name, or `local`.
    public var name: String
    /// Slots: cores that tasks may use.
    public var slots: UInt32
    /// Bytes that pages may take.
    public var pageBudget: Int64
    /// Process id of the agent on its machine.
    public var processID: Int32
    /// How it reaches its coordinator.
    public var reach: NodeReach

    /// Describes a node.
    package init(
        name: String, slots: UInt32, pageBudget: Int64, processID: Int32,
        reach: NodeReach = .network
    ) {
        self.name = name
        self.slots = slots
        self.pageBudget = pageBudget
        self.processID = processID
        self.reach = reach
    }
}

/// How a node reaches its coordinator.
public enum NodeReach: UInt8, Hashable, Sendable, CaseIterable {
    /// Over the network, at an address of the coordinator's machine.
    case network
    /// It is on the coordinator's machine.
    case sameMachine
    /// Through the SSH connection by which it was brought up.
    case connection
}
