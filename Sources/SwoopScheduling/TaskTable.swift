// The scheduler's table of tasks: dense records with a free list, and the index from id to place.

package import SwoopModel

/// A place in the task table. Reused after the task is forgotten.
package typealias TaskIndex = Int

/// A place and the generation that it had: a link to a task that may have been forgotten since.
package struct TaskLink: Hashable, Sendable {
    package let index: TaskIndex
    package let generation: UInt32
}

/// What the scheduler knows of one task.
package struct TaskRecord: Sendable {
    /// What stands behind the task.
    package enum Kind: Sendable {
        case call
        /// Stored by the client; never runs.
        case data
        /// Stands for the result of a loop.
        case iteration
    }

    package var spec: TaskSpec
    package var client: ClientID
    package var kind: Kind
    /// Changes by `Scheduler.change` alone, which takes everything along that follows from it.
    package private(set) var state: TaskState = .waiting
    /// Exactly the tasks that the spec names as inputs, each once; none any more when the output is
    /// inline: it cannot be lost, so nothing has to be made again for it.
    package var inputs: [TaskIndex] = []
    /// All records that have this one among their inputs, and stale links to forgotten ones.
    package var dependents: [TaskLink] = []
    /// Records in the table that have this one among their inputs: as long as there are any, the
    /// spec is kept, since their outputs may have to be made again.
    package var retainers = 0
    /// Inputs that are not available now; meaningful while waiting.
    package var unmet = 0
    /// Dependents that still need the output: neither done nor final.
    package var unfinishedDependents = 0
    /// Whether the client holds a handle.
    package var isHeld = false
    /// Names under which the client waits for the bytes: its own, and those of loops that it ended.
    package var wantedNames: [TaskID] = []
    /// Number of the newest attempt; 0 before the first.
    package var attempt: UInt32 = 0
    /// Attempts that count against the limit: the task itself was, or may have been, at fault.
    package var charged: UInt32 = 0
    /// Attempts lost with their node.
    package var losses: UInt32 = 0
    /// How often its page was gone on its way: while a client waited for the bytes, or when its
    /// node was asked for it.
    package var pagesLost: UInt32 = 0
    /// When a run that fails by itself is not the last one.
    package var retry = RetryRule.never
    /// The nodes on which runs of it failed by themselves, in order.
    package var setbacks: [Setback] = []
    /// On a core when a worker died: next time nothing runs beside it.
    package var isIsolated = false
    /// Was done once, and is made again since its output was lost.
    package var isRemade = false
    /// Whether the client was told of the end.
    package var isAnnounced = false
    /// Predicted nanoseconds of the run.
    package var predicted: Int64 = 0
    /// Predicted nanoseconds of the longest path that starts here.
    package var rank: Int64 = 0
    /// Its node was asked to give it back, unless it has begun.
    package var isRecalled = false
    /// How often that was, and until when it is left where it is.
    package var recalls: UInt8 = 0
    package var nextRecall = Timestamp(nanoseconds: 0)
    /// While a node holds it: bytes of the page that it is expected to leave.
    package var expectedBytes: Int64 = 0
    /// While a node holds it: nobody knows what it will leave.
    package var isUnknown = false
    /// While a node holds it: it is one of the first runs of its function.
    package var isTrial = false
    /// While a node holds it: bytes that are booked there for it.
    package var promisedBytes: Int64 = 0
    /// While a node holds it: bytes that it reads and that are only elsewhere.
    package var movedBytes: Int64 = 0
    /// While a node holds it: bytes there that its end frees.
    package var freeingBytes: Int64 = 0
    /// The output, when done.
    package var stored: StoredOutput?
    /// Nodes that hold the page of the output; ascending.
    package var locations: [NodeID] = []
    /// Nodes that were told to copy it, in the order of telling; some may not have it any more.
    package var readers: [PageReader] = []

    package init(spec: TaskSpec, client: ClientID, kind: Kind) {
        self.spec = spec
        self.client = client
        self.kind = kind
    }

    /// Enters a state that may follow the one before.
    mutating func become(_ next: TaskState) {
        precondition(
            state.canBecome(next), "\(spec.id) is \(state): it cannot become \(next)")
        state = next
    }

    /// Whether the output can be read now.
    package var isAvailable: Bool {
        guard state == .done, let stored else { return false }
        if case .inline = stored { return true }
        return !locations.isEmpty
    }

    /// Whether anybody still needs the output.
    package var isNeeded: Bool { isHeld || unfinishedDependents > 0 }
}

/// Records by dense index, found by id.
package struct TaskTable: Sendable {
    package private(set) var records: [TaskRecord] = []
    private var isOccupied: [Bool] = []
    private var generations: [UInt32] = []
    private var free: [TaskIndex] = []
    private var places = TaskPlaces()
    /// A number for each place, for whoever walks over some records; -1 between walks.
    package var marks: [Int32] = []

    package init() {}

    /// Tasks in the table.
    package var count: Int { places.count }

    /// Where the task is; nil: it is not in the table.
    package func index(of task: TaskID) -> TaskIndex? { places[task].map { Int($0) } }

    package subscript(index: TaskIndex) -> TaskRecord {
        get { records[index] }
        _modify { yield &records[index] }
    }

    /// A link to the task at `index`.
    package func link(to index: TaskIndex) -> TaskLink {
        TaskLink(index: index, generation: generations[index])
    }

    /// Whether the task of the link is still in the table.
    package func isCurrent(_ link: TaskLink) -> Bool {
        isOccupied[link.index] && generations[link.index] == link.generation
    }

    /// All occupied places, ascending.
    package var indices: [TaskIndex] { records.indices.filter { isOccupied[$0] } }

    /// Whether a task is there.
    package func contains(_ index: TaskIndex) -> Bool {
        index < isOccupied.count && isOccupied[index]
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
    package var links: [TaskLink] {
        records.indices.lazy.filter { isOccupied[$0] }.map { link(to: $0) }
    }

    /// Adds a record whose id is not in the table yet.
    package mutating func insert(_ record: TaskRecord) -> TaskIndex {
        let id = record.spec.id
        precondition(places[id] == nil, "a task's id must be new to the table")
        let index: TaskIndex
        if let reused = free.popLast() {
            index = reused
            records[index] = record
            isOccupied[index] = true
        } else {
            index = records.count
            records.append(record)
            isOccupied.append(true)
            generations.append(0)
            marks.append(-1)
        }
        places[id] = Int32(index)
        return index
    }

    /// Forgets a record; its place may be used again at once.
    package mutating func remove(_ index: TaskIndex) {
        places.remove(records[index].spec.id)
        isOccupied[index] = false
        generations[index] &+= 1
        let spec = TaskSpec(id: TaskID(high: 0, low: 0), function: FunctionIndex(0))
        records[index] = TaskRecord(spec: spec, client: ClientID(0), kind: .call)
        free.append(index)
    }
}
