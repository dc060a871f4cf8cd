// Tables of task ids and of tasks: many rows become packed columns, so that a task costs little
// more than its own bytes. The columns are described in Protocol/GraphFields.swift.

internal import SwoopModel

/// Ids of tasks on their way into a `ProtoTasks`.
struct TaskColumns {
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
        var columns = TaskColumns(capacity: tasks.count)
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

/// Tasks on their way into a `ProtoTaskTable` and a frame of argument bytes.
struct TaskTableBuilder {
    private var id: TaskColumns
    private var function: [UInt32] = []
    private var argumentCount: [UInt32] = []
    private var argumentShape: [UInt64] = []
    private var pageCount: [UInt32] = []
    private var page = TaskColumns()
    private var part: [UInt32] = []
    private var lower: [Int64] = []
    private var upper: [Int64] = []
    private var output: [UInt32] = []
    private var featureCount: [UInt32] = []
    private var feature: [Double] = []
    private var arguments: ByteWriter

    init(capacity: Int) {
        id = TaskColumns(capacity: capacity)
        arguments = ByteWriter(capacity: capacity * 16)
        function.reserveCapacity(capacity)
        argumentCount.reserveCapacity(capacity)
        argumentShape.reserveCapacity(capacity)
        pageCount.reserveCapacity(capacity)
        lower.reserveCapacity(capacity)
        upper.reserveCapacity(capacity)
        output.reserveCapacity(capacity)
        featureCount.reserveCapacity(capacity)
        feature.reserveCapacity(capacity)
    }

    mutating func append(_ spec: TaskSpec) {
        id.append(spec.id)
        function.append(spec.function.rawValue)
        argumentCount.append(UInt32(spec.arguments.count))
        for argument in spec.arguments {
            argumentShape.append(arguments.shapelessArgument(argument))
        }
        pageCount.append(UInt32(spec.pages.count))
        for task in spec.pages { page.append(task) }
        part.append(spec.part.map { $0 &+ 1 } ?? 0)
        lower.append(spec.lower)
        upper.append(spec.upper)
        output.append(UInt32(spec.output.rawValue))
        featureCount.append(UInt32(spec.features.count))
        feature.append(contentsOf: spec.features)
    }

    func finished() -> (table: ProtoTaskTable, arguments: [UInt8]) {
        var table = ProtoTaskTable()
        table.id = id.finished()
        table.function = shrunk(function, neutral: 0)
        table.argumentCount = shrunk(argumentCount, neutral: 0)
        table.argumentShape = argumentShape
        table.pageCount = shrunk(pageCount, neutral: 0)
        table.page = page.finished()
        table.part = shrunk(part, neutral: 0)
        table.lower = shrunk(lower, neutral: 0)
        table.upper = shrunk(upper, neutral: 0)
        table.output = shrunk(output, neutral: 0)
        table.featureCount = shrunk(featureCount, neutral: 0)
        table.feature = feature
        return (table, arguments.bytes)
    }
}

extension ProtoTaskTable {
    /// The tasks of the table, in order; what is left of `reader` must be their arguments.
    func specs(arguments reader: inout ByteReader) throws(WireError) -> [TaskSpec] {
        let ids = try id.tasks()
        let rows = ids.count
        let function = try Column(function, rows: rows, neutral: 0)
        let argumentCount = try Column(argumentCount, rows: rows, neutral: 0)
        var shapes = Feed(argumentShape)
        let pageCount = try Column(pageCount, rows: rows, neutral: 0)
        var pages = Feed(try page.tasks())
        let part = try Column(part, rows: rows, neutral: 0)
        let lower = try Column(lower, rows: rows, neutral: 0)
        let upper = try Column(upper, rows: rows, neutral: 0)
        let output = try Column(output, rows: rows, neutral: 0)
        let featureCount = try Column(featureCount, rows: rows, neutral: 0)
        var features = Feed(feature)
        var specs: [TaskSpec] = []
        specs.reserveCapacity(rows)
        for row in 0..<rows {
            specs.append(
                TaskSpec(
                    id: ids[row], function: FunctionIndex(function[row]),
                    arguments: try reader.arguments(Int(argumentCount[row]), shapes: &shapes),
                    pages: try pages.next(Int(pageCount[row])),
                    part: part[row] == 0 ? nil : part[row] - 1,
                    lower: lower[row], upper: upper[row],
                    output: try enumeration(OutputKind.self, output[row]),
                    features: try features.next(Int(featureCount[row]))))
        }
        try shapes.finish()
        try pages.finish()
        try features.finish()
        try reader.finish()
        return specs
    }
}

extension ByteReader {
    /// The next `count` arguments, cut by their shapes.
    fileprivate mutating func arguments(
        _ count: Int, shapes: inout Feed<UInt64>
    ) throws(WireError) -> [Argument] {
        guard count > 0 else { return [] }
        guard count <= shapes.remaining else { throw .malformed(.lengths, offset: offset) }
        var arguments: [Argument] = []
        arguments.reserveCapacity(count)
        for _ in 0..<count { arguments.append(try argument(shape: try shapes.next())) }
        return arguments
    }
}
