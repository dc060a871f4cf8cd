// What the scheduler knows of one task: a small record that every step looks at, its output, and
// what hardly any task has.

package import SwoopModel

/// A place in the task table. Reused after the task is forgotten.
package typealias TaskIndex = Int

/// A place and the generation that it had: a link to a task that may have been forgotten since.
package struct TaskLink: Equatable, Sendable {
    private let place: Int32
    package let generation: UInt32

    package init(index: TaskIndex, generation: UInt32) {
        place = Int32(index)
        self.generation = generation
    }

    package var index: TaskIndex { Int(place) }
}

/// What stands behind a task.
package enum TaskKind: UInt8, Sendable {
    case call
    /// Stored by the client; never runs.
    case data
    /// Stands for the result of a loop.
    case iteration
}

/// What is true of a task, a bit for each.
struct TaskFlags: OptionSet, Sendable {
    let rawValue: UInt16

    /// It is in the table.
    static let isThere = TaskFlags(rawValue: 1)
    /// Its submission is not taken in as a whole yet: it has not begun.
    static let isNew = TaskFlags(rawValue: 1 << 1)
    static let isHeld = TaskFlags(rawValue: 1 << 2)
    static let isIsolated = TaskFlags(rawValue: 1 << 3)
    static let isRemade = TaskFlags(rawValue: 1 << 4)
    static let isAnnounced = TaskFlags(rawValue: 1 << 5)
    static let isRecalled = TaskFlags(rawValue: 1 << 6)
    static let isUnknown = TaskFlags(rawValue: 1 << 7)
    static let isTrial = TaskFlags(rawValue: 1 << 8)
    /// Its output is a value inside of messages.
    static let isInline = TaskFlags(rawValue: 1 << 9)
    /// Some node has the page of its output.
    static let isLocated = TaskFlags(rawValue: 1 << 10)
    /// The client waits for its bytes.
    static let isWanted = TaskFlags(rawValue: 1 << 11)
    static let isStopped = TaskFlags(rawValue: 1 << 12)
    /// Its output is kept by a name, or about to be.
    static let isKept = TaskFlags(rawValue: 1 << 13)
}

/// What every step of a task looks at.
package struct TaskRecord: Sendable {
    /// Changes by `Scheduler.change` alone, which takes everything along that follows from it.
    package private(set) var state: TaskState = .waiting
    /// Changes once, where a call whose output is kept becomes data.
    package private(set) var kind: TaskKind
    var flags: TaskFlags = [.isThere]
    /// The graph part that has its spec, and the row there.
    var part: Int32
    var row: UInt32
    /// Number of the newest attempt; 0 before the first.
    package var attempt: UInt32 = 0
    /// Records in the table that have this one among their inputs: as long as there are any, the
    /// spec is kept, since their outputs may have to be made again.
    package var retainers: Int32 = 0
    /// Inputs that are not available now; meaningful while waiting.
    package var unmet: Int32 = 0
    /// Dependents that still need the output: neither done nor final.
    package var unfinishedDependents: Int32 = 0
    /// The last edge to an input, and the first one to a dependent; -1: none.
    var lastInput: Int32 = -1
    var firstDependent: Int32 = -1
    var generation: UInt32 = 0
    /// A number for whoever walks over some records; -1 between walks.
    var mark: Int32 = -1
    /// Predicted nanoseconds of the run.
    package var predicted: Int64 = 0
    /// Predicted nanoseconds of the longest path that starts here.
    package var rank: Int64 = 0

    init(kind: TaskKind, part: Int32, row: UInt32) {
        self.kind = kind
        self.part = part
        self.row = row
    }

    /// Enters a state that may follow the one before.
    mutating func become(_ next: TaskState) {
        precondition(state.canBecome(next), "a task is \(state): it cannot become \(next)")
        state = next
    }

    /// Whether the output can be read now.
    package var isAvailable: Bool {
        state == .done && !flags.isDisjoint(with: [.isInline, .isLocated])
    }

    /// Whether anybody still needs the output.
    package var isNeeded: Bool {
        !flags.isDisjoint(with: [.isHeld, .isKept]) || unfinishedDependents > 0
    }

    /// The output has no lineage any more.
    mutating func becomeData() {
        precondition(kind == .call && state == .done, "what was not made cannot be data")
        kind = .data
    }
}

extension TaskRecord {
    /// Whether the client holds a handle.
    package var isHeld: Bool {
        get { flags.contains(.isHeld) }
        set { set(.isHeld, newValue) }
    }

    /// Its submission is not taken in as a whole yet.
    var isNew: Bool {
        get { flags.contains(.isNew) }
        set { set(.isNew, newValue) }
    }

    /// Cancelled, or failed since something that it needed was: counted as cancelled.
    package var isStopped: Bool {
        get { flags.contains(.isStopped) }
        set { set(.isStopped, newValue) }
    }

    /// On a core when a worker died: next time nothing runs beside it.
    package var isIsolated: Bool {
        get { flags.contains(.isIsolated) }
        set { set(.isIsolated, newValue) }
    }

    /// Was done once, and is made again since its output was lost.
    package var isRemade: Bool {
        get { flags.contains(.isRemade) }
        set { set(.isRemade, newValue) }
    }

    /// Whether the client was told of the end.
    package var isAnnounced: Bool {
        get { flags.contains(.isAnnounced) }
        set { set(.isAnnounced, newValue) }
    }

    /// Its node was asked to give it back, unless it has begun.
    package var isRecalled: Bool {
        get { flags.contains(.isRecalled) }
        set { set(.isRecalled, newValue) }
    }

    /// While a node holds it: nobody knows what it will leave.
    package var isUnknown: Bool {
        get { flags.contains(.isUnknown) }
        set { set(.isUnknown, newValue) }
    }

    /// While a node holds it: it is one of the first runs of its function.
    package var isTrial: Bool {
        get { flags.contains(.isTrial) }
        set { set(.isTrial, newValue) }
    }

    /// Whether the client waits for the bytes.
    package var isWanted: Bool { flags.contains(.isWanted) }

    /// Whether the output is kept by a name, or about to be.
    package var isKept: Bool { flags.contains(.isKept) }

    mutating func set(_ flag: TaskFlags, _ isSet: Bool) {
        if isSet { flags.insert(flag) } else { flags.remove(flag) }
    }
}

/// What hardly any task has.
package struct TaskExtra: Sendable {
    /// Names under which the client waits for the bytes: its own, and those of loops that it ended.
    package var wantedNames: [TaskID] = []
    /// Attempts that count against the limit: the task itself was, or may have been, at fault.
    package var charged: UInt32 = 0
    /// Attempts lost with their node.
    package var losses: UInt32 = 0
    /// How often its page was gone on its way: while a client waited for the bytes, or when its
    /// node was asked for it.
    package var pagesLost: UInt32 = 0
    /// The nodes on which runs of it failed by themselves, in order.
    package var setbacks: [Setback] = []
    /// How often it was asked for back, and until when it is left where it is.
    package var recalls: UInt8 = 0
    package var nextRecall = Timestamp(nanoseconds: 0)
    /// What is booked for it.
    package var booking = TaskBooking()
    /// The pages of the output, where it is not a value inside of messages.
    fileprivate(set) var pages: StoredPages?
    /// Nodes that hold the page of the output; ascending.
    package var locations: [NodeID] = []
    /// Names by which the output is kept, or about to be.
    package var keepers: UInt32 = 0
    /// Nodes that were told to copy it, in the order of telling; some may not have it any more.
    package var readers: [PageReader] = []

    /// Whether there is nothing to keep.
    var isPlain: Bool {
        wantedNames.isEmpty && charged == 0 && losses == 0 && pagesLost == 0 && setbacks.isEmpty
            && recalls == 0 && booking == TaskBooking() && pages == nil && locations.isEmpty
            && readers.isEmpty && keepers == 0
    }
}

/// What is booked on a node for a task that it holds.
package struct TaskBooking: Equatable, Sendable {
    /// Bytes of the page that it is expected to leave.
    package var expectedBytes: Int64 = 0
    /// Bytes that are booked there for it.
    package var promisedBytes: Int64 = 0
    /// Bytes that it reads and that are only elsewhere.
    package var movedBytes: Int64 = 0
    /// Bytes there that its end frees.
    package var freeingBytes: Int64 = 0
}

/// The output of a task.
package enum TaskOutput: Sendable {
    case none
    /// A value of few bytes, in place: the first one lowest.
    case small(UInt64, count: UInt8)
    case inline([UInt8])
    /// The record has them among what hardly any task has.
    case pages

    /// The bytes of a value, small ones in place.
    package init(_ bytes: [UInt8]) {
        guard bytes.count <= 8 else {
            self = .inline(bytes)
            return
        }
        var word: UInt64 = 0
        for byte in bytes.reversed() { word = word << 8 | UInt64(byte) }
        self = .small(word, count: UInt8(bytes.count))
    }

    /// The bytes of a value; nil: there is none.
    package var bytes: [UInt8]? {
        switch self {
        case .none, .pages: return nil
        case .inline(let bytes): return bytes
        case .small(let word, let count):
            var rest = word
            return (0..<count).map { _ in
                defer { rest >>= 8 }
                return UInt8(truncatingIfNeeded: rest)
            }
        }
    }
}

extension TaskExtra {
    /// Sets the pages of the output.
    mutating func set(pages: StoredPages?) { self.pages = pages }
}
