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

    package init(nanoseconds: Int64, cpuNanoseconds: Int64? = nil, end: End) {
        self.nanoseconds = max(0, nanoseconds)
        self.cpuNanoseconds = cpuNanoseconds ?? max(0, nanoseconds)
        self.end = end
    }
}

/// A worker process in virtual time.
struct VirtualWorker {
    let program: ProgramID
    var machine: WorkerMachine
    /// What the runs on slots will come to, by attempt.
    var running: [AttemptID: VirtualRun] = [:]
    var cancelled: Set<AttemptID> = []
    /// Functions that it was told of.
    var declared = 0
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

    /// Puts bytes into the arena.
    mutating func store(_ bytes: [UInt8], elementCount: Int64) -> PageExtent {
        let extent = PageExtent(
            offset: nextOffset, byteCount: Int64(bytes.count), elementCount: elementCount)
        // Never the same place twice: a read after a free is then seen.
        nextOffset += max(1, extent.byteCount)
        arena[extent.offset] = bytes
        arenaBytes += extent.byteCount
        arenaBytesMax = max(arenaBytesMax, arenaBytes)
        return extent
    }

    /// Takes a page's bytes out of the arena.
    mutating func free(_ extent: PageExtent) {
        guard let bytes = arena.removeValue(forKey: extent.offset) else { return }
        arenaBytes -= Int64(bytes.count)
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
