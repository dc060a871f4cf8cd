// Columns that take nothing for what all rows have in common: the form in which tables of tasks are
// recorded, sent and kept.

/// One number for each row: none is stored when all are zero, one when all are equal.
package struct SteadyColumn<Entry: FixedWidthInteger & Sendable>: Equatable, Sendable {
    /// None, one, or one for each row.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// nil: there are neither none, nor one, nor as many as rows.
    package init?(_ entries: [Entry], rows: Int) {
        guard entries.count <= 1 || entries.count == rows else { return nil }
        self.entries = rows == 0 ? [] : entries
    }

    package subscript(row: Int) -> Entry {
        switch entries.count {
        case 0: 0
        case 1: entries[0]
        default: entries[row]
        }
    }

    /// Adds the entry of a new last row.
    ///
    /// - Parameter rows: the number of rows before it.
    package mutating func append(_ entry: Entry, after rows: Int) {
        if entries.count > 1 { return entries.append(entry) }
        let common = self[0]
        if rows == 0 {
            entries = entry == 0 ? [] : [entry]
        } else if entry != common {
            entries = Array(repeating: common, count: rows) + CollectionOfOne(entry)
        }
    }

    /// Leaves the first rows.
    package mutating func truncate(to rows: Int) {
        if entries.count > rows { entries.removeLast(entries.count - rows) }
    }

    /// Changes every entry.
    package mutating func map(rows: Int, _ change: (Entry) -> Entry) {
        guard rows > 0 else { return }
        if entries.isEmpty { entries = [0] }
        for place in entries.indices { entries[place] = change(entries[place]) }
        if entries == [0] { entries = [] }
    }
}

/// For each row a range of another list; the ranges follow one another without a gap.
package struct RowRanges: Equatable, Sendable {
    package private(set) var count = 0
    /// How long all of them are; meaningful as long as there are no ends.
    private var width = 0
    /// Where each ends; none when all are equally long.
    private var ends: [Int] = []

    package init() {}

    /// nil: there are neither none, nor one, nor as many as rows, or their sum is no number.
    package init?(widths: [UInt32], rows: Int) {
        guard let column = SteadyColumn(widths, rows: rows) else { return nil }
        guard widths.count > 1 else {
            let width = Int(column[0])
            guard !width.multipliedReportingOverflow(by: rows).overflow else { return nil }
            (count, self.width) = (rows, width)
            return
        }
        for row in 0..<rows { append(Int(column[row])) }
    }

    /// Where the last range ends.
    package var total: Int { ends.last ?? count * width }

    package subscript(row: Int) -> Range<Int> {
        guard !ends.isEmpty else { return row * width..<(row + 1) * width }
        return (row == 0 ? 0 : ends[row - 1])..<ends[row]
    }

    /// How long the ranges are: none when all are empty, one when all are equally long.
    package var widths: [UInt32] {
        if ends.isEmpty { return width == 0 ? [] : [UInt32(width)] }
        return (0..<count).map { UInt32(self[$0].count) }
    }

    /// Adds a range behind the last one.
    package mutating func append(_ length: Int) {
        defer { count += 1 }
        if !ends.isEmpty { return ends.append(total + length) }
        if count == 0 { width = length }
        guard length != width else { return }
        ends.reserveCapacity(count + 16)
        for row in 0..<count { ends.append((row + 1) * width) }
        ends.append(count * width + length)
    }

    /// Leaves the first rows.
    package mutating func truncate(to rows: Int) {
        guard rows < count else { return }
        count = rows
        if ends.isEmpty { return }
        ends.removeLast(ends.count - rows)
        if rows == 0 { width = 0 }
    }
}

/// Ids of tasks in an order: what a client numbered one after the other is one run.
package struct TaskIDs: RandomAccessCollection, Equatable, Sendable, ExpressibleByArrayLiteral {
    /// Ids with one upper half and consecutive lower ones.
    private struct Run: Equatable, Sendable {
        let first: TaskID
        /// The place of the first.
        let start: Int
    }

    private var runs: [Run] = []
    package private(set) var count = 0

    package init() {}

    package init(_ tasks: some Sequence<TaskID>) {
        for task in tasks { append(task) }
    }

    package init(arrayLiteral tasks: TaskID...) { self.init(tasks) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(place: Int) -> TaskID {
        precondition(place >= 0 && place < count, "there is no id at \(place)")
        var (low, high) = (0, runs.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].start <= place { low = middle } else { high = middle }
        }
        let run = runs[low]
        return TaskID(high: run.first.high, low: run.first.low &+ UInt64(place - run.start))
    }

    /// Adds an id behind the last one.
    package mutating func append(_ task: TaskID) {
        defer { count += 1 }
        if let run = runs.last, run.first.high == task.high,
            task.low == run.first.low &+ UInt64(count - run.start)
        {
            return
        }
        runs.append(Run(first: task, start: count))
    }

    /// Leaves the first ids.
    package mutating func truncate(to rows: Int) {
        while let last = runs.last, last.start >= rows { runs.removeLast() }
        count = Swift.min(count, rows)
    }
}
