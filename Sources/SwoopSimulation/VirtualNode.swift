// A node in virtual time: the real agent machine, the real worker machine, slots whose runs take as
// long as the simulation says, and an arena whose pages hold real bytes.

import SwoopExecution
import SwoopModel

/// What a run in virtual time takes and leaves.
package struct VirtualRun: Sendable {
    /// How it ends, if it is let.
    package enum End: Sendable {
        case value([UInt8])
        case page([UInt8], elementCount: Int64)
        case thrown(String)
        /// Its process dies under it.
        case killsWorker
    }

    package var nanoseconds: Int64
    package var cpuNanoseconds: Int64
    package var end: End
    /// Child runs: made after a third of its way, waited for after two thirds.
    package var children: [VirtualRun] = []

    package init(nanoseconds: Int64, cpuNanoseconds: Int64? = nil, end: End) {
        self.nanoseconds = max(0, nanoseconds)
        self.cpuNanoseconds = cpuNanoseconds ?? max(0, nanoseconds)
        self.end = end
    }
}

/// A run that a worker of the simulation has begun.
struct BegunRun {
    var run: VirtualRun
    /// The run that made it; nil: the agent ordered it.
    var parent: AttemptID?
    /// Children that have not ended.
    var openChildren = 0
    /// Whether it gave its slot back until they have.
    var isSuspended = false
}

/// A page that a run has made, and for which it wants room.
struct PageToWrite {
    let attempt: AttemptID
    let slot: Int
    let bytes: [UInt8]
    let elementCount: Int64
}

/// A worker process in virtual time.
struct VirtualWorker {
    let program: ProgramID
    var machine: WorkerMachine
    /// What was begun and has not ended, by attempt.
    var running: [AttemptID: BegunRun] = [:]
    /// Child runs that were made and have not begun.
    var made: [AttemptID: BegunRun] = [:]
    var cancelled: Set<AttemptID> = []
    /// Pages that wait for room, by the token under which it was asked for.
    var unwritten: [UInt32: PageToWrite] = [:]
    var roomsAsked: UInt32 = 0
    /// Functions that it was told of.
    var declared = 0

    init(program: ProgramID, machine: WorkerMachine) {
        self.program = program
        self.machine = machine
    }

    /// The agent's run that a run belongs to.
    func root(of attempt: AttemptID) -> AttemptID { machine.runs[attempt]?.root ?? attempt }
}

/// A node of the simulation. An agent that begins anew is another node on the same host.
struct VirtualNode {
    let id: NodeID
    let host: UInt32
    let description: NodeDescription
    /// Durations are multiplied with this.
    var slowness: Double
    var agent: AgentMachine
    /// By id; those that are being started are not there yet.
    var workers: [WorkerID: VirtualWorker] = [:]
    /// Programs whose files are here.
    var programs: Set<ProgramID>
    /// Bytes of the arena's extents in use, by offset.
    private(set) var arena: [Int64: [UInt8]] = [:]
    private(set) var arenaBytes: Int64 = 0
    private(set) var arenaBytesMax: Int64 = 0
    /// What extents take in memory, by offset, and all of it.
    private var taken: [Int64: Int64] = [:]
    private(set) var memoryBytes: Int64 = 0
    var nextOffset: Int64 = 0
    /// Who asked for ranges of pages, by token.
    var questions: [UInt64: NodeID] = [:]

    init(
        id: NodeID, host: UInt32, description: NodeDescription, slowness: Double,
        programs: Set<ProgramID>, agent: AgentMachine
    ) {
        self.id = id
        self.host = host
        self.description = description
        self.slowness = slowness
        self.programs = programs
        self.agent = agent
    }

    /// Puts bytes into the arena, or on the disk.
    mutating func store(
        _ bytes: [UInt8], elementCount: Int64, in medium: PageMedium = .memory
    ) -> PageExtent {
        let extent = reserve(Int64(bytes.count), in: medium)
        return fill(extent, with: bytes, elementCount: elementCount)
    }

    /// Takes room that is filled later.
    mutating func reserve(_ byteCount: Int64, in medium: PageMedium) -> PageExtent {
        let extent = PageExtent(
            offset: nextOffset, pages: StoredPages(byteCount: byteCount, elementCount: 0),
            medium: medium)
        // Never the same place twice, not even on the disk: a read after a free is then seen.
        nextOffset += max(1, byteCount)
        arena[extent.offset] = []
        if medium == .memory {
            let bytes = StoredOutput.takenBytes(ofPage: byteCount)
            taken[extent.offset] = bytes
            memoryBytes += bytes
        }
        return extent
    }

    /// Puts a page into room that was taken for it.
    mutating func fill(
        _ extent: PageExtent, with bytes: [UInt8], elementCount: Int64
    ) -> PageExtent {
        arena[extent.offset] = bytes
        arenaBytes += Int64(bytes.count)
        arenaBytesMax = max(arenaBytesMax, arenaBytes)
        return PageExtent(
            offset: extent.offset,
            pages: StoredPages(byteCount: Int64(bytes.count), elementCount: elementCount),
            medium: extent.medium)
    }

    /// Takes a page's bytes out of the arena.
    mutating func free(_ extent: PageExtent) {
        guard let bytes = arena.removeValue(forKey: extent.offset) else { return }
        arenaBytes -= Int64(bytes.count)
        memoryBytes -= taken.removeValue(forKey: extent.offset) ?? 0
    }

    /// The bytes of an order's inputs; nil when one of them was freed.
    func inputs(of order: RunOrder) -> [TaskID: [UInt8]]? {
        var found: [TaskID: [UInt8]] = [:]
        for input in order.inputs {
            switch input.source {
            case .inline(let bytes): found[input.task] = bytes
            case .extent(let extent):
                guard let bytes = arena[extent.offset] else { return nil }
                found[input.task] = bytes
            }
        }
        return found
    }
}
