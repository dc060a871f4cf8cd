// Tasks as columns: as a plan records them, as a submission and a lease carry them, and as the
// scheduler keeps them. What all tasks of a part have in common takes nothing for each; a task that
// is looked at becomes a TaskSpec on the spot.

/// What is wrong with columns that came from somebody else.
package enum ColumnFlaw: Error, Hashable, Sendable {
    /// A column whose number of entries does not go with the others.
    case column
    /// Lengths that do not add up.
    case lengths
    /// The program of an argument.
    case argument
    /// A number that stands for no case.
    case enumeration
}

/// Tasks, in an order; each has a row in every column.
package struct TaskColumns: Equatable, Sendable {
    package private(set) var ids = TaskIDs()
    package private(set) var function = SteadyColumn<UInt32>()
    /// The arguments of each task.
    package private(set) var arguments = RowRanges()
    /// The bytes of each argument.
    private var argumentBytes = RowRanges()
    /// Of each argument: 1 where its bytes are a program instead of an encoded value.
    private var isProgram = SteadyColumn<UInt8>()
    /// The bytes of all arguments.
    package private(set) var pool: [UInt8] = []
    /// The pages that each task reads.
    package private(set) var pageRanges = RowRanges()
    package private(set) var pages: [TaskID] = []
    /// The part of the pages that a task reads, and one; 0: all.
    package private(set) var part = SteadyColumn<UInt32>()
    package private(set) var lower = SteadyColumn<Int64>()
    package private(set) var upper = SteadyColumn<Int64>()
    package private(set) var output = SteadyColumn<UInt32>()
    package private(set) var featureRanges = RowRanges()
    package private(set) var features: [Double] = []

    package init() {}

    package init(_ specs: some Sequence<TaskSpec>) {
        for spec in specs { append(spec) }
    }

    /// Columns that came from somebody else.
    ///
    /// - Parameter shapes: of each argument twice its bytes, and one more where these are a
    ///   program.
    package init(
        ids: TaskIDs, function: [UInt32], argumentCounts: [UInt32], shapes: [UInt64],
        pool: [UInt8], pageCounts: [UInt32], pages: [TaskID], part: [UInt32], lower: [Int64],
        upper: [Int64], output: [UInt32], featureCounts: [UInt32], features: [Double]
    ) throws(ColumnFlaw) {
        let rows = ids.count
        guard let function = SteadyColumn(function, rows: rows),
            let arguments = RowRanges(widths: argumentCounts, rows: rows),
            arguments.total == shapes.count,
            let pageRanges = RowRanges(widths: pageCounts, rows: rows),
            pageRanges.total == pages.count, let part = SteadyColumn(part, rows: rows),
            let lower = SteadyColumn(lower, rows: rows),
            let upper = SteadyColumn(upper, rows: rows),
            let output = SteadyColumn(output, rows: rows),
            let featureRanges = RowRanges(widths: featureCounts, rows: rows),
            featureRanges.total == features.count
        else { throw .column }
        guard
            output.entries.allSatisfy({
                UInt8(exactly: $0).flatMap(OutputKind.init(rawValue:)) != nil
            })
        else { throw .enumeration }
        for shape in shapes {
            let start = argumentBytes.total
            guard shape >> 1 <= UInt64(pool.count - start) else { throw .lengths }
            let count = Int(shape >> 1)
            if shape & 1 == 1, !ArgumentProgram.isSound(pool, start..<start + count) {
                throw .argument
            }
            appendArgument(count, isProgram: shape & 1 == 1)
        }
        guard argumentBytes.total == pool.count else { throw .lengths }
        (self.ids, self.function, self.arguments, self.pool) = (ids, function, arguments, pool)
        (self.pageRanges, self.pages, self.part) = (pageRanges, pages, part)
        (self.lower, self.upper, self.output) = (lower, upper, output)
        (self.featureRanges, self.features) = (featureRanges, features)
    }

    /// Of each argument twice its bytes, and one more where these are a program.
    package var shapes: [UInt64] {
        (0..<argumentBytes.count).map {
            UInt64(argumentBytes[$0].count) << 1 | UInt64(isProgram[$0])
        }
    }

    // MARK: Adding

    /// Adds a task behind the last one.
    package mutating func append(_ spec: TaskSpec) {
        for argument in spec.arguments { append(argument) }
        appendRow(
            id: spec.id, function: spec.function, argumentCount: spec.arguments.count,
            part: spec.part.map { $0 &+ 1 } ?? 0, lower: spec.lower, upper: spec.upper,
            output: UInt32(spec.output.rawValue), pageCount: spec.pages.count,
            featureCount: spec.features.count)
        pages += spec.pages
        features += spec.features
    }

    /// Adds a task of one encoded argument.
    package mutating func append(
        id: TaskID, function: FunctionIndex, argument: [UInt8], features: [Double]
    ) {
        pool += argument
        appendArgument(argument.count, isProgram: false)
        appendRow(
            id: id, function: function, argumentCount: 1, part: 0, lower: 0, upper: 0,
            output: UInt32(OutputKind.value.rawValue), pageCount: 0, featureCount: features.count)
        self.features += features
    }

    /// Adds a task of other columns.
    package mutating func append(_ row: Int, of shared: SharedColumns) {
        let arguments = shared.columns.arguments[row]
        for argument in arguments {
            pool += shared.columns.pool[shared.columns.argumentBytes[argument]]
            appendArgument(
                shared.columns.argumentBytes[argument].count,
                isProgram: shared.columns.isProgram[argument] == 1)
        }
        appendRow(
            id: shared.columns.ids[row], function: FunctionIndex(shared.columns.function[row]),
            argumentCount: arguments.count, part: shared.columns.part[row],
            lower: shared.columns.lower[row],
            upper: shared.columns.upper[row], output: shared.columns.output[row],
            pageCount: shared.columns.pageRanges[row].count,
            featureCount: shared.columns.featureRanges[row].count)
        if !shared.columns.pages.isEmpty {
            pages += shared.columns.pages[shared.columns.pageRanges[row]]
        }
        features += shared.columns.features[shared.columns.featureRanges[row]]
    }

    private mutating func append(_ argument: Argument) {
        let start = pool.count
        if case .bytes(let bytes) = argument {
            pool += bytes
            return appendArgument(bytes.count, isProgram: false)
        }
        ArgumentProgram.append(argument, to: &pool)
        appendArgument(pool.count - start, isProgram: true)
    }

    private mutating func appendArgument(_ byteCount: Int, isProgram isOne: Bool) {
        isProgram.append(isOne ? 1 : 0, after: argumentBytes.count)
        argumentBytes.append(byteCount)
    }

    /// The columns with an entry for each task; the lists that ranges name are the caller's.
    private mutating func appendRow(
        id: TaskID, function: FunctionIndex, argumentCount: Int, part: UInt32, lower: Int64,
        upper: Int64, output: UInt32, pageCount: Int, featureCount: Int
    ) {
        let rows = count
        ids.append(id)
        self.function.append(function.rawValue, after: rows)
        arguments.append(argumentCount)
        pageRanges.append(pageCount)
        self.part.append(part, after: rows)
        self.lower.append(lower, after: rows)
        self.upper.append(upper, after: rows)
        self.output.append(output, after: rows)
        featureRanges.append(featureCount)
    }

    /// Leaves the first tasks.
    package mutating func truncate(to rows: Int) {
        guard rows < count else { return }
        let argumentsLeft = rows == 0 ? 0 : arguments[rows - 1].upperBound
        arguments.truncate(to: rows)
        isProgram.truncate(to: argumentsLeft)
        argumentBytes.truncate(to: argumentsLeft)
        pool.removeLast(pool.count - argumentBytes.total)
        pageRanges.truncate(to: rows)
        pages.removeLast(pages.count - pageRanges.total)
        featureRanges.truncate(to: rows)
        features.removeLast(features.count - featureRanges.total)
        ids.truncate(to: rows)
        function.truncate(to: rows)
        part.truncate(to: rows)
        lower.truncate(to: rows)
        upper.truncate(to: rows)
        output.truncate(to: rows)
    }

    /// Gives every task the function that stands for its own in another table.
    package mutating func renumberFunctions(_ rename: (FunctionIndex) -> FunctionIndex) {
        function.map(rows: count) { rename(FunctionIndex($0)).rawValue }
    }
}

/// Columns that many records point into, as long as any of them is left.
///
/// A class: to pass it on counts one reference, and not one for each column.
package final class SharedColumns: Sendable {
    fileprivate let columns: TaskColumns

    package init(_ columns: TaskColumns) { self.columns = columns }

    // Asked here and not of the columns: handed out, those would count a reference for each list.

    /// A row as the task that it is.
    package subscript(row: Int) -> TaskSpec { columns[row] }

    /// The name of a task.
    package func id(of row: Int) -> TaskID { columns.ids[row] }

    /// The place of a task's function.
    package func function(of row: Int) -> FunctionIndex { FunctionIndex(columns.function[row]) }

    /// What a task leaves.
    package func output(of row: Int) -> OutputKind { columns.output(of: row) }

    /// Which part of its pages a task reads; nil: all.
    package func part(of row: Int) -> UInt32? { columns.part(of: row) }

    /// Whether an argument is the number of elements of some page.
    package func countsElements(_ row: Int) -> Bool { columns.countsElements(row) }

    /// One of the features of a task; nil: it has not so many.
    package func feature(_ place: Int, of row: Int) -> Double? { columns.feature(place, of: row) }

    /// Calls `body` with every task that this one needs, in order, repeats included.
    package func forEachInput(of row: Int, _ body: (TaskID) -> Void) {
        columns.forEachInput(of: row, body)
    }
}

// MARK: Looking at a task

extension TaskColumns: RandomAccessCollection, ExpressibleByArrayLiteral {
    package init(arrayLiteral specs: TaskSpec...) { self.init(specs) }

    package var count: Int { ids.count }
    package var startIndex: Int { 0 }
    package var endIndex: Int { ids.count }

    package subscript(row: Int) -> TaskSpec {
        TaskSpec(
            id: ids[row], function: FunctionIndex(function[row]),
            arguments: arguments[row].map { argument(at: $0) },
            pages: Array(pages[pageRanges[row]]), part: part(of: row), lower: lower[row],
            upper: upper[row], output: output(of: row),
            features: Array(features[featureRanges[row]]))
    }

    private func argument(at place: Int) -> Argument {
        let range = argumentBytes[place]
        return isProgram[place] == 0
            ? .bytes(Array(pool[range])) : ArgumentProgram.argument(pool, range)
    }

    /// Which part of its pages a task reads; nil: all.
    package func part(of row: Int) -> UInt32? {
        let code = part[row]
        return code == 0 ? nil : code - 1
    }

    /// What a task leaves.
    package func output(of row: Int) -> OutputKind { output[row] == 0 ? .value : .page }

    /// One of the features of a task; nil: it has not so many.
    package func feature(_ place: Int, of row: Int) -> Double? {
        let range = featureRanges[row]
        return place >= 0 && place < range.count ? features[range.lowerBound + place] : nil
    }

    /// Calls `body` with every task that this one needs, in order, repeats included.
    package func forEachInput(of row: Int, _ body: (TaskID) -> Void) {
        for argument in arguments[row] where isProgram[argument] == 1 {
            ArgumentProgram.forEachTask(pool, argumentBytes[argument], body)
        }
        guard !pages.isEmpty else { return }
        for page in pageRanges[row] { body(pages[page]) }
    }

    /// Whether an argument is the number of elements of some page: known only when that page is
    /// made.
    package func countsElements(_ row: Int) -> Bool {
        arguments[row].contains { argument in
            isProgram[argument] == 1
                && ArgumentProgram.countsElements(pool, argumentBytes[argument])
        }
    }
}
