// Tables of task ids and of tasks: many rows become packed columns, so that a task costs little
// more than its own bytes. The columns are described in Protocol/GraphFields.swift.

internal import SwoopModel

/// Ids of tasks on their way into a `ProtoTasks`.
struct TaskIDColumns {
    private var high: [UInt64] = []
    private var low: [UInt64] = []

    init(capacity: Int = 0) {
        high.reserveCapacity(capacity)
        low.reserveCapacity(capacity)
    }

    mutating func append(_ task: TaskID) {
        high.append(task.high)
        low.append(task.low)
    }

    func finished() -> ProtoTasks {
        var message = ProtoTasks()
        message.high = shrunk(high, neutral: 0)
        message.low = low
        return message
    }
}

extension ProtoTasks {
    init(_ tasks: [TaskID]) {
        var columns = TaskIDColumns(capacity: tasks.count)
        for task in tasks { columns.append(task) }
        self = columns.finished()
    }

    init(_ task: TaskID) {
        self.init()
        if task.high != 0 { high = [task.high] }
        low = [task.low]
    }

    func tasks() throws(WireError) -> [TaskID] {
        let high = try Column(high, rows: low.count, neutral: 0)
        var tasks: [TaskID] = []
        tasks.reserveCapacity(low.count)
        for row in low.indices { tasks.append(TaskID(high: high[row], low: low[row])) }
        return tasks
    }

    /// The one id that is here; throws when there is another number of them.
    func task() throws(WireError) -> TaskID {
        guard low.count == 1, high.count <= 1 else { throw .malformed(.header, offset: 0) }
        return TaskID(high: high.first ?? 0, low: low[0])
    }
}

extension ProtoAttempts {
    init(_ attempts: [AttemptID]) {
        self.init()
        task = ProtoTasks(attempts.map(\.task))
        number = shrunk(attempts.map(\.number), neutral: 0)
    }

    func attempts() throws(WireError) -> [AttemptID] {
        let tasks = try task.tasks()
        let numbers = try Column(number, rows: tasks.count, neutral: 0)
        var attempts: [AttemptID] = []
        attempts.reserveCapacity(tasks.count)
        for (row, task) in tasks.enumerated() {
            attempts.append(AttemptID(task: task, number: numbers[row]))
        }
        return attempts
    }
}

extension ProtoTasks {
    /// Ids in runs.
    init(_ ids: TaskIDs) {
        var columns = TaskIDColumns(capacity: ids.count)
        for task in ids { columns.append(task) }
        self = columns.finished()
    }

    func ids() throws(WireError) -> TaskIDs {
        let high = try Column(high, rows: low.count, neutral: 0)
        var ids = TaskIDs()
        for row in low.indices { ids.append(TaskID(high: high[row], low: low[row])) }
        return ids
    }
}

extension ProtoTaskTable {
    /// The columns of tasks, but for the bytes of their arguments.
    init(_ tasks: TaskColumns) {
        self.init()
        id = ProtoTasks(tasks.ids)
        function = tasks.function.entries
        argumentCount = tasks.arguments.widths
        argumentShape = tasks.shapes
        pageCount = tasks.pageRanges.widths
        page = ProtoTasks(tasks.pages)
        part = tasks.part.entries
        lower = tasks.lower.entries
        upper = tasks.upper.entries
        output = tasks.output.entries
        featureCount = tasks.featureRanges.widths
        feature = tasks.features
    }

    /// The tasks of the table, checked.
    ///
    /// - Parameter arguments: the bytes of all of their arguments.
    func columns(arguments: [UInt8]) throws(WireError) -> TaskColumns {
        let (ids, pages) = (try id.ids(), try page.tasks())
        do {
            return try TaskColumns(
                ids: ids, function: function, argumentCounts: argumentCount,
                shapes: argumentShape, pool: arguments, pageCounts: pageCount, pages: pages,
                part: part, lower: lower, upper: upper, output: output,
                featureCounts: featureCount, features: feature)
        } catch {
            throw WireError(error)
        }
    }
}

extension WireError {
    /// The same said of bytes.
    init(_ flaw: ColumnFlaw) {
        switch flaw {
        case .column: self = .malformed(.column, offset: 0)
        case .lengths: self = .malformed(.lengths, offset: 0)
        case .argument: self = .malformed(.argument, offset: 0)
        case .enumeration: self = .malformed(.enumeration, offset: 0)
        }
    }
}
