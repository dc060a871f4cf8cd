// The scheduler's table of tasks: records by place, found by id; each points into the columns of
// the graph part that brought it.

package import SwoopModel

/// A part of a graph of which some tasks are in the table.
private struct TablePart: Sendable {
    var columns: SharedColumns
    var client: ClientID
    var retry: RetryRule
    /// Tasks of it that are in the table.
    var count = 0
}

/// Records by dense index, found by id.
package struct TaskTable: Sendable {
    private var rows = BlockTable<TaskRecord>()
    /// For the next records of blocks that were given up, by block.
    private var generations: [UInt32] = []
    private var outputs = BlockColumn<TaskOutput>(neutral: .none)
    /// Places among the extras; -1: none.
    private var extraPlaces = BlockColumn<Int32>(neutral: -1)
    private var extras: [TaskExtra] = []
    private var freeExtras: [Int32] = []
    private var edges = TaskEdges()
    private var parts: [TablePart?] = []
    private var freeParts: [Int32] = []
    private var places = TaskPlaces()

    package init() {}

    /// Bytes that one task's reading of another takes.
    package static var edgeBytes: Int { TaskEdges.stride }

    /// Tasks in the table.
    package var count: Int { places.count }

    /// One more than the largest place that was ever used.
    package var capacity: Int { rows.endIndex }

    /// Where the task is; nil: it is not in the table.
    package func index(of task: TaskID) -> TaskIndex? { places[task].map { Int($0) } }

    package subscript(index: TaskIndex) -> TaskRecord {
        get { rows[index] }
        _modify { yield &rows[index] }
    }

    /// A link to the task at `index`.
    package func link(to index: TaskIndex) -> TaskLink {
        TaskLink(index: index, generation: rows[index].generation)
    }

    /// Whether the task of the link is still in the table.
    package func isCurrent(_ link: TaskLink) -> Bool {
        contains(link.index) && rows[link.index].generation == link.generation
    }

    /// All occupied places, ascending.
    package var indices: [TaskIndex] { (0..<rows.endIndex).filter { contains($0) } }

    /// Whether a task is there.
    package func contains(_ index: TaskIndex) -> Bool {
        rows.hasBlock(of: index) && rows[index].flags.contains(.isThere)
    }

    /// Links to tasks that are still here and that `isWanted` takes, each once, in the order of
    /// their places.
    package func each(
        of links: [TaskLink], where isWanted: (TaskIndex) -> Bool
    ) -> [TaskLink] {
        let current = links.filter { isCurrent($0) && isWanted($0.index) }
        let sorted = current.sorted { $0.index < $1.index }
        var last = -1
        return sorted.filter { link in
            defer { last = link.index }
            return link.index != last
        }
    }

    /// Links to all tasks, in the order of their places.
    package var links: [TaskLink] { indices.map { link(to: $0) } }

    // MARK: Coming and going

    /// Takes the columns of a part in, of which tasks follow at once.
    mutating func add(
        _ columns: TaskColumns, of client: ClientID, retry: RetryRule = .never
    ) -> Int32 {
        let part = TablePart(columns: SharedColumns(columns), client: client, retry: retry)
        if let place = freeParts.popLast() {
            parts[Int(place)] = part
            return place
        }
        parts.append(part)
        return Int32(parts.count - 1)
    }

    /// Forgets a part of which no task came in.
    mutating func endPart(_ part: Int32) {
        guard let known = parts[Int(part)], known.count == 0 else { return }
        parts[Int(part)] = nil
        freeParts.append(part)
    }

    /// Adds a record of a task whose id is not in the table yet.
    mutating func insert(_ kind: TaskKind, part: Int32, row: Int) -> TaskIndex {
        let generations = generations
        let index = rows.add { block in
            var blank = TaskRecord(kind: .call, part: -1, row: 0)
            blank.flags = []
            blank.generation = block < generations.count ? generations[block] : 0
            return blank
        }
        var record = TaskRecord(kind: kind, part: part, row: UInt32(row))
        record.generation = rows[index].generation
        rows[index] = record
        parts[Int(part)]?.count += 1
        let id = id(of: index)
        precondition(places[id] == nil, "a task's id must be new to the table")
        places[id] = Int32(index)
        return index
    }

    /// Forgets a record that has no edges; its place may be used again at once.
    mutating func remove(_ index: TaskIndex) {
        places.remove(id(of: index))
        setOutput(.none, of: index)
        let extra = extraPlaces[index]
        if extra >= 0 { giveBack(extra, of: index) }
        leavePart(of: index)
        rows[index].flags = []
        rows[index].generation &+= 1
        guard let (block, left) = rows.remove(index) else { return }
        while generations.count <= block { generations.append(0) }
        generations[block] = left.reduce(generations[block]) { max($0, $1.generation) } &+ 1
        outputs.giveUp(block)
        extraPlaces.giveUp(block)
    }

    private mutating func leavePart(of index: TaskIndex) {
        let part = Int(rows[index].part)
        parts[part]?.count -= 1
        endPart(Int32(part))
    }

    // MARK: What the graph says of a task

    private func tablePart(of index: TaskIndex) -> TablePart {
        guard let part = parts[Int(rows[index].part)] else {
            preconditionFailure("a task of no part is looked at")
        }
        return part
    }

    /// The columns that the task is a row of.
    func columns(of index: TaskIndex) -> SharedColumns { tablePart(of: index).columns }

    /// Its row there.
    func row(of index: TaskIndex) -> Int { Int(rows[index].row) }

    /// Its name.
    package func id(of index: TaskIndex) -> TaskID {
        columns(of: index).id(of: row(of: index))
    }

    /// Its function, by its place in the scheduler's table.
    package func function(of index: TaskIndex) -> FunctionIndex {
        columns(of: index).function(of: row(of: index))
    }

    /// The task as it was submitted, made on the spot.
    package func spec(of index: TaskIndex) -> TaskSpec {
        columns(of: index)[row(of: index)]
    }

    /// What the task leaves.
    package func output(of index: TaskIndex) -> OutputKind {
        columns(of: index).output(of: row(of: index))
    }

    /// Which part of its pages the task reads; nil: all.
    package func part(of index: TaskIndex) -> UInt32? {
        columns(of: index).part(of: row(of: index))
    }

    /// Whether an argument is the number of elements of some page.
    package func countsElements(_ index: TaskIndex) -> Bool {
        columns(of: index).countsElements(row(of: index))
    }

    /// One of the features of the task; nil: it has not so many.
    func feature(_ place: Int, of index: TaskIndex) -> Double? {
        columns(of: index).feature(place, of: row(of: index))
    }

    /// The tasks that must be done before this one can run: each once, in order of first mention.
    func namedInputs(of index: TaskIndex) -> [TaskID] {
        var inputs: [TaskID] = []
        columns(of: index).forEachInput(of: row(of: index)) { inputs.append($0) }
        inputs.removeRepeats()
        return inputs
    }

    /// The client that submitted it.
    package func client(of index: TaskIndex) -> ClientID { tablePart(of: index).client }

    /// When a run that fails by itself is not the last one.
    package func retry(of index: TaskIndex) -> RetryRule { tablePart(of: index).retry }

    /// Has the task point to another spec of the same id.
    mutating func replaceSpec(of index: TaskIndex, with spec: TaskSpec) {
        let new = add([spec], of: client(of: index), retry: retry(of: index))
        leavePart(of: index)
        (rows[index].part, rows[index].row) = (new, 0)
        parts[Int(new)]?.count = 1
    }

    /// Makes data of a task that is done and has no edges to inputs: its spec goes, and with the
    /// last of its part the part.
    mutating func makeData(of index: TaskIndex) {
        let spec = TaskSpec(
            id: id(of: index), function: FunctionIndex(.max), output: output(of: index))
        replaceSpec(of: index, with: spec)
        rows[index].becomeData()
    }

    // MARK: Outputs

    private mutating func setOutput(_ output: TaskOutput, of index: TaskIndex) {
        if case .none = output {
            if case .none = outputs[index] { return }
        }
        outputs[index] = output
    }

    /// The output, when done.
    package func stored(of index: TaskIndex) -> StoredOutput? {
        if case .pages = outputs[index] { return self[extra: index].pages.map { .page($0) } }
        return outputs[index].bytes.map { .inline($0) }
    }

    /// Whether the task left something.
    func hasStored(_ index: TaskIndex) -> Bool {
        if case .none = outputs[index] { false } else { true }
    }

    /// The pages of the output; nil: it is a value inside of messages, or nothing.
    package func pages(of index: TaskIndex) -> StoredPages? {
        if case .pages = outputs[index] { self[extra: index].pages } else { nil }
    }

    /// Bytes of the output; nil: there is none.
    func byteCount(of index: TaskIndex) -> Int64? {
        switch outputs[index] {
        case .none: nil
        case .small(_, let count): Int64(count)
        case .inline(let bytes): Int64(bytes.count)
        case .pages: self[extra: index].pages?.byteCount
        }
    }

    /// Bytes that the output takes in a node's store; nil: there is none.
    func takenBytes(of index: TaskIndex) -> Int64? {
        switch outputs[index] {
        case .none: nil
        case .small, .inline: 0
        case .pages:
            self[extra: index].pages.map { StoredOutput.takenBytes(ofPage: $0.byteCount) }
        }
    }

    /// Sets what the task left.
    mutating func store(_ stored: StoredOutput?, of index: TaskIndex) {
        if case .pages = outputs[index] { self[extra: index].set(pages: nil) }
        switch stored {
        case nil: setOutput(.none, of: index)
        case .inline(let bytes): setOutput(TaskOutput(bytes), of: index)
        case .page(let pages):
            self[extra: index].set(pages: pages)
            setOutput(.pages, of: index)
        }
        if case .inline = stored {
            rows[index].set(.isInline, true)
        } else {
            rows[index].set(.isInline, false)
        }
    }

    // MARK: What hardly any task has

    /// Whether it has any of that.
    func hasExtra(_ index: TaskIndex) -> Bool { extraPlaces[index] >= 0 }

    package subscript(extra index: TaskIndex) -> TaskExtra {
        get {
            let place = extraPlaces[index]
            return place < 0 ? TaskExtra() : extras[Int(place)]
        }
        _modify {
            let place = extraPlace(of: index)
            yield &extras[Int(place)]
            rows[index].set(.isLocated, !extras[Int(place)].locations.isEmpty)
            rows[index].set(.isWanted, !extras[Int(place)].wantedNames.isEmpty)
            rows[index].set(.isKept, extras[Int(place)].keepers > 0)
            if extras[Int(place)].isPlain { giveBack(place, of: index) }
        }
    }

    /// The place of a task's extra; one is made where there is none.
    private mutating func extraPlace(of index: TaskIndex) -> Int32 {
        let known = extraPlaces[index]
        if known >= 0 { return known }
        let place: Int32
        if let free = freeExtras.popLast() {
            place = free
        } else {
            place = Int32(extras.count)
            extras.append(TaskExtra())
        }
        extraPlaces[index] = place
        return place
    }

    private mutating func giveBack(_ place: Int32, of index: TaskIndex) {
        extraPlaces[index] = -1
        extras[Int(place)] = TaskExtra()
        freeExtras.append(place)
        // The memory of many goes when the last is given back.
        if freeExtras.count == extras.count { (extras, freeExtras) = ([], []) }
    }

    /// Nodes that hold the page of the output; ascending.
    package func locations(of index: TaskIndex) -> [NodeID] {
        rows[index].flags.contains(.isLocated) ? self[extra: index].locations : []
    }

    // MARK: Edges

    /// Exactly the tasks that the spec names as inputs, each once; none any more when the output is
    /// inline: it cannot be lost, so nothing has to be made again for it.
    package func inputs(of index: TaskIndex) -> [TaskIndex] {
        var inputs: [TaskIndex] = []
        edges.forEachInput(lastInput: rows[index].lastInput) { inputs.append($0) }
        return inputs
    }

    /// Calls `body` with each of them; the table stays as it is meanwhile.
    func forEachInput(of index: TaskIndex, _ body: (TaskIndex) -> Void) {
        edges.forEachInput(lastInput: rows[index].lastInput, body)
    }

    /// Appends links to them.
    func appendInputs(of index: TaskIndex, to links: inout [TaskLink]) {
        edges.forEachInput(lastInput: rows[index].lastInput) { links.append(link(to: $0)) }
    }

    /// Whether it has any.
    func hasInputs(_ index: TaskIndex) -> Bool { rows[index].lastInput >= 0 }

    /// Whether the other one is among its inputs.
    func reads(_ index: TaskIndex, _ input: TaskIndex) -> Bool {
        edges.find(input, lastInput: rows[index].lastInput) != nil
    }

    /// Links to all records that have this one among their inputs, in the order of linking.
    package func dependents(of index: TaskIndex) -> [TaskLink] {
        var links: [TaskLink] = []
        edges.forEachDependent(firstDependent: rows[index].firstDependent) {
            links.append(link(to: $0))
        }
        return links
    }

    /// Calls `body` with each of them; the table stays as it is meanwhile.
    func forEachDependent(of index: TaskIndex, _ body: (TaskIndex) -> Void) {
        edges.forEachDependent(firstDependent: rows[index].firstDependent, body)
    }

    /// Adds to the number of unfinished dependents of all inputs of a record.
    mutating func count(claimsOf index: TaskIndex, _ change: Int32) {
        edges.forEachInput(lastInput: rows[index].lastInput) {
            rows[$0].unfinishedDependents += change
        }
    }

    /// Of each dependent that is marked with the number of inputs that it waits for one fewer;
    /// appends links to those that wait for none any more.
    mutating func countDown(dependentsOf index: TaskIndex, into order: inout [TaskLink]) {
        edges.forEachDependent(firstDependent: rows[index].firstDependent) { dependent in
            guard rows[dependent].mark > 0 else { return }
            rows[dependent].mark -= 1
            if rows[dependent].mark == 0 {
                order.append(
                    TaskLink(index: dependent, generation: rows[dependent].generation))
            }
        }
    }

    /// Puts `input` behind the inputs of a record.
    mutating func connect(_ index: TaskIndex, to input: TaskIndex) {
        let edge = edges.add(
            from: input, to: index, lastInput: rows[index].lastInput,
            firstDependent: rows[input].firstDependent)
        rows[index].lastInput = edge
        if rows[input].firstDependent < 0 { rows[input].firstDependent = edge }
        rows[input].retainers += 1
    }

    /// Takes `input` from the inputs of a record; false: it is none of them.
    mutating func disconnect(_ index: TaskIndex, from input: TaskIndex) -> Bool {
        guard let (edge, before) = edges.find(input, lastInput: rows[index].lastInput) else {
            return false
        }
        remove(edge, behind: before, of: index, input)
        return true
    }

    /// Takes the first of its inputs from a record, and answers with it; nil: there is none.
    mutating func disconnectFirst(_ index: TaskIndex) -> TaskIndex? {
        let last = rows[index].lastInput
        guard last >= 0 else { return nil }
        let (edge, input) = edges.first(lastInput: last)
        remove(edge, behind: last, of: index, input)
        return input
    }

    private mutating func remove(
        _ edge: Int32, behind before: Int32, of index: TaskIndex, _ input: TaskIndex
    ) {
        let left = edges.remove(
            edge, behind: before, lastInput: rows[index].lastInput,
            firstDependent: rows[input].firstDependent)
        rows[index].lastInput = left.lastInput
        rows[input].firstDependent = left.firstDependent
        rows[input].retainers -= 1
    }
}
