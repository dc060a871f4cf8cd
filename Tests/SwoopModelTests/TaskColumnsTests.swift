// Tasks as columns: what is added comes back, what all have in common takes nothing, and columns of
// somebody else that do not go together are refused.

import SwoopModel
import Testing

@Suite struct TaskColumnsTests {
    private func id(_ number: UInt64) -> TaskID { TaskID(high: 9, low: number) }

    private func call(_ number: UInt64) -> TaskSpec {
        TaskSpec(
            id: id(number), function: FunctionIndex(4), arguments: [.bytes([1, 2, 3])],
            features: [Double(number)])
    }

    /// Tasks of every form.
    private var mixed: [TaskSpec] {
        let sum = Argument.operation(
            .add, operands: [.output(id(1)), .bytes([7])], operandType: .int, resultType: .int)
        let count = Argument.operation(
            .elementCount, operands: [.output(id(2))], operandType: .int, resultType: .int)
        return [
            call(1), call(2),
            TaskSpec(id: TaskID(high: 1, low: .max), function: FunctionIndex(4)),
            TaskSpec(
                id: TaskID(high: 1, low: 0), function: FunctionIndex(.max),
                arguments: [.sequence([sum, .bytes([])]), .bytes([]), count],
                pages: [id(2), id(1), id(2)], part: 0, lower: -5, upper: .max, output: .page,
                features: [1, 2, 3]),
            call(3),
            TaskSpec(
                id: id(4), function: FunctionIndex(0), arguments: [.output(id(3))],
                part: .max - 1, lower: -5, output: .page),
        ]
    }

    @Test func `a task that is looked at is the one that was added`() {
        let columns = TaskColumns(mixed)
        #expect(Array(columns) == mixed)
        #expect(Array(columns.ids) == mixed.map(\.id))
        for (row, spec) in mixed.enumerated() {
            var inputs: [TaskID] = []
            columns.forEachInput(of: row) { inputs.append($0) }
            inputs.removeRepeats()
            #expect(inputs == spec.inputs)
            #expect(columns.part(of: row) == spec.part)
            #expect(columns.output(of: row) == spec.output)
            #expect(columns.countsElements(row) == (row == 3))
            #expect(columns.feature(0, of: row) == spec.features.first)
        }
    }

    @Test func `tasks that have everything in common take nothing for it`() {
        let columns = TaskColumns((1...1_000).map { call($0) })
        #expect(columns.function.entries == [4])
        #expect(columns.arguments.widths == [1])
        #expect(columns.output.entries.isEmpty && columns.part.entries.isEmpty)
        #expect(columns.lower.entries.isEmpty && columns.pageRanges.widths.isEmpty)
        #expect(columns.pool.count == 3_000 && columns.features.count == 1_000)
        #expect(columns[999] == call(1_000))
    }

    @Test func `the first tasks stay when the others are taken away, and more can be added`() {
        for left in 0...mixed.count {
            var columns = TaskColumns(mixed)
            columns.truncate(to: left)
            #expect(Array(columns) == Array(mixed.prefix(left)))
            for spec in mixed { columns.append(spec) }
            #expect(Array(columns) == Array(mixed.prefix(left)) + mixed)
        }
    }

    @Test func `a row of other columns is the same task`() {
        let all = mixed
        let shared = SharedColumns(TaskColumns(all))
        var columns = TaskColumns()
        for row in all.indices.reversed() { columns.append(row, of: shared) }
        #expect(Array(columns) == all.reversed())
    }

    @Test func `functions are renumbered, also those that are all the first one`() {
        var columns = TaskColumns([TaskSpec(id: id(1), function: FunctionIndex(0))])
        columns.renumberFunctions { FunctionIndex($0.rawValue + 6) }
        #expect(columns[0].function == FunctionIndex(6))
        columns.renumberFunctions { _ in FunctionIndex(0) }
        columns.append(TaskSpec(id: id(2), function: FunctionIndex(1)))
        #expect(columns.map(\.function) == [FunctionIndex(0), FunctionIndex(1)])
    }

    private func columns(
        rows: Int = 2, function: [UInt32] = [], counts: [UInt32] = [1],
        shapes: [UInt64] = [2, 4], pool: [UInt8] = [1, 2, 3], pages: [UInt32] = [],
        output: [UInt32] = [], features: [UInt32] = []
    ) throws -> TaskColumns {
        try TaskColumns(
            ids: TaskIDs((0..<UInt64(rows)).map(id)), function: function, argumentCounts: counts,
            shapes: shapes, pool: pool, pageCounts: pages, pages: [], part: [], lower: [],
            upper: [], output: output, featureCounts: features, features: [])
    }

    @Test func `columns that do not go together are refused`() throws {
        let sound = try columns()
        #expect(sound.map(\.arguments) == [[.bytes([1])], [.bytes([2, 3])]])
        #expect(throws: ColumnFlaw.column) { try columns(function: [1, 2, 3]) }
        #expect(throws: ColumnFlaw.column) { try columns(counts: [1, 2]) }
        #expect(throws: ColumnFlaw.column) { try columns(counts: [.max]) }
        #expect(throws: ColumnFlaw.column) { try columns(shapes: [2]) }
        #expect(throws: ColumnFlaw.column) { try columns(pages: [1]) }
        #expect(throws: ColumnFlaw.column) { try columns(features: [0, 1]) }
        #expect(throws: ColumnFlaw.enumeration) { try columns(output: [2]) }
        #expect(throws: ColumnFlaw.lengths) { try columns(shapes: [2, 2]) }
        #expect(throws: ColumnFlaw.lengths) { try columns(shapes: [2, .max]) }
        #expect(throws: ColumnFlaw.argument) { try columns(shapes: [2, 5], pool: [1, 0, 9]) }
    }

    @Test func `ids in runs are ids in order`() {
        let all = [
            id(5), id(6), id(7), id(9), TaskID(high: 8, low: 10), id(10), id(.max), id(0), id(1),
        ]
        var ids = TaskIDs(all)
        #expect(Array(ids) == all && ids.count == all.count)
        ids.truncate(to: 4)
        #expect(Array(ids) == Array(all.prefix(4)))
        ids.append(id(10))
        #expect(Array(ids) == Array(all.prefix(4)) + [id(10)])
        ids.truncate(to: 0)
        #expect(ids.isEmpty)
    }
}
